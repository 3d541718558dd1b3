"""Read the past votes of a body from a CSV table: one row a treaty or motion, every mistake with its line.

Columns: `treaty` (or `name`), `type`, `voted`, `yeas`, `nays`, `president_party`, and for each party that has them a
pair such as `R_yea` and `R_nay`; the others of the shipped table of treaties say nothing to the model. A row without a
tally never came to a recorded vote and is passed over.
"""

import csv
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from forecasts.board_files import Problem, read_csv
from forecasts.board_rows import Row, csv_row
from forecasts.definition import RollCall, Split

COLUMNS = ("name", "type", "voted", "yeas", "nays", "president_party")
RENAMED = {"treaty": "name"}
IGNORED = (
    "russia_ussr_party",
    "signed",
    "yea_share",
    "needed",
    "outcome",
    "president",
    "senate_majority",
    "divided",
    "days_sign_to_vote",
    "voteview_id",
    "source",
    "verification",
    "note",
)
"""Columns of the shipped table that the model does not read."""

_SIDE = re.compile(r"([A-Za-z]{1,12})_(yea|nay)")
_MOST = 100_000
_FIRST_DAY = date(1700, 1, 1)


def read_roll_calls(path: Path, problems: list[Problem]) -> tuple[RollCall, ...]:
    """Return the recorded votes of a table in order of their day; rows with a mistake are reported and left out.

    Parameters
    ----------
    path
        The CSV file.
    problems
        Mistakes are added here, each with file and line; also parties whose yeas and nays do not add up to the tally.
    """
    parties = _parties(path)
    sides = tuple(f"{party}_{side}" for party in parties for side in ("yea", "nay"))
    found = read_csv(path, COLUMNS + sides, problems, optional=IGNORED, renamed=RENAMED)
    rows = [csv_row(r, what=f"vote {r.values.get('name', '')[:40]}".strip(), problems=problems) for r in found]
    calls = [call for row in rows if row.given("yeas") or row.given("nays") for call in [_call(row, parties)] if call]
    return tuple(sorted(calls, key=lambda call: (call.voted, call.name)))


def _parties(path: Path) -> tuple[str, ...]:
    """Return the parties that the header names; an unreadable file is reported by `read_csv`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error):
        return ()
    return tuple(dict.fromkeys(m[1] for cell in header if (m := _SIDE.fullmatch(cell.strip()))))


def _call(row: Row, parties: Sequence[str]) -> RollCall | None:
    for name in IGNORED:
        row.given(name)
    yeas, nays = _count(row, "yeas"), _count(row, "nays")
    splits = _splits(row, parties)
    if splits and (sum(s.yeas for s in splits), sum(s.nays for s in splits)) != (yeas, nays):
        row.refuse("yeas", f"the parties' votes do not add up to {yeas} to {nays}")
    call = RollCall(
        name=row.text("name", limit=200),
        type=row.text("type", limit=60),
        voted=row.day("voted"),
        yeas=yeas,
        nays=nays,
        president=row.text("president_party", limit=40),
        splits=splits,
    )
    if call.voted != date.min and call.voted < _FIRST_DAY:
        row.refuse("voted", f"{call.voted}: {_FIRST_DAY} or later is needed")
    if yeas + nays == 0:
        row.refuse("yeas", "nobody voted; a tally above 0 is needed")
    return call if row.ok() else None


def _splits(row: Row, parties: Sequence[str]) -> tuple[Split, ...]:
    """Return the parties' votes; none where the table knows the tally only."""
    sides = [(party, f"{party}_yea", f"{party}_nay") for party in parties]
    known = [row.given(name) for _, yea, nay in sides for name in (yea, nay)]
    if not any(known):
        return ()
    return tuple(Split(party, _count(row, yea), _count(row, nay)) for party, yea, nay in sides)


def _count(row: Row, key: str) -> int:
    value = row.number(key, low=0.0, high=_MOST)
    if value != value or value == int(value):  # noqa: PLR0124 - NaN was reported already
        return int(value) if value == value else 0  # noqa: PLR0124
    row.refuse(key, f"{value:g}: a whole number is needed")
    return 0
