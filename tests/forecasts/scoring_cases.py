"""Frames of issued probabilities for the tests of scores: written in hours, as a table of literals."""

from datetime import UTC, datetime, timedelta

import polars as pl

from forecasts import scored_rows

OPENED = datetime(2026, 1, 1, tzinfo=UTC)


def hour(value: float | None) -> datetime | None:
    return None if value is None else OPENED + timedelta(hours=value)


def rows(*table: tuple, opened: float = 0, closes: float = 100, **same) -> pl.DataFrame:
    """Return rows (question, forecaster, at hour, probability, outcome, resolved hour)."""
    return scored_rows.checked(
        pl.DataFrame(
            [
                {
                    "question": q,
                    "cluster": q,
                    "forecaster": who,
                    "at": hour(at),
                    "probability": p,
                    "outcome": y,
                    "annulled": False,
                    "opened_at": hour(opened),
                    "closes_at": hour(closes),
                    "resolved_at": hour(resolved),
                    "mode": "live",
                    **same,
                }
                for q, who, at, p, y, resolved in table
            ],
            schema=scored_rows.COLUMNS,
        )
    )
