"""Long histories made short enough to be drawn: a line of 900 pixels cannot show every day of many years. Pure."""

import polars as pl

POINTS = 240
"""Instants of a drawn history: two years of weeks are drawn as they are, of days every third or fourth."""


def evenly(count: int, most: int) -> list[int]:
    """Return at most so many places of 0 to count - 1, evenly apart, the first and the last among them.

    Raises
    ------
    ValueError
        When fewer than two places are to be kept of more.
    """
    if count <= most:
        return list(range(count))
    if most < 2:
        raise ValueError(f"{most} of {count} places; at least 2 are needed for a first and a last")
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def thinned(history: pl.DataFrame, *, most: int = POINTS) -> pl.DataFrame:
    """Return the rows of a history on at most so many of its days (column `on`), the newest day among them."""
    days = history["on"].unique().sort()
    return (
        history if days.len() <= most else history.filter(pl.col("on").is_in(days[evenly(days.len(), most)].implode()))
    )


def month_ends(history: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the newest day of each month; `on` are ISO days, as text."""
    month = pl.col("on").str.slice(0, 7)
    return history.filter(pl.col("on") == pl.col("on").max().over(month))
