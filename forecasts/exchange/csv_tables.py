"""A board as CSV tables that a spreadsheet opens as what they are; text is never run as a formula (`spreadsheet`).

`numbers` (every question by every deadline, scenario and year of a series as last published, with its titles),
`history` (every number ever published), `evidence` (a row for each effect; items without one have a row too),
`forecasts` (of people and crowds, as issued) and `outcomes` (what has been decided). People are opaque ids.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from forecasts.definition import Board
from forecasts.domain import Evidence, LedgerView
from forecasts.outcomes import decided
from forecasts.people_forecasts import issued
from forecasts.snapshots import HISTORY, Snapshot
from forecasts.spreadsheet import csv_text

_INSTANT = pl.Datetime("us", "UTC")
_EVIDENCE: dict[str, Any] = (
    {"entry": pl.String, "occurred_on": pl.Date, "published_on": pl.Date}
    | dict.fromkeys(("statement", "source", "url", "grade", "kind", "thread", "verification", "lr_basis"), pl.String)
    | {"half_life_days": pl.Float64, "official": pl.Boolean, "forecaster": pl.String}
    | {"question": pl.String, "deadline": pl.Date, "lr": pl.Float64, "low": pl.Float64, "high": pl.Float64}
)
_FORECASTS: dict[str, Any] = (
    {"entry": pl.String, "question": pl.String, "deadline": pl.Date, "forecaster": pl.String}
    | {"probability": pl.Float64, "issued_at": _INSTANT, "recorded_at": _INSTANT, "live": pl.Boolean}
    | dict.fromkeys(("rationale", "source", "url"), pl.String)
)
_OUTCOMES: dict[str, Any] = {
    "question": pl.String,
    "deadline": pl.Date,
    "outcome": pl.String,
    "on": pl.Date,
    "basis": pl.String,
    "entry": pl.String,
}


def files(
    board: Board, view: LedgerView, history: pl.DataFrame, *, newest: Snapshot | None
) -> Iterator[tuple[str, bytes]]:
    """Give name and content of each table; without a snapshot the table `numbers` is left out."""
    for name, frame in tables(board, view, history, newest=newest).items():
        yield f"{name}.csv", csv_text(frame).encode()


def tables(
    board: Board, view: LedgerView, history: pl.DataFrame, *, newest: Snapshot | None
) -> Mapping[str, pl.DataFrame]:
    """Return the tables by name, in the order of the module's description.

    Parameters
    ----------
    board, view
        The definition, and the records in force.
    history
        Every published number, columns as `snapshots.HISTORY`.
    newest
        The snapshot whose numbers are those of now.
    """
    numbers = {} if newest is None else {"numbers": _numbers(board, newest)}
    return numbers | {
        "history": history.select(list(HISTORY)),
        "evidence": pl.DataFrame(list(_evidence(view)), schema=_EVIDENCE, orient="row"),
        "forecasts": pl.DataFrame(list(_forecasts(view)), schema=_FORECASTS, orient="row"),
        "outcomes": pl.DataFrame(
            [(*pair, d.outcome, d.on, d.basis, d.entry) for pair, d in decided(board, view).items()],
            schema=_OUTCOMES,
            orient="row",
        ),
    }


def _numbers(board: Board, newest: Snapshot) -> pl.DataFrame:
    titles = {("question", q.id): (q.title, q.criteria) for q in board.questions}
    titles |= {(s.group, s.id): (s.title, s.description) for s in board.scenarios}
    titles |= {("series", s.id): (s.title, s.unit) for s in board.series}
    said = [titles.get((group, subject), ("", "")) for group, subject in newest.rows.select("group", "subject").rows()]
    more = pl.DataFrame(said, schema={"title": pl.String, "criteria": pl.String}, orient="row")
    as_of = pl.lit(newest.as_of).cast(_INSTANT).alias("as_of")
    return pl.concat([newest.rows, more], how="horizontal").with_columns(as_of)


def _evidence(view: LedgerView) -> Iterator[tuple[Any, ...]]:
    for e in view.records(Evidence):
        told = (e.id, e.occurred_on, e.published_on, e.statement, e.source, e.url, f"{e.grade_source}{e.grade_info}")
        head = (*told, e.kind, e.thread, e.verification, e.lr_basis, e.half_life_days, e.official, e.forecaster)
        for f in e.effects:
            yield (*head, f.question, f.deadline, f.lr, f.low, f.high)
        if not e.effects:
            yield (*head, None, None, None, None, None)


def _forecasts(view: LedgerView) -> Iterator[tuple[Any, ...]]:
    for i in issued(view):
        f = i.forecast
        head = (f.id, f.question, f.deadline, f.forecaster, f.probability, f.issued_at, i.entry.recorded_at, i.live)
        yield (*head, f.rationale, f.source, f.url)
