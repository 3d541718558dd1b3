"""The parts of a definition that describe a fitted panel: members, editions, known turns, promises, the goal."""

from dataclasses import dataclass
from datetime import date

from forecasts.domain import Edition
from forecasts.elicited import Elicited


@dataclass(frozen=True, slots=True)
class Member:
    """A country of a fitted panel."""

    name: str
    weight: float
    """Its output, which weighs it in the aggregate; 0 for a country of the panel outside the aggregate."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A year that differs for all members: a break of the trend, or a slump of output."""

    year: int
    known_from: date
    """No run before this day may know of it."""
    reason: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A share that all members promised."""

    known_from: date
    deadline: int
    """Year."""
    share: float
    reason: str
    evidence: str = ""
    """Id of the evidence item that reports it: it speaks through the panel and moves the levels no second time."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A straight line to a goal, reviewed on the way; it starts at each member's own share."""

    since: int
    """Year at which the line starts."""
    review: int
    by: int
    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class FittedPanel:
    """Members whose shares are fitted together; the series is their weighted mean."""

    aggregate: str
    """Name under which editions print the series itself; read for comparison, never fitted."""
    members: tuple[Member, ...]
    """By name."""
    ignored: tuple[str, ...]
    """Other names that an edition may print, for example a total that is no part of this."""
    editions: tuple[Edition, ...]
    """Rising in published_on; editions entered into the ledger are added at replay."""
    breaks: tuple[Turn, ...]
    slumps: tuple[Turn, ...]
    promises: tuple[Promise, ...]
    phase: int
    """Years over which a budget closes a gap at the least, however near the deadline."""
    break_rate: float
    """Chance of another break in each coming year."""
    break_up: float
    """Chance that it raises the common slope."""
    slump_rate: float
    """Chance of a slump in each coming year."""
    chances_reason: str
    discrepancy: Elicited
    """Log of the printed aggregate over the weighted mean of the printed members."""
    goal: Goal
    lines: tuple[float, ...]
    """Values that the pages mark; rising."""
