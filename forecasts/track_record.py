"""A board's own record: what it, its people and its sceptics said at every time, beside what came of it.

One row is one probability as issued. Live and retrospective stand apart: a retrospective snapshot was made with
hindsight about what to ask and how to judge, and a crowd's series that was entered later than it was issued counts as
retrospective too. The references are the outside view (`base_rates`) and the first number ever published (the frozen
prior), both at the instants of the snapshots, and the recalibrated pool of people at the instants of their forecasts;
its factor stays at the prior here, because one learned from these outcomes would know them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from forecasts.base_rates import BaseRates, base_rates
from forecasts.definition import Board
from forecasts.domain import LedgerView, Occurrence
from forecasts.instants import end_of_day, start_of_day, utc
from forecasts.outcomes import Decided, decided
from forecasts.people_forecasts import Issued, Pair, in_force, issued
from forecasts.people_pool import learn, pool
from forecasts.resolved_table import ResolvedRow
from forecasts.scored_rows import BASE_RATE, COLUMNS, FROZEN_PRIOR, MODEL, RECALIBRATED_POOL, checked, empty


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a scored question beside its forecasts."""

    question: str
    """As it is shown: `ceasefire by 2026-12-31`."""
    cluster: str
    opens: date
    closes: date
    outcome: int | None
    """1 or 0; None while unresolved, and for annulled and ambiguous ones."""
    annulled: bool
    settled_on: date | None

    def row(self, forecaster: str, at: datetime, probability: float | None, mode: str) -> dict[str, Any]:
        """Return one issued probability (or a withdrawal) as a scored row."""
        return {
            "question": self.question,
            "cluster": self.cluster,
            "forecaster": forecaster,
            "at": at,
            "probability": probability,
            "outcome": self.outcome,
            "annulled": self.annulled,
            "opened_at": start_of_day(self.opens),
            "closes_at": end_of_day(self.closes),
            "resolved_at": _settled_at(self),
            "mode": mode,
        }


def _settled_at(life: Life) -> datetime | None:
    """Return when the outcome was settled: at the start of the day of an event, at the close without one."""
    if life.settled_on is None:
        return None
    without = life.settled_on >= life.closes and not life.outcome
    return end_of_day(life.closes) if without else start_of_day(life.settled_on)


def track_record(
    board: Board, view: LedgerView, history: pl.DataFrame, *, months: pl.DataFrame, table: Sequence[ResolvedRow]
) -> pl.DataFrame:
    """Return every issued probability of a board, columns as `scored_rows.COLUMNS`.

    Parameters
    ----------
    board, view
        The definition, and the records in force now: forecasts of people, occurrences, resolutions, confirmations.
    history
        Published numbers, columns as `snapshots.HISTORY`. Where snapshots of a mode share an `as_of`, the first live
        one counts (as issued) and the last retrospective one (by the newest model).
    months
        Chances by month's ends from the snapshots' timing curves, columns as `MONTHS`: for the table's questions.
    table
        Questions of the past (`resolved_table.read`). One that asks what a board's own question and deadline ask is
        left out: each counts once.
    """
    known = decided(board, view)
    lives = {(q.id, d): _life(q.id, d, q.opens, known.get((q.id, d))) for q in board.questions for d in q.deadlines}
    others = tuple(r for r in table if (r.of_board, r.deadline) not in lives)
    numbers = pl.concat([_published(history), _of_table(months, others)])
    lives |= {(r.id, r.deadline): _row_life(r) for r in others}
    outside = _outside(board, view, numbers)
    rows = [*_models(numbers, lives, outside, others), *_people(view, lives), *_frozen(others, lives)]
    rows += _pools(board, view, lives)
    return checked(pl.DataFrame(rows, schema=COLUMNS)) if rows else empty()


def _life(question: str, deadline: date, opens: date, found: Decided | None) -> Life:
    name = f"{question} by {deadline}"
    if found is None:
        return Life(name, question, opens, deadline, None, annulled=False, settled_on=None)
    outcome = int(found.outcome == "yes") if found.scored else None
    return Life(name, question, opens, deadline, outcome, annulled=not found.scored, settled_on=found.on)


def _row_life(row: ResolvedRow) -> Life:
    """Return the life of a question of the table; it shares the luck of the board question that it belongs to."""
    settled = row.occurred_on or row.deadline
    return Life(
        row.id, row.of_board or row.related or row.id, row.opens, row.deadline, int(row.outcome), False, settled
    )


MONTHS: dict[str, Any] = {
    "as_of": pl.Datetime("us", "UTC"),
    "mode": pl.String,
    "question": pl.String,
    "by": pl.Date,
    "value": pl.Float64,
}
"""Columns of the chances by month's ends."""

_NUMBERS = {"as_of": MONTHS["as_of"], "mode": pl.String, "subject": pl.String, "deadline": pl.Date, "value": pl.Float64}


