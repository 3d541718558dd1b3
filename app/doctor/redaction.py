"""What is taken out of everything that leaves this machine in a bundle: people, secrets, addresses, places, long words.

It is better to lose a word too many than to give one away: what looks like a secret is taken for one.
"""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

GONE = "<redacted>"
_SHORTEST = 3
"""Characters of the shortest name or secret that is looked for; shorter ones would be found everywhere."""
_SHORTEST_VALUE = 6
"""Characters of the shortest value of a variable that is taken for a secret: `1` and `true` are none."""
_PATTERNS = (
    (re.compile(r"(?<=://)[^\s/@'\"]+@"), f"{GONE}@"),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"(https?://[^\s'\"<>?#/]+)[^\s'\"<>]*"), r"\1/..."),
    (re.compile(r"\b(whsec_|eyJ|ghp_|xox[a-z]-|sk-)[\w.+/=-]+"), GONE),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.+/=-]{6,}"), rf"\1 {GONE}"),
    (
        re.compile(
            r"(?i)(?<![\w-])([\w-]*(?:passw|secret|token|api.?key|private.?key|cookie|credential)[\w-]*[\"']?\s*[=:]\s*)\S+"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"(['\"])(?:(?!\1).){40,}\1"), "<long text>"),
)
_SECRET_NAME = re.compile(r"(?i)pass|secret|token|key|credential|cookie|auth")


class Redaction:
    """Takes known secrets and whatever looks like one out of texts."""

    def __init__(self, secrets: Iterable[str], places: Mapping[str, str]) -> None:
        """Remember what is to be looked for.

        Parameters
        ----------
        secrets
            Words that may not be seen: people's names and addresses, passwords.
        places
            What is shown instead of a path, a host or a user name: text to look for -> what stands there instead.
        """
        known = {secret.strip() for secret in secrets if len(secret.strip()) >= _SHORTEST}
        replaced = dict.fromkeys(known, GONE) | {k: v for k, v in places.items() if len(k) >= _SHORTEST}
        self._known = {found.lower(): instead for found, instead in replaced.items()}
        longest_first = sorted(replaced, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """Return a text without what may not be seen."""
        text = self._words.sub(lambda match: self._known[match.group().lower()], text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


def environment(found: Mapping[str, str], redact: Redaction) -> dict[str, str]:
    """Return the variables that twixt and its libraries read; of all others not even the name."""
    ours = ("TWIXT_", "NUMBA_", "PYTENSOR_", "OMP_", "OPENBLAS_", "MKL_", "STREAMLIT_", "PG")
    shown = {name: value for name, value in found.items() if name.startswith(ours)}
    return {name: GONE if _SECRET_NAME.search(name) else redact(value) for name, value in sorted(shown.items())}


def secret_values(found: Mapping[str, str]) -> list[str]:
    """Return the values of all variables that are named like secrets, whoever reads them."""
    return [value for name, value in found.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_VALUE]


def places(home: Path, cache: Path) -> dict[str, str]:
    """Return what is shown instead of this machine's own paths and names."""
    found = {str(home): "<home>", str(cache): "<cache>", str(Path(__file__).parents[2]): "<twixt>"}
    found |= {str(Path.home()): "<user's home>", socket.gethostname(): "<host>"}
    try:
        found[getpass.getuser()] = "<user>"
    except (OSError, KeyError):  # a container's user without a name
        return found
    return found
