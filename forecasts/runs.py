"""Attempts to publish: every one is kept, the refused and the failed ones too, with what they said."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from forecasts.domain import Mode
from forecasts.forms import canonical, check_identifier, parse
from forecasts.people import Actor, authorise
from forecasts.schema import runs
from forecasts.store import Store

RunOutcome = Literal["published", "unchanged", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to publish a board's state."""

    board: str
    mode: Mode
    as_of: datetime
    started_at: datetime
    ended_at: datetime
    outcome: RunOutcome
    """`refused`: a gate said no; `failed`: it could not be computed."""
    message: str
    """One line for a person."""
    receipt: dict[str, Any]
    """Plain JSON values: diagnostics and timings as far as the run came."""
    snapshot: str | None = None
    """Id of the snapshot that was published or found unchanged."""
    number: int = 0
    """Given by the store, rising; 0 before the run is written."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Why the last good snapshot is not up to date."""

    since: datetime
    """`as_of` of the first attempt that did not succeed after the last good one."""
    attempts: int
    """How many attempts in a row did not succeed."""
    outcome: RunOutcome
    """Of the last attempt: `refused` or `failed`."""
    message: str


def append(store: Store, run: Run, *, actor: Actor) -> Run:
    """Keep an attempt and return it with its number; raises ForbiddenError, ValueError or StoreError."""
    authorise(actor, "publish", run.board)
    if run.outcome not in get_args(RunOutcome):
        raise ValueError(f"outcome {run.outcome!r}; allowed: {', '.join(get_args(RunOutcome))}")
    check_identifier(run.board)
    with store.writing() as connection:
        return insert(connection, run)


def insert(connection: sa.Connection, run: Run) -> Run:
    """Write an attempt in the caller's transaction and return it with its number."""
    values = {c.name: getattr(run, c.name) for c in runs.columns if c.name not in {"number", "receipt"}}
    values["receipt"] = canonical(run.receipt)
    number = connection.execute(runs.insert().values(values).returning(runs.c.number)).scalar_one()
    return replace(run, number=number)


def read(store: Store, board: str, *, mode: Mode | None = None, limit: int = 100) -> tuple[Run, ...]:
    """Return the last attempts of a board, newest first."""
    query = sa.select(runs).where(runs.c.board == board).order_by(runs.c.number.desc()).limit(limit)
    if mode is not None:
        query = query.where(runs.c.mode == mode)
    with store.reading() as connection:
        return tuple(from_row(row) for row in connection.execute(query).mappings())


def stale(store: Store, board: str, *, mode: Mode = "live") -> Stale | None:
    """Return since when attempts have not succeeded, or None when the last one did or there was none."""
    return stale_since(read(store, board, mode=mode))


def stale_since(newest_first: tuple[Run, ...]) -> Stale | None:
    """Return what the attempts since the last good one say, or None when the newest is good."""
    bad = []
    for run in newest_first:
        if run.outcome in {"published", "unchanged"}:
            break
        bad.append(run)
    return Stale(bad[-1].as_of, len(bad), bad[0].outcome, bad[0].message) if bad else None


def from_row(row: Any) -> Run:
    """Return the attempt of a row of the table, read as a mapping."""
    values = dict(row)
    return Run(**values | {"receipt": parse(values["receipt"])})
