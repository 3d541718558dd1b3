"""The frame of issued probabilities that everything scored reads: its columns, what each holds, and its check.

`twixt score` fills it from a file, the track record of a board from snapshots, people's forecasts and resolutions.
One row is one probability as issued, or a withdrawal; nothing in it is ever computed from an outcome.
"""

from __future__ import annotations

from typing import Any

import polars as pl

INSTANT = pl.Datetime("us", "UTC")

COLUMNS: dict[str, Any] = {
    "question": pl.String,
    "cluster": pl.String,
    "forecaster": pl.String,
    "at": INSTANT,
    "probability": pl.Float64,
    "outcome": pl.Int8,
    "annulled": pl.Boolean,
    "opened_at": INSTANT,
    "closes_at": INSTANT,
    "resolved_at": INSTANT,
    "mode": pl.String,
}
"""Column -> type.

`question`: what is scored once, on a board question and deadline (`ceasefire by 2026-12-31`).
`cluster`: the independent unit for resampling, on a board the underlying question: its deadlines share one luck.
`forecaster`: a person's opaque id, `crowd:<source>`, or one of `REFERENCES` and `MODEL`.
`at`: when it was issued; null where a file has no times. `probability`: null withdraws from then on.
`outcome`: 1, 0, null while unresolved. `annulled`: true for annulled and ambiguous questions, which are never scored.
`opened_at`, `closes_at`: the scheduled life, fixed before anything was known; `resolved_at`: when the outcome was
settled, before `closes_at` where a question ended early, null while unresolved. `mode`: `live` or `retrospective`.
"""

MODEL = "model"
"""The board's own published numbers."""
BASE_RATE = "base rate"
FROZEN_PRIOR = "frozen prior"
STATUS_QUO = "status quo"
CROWD = "crowd"
RECALIBRATED_POOL = "recalibrated pool"
REFERENCES = (BASE_RATE, FROZEN_PRIOR, STATUS_QUO, CROWD, RECALIBRATED_POOL)
"""Forecasters that skill is paired with; `crowd` stands for all of `crowd:<source>`. The status quo needs no rows."""
MODES = ("live", "retrospective")


class RowsError(ValueError):
    """A frame is not one of scored rows."""


def empty() -> pl.DataFrame:
    """Return a frame without rows."""
    return pl.DataFrame(schema=COLUMNS)


def checked(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its columns in order.

    Raises
    ------
    RowsError
        Names the column that is missing, the type that is wrong, or the rule that rows break and how many do.
    """
    for name, kind in COLUMNS.items():
        if name not in rows.columns:
            raise RowsError(f"column {name!r} is missing; needed: {', '.join(COLUMNS)}")
        if rows.schema[name] != kind:
            raise RowsError(f"column {name!r} is {rows.schema[name]}; {kind} is needed")
    broken = rows.select(**{rule: (~test.fill_null(value=True)).sum() for rule, test in _RULES.items()}).row(0)
    for rule, count in zip(_RULES, broken, strict=True):
        if count:
            raise RowsError(f"{count} rows break the rule: {rule}")
    return rows.select(list(COLUMNS))


_RULES = {
    "a question, a cluster, a forecaster and annulled are given": pl.all_horizontal(
        pl.col("question", "cluster", "forecaster", "annulled").is_not_null()
    ),
    "a probability is a number from 0 to 1": pl.col("probability").is_between(0, 1),
    "an outcome is 0 or 1": pl.col("outcome").is_in([0, 1]),
    "mode is live or retrospective": pl.col("mode").is_not_null() & pl.col("mode").is_in(MODES),
    "a question opens before it closes": pl.col("opened_at") < pl.col("closes_at"),
}
