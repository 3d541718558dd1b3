"""What is new to one subscriber: rules, what they were last told, and how the board stands, to events. Pure.

A topic is one thing that can be told again and again: a question's chance, a level, the board's runs. What was last
told of each topic is kept, so that a slow drift is told once it has added up, and nothing is told twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecasts.alerts.rules import Rule
from forecasts.alerts.standing import Number, Standing

type Told = float | str

ERRORS = 2.0
"""A change within so many standard errors of the simulation may be none, and is not told."""
DECIDED = {"occurred": "has happened", "passed": "did not happen in time"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell."""

    topic: str
    kind: str
    """`move`, `cross`, `decided`, `stale`, `fresh`, `failed`, `stopped`, `recovered`, `due`, `awaiting`."""
    text: str
    """One line for a person."""
    told: Told
    """What is known of the topic once this has been read."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The same for a program: plain JSON values."""


@dataclass(frozen=True, slots=True)
class News:
    """What came of comparing."""

    events: tuple[Event, ...]
    begun: Mapping[str, Told]
    """Topics of which nothing was told before: where they begin, which is no news."""


type _Found = Iterator[tuple[str, Told, Event | None]]
"""Topic, where it stands now, and what is to be told of it."""


def news(rules: Sequence[Rule], told: Mapping[str, Told], now: Standing) -> News:
    """Return what a subscriber with these rules, who was told so much, is to be told now; each topic at most once."""
    events: dict[str, Event] = {}
    begun: dict[str, Told] = {}
    for rule in rules:
        for topic, here, event in _OF_KIND[rule.kind](rule, told, now):
            if topic not in told:
                begun.setdefault(topic, here)
            elif event is not None:
                events.setdefault(topic, event)
    return News(tuple(events.values()), begun)


def _numbers(rule: Rule, now: Standing) -> Iterator[Number]:
    return (n for n in now.numbers if rule.subject in {"", n.subject})


def _name(number: Number) -> str:
    return f"{number.subject}:{number.deadline or ''}"


def _spoken(number: Number) -> str:
    return f"{number.title} (by {number.deadline})" if number.deadline else f"Scenario: {number.title}"


def _moves(rule: Rule, told: Mapping[str, Told], now: Standing) -> _Found:
    for number in _numbers(rule, now):
        topic = f"decided:{_name(number)}"
        yield topic, number.state, _decision(topic, number, told)
        topic = f"move:{_name(number)}"
        yield topic, number.value, _move(topic, number, rule, told)


def _decision(topic: str, number: Number, told: Mapping[str, Told]) -> Event | None:
    before = told.get(topic)
    if number.state not in DECIDED or before in {None, number.state}:
        return None
    text = f"{_spoken(number)}: {DECIDED[number.state]}."
    return Event(topic, "decided", text, number.state, _about(number) | {"state": number.state})


def _move(topic: str, number: Number, rule: Rule, told: Mapping[str, Told]) -> Event | None:
    before = told.get(topic)
    if not isinstance(before, float) or number.state in DECIDED:
        return None
    points = 100 * (number.value - before)
    if abs(points) < rule.amount or abs(points) < 100 * ERRORS * number.error:
        return None
    text = f"{_spoken(number)}: {_percent(before)} → {_percent(number.value)} ({points:+.1f} points)."
    return Event(topic, "move", text, number.value, _about(number) | {"before": before, "points": round(points, 2)})


def _crossings(rule: Rule, told: Mapping[str, Told], now: Standing) -> _Found:
    level = rule.amount / 100
    for number in _numbers(rule, now):
        topic = f"cross:{_name(number)}:{rule.amount:g}"
        before, side = told.get(topic), "above" if number.value >= level else "below"
        clear = abs(number.value - level) >= ERRORS * number.error
        event = None
        if before not in {None, side} and clear and number.state not in DECIDED:
            verb = "rose above" if side == "above" else "fell below"
            text = f"{_spoken(number)}: {verb} {rule.amount:g} %, now {_percent(number.value)}."
            event = Event(topic, "cross", text, side, _about(number) | {"level": level, "side": side})
        yield topic, side, event


def _stale(rule: Rule, told: Mapping[str, Told], now: Standing) -> _Found:
    topic = f"stale:{rule.amount:g}"
    hours = now.behind.total_seconds() / 3600
    here = "stale" if hours >= rule.amount else "fresh"
    event = None
    if here != told.get(topic):
        if here == "stale":
            text = f"{now.board.title}: a run has been due for {hours:.0f} hours; the numbers shown are older."
        else:
            text = f"{now.board.title}: the numbers are up to date again."
        event = Event(topic, here, text, here, {"hours_due": round(hours, 1)})
    yield topic, here, event


def _failures(_rule: Rule, told: Mapping[str, Told], now: Standing) -> _Found:
    failing, stopped = now.failing, now.given_up
    here = failing.since.isoformat() if failing else ""
    event = None
    if here != told.get("failed"):
        if failing:
            text = f"{now.board.title}: a run {failing.outcome}: {failing.message}"
            details = {"since": here, "attempts": failing.attempts, "outcome": failing.outcome}
            event = Event("failed", "failed", text, here, details)
        else:
            event = Event("failed", "recovered", f"{now.board.title}: runs publish again.", here)
    yield "failed", here, event
    key = stopped.input if stopped else ""
    told_of = Event("stopped", "stopped", str(stopped), key, {"attempts": stopped.attempts}) if stopped else None
    yield "stopped", key, told_of if key != told.get("stopped") else None


def _outcomes(rule: Rule, told: Mapping[str, Told], now: Standing) -> _Found:
    for wait in now.waits:
        if rule.subject not in {"", wait.question}:
            continue
        days = (wait.deadline - now.today).days
        topic = f"due:{wait.question}:{wait.deadline}:{rule.amount:g}"
        here = "awaiting" if days < 0 else ("due" if days <= rule.amount else "ahead")
        event = None
        if here not in {"ahead", told.get(topic)}:
            when = f"ends in {days} days, on {wait.deadline}" if days >= 0 else f"ended on {wait.deadline}"
            text = f"{wait.title}: {when}; its outcome {'will wait' if days >= 0 else 'waits'} for a person."
            details = {"question": wait.question, "deadline": wait.deadline.isoformat(), "days": days}
            event = Event(topic, here, text, here, details)
        yield topic, here, event


_OF_KIND: dict[str, Callable[[Rule, Mapping[str, Told], Standing], _Found]] = {
    "move": _moves,
    "cross": _crossings,
    "stale": _stale,
    "failed": _failures,
    "due": _outcomes,
}


def _about(number: Number) -> dict[str, Any]:
    deadline = number.deadline.isoformat() if number.deadline else None
    return {"subject": number.subject, "title": number.title, "deadline": deadline, "probability": number.value}


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
