"""Where everything lies within a site: one folder for each board, names that every file system and address can hold."""

import hashlib
import re

BOARD = "index.html"
SCENARIOS = "scenarios.html"
CHANGES = "changes.html"
CALIBRATION = "calibration.html"
SOURCES = "sources.html"
FEED = "changes.atom"
DEADLINES = "deadlines.ics"
MANIFEST = "site.json"

_PLAIN = re.compile(r"[a-z0-9_-]{1,80}")


def named(identifier: str) -> str:
    """Return the name of a file or folder for an id: itself where it is plain, else a form of it that is unique.

    Capitals count as not plain: some file systems cannot tell them apart.
    """
    if _PLAIN.fullmatch(identifier):
        return identifier
    readable = re.sub(r"[^a-z0-9_-]+", "-", identifier.lower())[:60].strip("-")
    return f"{readable or 'id'}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def question(identifier: str) -> str:
    """Return where a question's page lies within its board's folder."""
    return f"question/{named(identifier)}.html"


def question_data(identifier: str) -> str:
    """Return where a question's numbers lie within its board's folder."""
    return f"question/{named(identifier)}.json"
