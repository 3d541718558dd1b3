"""ForecastBench: question sets, resolution sets and forecast sets, and the table of its market questions.

An id is unique only within its source, so a question is `source/id`, and one that is asked about several days is
`source/id/day`. A resolution set gives unresolved market questions too, with a price where the outcome belongs.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from forecasts.domain import Outcome
from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import json_of, text_of
from forecasts.exchange.tables import is_table, rows_of

SOURCE = "forecastbench"
SITE = "ForecastBench"
LICENCE = "CC BY-SA 4.0 (ForecastBench data sets); question texts as on the site they come from"

MARKETS = ("infer", "kalshi", "manifold", "metaculus", "polymarket")
"""Sources whose value at the freeze is a probability; that of others is a price, a count, a temperature."""
_TABLE = ("id", "source", "question", "freeze_datetime", "crowd_p")
_WANTED = ("url", "open", "close", "resolution_date", "y", "resolved", "forecast_due_date")
_DUE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST_SECOND = timedelta(days=1) - timedelta(seconds=1)
"""A forecast set is handed in until the end of the day on which it is due."""


def read(content: bytes, name: str) -> Reading:
    """Read one set, or the table (CSV or Parquet).

    Raises
    ------
    UnsafeFileError
        When it is neither, or not safe to read.
    """
    found = Gathering()
    if is_table(content):
        for place, cells in rows_of(content, name, needed=_TABLE, wanted=_WANTED):
            _take(found, cells, place, {})
        return found.reading()
    value = json_of(text_of(content, name), name)
    sets = [key for key in ("questions", "resolutions", "forecasts") if isinstance(value, dict) and key in value]
    for key in sets:
        items = value[key]
        for number, one in enumerate(items if isinstance(items, list) else [items], 1):
            _take(found, one, f"{key} {number}", value)
    if not sets:
        found.skip("not a question, resolution or forecast set", name)
    return found.reading()


def _take(found: Gathering, one: Any, place: str, whole: Mapping[str, Any]) -> None:
    if not isinstance(one, dict) or "id" not in one or "source" not in one:
        found.skip("not an item of a set", place)
        return
    if isinstance(one["id"], list):
        found.skip("a combination of questions", place)
        return
    try:
        if "crowd_p" in one:
            _row(found, one, place)
        elif "resolved_to" in one and "forecast" not in one:
            _resolution(found, one, place)
        elif "forecast" in one:
            _forecast(found, one, place, whole)
        else:
            _question(found, one, place, whole)
    except values.OddValueError as error:
        found.skip("an item that cannot be read", f"{place}: {error}")


def _id(one: Mapping[str, Any], day: Any) -> str:
    """Return the id of a question, with its day where its source is no market."""
    source, inner = values.identifier(one["source"]), values.identifier(one["id"])
    if source in MARKETS:
        return f"{source}/{inner}"
    when = values.instant(day)
    if when is None:
        raise values.OddValueError(f"{source}: a resolution_date like 2026-07-01 is needed")
    return f"{source}/{inner}/{when:%Y-%m-%d}"


def _question(found: Gathering, one: Mapping[str, Any], place: str, whole: Mapping[str, Any]) -> None:
    if one["source"] in MARKETS:
        question = _asked(one, one.get("question"), None, values.instant(one.get("market_info_close_datetime")))
        found.ask(question, place=place)
        chance, at = values.probability(one.get("freeze_datetime_value")), values.instant(one.get("freeze_datetime"))
        found.say(question.id, chance, at, place=place, voice=str(one["source"]))
        return
    days = one.get("resolution_dates")
    if not isinstance(days, list):
        found.skip("a question without the days it is asked about", place)
    for day in days if isinstance(days, list) else []:
        days_in_words = {"{resolution_date}": day, "{forecast_due_date}": whole.get("forecast_due_date")}
        title = one.get("question")
        for blank, text in days_in_words.items():
            title = title.replace(blank, text) if isinstance(title, str) and isinstance(text, str) else title
        found.ask(_asked(one, title, day, values.instant(day)), place=place)


def _asked(one: Mapping[str, Any], title: Any, day: Any, closes_at: datetime | None) -> OutsideQuestion:
    criteria = [values.text(one.get(key)) for key in ("resolution_criteria", "market_info_resolution_criteria")]
    return OutsideQuestion(
        source=SOURCE,
        id=_id(one, day),
        title=values.line(title),
        criteria=values.text("\n\n".join(c for c in criteria if c and c != "N/A")),
        url=values.address(one.get("url")),
        opened_at=values.instant(one.get("market_info_open_datetime")),
        closes_at=closes_at,
        resolved_at=None,
        outcome=None,
        licence=LICENCE,
    )


def _resolution(found: Gathering, one: Mapping[str, Any], place: str) -> None:
    if one.get("direction"):
        found.skip("a combination of questions", place)
        return
    outcome, at = _outcome(found, one, "resolved_to", place), values.instant(one.get("resolution_date"))
    outside = _id(one, one.get("resolution_date"))
    found.ask(_unknown(outside, outcome=outcome, resolved_at=at if outcome else None), place=place)


def _outcome(found: Gathering, one: Mapping[str, Any], key: str, place: str) -> Outcome | None:
    """Return an outcome; an unresolved row holds a price in its place, and a resolved one may hold a share."""
    value = values.number(one.get(key))
    if one.get("resolved") not in (True, "true", "True", 1, "1"):
        found.skip("a price where the outcome belongs: the question is unresolved", place)
        return None
    if value is None:
        return None
    return {0.0: "no", 1.0: "yes"}.get(value, "ambiguous")  # type: ignore[return-value]


def _forecast(found: Gathering, one: Mapping[str, Any], place: str, whole: Mapping[str, Any]) -> None:
    outside = _id(one, one.get("resolution_date"))
    if one.get("imputed") is True:
        found.skip("a forecast that the benchmark filled in", place)
        return
    if found.asked(outside) is None:
        found.ask(_unknown(outside, outcome=None, resolved_at=None), place=place)
    voice = values.line(whole.get("model")) or values.line(whole.get("organization"))
    if not voice:
        raise values.OddValueError("model and organization are empty; a forecast set names one of them")
    found.say(outside, values.probability(one["forecast"]), _due(whole), place=place, voice=voice)


def _due(whole: Mapping[str, Any]) -> datetime | None:
    """Return until when a forecast set could be handed in: the end of the day that it or its question set names."""
    day = whole.get("forecast_due_date") or whole.get("question_set")
    match = _DUE.match(day) if isinstance(day, str) else None
    at = values.instant(match[0]) if match else None
    return at + _LAST_SECOND if at else None


def _row(found: Gathering, cells: Mapping[str, Any], place: str) -> None:
    """Add one row of the table: a market question of one round, its crowd at the freeze, and what came of it."""
    if cells["source"] not in MARKETS:
        found.skip("a value that is no probability: its source is no market", place)
        return
    outcome = _outcome(found, cells, "y", place)
    question = OutsideQuestion(
        source=SOURCE,
        id=_id(cells, cells.get("resolution_date")),
        title=values.line(cells["question"]),
        criteria="",
        url=values.address(cells.get("url")),
        opened_at=values.instant(cells.get("open")),
        closes_at=values.instant(cells.get("close")),
        resolved_at=values.instant(cells.get("resolution_date")) if outcome else None,
        outcome=outcome,
        licence=LICENCE,
    )
    found.ask(question, place=place)
    chance, at = values.probability(cells["crowd_p"]), values.instant(cells["freeze_datetime"])
    found.say(question.id, chance, at, place=place, voice=values.line(cells["source"]))


def _unknown(outside: str, *, outcome: Outcome | None, resolved_at: datetime | None) -> OutsideQuestion:
    """Return a question that a set names by its id only; the question set tells its title and criteria."""
    return OutsideQuestion(SOURCE, outside, "", "", "", None, None, resolved_at, outcome, LICENCE)
