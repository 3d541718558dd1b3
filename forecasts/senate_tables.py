"""Read tables of roll calls on treaties and of the senators' votes in them, every mistake with its row.

A table of roll calls has `vote_id, date, title, yeas, nays` and the parties' splits; beside it may stand a table of the
senators' votes, CSV or Parquet.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from forecasts import definition, senate_facts
from forecasts.board_files import MAX_FILE_BYTES, Problem, near, read_csv
from forecasts.fields import shown
from forecasts.senate_types import treaty_type

PARTIES = ("R", "D", "I")
_SPLIT = tuple(f"{p}_{vote}" for p in PARTIES for vote in ("yea", "nay"))
VOTE_COLUMNS = ("vote_id", "date", "title", "yeas", "nays", *_SPLIT)
VOTE_OPTIONAL = (
    *("congress", "rollnumber", "clerk_number", "yeas_from_votes", "nays_from_votes"),
    *("source", "two_thirds_met", "type"),
)
SENATOR_COLUMNS = ("vote_id", "icpsr", "party", "vote", "nominate_dim1")
SENATOR_OPTIONAL = ("date", "name", "state", "nominate_dim2")

CAST: Mapping[str, str] = {
    "yea": "yea",
    "nay": "nay",
    "1": "yea",
    "6": "nay",
    **dict.fromkeys(("paired_yea", "announced_yea", "announced_nay", "paired_nay", "present", "not_voting"), "absent"),
    **dict.fromkeys(("2", "3", "4", "5", "7", "8", "9"), "absent"),
}
"""What counts of each way to be recorded, Voteview's numbers included: pairs and announcements are no votes."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One senator in one roll call."""

    senator: str
    party: str
    """`R`, `D` or `I`."""
    ideal_point: float | None
    cast: str
    """`yea`, `nay` or `absent`."""


@dataclass(frozen=True, slots=True)
class RollCall:
    """One recorded vote on a treaty, or several taken en bloc."""

    id: str
    day: date
    title: str
    type: str
    yeas: int
    nays: int
    split: tuple[tuple[int, int], ...]
    """Yeas and nays by party, in the order of `PARTIES`; empty where only the total is known."""
    president: str
    """Party of the president, `R` or `D`."""
    ballots: tuple[Ballot, ...] = ()
    """Of every senator in office, where they are known."""
    together: int = 1
    """Roll calls that were one vote."""

    @property
    def consented(self) -> bool:
        """Whether two thirds of those voting said yea."""
        return self.yeas >= 2 * self.nays

    @property
    def seats(self) -> int:
        """Senators in office, as far as known."""
        return len(self.ballots) or max(senate_facts.seats(self.day), self.yeas + self.nays)


type _Row = tuple[str, Mapping[str, str]]
"""Place and cells."""


def read_votes(path: Path) -> tuple[tuple[RollCall, ...], list[Problem]]:
    """Return the roll calls of a table in order of their days, and every mistake."""
    problems: list[Problem] = []
    rows = _csv(path, VOTE_COLUMNS, VOTE_OPTIONAL, problems)
    read = [(place, _roll_call(path.name, place, cells, problems)) for place, cells in rows]
    found = [(place, call) for place, call in read if call is not None]
    _refuse_repeats(path.name, ((f"{place}, vote {c.id}", c.id) for place, c in found), "vote_id", problems)
    if not rows and not problems:
        problems.append(Problem(path.name, "", "no rows; one for each roll call is needed"))
    return tuple(sorted((c for _, c in found), key=lambda c: (c.day, c.id))), problems


def from_board(call: definition.RollCall, parties: tuple[str, str]) -> RollCall:
    """Return a past vote of a board definition; `parties` are party 0 and party 1, all others count as neither."""
    counts = {s.party: (s.yeas, s.nays) for s in call.splits}
    others = [pair for party, pair in counts.items() if party not in parties]
    neither = (sum(y for y, _ in others), sum(n for _, n in others))
    split = (counts.get(parties[1], (0, 0)), counts.get(parties[0], (0, 0)), neither) if counts else ()
    president = "R" if call.president == parties[1] else "D"
    return RollCall(call.name, call.voted, call.name, call.type, call.yeas, call.nays, split, president)


