"""What a backup says of itself: when and from what it was made, and for each list in it how many lines and which hash.

The lists of a backup are its tables, and three of files: `artefacts` (hash, bytes), `keys` (key, hash) and
`definitions` (path, hash, bytes: the user's own board files). The record's name follows from the tables alone, so that
the same record has the same name on both databases.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecasts.backups.table_lines import Tally
from forecasts.errors import BackupError
from forecasts.forms import (
    COUNT,
    HASH,
    INSTANT,
    TEXT,
    Form,
    canonical,
    choice,
    list_of,
    optional,
    parse,
    part,
    read_fields,
    write_fields,
)

FORMAT = 1
"""Rises when an older program could not read a backup."""
LISTS = {"artefacts": ("hash", "bytes"), "keys": ("key", "hash"), "definitions": ("path", "hash", "bytes")}
"""The lists that are no tables, with their columns."""
LARGEST_FILE = 2**31
"""Bytes of the largest artefact or board file that a backup can hold."""
LONGEST_LINE = 2**26
"""Bytes of the longest row that a backup can hold, with its line end."""
_MOST_LISTS = 200


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's own account of what is in it."""

    format: int
    twixt: str
    """Version of the program that wrote it."""
    schema: str
    """Revision of its tables."""
    taken_at: datetime | None
    """None for the one that is made before a migration."""
    database: str
    """The kind it was made from; it can be restored into either."""
    tables: dict[str, Tally]
    lists: dict[str, Tally]
    """As `LISTS`."""
    left_out: int
    """Simulated futures that were left out on request: they can be made again."""

    @property
    def record(self) -> str:
        """SHA-256 that names the rows of all tables, whatever the database."""
        return record_name(self.schema, self.tables)

    def text(self) -> str:
        """Return the manifest as JSON; equal ones have equal texts."""
        return canonical(write_fields(self, _FORM))


def record_name(schema: str, tables: dict[str, Tally]) -> str:
    """Return the SHA-256 that names the rows of all tables of a schema."""
    found = {name: [list(t.columns), t.rows, t.sha256] for name, t in tables.items()}
    return hashlib.sha256(canonical([schema, found]).encode()).hexdigest()


def read_manifest(text: str) -> Manifest:
    """Read a manifest strictly; raises BackupError naming the field that is wrong."""
    try:
        found: Manifest = read_fields(_of_this_format(parse(text)), Manifest, _FORM)
    except (TypeError, ValueError) as error:
        raise BackupError(f"its manifest cannot be read: {' '.join(str(error).split())[:200]}") from error
    wrong = {name for name in LISTS if name not in found.lists or found.lists[name].columns != LISTS[name]}
    if wrong or set(found.lists) != set(LISTS):
        raise BackupError(f"its manifest cannot be read: lists {', '.join(LISTS)} are needed")
    return found


def _of_this_format(value: Any) -> Any:
    """Refuse another format before its fields are looked at: they may have other names."""
    if isinstance(value, dict) and value.get("format") != FORMAT:
        raise ValueError(f"format {value.get('format')!r:.40} is unknown; this program reads {FORMAT}")
    return value


def _read_revision(value: object) -> str:
    if not isinstance(value, str) or not (len(value) == 4 and value.isascii() and value.isdigit()):
        raise ValueError("a revision of four digits like 0003 is needed")
    return value


def _tallies() -> Form:
    tally = part(Tally, {"columns": list_of(TEXT), "rows": COUNT, "sha256": HASH})

    def read(value: object) -> dict[str, Tally]:
        if not isinstance(value, dict) or len(value) > _MOST_LISTS:
            raise TypeError(f"an object of at most {_MOST_LISTS} lists is needed")
        return {str(name): tally.read(one) for name, one in value.items()}

    return Form(lambda value: {name: tally.write(one) for name, one in value.items()}, read)


_FORM = {
    "format": COUNT,
    "twixt": TEXT,
    "schema": Form(str, _read_revision),
    "taken_at": optional(INSTANT),
    "database": choice(("sqlite", "postgresql")),
    "tables": _tallies(),
    "lists": _tallies(),
    "left_out": COUNT,
}
