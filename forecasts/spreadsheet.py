"""Tables as CSV that spreadsheets open as what they are: text stays text and is never run as a formula.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, wherever the text came from (OWASP, "CSV
injection"); one that reads `;` or a tab as the separator sees such a beginning in the middle of a text too. An
apostrophe before it makes it text. Numbers are written as numbers: they come from us, not from people.
"""

import csv
import io
import math
import re
import unicodedata
from datetime import date, time

import polars as pl

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What begins a formula, in the full-width forms that some spreadsheets read too."""
_BEGINNING = re.compile(rf"(^|[;\t\r\n|])([\s\u200b\ufeff\"']*)(?=[{re.escape(FORMULA)}])")


def csv_text(frame: pl.DataFrame) -> str:
    """Return a frame as CSV (RFC 4180, UTF-8 with a mark that spreadsheets look for, every text quoted).

    Instants are written as ISO 8601, days as YYYY-MM-DD, missing and infinite values as nothing, other numbers with the
    digits that bring them back. Raises TypeError for a column that is no text, number, truth value, day or instant.
    """
    for name, kind in frame.schema.items():
        if kind.is_nested() or kind in (pl.Binary, pl.Object):
            raise TypeError(f"column {name!r:.60} of type {kind} has no cell of CSV")
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_STRINGS, lineterminator="\r\n")
    writer.writerow([safe(name) for name in frame.columns])
    writer.writerows([_cell(value) for value in row] for row in frame.iter_rows())
    return "\ufeff" + file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, date | time):
        return value.isoformat()
    return safe(value) if isinstance(value, str) else value


def safe(text: str) -> str:
    """Return a text with an apostrophe before whatever a spreadsheet could take for a formula.

    Control characters other than line ends and tabs are left out: some programs stop reading at them.
    """
    printable = "".join(c for c in text if c in "\t\n\r" or unicodedata.category(c) != "Cc")
    return _BEGINNING.sub(r"\1\2'", printable)
