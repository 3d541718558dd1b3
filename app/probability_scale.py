"""Where a probability stands on an axis: by points, or by log-odds, where equal heights are equal factors."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from app.spec import Spec, ceiling, probability_axis

type ScaleKind = Literal["linear", "logit"]

EDGE = 0.0005
"""On the log-odds scale a probability nearer to 0 or 1 is drawn here: the scale itself has no end."""
LEAST = 1.0
"""Log-odds that the scale shows at least, so that small moves do not look like large ones."""
MOST_TICKS = 8
_ROUND = (
    (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999),
    (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.995, 0.999),
    (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999),
    tuple(i / 100 for i in range(5, 100, 5)),
    tuple(i / 100 for i in range(1, 100)),
)
"""Round probabilities to label, from few to many."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical scale of probabilities; coordinates are probabilities (linear) or log-odds (logit)."""

    kind: ScaleKind
    low: float
    """Coordinate of the lower end."""
    high: float
    """Coordinate of the highest thing drawn; an axis may leave room above it."""

    def place(self, probability: float) -> float:
        """Return the coordinate of a probability."""
        return probability if self.kind == "linear" else log_odds(probability)

    def share(self, probability: float) -> float:
        """Return how high a probability stands, as a part of the way from the lower end to the higher."""
        return (self.place(probability) - self.low) / (self.high - self.low)

    def field(self, column: str) -> str:
        """Return the column that holds the coordinates of a column of probabilities."""
        return column if self.kind == "linear" else f"{column}_odds"

    def placed(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """Return a frame with the coordinates of some columns beside them, under the names of `field`."""
        if self.kind == "linear":
            return frame
        return frame.with_columns(
            pl.Series(self.field(c), [None if p is None else self.place(p) for p in frame[c]], pl.Float64)
            for c in columns
        )

    def axis(self, column: str, *, roof: float = 1.0, title: str | None = None) -> Spec:
        """Return the vertical channel of a column; `roof` is the height of the chart as a multiple of the scale."""
        top = self.low + (self.high - self.low) * roof
        if self.kind == "linear":
            return probability_axis(column, domain=(self.low, top), top=self.high, title=title)
        values = [log_odds(p) for p in self.ticks()]
        label = "format(100 / (1 + exp(-datum.value)), '~g') + ' %'"
        axis = {"labelExpr": label, "grid": True, "domain": False, "ticks": False, "values": values}
        scale = {"domain": [self.low, top], "nice": False, "zero": False}
        return {"field": self.field(column), "type": "quantitative", "title": title, "scale": scale, "axis": axis}

    def ticks(self) -> list[float]:
        """Return the probabilities that a log-odds axis labels: as many round ones as have room."""
        within = [[p for p in row if self.low <= log_odds(p) <= self.high] for row in _ROUND]
        fitting = [row for row in within if len(row) <= MOST_TICKS]
        return max(fitting, key=len) if fitting else within[0][:MOST_TICKS]


def scale_for(kind: ScaleKind, values: Iterable[float | None]) -> Scale:
    """Return a scale that shows all of some probabilities: linear from 0, log-odds as wide as they are."""
    present = [v for v in values if v is not None]
    if kind == "linear":
        return Scale(kind, 0.0, ceiling(present))
    odds = [log_odds(p) for p in present] or [0.0]
    low, high = min(odds), max(odds)
    room = max(0.06 * (high - low), (LEAST - (high - low)) / 2, 0.0)
    return Scale(kind, low - room, high + room)


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability, of the edge where it lies beyond."""
    p = min(max(probability, EDGE), 1 - EDGE)
    return math.log(p / (1 - p))
