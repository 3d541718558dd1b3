"""The table `resolved.csv` beside a board: questions of the past with the prior written at their opening.

It is no part of the board's definition and enters no model. Rows whose criteria say `As <question> on the board` ask
for a probability that the board itself answers; the others are kept as frozen priors, labelled.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forecasts.definition import Board
from forecasts.fields import FieldProblem, Fields

COLUMNS = ("id", "title", "criteria", "opens", "deadline", "outcome", "occurred_on", "prior_at_opening", "parents")
"""Columns that are read; others are for people."""

_OF_THE_BOARD = re.compile(r"\s*As ([A-Za-z0-9_-]+) on the board\b")


class ResolvedTableError(ValueError):
    """The table cannot be used; the message names file, line, column, value and what is allowed."""


@dataclass(frozen=True, slots=True)
class ResolvedRow:
    """A question of the past."""

    id: str
    title: str
    opens: date
    deadline: date
    outcome: bool
    occurred_on: date | None
    prior: float
    """Written for the opening day, frozen."""
    of_board: str
    """The board question that its criteria refer to, or empty."""
    related: str
    """A board question whose luck it shares (the first of its `parents`), or empty."""


def read(path: Path, board: Board) -> tuple[ResolvedRow, ...]:
    """Return the rows of a table; a board without one has none.

    Raises
    ------
    ResolvedTableError
        For the first row that cannot be read.
    """
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise ResolvedTableError(f"{path.name}: column {missing[0]!r} is missing; needed: {', '.join(COLUMNS)}")
        rows = tuple(_row(path, number, row, board) for number, row in enumerate(table, start=2))
    twice = {r.id for r in rows if sum(r.id == other.id for other in rows) > 1}
    if twice:
        raise ResolvedTableError(f"{path.name}: {min(twice)!r} stands twice; each question once")
    return rows


def _row(path: Path, line: int, raw: Mapping[str, str | None], board: Board) -> ResolvedRow:
    read = Fields({name: raw[name] or "" for name in COLUMNS}, known=COLUMNS)
    opens, deadline = read.day("opens"), read.day("deadline")
    outcome = read.choice("outcome", ("yes", "no"))
    happened = read.day("occurred_on") if read.given("occurred_on") else None
    prior = read.positive("prior_at_opening", what="a probability")
    named = _OF_THE_BOARD.match(read.raw("criteria"))
    row = ResolvedRow(
        id=read.name("id"),
        title=read.text("title", limit=300),
        opens=opens,
        deadline=deadline,
        outcome=outcome == "yes",
        occurred_on=happened,
        prior=prior,
        of_board=named[1] if named else "",
        related=read.raw("parents").partition(";")[0].strip(),
    )
    problems = read.problems or _contradictions(row, board)
    if problems:
        told = "; ".join(f"{p.field}: {p.message}" for p in problems)
        raise ResolvedTableError(f"{path.name}:{line}: {told}")
    return row


def _contradictions(row: ResolvedRow, board: Board) -> list[FieldProblem]:
    found = []
    if not row.opens < row.deadline:
        found.append(FieldProblem("deadline", f"{row.deadline} does not lie after the opening, {row.opens}"))
    if not row.prior < 1:
        found.append(FieldProblem("prior_at_opening", f"{row.prior:g}: a probability between 0 and 1 is needed"))
    if row.outcome != (row.occurred_on is not None and row.opens <= row.occurred_on <= row.deadline):
        word = "yes" if row.outcome else "no"
        found.append(FieldProblem("outcome", f"{word} with occurred_on {row.occurred_on or 'empty'}"))
    known = {"", *(q.id for q in board.questions)}
    for field, name in (("criteria", row.of_board), ("parents", row.related)):
        if name not in known:
            found.append(FieldProblem(field, f"{name[:60]!r} is no question of board {board.id}"))
    return found
