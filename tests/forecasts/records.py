"""Records for the store's tests, each valid and small."""

import hashlib
from datetime import date, datetime

import polars as pl

from forecasts.domain import Effect, Evidence
from forecasts.snapshot_rows import ROWS
from forecasts.snapshots import Snapshot


def evidence(
    entry: str = "E1", *, published_on: date = date(2026, 3, 1), lr: float = 2.0, **changes: object
) -> Evidence:
    """Return one evidence item on question `q`."""
    effect = Effect("q", date(2030, 12, 31), lr, lr / 2, lr * 2)
    values = {
        "id": entry,
        "occurred_on": published_on,
        "published_on": published_on,
        "statement": "Something was reported.",
        "source": "A newspaper",
        "url": "https://example.org/report",
        "grade_source": "B",
        "grade_info": "2",
        "lr_basis": "content",
        "kind": "fact",
        "half_life_days": None,
        "thread": "story",
        "verification": "verified",
        "effects": (effect,),
        "forecaster": "owner",
    }
    return Evidence(**values | changes)


def rows(*, shift: float = 0.0) -> pl.DataFrame:
    """Return the rows of a snapshot with one question of two deadlines, a scenario and a series."""
    lines = [
        ("q", "question", date(2026, 12, 31), "probability", 0.1 + shift, 0.08, 0.13, 0.05, 0.2, 0.001, True, "open"),
        ("q", "question", date(2030, 12, 31), "probability", 0.4 + shift, 0.3, 0.5, 0.2, 0.6, 0.002, True, "open"),
        ("calm", "partition", None, "probability", 1.0 - shift, None, None, None, None, None, False, "open"),
        ("spending", "series", date(2027, 12, 31), "mean", 2.4 + shift, 2.3, 2.5, 2.1, 2.7, None, None, "awaiting"),
    ]
    return pl.DataFrame(lines, schema=ROWS, orient="row")


def snapshot(*, as_of: datetime, identifier: str = "", **changes: object) -> Snapshot:
    """Return a snapshot of board `b` whose id follows from its `as_of`."""
    values = {
        "id": identifier or hashlib.sha256(str(as_of).encode()).hexdigest(),
        "board": "b",
        "mode": "live",
        "as_of": as_of,
        "known_through": date(2026, 7, 1),
        "published_at": as_of,
        "board_version": "0" * 64,
        "ledger_position": 3,
        "ledger_digest": "1" * 64,
        "rows": rows(),
        "receipt": {"seed": 7, "ess": 1234.5},
        "detail_hash": "2" * 64,
        "futures_hash": None,
    }
    return Snapshot(**values | changes)
