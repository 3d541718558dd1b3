"""The key that seals the addresses of subscribers: a variable, or a file of the home that only its owner reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.failures import CommandError

VARIABLE = "TWIXT_ALERTS_KEY"
FILE = "alerts.key"


def read(environment: Mapping[str, str], root: Path) -> str | None:
    """Return the key: of `TWIXT_ALERTS_KEY`, else of the home's file; None where there is neither.

    Raises
    ------
    CommandError
        When it cannot be read or is no key; the message names the place and never the key.
    """
    from forecasts.alerts.sealing import check_key
    from forecasts.errors import RecordError

    path = root / FILE
    try:
        text = environment.get(VARIABLE) or (path.read_text(encoding="ascii") if path.exists() else "")
        return check_key(text.strip()) if text.strip() else None
    except (RecordError, UnicodeDecodeError):
        place = VARIABLE if environment.get(VARIABLE) else str(path)
        raise CommandError(
            f"{place}: is no key: 44 characters of base64 are needed, as `twixt alerts add` makes"
        ) from None


def read_or_make(environment: Mapping[str, str], root: Path) -> str:
    """Return the key, made and kept in the home where there is none yet; two who do so at once end with one key."""
    from forecasts.alerts.sealing import new_key

    known = read(environment, root)
    if known is not None:
        return known
    path = root / FILE
    own = path.with_name(f"{FILE}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(f"{new_key()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):  # somebody else was first: theirs counts
            path.hardlink_to(own)
    finally:
        own.unlink()
    found = read(environment, root)
    assert found is not None
    return found