def read_senators(path: Path, calls: Sequence[RollCall]) -> tuple[tuple[RollCall, ...], list[Problem]]:
    """Return the roll calls with their senators' votes, and every mistake: a vote that the tally does not bear out too.

    Parameters
    ----------
    path
        CSV or Parquet, one row for each senator in office and roll call.
    calls
        The roll calls; one that has no senators keeps its tally alone.
    """
    problems: list[Problem] = []
    known = {c.id: c for c in calls}
    by_vote: dict[str, list[tuple[str, Ballot]]] = {}
    for place, cells in _table(path, SENATOR_COLUMNS, SENATOR_OPTIONAL, problems):
        if cells["vote_id"] not in known:
            message = (
                f"vote_id {shown(cells['vote_id'])} is not in the table of votes{near(cells['vote_id'], [*known])}"
            )
            problems.append(Problem(path.name, place, message))
            continue
        ballot = _ballot(path.name, place, cells, problems)
        if ballot is not None:
            by_vote.setdefault(cells["vote_id"], []).append((place, ballot))
    for vote, rows in by_vote.items():
        names = ((f"{place}, vote {vote}", b.senator) for place, b in rows)
        _refuse_repeats(path.name, names, "icpsr", problems)
    whole = tuple(replace(c, ballots=tuple(b for _, b in by_vote.get(c.id, ()))) for c in calls)
    if not problems:
        problems += [p for c in whole if (p := _borne_out(path.name, c)) is not None]
    return whole, problems


def en_bloc(calls: Iterable[RollCall]) -> tuple[RollCall, ...]:
    """Return the votes that were taken: roll calls of one day with one tally and the same senators are one."""
    taken: dict[object, RollCall] = {}
    for call in calls:
        votes = frozenset((b.senator, b.cast) for b in call.ballots if b.cast != "absent")
        key = (call.day, call.yeas, call.nays, call.split, votes)
        first = taken.get(key)
        taken[key] = call if first is None else replace(first, together=first.together + call.together)
    return tuple(taken.values())


def _csv(path: Path, columns: tuple[str, ...], optional: tuple[str, ...], problems: list[Problem]) -> list[_Row]:
    rows = read_csv(path, columns, problems, optional=optional)
    return [(f"line {row.line}", {name: cell.strip() for name, cell in row.values.items()}) for row in rows]


