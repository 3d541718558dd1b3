"""What a subscriber wants to be told: rules of a few words, read strictly and kept as canonical JSON."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from forecasts.definition import Board
from forecasts.errors import RecordError
from forecasts.fields import shown
from forecasts.forms import TEXT, canonical, choice, list_of, parse, part, unchanged

RuleKind = Literal["move", "cross", "stale", "failed", "due"]
MOST_RULES = 40

BOUNDS: dict[RuleKind, tuple[float, float]] = {
    "move": (0.1, 100),
    "cross": (0.1, 99.9),
    "stale": (1, 24 * 365),
    "failed": (0, 0),
    "due": (0, 365),
}
"""Least and greatest amount: points of probability, percent, hours, nothing, days."""
USUAL: dict[RuleKind, float] = {"move": 5.0, "cross": 50.0, "stale": 36.0, "failed": 0.0, "due": 14.0}
"""The amount where none is given."""
OF_QUESTIONS: tuple[RuleKind, ...] = ("move", "cross", "due")
"""Kinds that can name a question or scenario; without one they hold for all."""
DEFAULT = ("move 5", "failed", "stale 36", "due 14")
"""What a subscriber is told who names no rules."""

_AMOUNT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a subscriber wants to be told."""

    kind: RuleKind
    """`move`: a chance moved since they were last told; `cross`: it crossed a level; `stale`: a run has been due for so
    long; `failed`: a run did not publish, or its input was given up; `due`: an outcome waits for a person, or will."""
    amount: float
    """Points of probability, percent, hours, 0, days."""
    subject: str = ""
    """Id of a question or scenario; empty for all."""

    def __str__(self) -> str:
        amount = "" if self.kind == "failed" else f" {self.amount:g}"
        return f"{self.kind}{amount}{f' {self.subject}' if self.subject else ''}"


def _read_amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is needed")
    return float(value)


_RULES = list_of(part(Rule, {"kind": choice(get_args(RuleKind)), "amount": unchanged(_read_amount), "subject": TEXT}))


def read(texts: Sequence[str], *, board: Board) -> tuple[Rule, ...]:
    """Return the rules of a board's subscriber from what a person typed, each once.

    A rule is a kind, an amount and a subject: `move 5`, `cross 50 ceasefire`, `stale 36`, `failed`, `due 14`. Amount
    and subject may be left out.

    Raises
    ------
    RecordError
        Naming the first rule that is none, and what is allowed.
    """
    if len(texts) > MOST_RULES:
        raise RecordError(f"{len(texts)} rules; at most {MOST_RULES} are kept for one subscriber")
    return tuple(dict.fromkeys(_rule(text, board) for text in texts or DEFAULT))


def _rule(text: str, board: Board) -> Rule:
    words = text.split()
    kind = next((k for k in get_args(RuleKind) if words and words[0] == k), None)
    if kind is None:
        raise RecordError(f"rule {shown(text)}: it begins with one of {', '.join(get_args(RuleKind))}")
    rest = words[1:]
    amount = USUAL[kind]
    if rest and kind != "failed" and _AMOUNT.fullmatch(rest[0]):
        amount = float(rest.pop(0))
    if len(rest) > (1 if kind in OF_QUESTIONS else 0):
        more = " and one question or scenario" if kind in OF_QUESTIONS else ""
        allowed = "nothing" if kind == "failed" else f"a number{more}"
        raise RecordError(f"rule {shown(text)}: {shown(rest[-1])} is one word too many; {kind} takes {allowed}")
    low, high = BOUNDS[kind]
    if not low <= amount <= high:
        raise RecordError(f"rule {shown(text)}: {amount:g}: {kind} takes a number from {low:g} to {high:g}")
    return Rule(kind, amount, _subject(rest[0], kind, board) if rest else "")


def _subject(name: str, kind: RuleKind, board: Board) -> str:
    known = [q.id for q in board.questions] + ([s.id for s in board.scenarios] if kind != "due" else [])
    if name not in known:
        what = "question" if kind == "due" else "question or scenario"
        raise RecordError(f"{shown(name)} is no {what} of {board.id}; allowed: {', '.join(known)}")
    return name


def to_text(rules: Iterable[Rule]) -> str:
    """Return rules as canonical JSON."""
    return canonical(_RULES.write(tuple(rules)))


def from_text(text: str) -> tuple[Rule, ...]:
    """Return rules from their JSON; raises RecordError, TypeError or ValueError where it is none."""
    found: tuple[Rule, ...] = _RULES.read(parse(text))
    return found
