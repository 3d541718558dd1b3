"""PredictionBook: what its API gave (`my_predictions`), and the table that was collected from the site.

Confidences are percentages in the API and shares of one in the table.
"""

from collections.abc import Mapping
from typing import Any

from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import json_of, text_of
from forecasts.exchange.tables import is_table, rows_of

SOURCE = "predictionbook"
SITE = "PredictionBook"
LICENCE = "none stated: public statements of the site's users"

_NEEDED = ("question_id", "user_id", "t", "probability")
_WANTED = ("outcome", "resolve_time", "close_time")


def read(content: bytes, name: str) -> Reading:
    """Read one file: an answer of the API, a list of predictions, or a table (CSV or Parquet).

    Raises
    ------
    UnsafeFileError
        When it is none of these, or not safe to read.
    """
    found = Gathering()
    if is_table(content):
        for place, cells in rows_of(content, name, needed=_NEEDED, wanted=_WANTED):
            _take(found, cells, place)
        return found.reading()
    value = json_of(text_of(content, name), name)
    predictions = value.get("predictions") if isinstance(value, dict) else value
    for number, one in enumerate(predictions if isinstance(predictions, list) else [value], 1):
        _take(found, one, f"item {number}")
    return found.reading()


def _take(found: Gathering, one: Any, place: str) -> None:
    try:
        if isinstance(one, dict) and "responses" in one:
            _prediction(found, one, place)
        elif isinstance(one, dict) and all(key in one for key in _NEEDED):
            _row(found, one, place)
        else:
            found.skip("neither a prediction nor a row of the table", place)
    except values.OddValueError as error:
        found.skip("an item that cannot be read", f"{place}: {error}")


def _prediction(found: Gathering, one: Mapping[str, Any], place: str) -> None:
    outside = values.identifier(one.get("id"))
    judged = one.get("outcome")
    outcome = {True: "yes", False: "no"}.get(judged) if isinstance(judged, bool) else None
    question = OutsideQuestion(
        source=SOURCE,
        id=outside,
        title=values.line(one.get("description")),
        criteria="",
        url=_page(outside),
        opened_at=values.instant(one.get("created_at")),
        closes_at=values.instant(one.get("deadline")),
        resolved_at=values.instant(one.get("updated_at")) if outcome else None,
        outcome="annulled" if one.get("withdrawn") is True else outcome,  # type: ignore[arg-type]
        licence=LICENCE,
    )
    found.ask(question, place=place)
    responses = one["responses"]
    for number, response in enumerate(responses if isinstance(responses, list) else [], 1):
        _response(found, outside, response, f"{place} response {number}")


def _response(found: Gathering, outside: str, response: Any, place: str) -> None:
    try:
        if isinstance(response, dict) and response.get("confidence") is not None:
            who = values.identifier(response.get("user_id", response.get("user_label")))
            chance, at = values.percent(response["confidence"]), values.instant(response.get("created_at"))
            found.say(outside, chance, at, place=place, voice=who, person=True)
        else:
            found.skip("a comment without a forecast", place)
    except values.OddValueError as error:
        found.skip("an item that cannot be read", f"{place}: {error}")


def _row(found: Gathering, cells: Mapping[str, Any], place: str) -> None:
    outside, who = values.identifier(cells["question_id"]), values.identifier(cells["user_id"])
    judged = values.number(cells.get("outcome"))
    question = OutsideQuestion(
        source=SOURCE,
        id=outside,
        title="",
        criteria="",
        url=_page(outside),
        opened_at=None,
        closes_at=values.instant(cells.get("close_time")),
        resolved_at=values.instant(cells.get("resolve_time")),
        outcome="yes" if judged == 1 else "no" if judged == 0 else None,
        licence=LICENCE,
    )
    found.ask(question, place=place)
    chance, at = values.probability(cells["probability"]), values.instant(cells["t"])
    found.say(outside, chance, at, place=place, voice=who, person=True)


def _page(outside: str) -> str:
    return f"https://predictionbook.com/predictions/{outside}" if outside.isascii() and outside.isdigit() else ""
