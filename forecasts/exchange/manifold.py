"""Manifold: markets and bets as its API (v0) and its dumps give them, and tables of bets.

A market's probability moves with bets only, so the one that an open market shows has stood since its last bet. Times
are milliseconds; a close far in the future, up to the largest instant of JavaScript, means never.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from forecasts.domain import Outcome
from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import json_of, text_of
from forecasts.exchange.tables import is_table, rows_of

SOURCE = "manifold"
SITE = "Manifold"
LICENCE = "Manifold API: use for any purpose"

_BET = ("contractId", "probAfter")
_OUTCOMES: dict[str, Outcome] = {"YES": "yes", "NO": "no", "MKT": "ambiguous", "CANCEL": "annulled"}
_BINARY = "BINARY"
_ANSWERS = ("MULTIPLE_CHOICE", "FREE_RESPONSE")


def read(content: bytes, name: str) -> Reading:
    """Read one file: a market, a list of markets, a list of bets, or a table of bets (CSV or Parquet).

    Raises
    ------
    UnsafeFileError
        When it is none of these, or not safe to read.
    """
    found = Gathering()
    if is_table(content):
        for place, cells in rows_of(content, name, needed=(*_BET, "t"), wanted=("close", "resolution", "answerId")):
            _take(found, cells, place, _add_row)
    else:
        value = json_of(text_of(content, name), name)
        for number, one in enumerate(value if isinstance(value, list) else [value], 1):
            _take(found, one, f"item {number}", _add)
    return found.reading()


def _take(found: Gathering, one: Any, place: str, add: Callable[[Gathering, Mapping[str, Any], str], None]) -> None:
    """Add one item, or count it among those that cannot be read."""
    if not isinstance(one, dict):
        found.skip("an item that cannot be read", f"{place}: an object is needed")
        return
    try:
        add(found, one, place)
    except values.OddValueError as error:
        found.skip("an item that cannot be read", f"{place}: {error}")


def _add(found: Gathering, one: Mapping[str, Any], place: str) -> None:
    if all(key in one for key in _BET):
        _add_bet(found, one, place)
    elif "question" in one and "outcomeType" in one:
        _add_market(found, one, place)
    else:
        found.skip("neither a market nor a bet", place)


def _add_market(found: Gathering, one: Mapping[str, Any], place: str) -> None:
    kind, answers = one["outcomeType"], one.get("answers")
    if kind == _BINARY:
        question = _question(one, values.identifier(one.get("id")), values.line(one["question"]), one.get("resolution"))
        found.ask(question, _slug(one), place=place)
        _add_standing(found, question, one.get("probability"), one.get("lastBetTime") or one.get("createdTime"), place)
    elif kind in _ANSWERS and isinstance(answers, list):
        for number, answer in enumerate(answers, 1):
            _take(found, answer, f"{place} answer {number}", partial(_add_answer, market=one))
    else:
        found.skip("not a yes-or-no question", f"{place}: {values.line(kind, limit=40)}")
    bets = one.get("bets")
    for number, bet in enumerate(bets if isinstance(bets, list) else [], 1):
        _take(found, bet, f"{place} bet {number}", _add)


def _add_answer(found: Gathering, answer: Mapping[str, Any], place: str, *, market: Mapping[str, Any]) -> None:
    title = values.line(f"{values.line(market['question'])} ({values.line(answer.get('text'))})")
    outside = f"{values.identifier(market.get('id'))}/{values.identifier(answer.get('id'))}"
    question = _question(market, outside, title, answer.get("resolution"))
    found.ask(question, place=place)
    chance = answer.get("probability", answer.get("prob"))
    _add_standing(found, question, chance, market.get("lastBetTime"), place)


def _question(one: Mapping[str, Any], outside: str, title: str, resolution: Any) -> OutsideQuestion:
    criteria = one.get("textDescription") or one.get("description")
    return OutsideQuestion(
        source=SOURCE,
        id=outside,
        title=title,
        criteria=values.text(criteria) if isinstance(criteria, str) else _rich_text(criteria),
        url=values.address(one.get("url")),
        opened_at=values.milliseconds(one.get("createdTime")),
        closes_at=values.milliseconds(one.get("closeTime")),
        resolved_at=values.milliseconds(one.get("resolutionTime")),
        outcome=_OUTCOMES.get(resolution) if isinstance(resolution, str) else None,
        licence=LICENCE,
    )


def _rich_text(value: Any) -> str:
    """Return the words of a description in the editor's own form: nested objects whose leaves hold `text`."""
    words: list[str] = []
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            words += [part["text"]] if isinstance(part.get("text"), str) else []
            waiting.append(part.get("content"))
    return values.text(" ".join(words))


def _slug(one: Mapping[str, Any]) -> str:
    """Return the last part of a market's address, by which people know it."""
    return values.address(one.get("url")).rstrip("/").rsplit("/", 1)[-1][: values.ID_LIMIT]


def _add_standing(found: Gathering, question: OutsideQuestion, chance: Any, since: Any, place: str) -> None:
    """Add the probability that an open market shows; that of a resolved one is its outcome, not a forecast."""
    if question.outcome is not None:
        found.skip("the price of a market that has its outcome", place)
    else:
        found.say(question.id, values.probability(chance), values.milliseconds(since), place=place)


def _add_bet(found: Gathering, one: Mapping[str, Any], place: str) -> None:
    if one.get("isCancelled") and not one.get("amount"):
        found.skip("an order that was never filled", place)
        return
    outside, at = _bet_on(one), values.milliseconds(one.get("createdTime"))
    chance = values.probability(one["probAfter"])
    if found.asked(outside) is None:
        found.ask(_unknown(outside, closes_at=None, outcome=None), place=place)
    found.say(outside, chance, at, place=place)


def _add_row(found: Gathering, cells: Mapping[str, Any], place: str) -> None:
    """Add one row of a table of bets; it tells of its market only the id, the close and the resolution."""
    outside, resolution = _bet_on(cells), cells.get("resolution")
    outcome = _OUTCOMES.get(resolution) if isinstance(resolution, str) else None
    chance, at = values.probability(cells["probAfter"]), values.instant(cells["t"])
    if found.asked(outside) is None:
        found.ask(_unknown(outside, closes_at=values.instant(cells.get("close")), outcome=outcome), place=place)
    found.say(outside, chance, at, place=place)


def _unknown(outside: str, *, closes_at: datetime | None, outcome: Outcome | None) -> OutsideQuestion:
    """Return a market of which the file holds bets only; another file may tell its title and criteria."""
    return OutsideQuestion(SOURCE, outside, "", "", "", None, closes_at, None, outcome, LICENCE)


def _bet_on(one: Mapping[str, Any]) -> str:
    contract = values.identifier(one["contractId"])
    return f"{contract}/{values.identifier(one['answerId'])}" if one.get("answerId") else contract