def _table(path: Path, columns: tuple[str, ...], optional: tuple[str, ...], problems: list[Problem]) -> list[_Row]:
    """Return the rows of a CSV or Parquet file; a Parquet file's are counted from 1."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        problems.append(Problem(path.name, "", f"cannot be read: {error.strerror or error}"))
        return []
    if head != b"PAR1":
        return _csv(path, columns, optional, problems)
    import polars as pl

    from forecasts import foreign_parquet

    data = path.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        problems.append(Problem(path.name, "", f"larger than {MAX_FILE_BYTES} bytes; not read"))
        return []
    try:
        frame = foreign_parquet.read(data)
    except foreign_parquet.ParquetError as error:
        problems.append(Problem(path.name, "", f"not a readable Parquet file: {error}"))
        return []
    missing = [name for name in columns if name not in frame.columns]
    problems += [Problem(path.name, "", f"column {n!r} is missing{near(n, frame.columns)}") for n in missing]
    if missing:
        return []
    text = frame.select(pl.col(columns).cast(pl.String).fill_null("")).iter_rows(named=True)
    return [(f"row {n}", {name: cell.strip() for name, cell in row.items()}) for n, row in enumerate(text, 1)]


def _roll_call(file: str, place: str, cells: Mapping[str, str], problems: list[Problem]) -> RollCall | None:
    faults: list[str] = []
    if not cells["vote_id"]:
        faults.append("vote_id is empty")
    day = _day(cells["date"], faults)
    yeas, nays = _count("yeas", cells["yeas"], faults), _count("nays", cells["nays"], faults)
    split = _split(cells, yeas, nays, faults)
    if yeas is not None and nays is not None and not 0 < yeas + nays <= 100:
        faults.append(f"{yeas} yeas and {nays} nays: between 1 and 100 senators vote")
    told = cells.get("two_thirds_met", "").lower()
    if told and yeas is not None and nays is not None and told != str(yeas >= 2 * nays).lower():
        faults.append(f"two_thirds_met {shown(told)}, but {yeas} to {nays} says {str(yeas >= 2 * nays).lower()}")
    name = f", vote {cells['vote_id'][:40]}" if cells["vote_id"] else ""
    problems.extend(Problem(file, f"{place}{name}", fault) for fault in faults)
    if faults or day is None or yeas is None or nays is None:
        return None
    kind = cells.get("type") or treaty_type(cells["title"])
    return RollCall(cells["vote_id"], day, cells["title"], kind, yeas, nays, split, senate_facts.president(day))


def _split(
    cells: Mapping[str, str], yeas: int | None, nays: int | None, faults: list[str]
) -> tuple[tuple[int, int], ...]:
    given = [name for name in _SPLIT if cells[name]]
    if not given:
        return ()
    counts = {name: _count(name, cells[name], faults) for name in _SPLIT}
    if None in counts.values() or yeas is None or nays is None:
        return ()
    for total, vote in ((yeas, "yea"), (nays, "nay")):
        parts = [counts[f"{p}_{vote}"] or 0 for p in PARTIES]
        if sum(parts) != total:
            faults.append(f"{vote}s by party {' + '.join(map(str, parts))} = {sum(parts)}, but {total} in all")
    return tuple((counts[f"{p}_yea"] or 0, counts[f"{p}_nay"] or 0) for p in PARTIES)


def _ballot(file: str, place: str, cells: Mapping[str, str], problems: list[Problem]) -> Ballot | None:
    faults: list[str] = []
    if not cells["icpsr"]:
        faults.append("icpsr is empty; the senator's number is needed")
    if cells["party"] not in PARTIES:
        faults.append(f"party {shown(cells['party'])}; allowed: {', '.join(PARTIES)}")
    if cells["vote"] not in CAST:
        faults.append(f"vote {shown(cells['vote'])}{near(cells['vote'], [*CAST])}; allowed: {', '.join(CAST)}")
    place_on_scale = _ideal_point(cells["nominate_dim1"], faults)
    who = f"{place}, vote {cells['vote_id']}, senator {cells['icpsr'][:20]}"
    problems.extend(Problem(file, who, fault) for fault in faults)
    if faults:
        return None
    return Ballot(cells["icpsr"], cells["party"], place_on_scale, CAST[cells["vote"]])


def _ideal_point(cell: str, faults: list[str]) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not -1 <= value <= 1:  # NaN as well
        faults.append(f"nominate_dim1 {shown(cell)}: a number from -1 to 1 is needed, or nothing")
        return None
    return value


def _day(cell: str, faults: list[str]) -> date | None:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        faults.append(f"date {shown(cell)}: a day as YYYY-MM-DD is needed")
        return None
    if day < senate_facts.FIRST_DAY:
        faults.append(f"date {day}: presidents are known from {senate_facts.FIRST_DAY} on")
        return None
    return day


def _count(name: str, cell: str, faults: list[str]) -> int | None:
    if cell.isascii() and cell.isdigit() and len(cell) <= 3:
        return int(cell)
    faults.append(f"{name} {shown(cell)}: a whole number of 0 or more is needed")
    return None


def _refuse_repeats(file: str, named: Iterable[tuple[str, str]], column: str, problems: list[Problem]) -> None:
    rows = list(named)
    counts = Counter(name for _, name in rows)
    seen: set[str] = set()
    for place, name in rows:
        if counts[name] > 1 and name in seen:
            problems.append(Problem(file, place, f"{column} {shown(name)} stands already in an earlier row"))
        seen.add(name)


def _borne_out(file: str, call: RollCall) -> Problem | None:
    if not call.ballots:
        return None
    cast = Counter(b.cast for b in call.ballots)
    if (cast["yea"], cast["nay"]) == (call.yeas, call.nays):
        return None
    message = (
        f"senators' votes add up to {cast['yea']} to {cast['nay']}; the table of votes has {call.yeas} to {call.nays}"
    )
    return Problem(file, f"vote {call.id}", message)
