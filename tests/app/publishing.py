"""Publishes snapshots of a real board through the real modules, with made-up but coherent numbers and no sampling.

Shared by the page tests, the browser test's first screen and `benchmarks/pages_speed.py`.
"""

import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from forecasts import board_store, class_rates, class_rates_fit, durability_fit, ledger, replay, snapshots
from forecasts.definition import Board, Question
from forecasts.detail_durations import classes
from forecasts.detail_edges import before
from forecasts.draws_file import from_bytes
from forecasts.instants import end_of_day
from forecasts.parameters import Parameters
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.settings import SHIPPED_BOARDS, Workspace
from forecasts.shipped import SHIPPED as SHIPPED_DRAWS
from forecasts.snapshot_rows import ROWS

HAPPENED = ("eu_joint_borrowing",)
"""Questions of the shipped board that its seed records say have occurred."""
SHIPPED = SHIPPED_BOARDS / "indivisible-security"
NOW = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)


def enter(workspace: Workspace, directory: Path = SHIPPED, *, now: datetime = NOW) -> Board:
    """Enter a board and its seed records, and return its definition."""
    entered = board_store.initialise(workspace.store, workspace.artefacts, directory, now=now, actor=LOCAL_OWNER)
    moment = replay.read_moment(
        workspace.store,
        workspace.artefacts,
        entered.board,
        as_of=now + timedelta(hours=1),
        mode="live",
        now=now + timedelta(hours=1),
    )
    return moment.board


def publish_history(workspace: Workspace, board: Board, *, weeks: int, last: date = date(2026, 7, 1)) -> list[str]:
    """Publish one retrospective snapshot a week, the last on `last`; returns their ids."""
    days = [last - timedelta(weeks=weeks - 1 - i) for i in range(weeks)]
    return [publish(workspace, board, on=end_of_day(day), mode="retrospective", step=i) for i, day in enumerate(days)]


def publish(
    workspace: Workspace,
    board: Board,
    *,
    on: datetime,
    mode: str,
    step: int = 0,
    known: date = date(2026, 7, 1),
    tables: bytes | None = None,
) -> str:
    """Publish one snapshot and return its id; `tables` is its detail, made up where none is given."""
    through = min(known, on.date())
    tail = ledger.tail(workspace.store, board.id)
    made = json.dumps(_detail(board, known=through, step=step)).encode() if tables is None else tables
    snapshot = snapshots.Snapshot(
        id=f"{mode}-{board.id}-{on:%Y%m%d%H%M}-{step}",
        board=board.id,
        mode=mode,
        as_of=on,
        known_through=through,
        published_at=NOW,
        board_version=board.content_hash,
        ledger_position=tail.position,
        ledger_digest=tail.digest,
        rows=_rows(board, step=step, known=through),
        receipt={
            "seed": 7,
            "draws": 20000,
            "gates": [
                {"name": "largest simulation error", "value": 0.0011, "bound": 0.0025, "holds": True, "place": ""}
            ],
            "seconds": {"futures": 0.41, "weighing": 0.12},
        },
        detail_hash=workspace.artefacts.put(made),
        futures_hash=None,
    )
    assert snapshots.write(workspace.store, snapshot, actor=JOBS)
    return snapshot.id


def probability(question: Question, deadline: date, *, known: date, step: int) -> float:
    """Return a made-up chance that rises with the deadline and wanders with the step."""
    rate = 0.02 + 0.13 * (sum(map(ord, question.id)) % 17) / 17
    years = max((deadline - known).days, 0) / 365.25
    return 1 - math.exp(-rate * years * math.exp(0.35 * math.sin(0.15 * step + len(question.id))))


def _rows(board: Board, *, step: int, known: date) -> pl.DataFrame:
    rows = [_question_row(q, d, known=known, step=step) for q in board.questions for d in q.deadlines]
    partition = [s for s in board.scenarios if s.group == "partition"]
    weights = np.array([2 + math.sin(0.1 * step + i) for i in range(len(partition))])
    rows += [
        _row(s.id, "partition", None, float(w), "open") for s, w in zip(partition, weights / weights.sum(), strict=True)
    ]
    rows += [
        _row(s.id, "overlay", None, 0.05 + 0.01 * i, "open")
        for i, s in enumerate(x for x in board.scenarios if x.group == "overlay")
    ]
    return pl.DataFrame(rows, schema=ROWS, orient="row")


