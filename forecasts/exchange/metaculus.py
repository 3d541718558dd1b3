"""Metaculus: the zip that "Download question data" gives, with `question_data.csv` and `forecast_data.csv`.

Only yes-or-no questions are read. The archive holds no resolution criteria: they stand on the question's page.
"""

from collections.abc import Mapping
from datetime import datetime

from forecasts.domain import Outcome
from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.safe_reading import csv_rows_of, member_named, text_of, unzip

SOURCE = "metaculus"
SITE = "Metaculus"
LICENCE = "Metaculus Terms of Use: no commercial use and no training of models without permission"
NO_CRITERIA = "The export of Metaculus holds no resolution criteria; compare those of the question's page with yours."

QUESTIONS = "question_data.csv"
FORECASTS = "forecast_data.csv"
_NEEDED = ("Question ID", "Question URL", "Question Title", "Question Type", "Open Time", "Resolution")
_SAID = ("Question ID", "Start Time", "End Time", "Probability Yes")
_ANONYMOUS = "Forecaster (Anonymized)"
_COMMUNITY = "recency_weighted"
"""The aggregate that the site shows as its community's prediction."""
_DIGEST_LENGTH = 64
"""Characters of an anonymised person; aggregates stand in the same column under their method's name."""
_OUTCOMES: dict[str, Outcome] = {"yes": "yes", "no": "no", "ambiguous": "ambiguous", "annulled": "annulled"}


def read(content: bytes, name: str) -> Reading:
    """Read one archive.

    Raises
    ------
    UnsafeFileError
        When it is no archive that is safe to unpack, or lacks one of the two tables or a column of them.
    """
    members = unzip(content, name)
    found = Gathering()
    table = f"{name}: {QUESTIONS}"
    for row in csv_rows_of(text_of(member_named(members, QUESTIONS, name), table), table, needed=_NEEDED):
        _ask(found, row.cells, f"{QUESTIONS} line {row.number}")
    table = f"{name}: {FORECASTS}"
    ends: dict[_Begun, datetime] = {}
    for row in csv_rows_of(text_of(member_named(members, FORECASTS, name), table), table, needed=_SAID):
        _say(found, row.cells, ends, f"{FORECASTS} line {row.number}")
    _withdraw(found, ends)
    return found.reading(NO_CRITERIA)


def _ask(found: Gathering, cells: Mapping[str, str], place: str) -> None:
    kind = cells["Question Type"].strip().lower()
    if kind != "binary":
        found.skip("not a yes-or-no question", f"{place}: {values.line(kind, limit=40)}")
        return
    try:
        question = _question(cells)
    except values.OddValueError as error:
        found.skip("a question that cannot be read", f"{place}: {error}")
        return
    post = values.line(cells.get("Post ID", ""), limit=values.ID_LIMIT)
    found.ask(question, f"post {post}" if post else "", place=place)


def _question(cells: Mapping[str, str]) -> OutsideQuestion:
    title, label = values.line(cells["Question Title"]), values.line(cells.get("Label", ""))
    return OutsideQuestion(
        source=SOURCE,
        id=values.identifier(cells["Question ID"].strip()),
        title=f"{title} ({label})" if label and label not in title else title,
        criteria="",
        url=values.address(cells["Question URL"]),
        opened_at=values.instant(cells["Open Time"]),
        closes_at=values.instant(cells.get("Actual Close Time") or cells.get("Scheduled Close Time")),
        resolved_at=values.instant(cells.get("Resolution Known Time")),
        outcome=_OUTCOMES.get(cells["Resolution"].strip().lower()),
        licence=LICENCE,
    )


type _Begun = tuple[str, str, datetime]
"""A question's id, a voice, and the instant at which its forecast began."""


def _say(found: Gathering, cells: Mapping[str, str], ends: dict[_Begun, datetime], place: str) -> None:
    question = found.asked(cells["Question ID"].strip())
    if question is None:
        found.skip("a forecast of a question that was left out", place)
        return
    try:
        chance, at = values.probability(cells["Probability Yes"]), values.instant(cells["Start Time"])
        end = values.instant(cells["End Time"])
    except values.OddValueError as error:
        found.skip("a forecast that cannot be read", f"{place}: {error}")
        return
    voice, person = _voice(cells)
    found.say(question.id, chance, at, place=place, voice=voice, person=person)
    closed = question.closes_at is not None and end is not None and end >= question.closes_at
    if at and end and end > at and not closed:
        ends[question.id, voice, at] = end


def _voice(cells: Mapping[str, str]) -> tuple[str, bool]:
    """Return who said it, and whether that is a person: aggregates stand without an id, under their method's name."""
    if _ANONYMOUS in cells:
        who = cells[_ANONYMOUS].strip()
        person = len(who) == _DIGEST_LENGTH
    else:
        person = bool(cells.get("Forecaster ID", "").strip())
        who = (cells.get("Forecaster ID", "") if person else cells.get("Forecaster Username", "")).strip()
    return ("" if who in ("", _COMMUNITY) else who, person)


def _withdraw(found: Gathering, ends: Mapping[_Begun, datetime]) -> None:
    """Withdraw what ended before the question closed, where the same voice began no other forecast at once."""
    begun = {(f.question, f.voice, f.issued_at): f for f in found.forecasts}
    for (question, voice, at), end in ends.items():
        if (question, voice, end) not in begun and (question, voice, at) in begun:
            said = begun[question, voice, at]
            found.withdraw(question, end, place=said.place, voice=voice, person=said.person)
