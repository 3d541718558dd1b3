"""Conditions of a what-if, as a person writes them: what is seen to happen, or what is made to happen.

| seen | made |
|---|---|
| `QUESTION by DAY`, `not QUESTION by DAY` | `QUESTION on DAY`, `QUESTION between DAY and DAY` |
| `scenario ID`, `not scenario ID` | `never QUESTION` |

A DAY lies after the day through which the board is known and not after its horizon.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board

Mark = NDArray[np.bool_]

SEEN_FORMS = "'QUESTION by DAY', 'not QUESTION by DAY', 'scenario ID', 'not scenario ID'"
MADE_FORMS = "'QUESTION on DAY', 'QUESTION between DAY and DAY', 'never QUESTION'"
MOST = 8
"""Conditions of one what-if at most."""

_NAME, _DAY = r"(?P<name>[A-Za-z0-9_.-]+)", r"(?P<day>\S+)"
_EVENT = re.compile(rf"(?P<negated>not\s+)?{_NAME}\s+by\s+{_DAY}", re.IGNORECASE)
_SCENARIO = re.compile(rf"(?P<negated>not\s+)?scenario\s+{_NAME}", re.IGNORECASE)
_ON = re.compile(rf"{_NAME}\s+on\s+{_DAY}", re.IGNORECASE)
_BETWEEN = re.compile(rf"{_NAME}\s+between\s+{_DAY}\s+and\s+(?P<last>\S+)", re.IGNORECASE)
_NEVER = re.compile(rf"never\s+{_NAME}", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


class ConditionError(ValueError):
    """A condition that cannot be used; the message names what was written and what is allowed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event by a day, or a scenario, that holds or does not."""

    question: str | None
    """None for a scenario."""
    by: date | None
    scenario: str | None
    holds: bool

    def __str__(self) -> str:
        """Return the condition as it is to be written."""
        said = f"scenario {self.scenario}" if self.scenario else f"{self.question} by {self.by}"
        return said if self.holds else f"not {said}"


@dataclass(frozen=True, slots=True)
class Made:
    """A question that is made to happen within some days, each as likely as the other, or kept from happening."""

    question: str
    first: date | None
    """None: it is kept from happening."""
    last: date | None

    def __str__(self) -> str:
        """Return the condition as it is to be written."""
        if self.first is None:
            return f"never {self.question}"
        return f"{self.question} on {self.first}" if self.first == self.last else self._span()

    def _span(self) -> str:
        return f"{self.question} between {self.first} and {self.last}"


def seen_from(texts: Iterable[str], board: Board, *, known: date, settled: Iterable[str]) -> tuple[Seen, ...]:
    """Return what is to be seen.

    Parameters
    ----------
    known
        Day through which the board is known.
    settled
        Questions that are known to have happened.

    Raises
    ------
    ConditionError
        When a text is in no known form, names an unknown question or scenario, a question that has happened, or a day
        out of range, or when there is none or more than `MOST`.
    """
    return tuple(_seen(t, board, known, frozenset(settled)) for t in _counted(texts, SEEN_FORMS))


def made_from(texts: Iterable[str], board: Board, *, known: date, settled: Iterable[str]) -> tuple[Made, ...]:
    """Return what is to be made; raises as `seen_from`, and when one question is made twice."""
    found = tuple(_made(t, board, known, frozenset(settled)) for t in _counted(texts, MADE_FORMS))
    names = [m.question for m in found]
    if repeated := {n for n in names if names.count(n) > 1}:
        raise ConditionError(f"{min(repeated)}: made twice; one act for each question is allowed")
    _check_levels(found, board)
    return found


def _check_levels(made: Sequence[Made], board: Board) -> None:
    """Refuse acts on two levels of one series of which the higher would be reached without the lower."""
    acts = {m.question: m for m in made}
    for series in board.series:
        rising = [acts[v.question] for v in sorted(series.levels, key=lambda v: v.value) if v.question in acts]
        for low, high in pairwise(rising):
            if high.first is not None and (low.first is None or low.last is None or low.last > high.first):
                raise ConditionError(
                    f"'{low}' and '{high}': {low.question} is a lower level of the same series and cannot come later"
                )


def marks(conditions: Sequence[Seen], board: Board, day: NDArray[np.int16], holds: Mark) -> Mark:
    """Return (N,) the futures in which all conditions hold.

    Parameters
    ----------
    day
        (N, Q) day of each question.
    holds
        (N, S) in which futures each scenario of the board holds.
    """
    result = np.ones(day.shape[0], bool)
    for c in conditions:
        if c.by is not None and c.question is not None:
            hit = day[:, board.index(c.question)] <= (c.by - board.opens).days
        else:
            hit = holds[:, [s.id for s in board.scenarios].index(str(c.scenario))]
        result &= hit == c.holds
    return result


def _counted(texts: Iterable[str], forms: str) -> list[str]:
    found = [" ".join(t.split()) for t in texts]
    if not found:
        raise ConditionError(f"no condition was given; allowed: {forms}")
    if len(found) > MOST:
        raise ConditionError(f"{len(found)} conditions; at most {MOST} are allowed")
    return found


def _seen(text: str, board: Board, known: date, settled: frozenset[str]) -> Seen:
    if said := _SCENARIO.fullmatch(text):
        name = _named(said["name"], [s.id for s in board.scenarios], "scenario")
        return Seen(None, None, name, said["negated"] is None)
    if said := _EVENT.fullmatch(text):
        name = _open(said["name"], board, settled)
        return Seen(name, _day(said["day"], board, known), None, said["negated"] is None)
    raise ConditionError(f"{text[:80]!r}: what is seen is written {SEEN_FORMS}")


def _made(text: str, board: Board, known: date, settled: frozenset[str]) -> Made:
    if _SCENARIO.fullmatch(text):
        raise ConditionError(
            f"{text[:80]!r}: a scenario is what events add up to and cannot be made to hold; make its events happen, "
            "or see it"
        )
    if said := _NEVER.fullmatch(text):
        return Made(_open(said["name"], board, settled), None, None)
    if said := _ON.fullmatch(text):
        day = _day(said["day"], board, known)
        return Made(_open(said["name"], board, settled), day, day)
    if said := _BETWEEN.fullmatch(text):
        first, last = (_day(said[part], board, known) for part in ("day", "last"))
        if first > last:
            raise ConditionError(f"{text[:80]!r}: {first} lies after {last}")
        return Made(_open(said["name"], board, settled), first, last)
    raise ConditionError(f"{text[:80]!r}: what is made is written {MADE_FORMS}")


def _open(name: str, board: Board, settled: frozenset[str]) -> str:
    found = _named(name, [q.id for q in board.questions], "question")
    if found in settled:
        raise ConditionError(f"{found}: has happened already; a what-if is about what is still open")
    return found


def _named(name: str, known: Sequence[str], kind: str) -> str:
    if name in known:
        return name
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(known)}"
    raise ConditionError(f"{name[:80]!r} is no {kind} of this board; {hint}")


def _day(text: str, board: Board, known: date) -> date:
    try:
        found = date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise ConditionError(f"{text[:40]!r}: a day like 2026-12-31 is needed")
    if not known < found <= board.horizon:
        raise ConditionError(f"{found}: a day after {known} (known through) and not after {board.horizon} is needed")
    return found
