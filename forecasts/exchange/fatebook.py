"""Fatebook: the CSV file of "Export all your forecasts", one row a forecast.

Rows have no id of their question, and titles repeat, so a question is its title, option, author and time of creation.
Times stand there without a zone.
"""

from collections.abc import Mapping

from forecasts.domain import Outcome
from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import csv_rows_of, text_of

SOURCE = "fatebook"
SITE = "Fatebook"
LICENCE = "none stated: your own forecasts and what others shared with you"
NO_ZONE = "Fatebook writes times without a zone; they were read as UTC."

_TITLE = "Question title"
_OPTION = "Multiple choice option"
_WHO = "Forecast created by"
_CHANCE = "Forecast (scale = 0-1)"
_AT = "Forecast created at"
_NEEDED = (_TITLE, _WHO, _CHANCE, _AT, "Question created at", "Resolution")
_OUTCOMES: dict[str, Outcome] = {"yes": "yes", "no": "no", "ambiguous": "ambiguous"}


def read(content: bytes, name: str) -> Reading:
    """Read one export; raises UnsafeFileError when it is no table with the columns of one."""
    found = Gathering()
    for row in csv_rows_of(text_of(content, name), name, needed=_NEEDED):
        place = f"line {row.number}"
        try:
            question = _question(row.cells)
            chance, at = values.probability(row.cells[_CHANCE]), values.instant(row.cells[_AT])
            who = values.identifier(row.cells[_WHO])
        except values.OddValueError as error:
            found.skip("a row that cannot be read", f"{place}: {error}")
            continue
        found.ask(question, question.title, place=place)
        found.say(question.id, chance, at, place=place, voice=who, person=True)
    return found.reading(NO_ZONE)


def _question(cells: Mapping[str, str]) -> OutsideQuestion:
    title, option = values.line(cells[_TITLE]), values.line(cells.get(_OPTION, ""))
    if not title:
        raise values.OddValueError(f"{_TITLE} is empty; a title is needed")
    return OutsideQuestion(
        source=SOURCE,
        id=values.code(title, option, cells.get("Question created by", ""), cells["Question created at"]),
        title=f"{title} ({option})" if option else title,
        criteria=values.text(cells.get("Question notes", "")),
        url="",
        opened_at=values.instant(cells["Question created at"]),
        closes_at=values.instant(cells.get("Question resolve by")),
        resolved_at=values.instant(cells.get("Resolved at")),
        outcome=_OUTCOMES.get(cells["Resolution"].strip().lower()),
        licence=LICENCE,
    )
