"""A record of a million evidence rows: 1,000 boards of 10 questions, entered by turns: no board's rows lie together.

Every row is what the program itself would have written: chained, corrected here and there, now and then taken back.
Each board has weekly snapshots. `python -m benchmarks.large_store FOLDER [URL]` leaves such a home to be looked at.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import batched
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from forecasts import board_text, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.codec import encode, kind_of
from forecasts.definition import Board
from forecasts.domain import BoardVersion, Confirmation, Entry, Evidence, Record, Retraction
from forecasts.forms import canonical
from forecasts.ledger_chain import NO_DIGEST, row_digest
from forecasts.runs import Run
from forecasts.schema import boards, ledger
from forecasts.snapshot_rows import ROWS
from forecasts.snapshots import Snapshot
from forecasts.store import Store, open_store
from tests.forecasts import small_board
from tests.forecasts.records import snapshot
from tests.jobs import small_home

BOARDS, QUESTIONS, EVIDENCE = 1000, 10, 1_000_000
WEEKS = 8
"""Snapshots of each board."""
CORRECTED, TAKEN_BACK = 20, 40
"""Every so many rows one corrects an item, one takes an item back."""
FIRST = datetime(2025, 1, 1, 9, tzinfo=UTC)
STEP = timedelta(hours=12)
"""Between two rows of a board."""
LAST = FIRST + STEP * (EVIDENCE // BOARDS * 41 // 40 + 3)
"""After the last row of every board."""
ROWS_A_WEEK = 14
_IN_ONE_TRANSACTION = 50

_COLUMNS = ("board", "position", "entry", "version", "recorded_at", "recorded_by", "digest")


@dataclass(frozen=True)
class Row:
    """What stands at one position of every board's ledger, but for the board's own words."""

    record: Record
    version: int

    def entry(self, board: str, position: int) -> Entry:
        """Return the row of a board, without its digest."""
        at = FIRST + STEP * (position - 1)
        return Entry(board, position, self.record.id, self.version, at, "owner", self.record, "")


def names(count: int = BOARDS) -> list[str]:
    """Return the ids of the boards."""
    return [f"board-{i:04d}" for i in range(count)]


def definition(board: str) -> Board:
    """Return a board of ten questions."""
    of_ten = small_board.with_questions(small_home.small(), small_board.question("review"))
    return board_text.sealed(board_text.parse(board_text.text(replace(of_ten, id=board, title=f"Board {board}"))))


def rows(evidence: int = EVIDENCE // BOARDS) -> Iterator[Row]:
    """Give the rows of a board after its definition: so many of them are evidence."""
    yield Row(Confirmation("C001", date(2026, 3, 31), FIRST.date(), (), ""), 1)
    versions: dict[int, int] = {}
    fresh = taken = 0
    for k in range(1, evidence + 1):
        corrected = fresh - 3 if k % CORRECTED == 0 else None
        if corrected is None:
            fresh += 1
        number = corrected or fresh
        versions[number] = versions.get(number, 0) + 1
        yield Row(item(number, k), versions[number])
        if k % TAKEN_BACK == 0:
            taken += 1
            yield Row(Retraction(f"X{taken:03d}", f"E{fresh - 7:03d}", "twice", _day(k)), 1)


def item(number: int, k: int) -> Evidence:
    """Return an item as long as those that people write."""
    questions = [q.id for q in small_board.QUESTIONS if q.kind == "event"]
    words = " ".join(("Both delegations", "met again", "and agreed on", "further talks", f"of round {k}.")[k % 3 :])
    return small_home.evidence(
        f"E{number:03d}",
        questions[k % len(questions)],
        lr=(1.5, 0.7, 2.0)[k % 3],
        statement=f"{words} Officials of both sides spoke of progress on the open points, and named a day.",
        url=f"https://example.org/{k % 97}/report-{k}",
        published_on=_day(k),
        occurred_on=_day(k),
        thread=f"story_{k % 60}",
    )


def _day(k: int) -> date:
    return (FIRST + STEP * k).date()


def fill(store: Store, artefacts: Artefacts, *, count: int = BOARDS, evidence: int = EVIDENCE // BOARDS) -> int:
    """Write the record of so many boards; returns the number of evidence rows."""
    chosen = names(count)
    hashes = {board: artefacts.put(board_text.text(definition(board)).encode()) for board in chosen}
    with store.writing() as connection:
        connection.execute(boards.insert(), [{"id": board} for board in chosen])
    digests = dict.fromkeys(chosen, NO_DIGEST)
    first = {b: Row(BoardVersion("board", hashes[b], "owner", "first", FIRST.date()), 1) for b in chosen}
    turns = [first, *(dict.fromkeys(chosen, row) for row in rows(evidence))]
    for some in batched(enumerate(turns, start=1), _IN_ONE_TRANSACTION, strict=False):
        with store.writing() as connection:
            for position, of_boards in some:
                _insert(connection, digests, position, of_boards)
    publish(store, hashes, digests, position=len(turns))
    return sum(isinstance(row.record, Evidence) for turn in turns for row in turn.values())


def _insert(connection: sa.Connection, digests: dict[str, str], position: int, of_boards: dict[str, Row]) -> None:
    """Write one row of every board."""
    texts: dict[int, str] = {}
    values = []
    for board, row in of_boards.items():
        if id(row) not in texts:
            texts[id(row)] = canonical(encode(row.record))
        entry, text = row.entry(board, position), texts[id(row)]
        digests[board] = row_digest(digests[board], entry, text)
        target = row.record.target if isinstance(row.record, Retraction) else None
        repeated = {"kind": kind_of(row.record), "target": target, "published_on": row.record.published_on}
        own = {name: getattr(entry, name) for name in _COLUMNS} | {"digest": digests[board]}
        values.append(own | repeated | {"record": text})
    connection.execute(ledger.insert(), values)


def publish(store: Store, definitions: dict[str, str], digests: dict[str, str], *, position: int) -> None:
    """Write the weekly snapshots of every board, the last one at the end of its ledger."""
    for board, content_hash in definitions.items():
        with store.writing() as connection:
            for week in reversed(range(WEEKS)):
                at = max(1, position - ROWS_A_WEEK * week)
                made = _snapshot(board, content_hash, week, position=at, digest=digests[board])
                snapshots.insert(connection, made)
                runs.insert(connection, _run(made))


def _snapshot(board: str, definition_hash: str, week: int, *, position: int, digest: str) -> Snapshot:
    as_of = FIRST + STEP * (position - 1)
    made = snapshot(as_of=as_of, identifier=f"{board}-{week}")
    return replace(
        made,
        board=board,
        published_at=as_of,
        known_through=date(2026, 3, 31),
        board_version=definition_hash,
        ledger_position=position,
        ledger_digest=digest,
        rows=_numbers(week),
    )


def _run(made: Snapshot) -> Run:
    at = made.published_at
    return Run(made.board, "live", made.as_of, at, at, "published", f"{made.board}: published", made.receipt, made.id)


@cache
def _numbers(week: int) -> pl.DataFrame:
    """Return the rows of a snapshot: every question by every deadline, and the scenarios."""
    board = definition("any")
    lines = []
    for i, question in enumerate(board.questions):
        for j, deadline in enumerate(question.deadlines):
            p = (0.1 + 0.05 * i + 0.1 * j + 0.002 * week) % 1
            lines.append((question.id, "question", deadline, "probability", p, *_band(p), 0.001, True, "open"))
    lines += [
        (one.id, one.group, None, "probability", 0.25, *_band(0.25), 0.001, True, "open") for one in board.scenarios
    ]
    return pl.DataFrame(lines, schema=ROWS, orient="row")


def _band(p: float) -> tuple[float, float, float, float]:
    return 0.9 * p, p + 0.1 * (1 - p), 0.6 * p, p + 0.4 * (1 - p)


def main(folder: str, url: str = "") -> None:
    """Leave the whole record in a folder."""
    root = Path(folder)
    root.mkdir(parents=True)
    with open_store(url or f"sqlite:///{root / 'twixt.sqlite'}") as store:
        print(f"{fill(store, Artefacts(root / 'artefacts')):,} evidence rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
