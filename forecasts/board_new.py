"""Write a small commented board that passes `check` and can be refitted: the start of one's own."""

import re
import shutil
import tempfile
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

from forecasts.board_files import BOARD_ID

AGE_DAYS = 60
"""Days before today on which the starter board opens, so that its first entries have a past."""


class BoardNewError(ValueError):
    """A board cannot be written there; the message names the directory and what is needed."""


def write(directory: Path, *, today: date) -> tuple[str, ...]:
    """Write the starter board into a new directory named like the board's id, all files or none.

    Parameters
    ----------
    directory
        Must not exist, or be empty. Its name becomes the board's id.
    today
        The clock's UTC day: the board opened `AGE_DAYS` before it.

    Returns
    -------
    Names of the files written, sorted.

    Raises
    ------
    BoardNewError
        When the name is no board id, something stands there already, or nothing can be written there.
    """
    if not BOARD_ID.fullmatch(directory.name):
        raise BoardNewError(f"{directory.name!r} cannot be a board's id: small letters, digits and - are needed")
    values = _values(directory.name, today)
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise BoardNewError(f"{directory.name!r} exists and is not empty; name a new directory")
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as scratch:
            made = Path(scratch) / directory.name
            made.mkdir()
            for template in sorted(resources.files("forecasts.starter").iterdir(), key=lambda t: t.name):
                if template.name.endswith((".toml", ".csv")):
                    (made / template.name).write_text(_filled(template.read_text("utf-8"), values), encoding="utf-8")
            if directory.exists():
                directory.rmdir()
            shutil.move(made, directory)
    except OSError as error:
        raise BoardNewError(f"{directory.name!r} cannot be written: {error.strerror or error}") from error
    return tuple(sorted(file.name for file in directory.iterdir()))


def _values(board_id: str, today: date) -> dict[str, str]:
    """Return what stands for each `@NAME@` of the templates: days before and years after today."""
    opens = today - timedelta(days=AGE_DAYS)
    edition = date(opens.year if (opens.month, opens.day) >= (3, 15) else opens.year - 1, 3, 15)
    days = {
        "OPENS": opens,
        "STATE_DAY": edition,
        "E1_OCCURRED": opens + timedelta(days=14),
        "E1_PUBLISHED": opens + timedelta(days=15),
        "E2_OCCURRED": today - timedelta(days=7),
        "E2_PUBLISHED": today - timedelta(days=7),
        "KNOWN": today - timedelta(days=1),
    }
    years = {f"Y{n}": str(today.year + n) for n in (1, 2, 3, 5)}
    return {"ID": board_id, "STATE_YEAR": str(edition.year - 1), **years, **{k: d.isoformat() for k, d in days.items()}}


def _filled(template: str, values: dict[str, str]) -> str:
    return re.sub(r"@([A-Z0-9_]+)@", lambda match: values[match.group(1)], template)
