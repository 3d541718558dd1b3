"""The formats of other sites that can be read, by the name that a person types."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from forecasts.exchange import (
    fatebook,
    forecastbench,
    from_lines,
    kalshi,
    manifold,
    metaculus,
    polymarket,
    predictionbook,
)
from forecasts.exchange.outside import Reading


class Format(NamedTuple):
    """One format."""

    site: str
    """What a person calls the site."""
    read: Callable[..., Reading]
    """`(content, name)` -> what the file holds; where `timeless`, also `saved_at`."""
    timeless: bool
    """True where prices stand in a file without their time."""
    what: str
    """Which files are read."""


FORMATS: dict[str, Format] = {
    "metaculus": Format(metaculus.SITE, metaculus.read, False, "the zip of question and forecast tables"),
    "manifold": Format(manifold.SITE, manifold.read, False, "markets and bets of the API, tables of bets"),
    "polymarket": Format(polymarket.SITE, polymarket.read, True, "markets and events of the Gamma API"),
    "kalshi": Format(kalshi.SITE, kalshi.read, True, "markets, events, candlesticks and trades of the API"),
    "fatebook": Format(fatebook.SITE, fatebook.read, False, "the CSV file of all your forecasts"),
    "predictionbook": Format(predictionbook.SITE, predictionbook.read, False, "predictions of the API, the table"),
    "forecastbench": Format(forecastbench.SITE, forecastbench.read, False, "question, resolution and forecast sets"),
    "lines": Format(from_lines.SITE, from_lines.read, False, "what `twixt export lines` writes"),
}


def read(kind: str, content: bytes, name: str, *, saved_at: datetime | None = None) -> Reading:
    """Read one file of a format.

    Parameters
    ----------
    kind
        A key of `FORMATS`.
    content, name
        The file and what messages call it.
    saved_at
        When the file was saved, aware UTC: the time of prices that have none of their own.

    Raises
    ------
    UnsafeFileError
        When it is no file of the format, or not safe to read.
    """
    found = FORMATS[kind]
    reader = partial(found.read, saved_at=saved_at) if found.timeless else found.read
    return reader(content, name)
