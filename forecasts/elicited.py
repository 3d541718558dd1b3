"""A judged quantity: what every elicited number of a definition is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elicited:
    """A judged quantity: median and 90 % range, with the reason in words."""

    median: float
    low: float
    """5 % point."""
    high: float
    """95 % point."""
    reason: str