def _question_row(question: Question, deadline: date, *, known: date, step: int) -> tuple[object, ...]:
    if question.id in HAPPENED:
        return (question.id, "question", deadline, "probability", 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, True, "occurred")
    state = "open" if deadline > known else "passed"
    return _row(question.id, "question", deadline, probability(question, deadline, known=known, step=step), state)


def _row(subject: str, group: str, deadline: date | None, p: float, state: str) -> tuple[object, ...]:
    spread = 0.45 * math.sqrt(p * (1 - p))
    bands = (max(0.0, p - 0.4 * spread), min(1.0, p + 0.4 * spread), max(0.0, p - spread), min(1.0, p + spread))
    return (subject, group, deadline, "probability", p, *bands, 0.0009, True, state)


_CLASSES: dict[str, dict[str, object]] = {}
"""Read once for each board: the draws are large."""


def _classes(board: Board) -> dict[str, object]:
    """Return the reference classes from the draws that come with twixt; nothing for a board of one's own."""
    if board.content_hash not in _CLASSES:
        durations = {q.id: durability_fit.recipe(board, q) for q in board.questions if q.duration}
        wanted = {"rates": class_rates_fit.recipe(board), **durations} if board.id == SHIPPED.name else {}
        files = {key: from_bytes(SHIPPED_DRAWS.find(recipe.input_hash)) for key, recipe in wanted.items()}
        rates = class_rates.read(files.pop("rates")) if files else class_rates.NO_RATES
        _CLASSES[board.content_hash] = classes(board, Parameters(rates, files)) if wanted else {}
    return _CLASSES[board.content_hash]


def _edges(board: Board) -> list[dict[str, object]]:
    return [
        {
            "parent": e.parents[0],
            "child": e.child,
            "fitted": e.child == "resumption" and e.parents[0] == "us_guarantee",
            "prior": before(e.hazard_ratio),
            "posterior": before(e.hazard_ratio),
            "bits": 0.01,
            "sd_ratio": 0.99,
            "mcse": 0.002,
        }
        for e in board.edges
        if e.hazard_ratio
    ]


def _detail(board: Board, *, known: date, step: int) -> dict[str, object]:
    months = [date(y, m, 28) for y in range(known.year, board.horizon.year + 1) for m in range(1, 13)]
    months = [m for m in months if m > known]
    timing = {
        q.id: {
            "months": [m.isoformat() for m in months],
            "cdf": [probability(q, m, known=known, step=step) for m in months],
            "median": None,
        }
        for q in board.questions
    }
    drift = {
        q.id: {
            d.isoformat(): [
                [
                    (known + (d - known) * k / 12).isoformat(),
                    probability(q, d, known=known + (d - known) * k / 12, step=step),
                ]
                for k in range(13)
            ]
            for d in q.deadlines
            if d > known
        }
        for q in board.questions
    }
    drivers = {
        q.id: [
            {"question": other.id, "p_if_yes": 0.05 + 0.04 * i, "p_if_no": 0.12 - 0.01 * i}
            for i, other in enumerate(o for o in board.questions[:7] if o.id != q.id)
        ]
        for q in board.questions
    }
    scenarios = {
        s.id: {
            "questions": {q.id: min(0.9, 0.05 + 0.03 * i + 0.04 * k) for i, q in enumerate(board.questions)},
            "drivers": [
                {"question": q.id, "p_if_yes": 0.3 - 0.02 * i, "p_if_no": 0.1} for i, q in enumerate(board.questions)
            ],
        }
        for k, s in enumerate(board.scenarios)
    }
    inputs = {
        q.id: {"class_rate": [0.1, 0.05, 0.2], "factor": [0.5, 0.2, 1.2], "hazard": [0.05, 0.015, 0.16], "label": ""}
        if q.kind == "event"
        else {"label": "elicited"}
        for q in board.questions
    }
    return {
        "timing": timing,
        "drift": drift,
        "drivers": drivers,
        "scenarios": scenarios,
        "contributions": {},
        "inputs": inputs,
        "classes": _classes(board),
        "edges": _edges(board),
        "expiring": [],
        "flags": [],
    }
