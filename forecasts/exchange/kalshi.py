"""Kalshi: markets, events, candlesticks and trades as its API (trade-api v2) gives them.

Prices are dollars as text (`"0.5600"`) or whole cents (56), whatever the field's name. A market's price has no time of
its own, so the instant at which the file was saved is asked for; candlesticks and trades have theirs, in seconds and as
ISO text.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forecasts.domain import Outcome
from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import json_of, text_of

SOURCE = "kalshi"
SITE = "Kalshi"
LICENCE = "none stated with the API: the terms of Kalshi apply"

_TRADING = ("active", "open")
"""Statuses in which a price is what somebody would pay now."""
_SETTLED = ("finalized", "settled")
"""Statuses in which a result is final; before, it can be disputed."""
_OUTCOMES: dict[str, Outcome] = {"yes": "yes", "no": "no", "scalar": "ambiguous", "void": "annulled"}


def read(content: bytes, name: str, *, saved_at: datetime | None) -> Reading:
    """Read one answer of the API, or a list of such: market(s), event(s), candlesticks or trades.

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
        _answer(found, one, f"item {number}", saved_at)
    return found.reading()


def _answer(found: Gathering, one: Any, place: str, saved_at: datetime | None) -> None:
    """Read an answer of any kind: what it holds is told by its keys."""
    if not isinstance(one, dict):
        found.skip("not an answer of the API", place)
    elif isinstance(one.get("candlesticks"), list):
        _take_each(found, one["candlesticks"], place, _candle, one.get("ticker") or one.get("market_ticker"))
    elif isinstance(one.get("trades"), list):
        _take_each(found, one["trades"], place, _trade, None)
    elif "ticker" in one and "market_type" in one:
        _take_each(found, [one], place, _market, saved_at)
    else:
        parts = [p for key in ("market", "event", "markets", "events") for p in _parts(one.get(key))]
        if not parts:
            found.skip("not an answer of the API", place)
        for number, part in enumerate(parts, 1):
            _answer(found, part, f"{place}.{number}", saved_at)


def _parts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _take_each(found: Gathering, parts: list[Any], place: str, add: Any, known: Any) -> None:
    for number, part in enumerate(parts, 1):
        where = f"{place} row {number}"
        if not isinstance(part, dict):
            found.skip("an item that cannot be read", f"{where}: an object is needed")
            continue
        try:
            add(found, part, where, known)
        except values.OddValueError as error:
            found.skip("an item that cannot be read", f"{where}: {error}")


def _market(found: Gathering, one: Mapping[str, Any], place: str, saved_at: datetime | None) -> None:
    if one["market_type"] != "binary":
        found.skip("not a yes-or-no question", f"{place}: {values.line(one['market_type'], limit=40)}")
        return
    question = _question(one)
    found.ask(question, place=place)
    if one.get("result"):
        found.skip("the price of a market that has its result", place)
    elif one.get("status", "active") not in _TRADING:
        found.skip("the price of a market that is not traded", place)
    else:
        bid, ask = _either(one, "yes_bid"), _either(one, "yes_ask")
        found.say(question.id, _middle(bid, ask, _either(one, "last_price") or None), saved_at, place=place)


def _question(one: Mapping[str, Any]) -> OutsideQuestion:
    """Return a market as a question; markets of one event share a headline, and their half of it tells them apart."""
    title, half = values.line(one.get("title")), values.line(one.get("yes_sub_title"))
    final = one.get("status") in _SETTLED and isinstance(one.get("result"), str)
    rules = [values.text(one.get(key)) for key in ("rules_primary", "rules_secondary", "early_close_condition")]
    return OutsideQuestion(
        source=SOURCE,
        id=values.identifier(one["ticker"]),
        title=f"{title} ({half})"[: values.TITLE_LIMIT] if half and half not in title else title,
        criteria=values.text("\n\n".join(filter(None, rules))),
        url="",
        opened_at=values.instant(one.get("open_time")),
        closes_at=values.instant(one.get("close_time")),
        resolved_at=values.instant(one.get("settlement_ts")) if final else None,
        outcome=_OUTCOMES.get(one["result"]) if final else None,
        licence=LICENCE,
    )


def _candle(found: Gathering, one: Mapping[str, Any], place: str, ticker: Any) -> None:
    outside = values.identifier(ticker)
    closes = [_close(one.get(side)) for side in ("yes_bid", "yes_ask", "price")]
    found.ask(_unknown(outside), place=place)
    found.say(outside, _middle(*closes), values.seconds(one.get("end_period_ts")), place=place)


def _close(side: Any) -> float | None:
    return _either(side, "close") if isinstance(side, dict) else None


def _trade(found: Gathering, one: Mapping[str, Any], place: str, _: None) -> None:
    outside = values.identifier(one.get("ticker"))
    found.ask(_unknown(outside), place=place)
    found.say(outside, _either(one, "yes_price"), values.instant(one.get("created_time")), place=place)


def _unknown(outside: str) -> OutsideQuestion:
    """Return a market of which the file holds prices only; another file may tell its title and criteria."""
    return OutsideQuestion(SOURCE, outside, "", "", "", None, None, None, None, LICENCE)


def _either(one: Mapping[str, Any], key: str) -> float | None:
    """Return a price from the field in dollars where there is one, else from the older field."""
    dollars = one.get(f"{key}_dollars")
    return values.price(dollars if dollars is not None else one.get(key))


def _middle(bid: float | None, ask: float | None, last: float | None) -> float | None:
    """Return the middle of what is bid and asked; the last price where one of the two sides is empty."""
    if bid is not None and ask is not None and 0 < bid <= ask < 1:
        return round((bid + ask) / 2, 6)
    return last
