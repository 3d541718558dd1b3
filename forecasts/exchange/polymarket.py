"""Polymarket: markets and events as its Gamma API gives them.

Lists stand there as JSON within text. A price has no time of its own, so the instant at which the file was saved is
asked for; the price of a closed market is no forecast, and is its outcome only once the market is said to be resolved.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forecasts.domain import Outcome
from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import UnsafeFileError, json_of, text_of

SOURCE = "polymarket"
SITE = "Polymarket"
LICENCE = "none stated with the API: the terms of Polymarket apply"

_PAIR = {"yes", "no"}


def read(content: bytes, name: str, *, saved_at: datetime | None) -> Reading:
    """Read one file: a market, an event with its markets, or a list of either.

    Parameters
    ----------
    content, name
        The file and what messages call it.
    saved_at
        When it was saved, aware UTC; without it the prices of open markets are left out.

    Raises
    ------
    UnsafeFileError
        When it is no JSON that is safe to read.
    """
    found = Gathering()
    value = json_of(text_of(content, name), name)
    for number, one in enumerate(value if isinstance(value, list) else [value], 1):
        markets = one.get("markets") if isinstance(one, dict) else None
        if not isinstance(markets, list):
            _take(found, one, f"item {number}", saved_at)
            continue
        for inner, market in enumerate(markets, 1):
            _take(found, market, f"item {number} market {inner}", saved_at)
    return found.reading()


def _take(found: Gathering, one: Any, place: str, saved_at: datetime | None) -> None:
    if not isinstance(one, dict) or "question" not in one or "outcomes" not in one:
        found.skip("not a market", place)
        return
    try:
        _add(found, one, place, saved_at)
    except values.OddValueError as error:
        found.skip("a market that cannot be read", f"{place}: {error}")


def _add(found: Gathering, one: Mapping[str, Any], place: str, saved_at: datetime | None) -> None:
    names = [values.line(n).lower() for n in _list(one["outcomes"], "outcomes")]
    if len(names) != 2 or set(names) != _PAIR:
        found.skip("not a yes-or-no question", f"{place}: {values.line(', '.join(names), limit=60)}")
        return
    prices = [values.probability(p) for p in _list(one.get("outcomePrices"), "outcomePrices")]
    yes = prices[names.index("yes")] if len(prices) == 2 else None
    closed = one.get("closed") is True
    question = _question(one, _outcome(one, yes) if closed else None)
    found.ask(question, *_names(one), place=place)
    if closed:
        found.skip("the price of a closed market", place)
    else:
        found.say(question.id, yes, saved_at, place=place)


def _list(value: Any, name: str) -> list[Any]:
    """Return a list that is one, or is the JSON text of one."""
    if isinstance(value, str):
        try:
            value = json_of(value, name)
        except UnsafeFileError as error:
            raise values.OddValueError(str(error)) from None
    if value is None:
        return []
    if not isinstance(value, list):
        raise values.OddValueError(f"{name}: a list, or the JSON text of one, is needed")
    return value


def _outcome(one: Mapping[str, Any], yes: float | None) -> Outcome | None:
    """Return what a closed market was resolved to: an even split means neither; no statement means nothing yet."""
    if one.get("umaResolutionStatus") != "resolved" or yes is None:
        return None
    if yes in (0, 1):
        return "yes" if yes == 1 else "no"
    return "ambiguous"


def _question(one: Mapping[str, Any], outcome: Outcome | None) -> OutsideQuestion:
    slug = one.get("slug")
    return OutsideQuestion(
        source=SOURCE,
        id=values.identifier(one.get("id")),
        title=values.line(one["question"]),
        criteria=values.text(one.get("description")),
        url=values.address(f"https://polymarket.com/market/{slug}") if isinstance(slug, str) and slug else "",
        opened_at=values.instant(one.get("startDate")),
        closes_at=values.instant(one.get("endDate")),
        resolved_at=values.instant(one.get("closedTime")) if outcome else None,
        outcome=outcome,
        licence=LICENCE,
    )


def _names(one: Mapping[str, Any]) -> tuple[str, ...]:
    names = (one.get("conditionId"), one.get("slug"))
    return tuple(name for name in names if isinstance(name, str) and len(name) <= values.ID_LIMIT)
