"""The rows of a board definition that could be read, each with its place, before they are checked together."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from forecasts.board_rows import Row
from forecasts.definition import (
    Adjustment,
    Case,
    Edge,
    Frailty,
    Question,
    Scenario,
    Scheduled,
    Section,
    Series,
    Settings,
    Vote,
)


class Placed[T](NamedTuple):
    """A record and the row it was read from (which names its place in messages)."""

    record: T
    row: Row


@dataclass(frozen=True, slots=True)
class Head:
    """The keys of board.toml itself."""

    row: Row
    id: str
    title: str
    description: str
    opens: date
    horizon: date
    deadlines: tuple[date, ...]
    settings: Settings | None
    valid: bool
    """Its days can be relied on."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All rows without a mistake of their own."""

    head: Head
    mentioned: set[str]
    """Question ids as written, also of questions with mistakes: a reference to one of them is no second mistake."""
    unread: frozenset[str]
    """Files with a mistake of their own: what is absent from them may only have been misspelled."""
    sections: list[Placed[Section]]
    questions: list[Placed[Question]]
    edges: list[Placed[Edge]]
    cases: list[Placed[Case]]
    adjustments: list[Placed[Adjustment]]
    votes: list[Placed[Vote]]
    series: list[Placed[Series]]
    frailties: list[Placed[Frailty]]
    scheduled: list[Placed[Scheduled]]
    scenarios: list[Placed[Scenario]]