def _published(history: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers published while their pair was open, each `as_of` once."""
    chosen = (pl.col("group") == "question") & (pl.col("measure") == "probability")
    rows = history.filter(chosen & pl.col("state").is_in(["open", "awaiting"]))
    return _once(rows.select(list(_NUMBERS)))


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    key = ["mode", "subject", "deadline", "as_of"]
    hindsight = rows.filter(pl.col("mode") == "retrospective").unique(subset=key, keep="last", maintain_order=True)
    live = rows.filter(pl.col("mode") == "live").unique(subset=key, keep="first", maintain_order=True)
    return pl.concat([hindsight, live])


def _of_table(months: pl.DataFrame, others: Iterable[ResolvedRow]) -> pl.DataFrame:
    """Return what the snapshots said of the table's questions that are the board's, from their opening on."""
    parts = [pl.DataFrame(schema=_NUMBERS)]
    for row in others:
        mine = (pl.col("question") == row.of_board) & (pl.col("by") == row.deadline)
        inside = pl.col("as_of").is_between(start_of_day(row.opens), end_of_day(row.deadline))
        named = {"subject": pl.lit(row.id), "deadline": pl.lit(row.deadline)}
        parts.append(months.filter(mine & inside).with_columns(**named).select(list(_NUMBERS)))
    return _once(pl.concat(parts))


def _outside(board: Board, view: LedgerView, numbers: pl.DataFrame) -> Mapping[datetime, BaseRates]:
    """Return the outside view at each instant of a snapshot, from the occurrences known by then."""
    happened = view.records(Occurrence)
    found = {}
    for at in numbers["as_of"].unique().sort():
        day = max(at.date(), board.opens)
        known = {o.question: o.occurred_on for o in happened if o.occurred_on <= day and o.published_on <= day}
        found[at] = base_rates(board, known=min(day, board.horizon), occurred=known)
    return found


def _models(
    numbers: pl.DataFrame,
    lives: Mapping[Pair, Life],
    outside: Mapping[datetime, BaseRates],
    others: Sequence[ResolvedRow],
) -> Iterator[dict[str, Any]]:
    """Give the model's numbers, the outside view at the same instants, and the model's first number."""
    asked = {r.id: r.of_board for r in others}
    begun: set[tuple[str, str, date]] = set()
    for line in numbers.sort("as_of").iter_rows(named=True):
        pair, mode, at = (line["subject"], line["deadline"]), line["mode"], line["as_of"]
        if pair not in lives or at > end_of_day(pair[1]):
            continue
        life = lives[pair]
        yield life.row(MODEL, at, line["value"], mode)
        base = outside[at].probability(asked.get(pair[0], pair[0]), pair[1])
        if base is not None:
            yield life.row(BASE_RATE, at, base, mode)
        if (mode, *pair) not in begun and pair[0] not in asked:
            begun.add((mode, *pair))
            yield life.row(FROZEN_PRIOR, at, line["value"], mode)


def _people(view: LedgerView, lives: Mapping[Pair, Life]) -> Iterator[dict[str, Any]]:
    for found in issued(view):
        if found.pair in lives:
            mode = "live" if found.live else "retrospective"
            forecast = found.forecast
            yield lives[found.pair].row(forecast.forecaster, found.at, forecast.probability, mode)


def _pools(board: Board, view: LedgerView, lives: Mapping[Pair, Life]) -> Iterator[dict[str, Any]]:
    """Give the recalibrated pool whenever somebody has issued, updated or withdrawn a forecast."""
    parts: dict[tuple[str, Pair], list[Issued]] = {}
    for found in issued(view):
        if found.pair in lives:
            parts.setdefault(("live" if found.live else "retrospective", found.pair), []).append(found)
    prior, happened = learn(()), view.records(Occurrence)
    for (mode, pair), given in parts.items():
        for at in sorted({i.at for i in given}):
            force = list(in_force(given, at=at).values())
            value = pool(pair, force, prior, base=_base(board, happened, pair, at), at=at).best if force else None
            yield lives[pair].row(RECALIBRATED_POOL, at, value, mode)


def _base(board: Board, happened: Iterable[Occurrence], pair: Pair, at: datetime) -> float | None:
    """Return the outside view at an instant, where it is no certainty."""
    day = min(max(at.date(), board.opens), board.horizon)
    found = base_rates(board, known=day, occurred={o.question: o.occurred_on for o in happened if o.occurred_on <= day})
    p = found.probability(*pair)
    return p if p is not None and 0 < p < 1 else None


def _frozen(others: Iterable[ResolvedRow], lives: Mapping[Pair, Life]) -> Iterator[dict[str, Any]]:
    """Give the priors that were written for the table's opening days."""
    for row in others:
        yield lives[row.id, row.deadline].row(FROZEN_PRIOR, start_of_day(row.opens), row.prior, "retrospective")


def due(rows: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """Return the rows that may join a calibration: questions whose scheduled close has passed and that are decided.

    A question by a date that happened early is left out until its date has passed: counted at once, early hits would
    join and the misses of the same day would still be waiting (METHODS 9).
    """
    return rows.filter((pl.col("closes_at") <= utc(now)) & pl.col("outcome").is_not_null() & ~pl.col("annulled"))
