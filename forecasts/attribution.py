"""Why a probability moved between two snapshots: a telescope of small changes whose parts sum to the move.

From the first snapshot to the last, one thing changes at a time (METHODS 4, "Moves"): the board survives to the new
known day, intents fade, questions occur, data and parameters change, each evidence item enters in ledger order, items
are corrected and retracted. Every step is the difference of two weighings with the same luck. What the chain cannot
reach, because a number was issued by another model version or a run had its own Monte Carlo error, is a part of its
own, so nothing is hidden in the others.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from forecasts import snapshots
from forecasts.artefacts import Artefacts
from forecasts.domain import Mode
from forecasts.gates import log_odds
from forecasts.instants import utc
from forecasts.moves import Move, Step
from forecasts.snapshots import Snapshot
from forecasts.store import Store

USUAL_SPAN = timedelta(days=7)
"""Without a start, the move since the snapshot that was the newest so long before the end."""

ALWAYS_LISTED = ("survival", "fading")
"""Steps that are listed even where they change nothing."""


class NoMoveError(LookupError):
    """There are no two snapshots to compare, or they do not both hold the question; the message says which."""


def explain(
    store: Store,
    artefacts: Artefacts,
    board: str,
    *,
    question: str,
    deadline: date,
    mode: Mode = "live",
    start: datetime | None = None,
    end: datetime | None = None,
    threads: int = 2,
) -> dict[str, Any]:
    """Return why a question's probability by a deadline moved between two snapshots of one mode.

    Parameters
    ----------
    store, artefacts, board
        The record, its files, and the board's id.
    question, deadline
        What moved.
    mode
        Snapshots of the two modes are never compared.
    start, end
        Aware instants: the snapshots that were the newest then. Without `end` the newest of all, without `start` the
        newest of a week before the end, or the first one.
    threads
        Threads; no number depends on it.

    Returns
    -------
    `question, deadline, mode, start, end` (ISO texts), `from, to` (published probabilities), `from_log_odds,
    to_log_odds`, `unit` (`log_odds`; `probability` where a value on the way is 0 or 1) and `parts`: list of `kind,
    name, entry, log_odds, probability`, whose changes in the unit sum to the move; `log_odds` is None where that is not
    the unit.

    Raises
    ------
    NoMoveError
        When there are no two snapshots, or question or deadline is not in both.
    """
    first, last = _two_snapshots(store, board, mode, start=start, end=end)
    p_from, p_to = (_published(s, question, deadline) for s in (first, last))
    move = Move.between(store, artefacts, first, last, question=question, deadline=deadline, threads=threads)
    steps = [Step("residual", "issued by another model version", None, move.start), *move.steps()]
    steps.append(Step("residual", "another model version, or no longer in the record", None, p_to))
    return {
        "question": question,
        "deadline": deadline.isoformat(),
        "mode": mode,
        "start": first.as_of.isoformat(),
        "end": last.as_of.isoformat(),
        **telescoped(p_from, steps),
    }


def telescoped(before: float, steps: Sequence[Step]) -> dict[str, Any]:
    """Return `from, to`, their log-odds, `unit` and the `parts` of a chain of steps that starts at a probability."""
    values = [before, *(s.probability for s in steps)]
    inner = all(0.0 < v < 1.0 for v in values)
    odds = [float(log_odds(np.array(v))) if 0.0 < v < 1.0 else None for v in values]
    parts = []
    for i, step in enumerate(steps):
        low, high = odds[i], odds[i + 1]
        change = values[i + 1] - values[i]
        if change == 0.0 and step.kind not in ALWAYS_LISTED:
            continue
        shift = high - low if inner and low is not None and high is not None else None
        parts.append(
            {"kind": step.kind, "name": step.name, "entry": step.entry, "log_odds": shift, "probability": change}
        )
    return {
        "from": before,
        "to": values[-1],
        "from_log_odds": odds[0],
        "to_log_odds": odds[-1],
        "unit": "log_odds" if inner else "probability",
        "parts": parts,
    }


def _two_snapshots(
    store: Store, board: str, mode: Mode, *, start: datetime | None, end: datetime | None
) -> tuple[Snapshot, Snapshot]:
    last = snapshots.latest(store, board, mode=mode, as_of=end)
    if last is None:
        raise NoMoveError(f"{board}: no {mode} snapshot{f' by {end.isoformat()}' if end else ''}; nothing to explain")
    first = snapshots.latest(store, board, mode=mode, as_of=utc(start) if start else last.as_of - USUAL_SPAN)
    if first is None and start is None:
        first = snapshots.get(store, snapshots.index(store, board, mode=mode)["id"][0])
    if first is None:
        raise NoMoveError(f"{board}: no {mode} snapshot by {utc(start or last.as_of).isoformat()} to start from")
    if first.as_of >= last.as_of:
        raise NoMoveError(f"{board}: only one {mode} snapshot, as of {last.as_of.isoformat()}; a move needs two")
    return first, last


def _published(snapshot: Snapshot, question: str, deadline: date) -> float:
    rows = snapshot.rows.filter(
        (pl.col("subject") == question) & (pl.col("group") == "question") & (pl.col("deadline") == deadline)
    )
    if rows.is_empty():
        known = snapshot.rows.filter(pl.col("group") == "question")
        if question not in known["subject"]:
            allowed = ", ".join(known["subject"].unique(maintain_order=True))
            raise NoMoveError(f"question {question!r} is not in the snapshot as of {snapshot.as_of.date()}: {allowed}")
        allowed = ", ".join(map(str, known.filter(pl.col("subject") == question)["deadline"]))
        raise NoMoveError(f"deadline {deadline} of {question}: allowed are {allowed}")
    return float(rows["value"][0])
