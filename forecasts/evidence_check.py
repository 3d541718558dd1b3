"""Hold an evidence item against the board, the ledger and the clock: pure functions, all mistakes at once.

Parsing is in `forecasts.evidence_entry`; the messages carry the same field names. Used before an item enters the
ledger, by the form, the command line and the loader of a board's seed records.
"""

import math
from collections import Counter
from collections.abc import Collection
from datetime import date

from forecasts.definition import Board, Question
from forecasts.domain import Effect, Evidence
from forecasts.fields import FieldProblem, looks_like_address, shown
from forecasts.status_entry import unknown_question

MAX_RATIO = 20.0
"""Cap of one item's likelihood ratio, and of its inverse (Methods, section 4); official records are exempt."""

MAX_BOUND = 1000.0
"""Limit of a ratio's elicited range, and of an official record's ratio."""


def check(
    evidence: Evidence, board: Board, *, today: date, open_on: date | None = None, known: Collection[str] = ()
) -> list[FieldProblem]:
    """Return what speaks against an item.

    Parameters
    ----------
    evidence
        The parsed item.
    board
        The definition in force.
    today
        The clock's UTC day: nothing may lie after it.
    open_on
        Day on which the item's deadlines must not have passed, by default `today`; for records of the past the day
        they were published.
    known
        Ids of entries that exist; the item must not have one of them.
    """
    problems = _check_dates(evidence, today=today)
    if evidence.id in known:
        problems.append(FieldProblem("id", f"{evidence.id!r} is the id of another entry"))
    problems += _check_half_life(evidence) + _check_source(evidence)
    for i, effect in enumerate(evidence.effects):
        question = next((q for q in board.questions if q.id == effect.question), None)
        if question is None:
            problems.append(FieldProblem(f"effects[{i}].question", unknown_question(effect.question, board)))
        else:
            problems += _check_deadline(effect, question, evidence, i, open_on=open_on or today)
        problems += _check_ratio(effect, i, official=evidence.official)
    return problems + _check_repeated(evidence) + _check_required(evidence, board)


def _check_dates(evidence: Evidence, *, today: date) -> list[FieldProblem]:
    problems = [
        FieldProblem(name, f"{day} lies in the future; at most today, {today} UTC, is allowed")
        for name, day in (("occurred_on", evidence.occurred_on), ("published_on", evidence.published_on))
        if day > today
    ]
    if evidence.published_on < evidence.occurred_on:
        message = f"{evidence.published_on} lies before occurred_on, {evidence.occurred_on}; that cannot be"
        problems.append(FieldProblem("published_on", message))
    return problems


def _check_half_life(evidence: Evidence) -> list[FieldProblem]:
    half_life = evidence.half_life_days
    if evidence.kind == "intent" and (half_life is None or not 1 <= half_life <= 36_525):
        return [FieldProblem("half_life", f"{half_life}: an intent needs 1 to 36525 days")]
    if evidence.kind == "fact" and half_life is not None:
        return [FieldProblem("half_life", f"{half_life:g}: a fact has no half-life; only an intent fades")]
    return []


def _check_source(evidence: Evidence) -> list[FieldProblem]:
    """Refuse a source in words that is an address of another kind than http(s), such as `javascript:` or `data:`."""
    words = evidence.source.strip()
    if looks_like_address(words) and not words.lower().startswith(("http://", "https://")):
        return [FieldProblem("source", f"{shown(words)}: words, or a link that begins with http:// or https://")]
    return []


def _check_deadline(
    effect: Effect, question: Question, evidence: Evidence, i: int, *, open_on: date
) -> list[FieldProblem]:
    name = f"effects[{i}].deadline"
    coming = [d for d in question.deadlines if d >= open_on]
    allowed = ", ".join(d.isoformat() for d in coming) or "none, all have passed"
    if effect.deadline not in question.deadlines:
        return [FieldProblem(name, f"{effect.deadline} is not listed for {question.id}; allowed: {allowed}")]
    if effect.deadline < open_on:
        return [FieldProblem(name, f"{effect.deadline} has passed; allowed for {question.id}: {allowed}")]
    if question.closed_on is not None and evidence.published_on >= question.closed_on:
        message = f"{question.id} was closed on {question.closed_on} and takes no more evidence"
        return [FieldProblem(f"effects[{i}].question", message)]
    return []


def _check_ratio(effect: Effect, i: int, *, official: bool) -> list[FieldProblem]:
    cap = MAX_BOUND if official else MAX_RATIO
    limits = {"lr": cap, "low": MAX_BOUND, "high": MAX_BOUND}
    problems = []
    for name, limit in limits.items():
        ratio = getattr(effect, name)
        if not (math.isfinite(ratio) and 1 / limit <= ratio <= limit):
            message = f"{ratio:g}: a likelihood ratio from 1/{limit:g} to {limit:g} is allowed"
            problems.append(FieldProblem(f"effects[{i}].{name}", message))
    if not problems and not effect.low <= effect.lr <= effect.high:
        message = f"the range {effect.low:g} to {effect.high:g} does not contain the ratio {effect.lr:g}"
        problems.append(FieldProblem(f"effects[{i}].low", message))
    return problems


def _check_repeated(evidence: Evidence) -> list[FieldProblem]:
    counts = Counter(effect.question for effect in evidence.effects)
    return [
        FieldProblem("effects", f"{question!r} stands {n} times; an item bears on a question by one deadline only")
        for question, n in counts.items()
        if n > 1
    ]


def _check_required(evidence: Evidence, board: Board) -> list[FieldProblem]:
    """Refuse an item on a question and on one that this question requires: the joint would count it twice."""
    named = {effect.question for effect in evidence.effects}
    return [
        FieldProblem(
            "effects", f"{child!r} requires {parent!r}: an item bears on one of them, the board carries the rest"
        )
        for child in sorted(named)
        for parent in sorted(ancestors(board, child) & named)
    ]


def ancestors(board: Board, question: str) -> frozenset[str]:
    """Return the questions that a question requires, directly or through others (a vote requires its trigger)."""
    direct: dict[str, set[str]] = {}
    for edge in board.edges:
        if edge.kind == "requires":
            direct.setdefault(edge.child, set()).update(edge.parents)
    for vote in board.votes:
        direct.setdefault(vote.question, set()).add(vote.trigger)
    found: set[str] = set()
    waiting = [question]
    while waiting:
        new = direct.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)
