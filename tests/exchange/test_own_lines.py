"""The format of lines goes both ways, to the byte; whatever is wrong with a line is said of that line."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.domain import Entry, Forecast, LedgerView, Occurrence, Resolution
from forecasts.exchange import own_lines
from forecasts.exchange.own_lines import Asked, Came, Lines, LinesError, Said
from forecasts.snapshots import HISTORY
from tests.forecasts import small_board

BY = date(2026, 12, 31)
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
WHOLE = Lines(
    "garden",
    "CC BY 4.0",
    [Asked("frost", "Frost in October?", "Below 0 °C at the gate.", date(2026, 1, 1), (date(2026, 10, 31), BY))],
    [Said("frost", BY, "model", NOW, 0.31), Said("frost", BY, "crowd:fair", NOW, None, rationale="=cmd()\n\u2028")],
    [Came("frost", BY, "yes", date(2026, 10, 9), "the gardener", "https://example.org/9", "-2 °C")],
)

days = st.dates(date(1900, 1, 1), date(2200, 1, 1))
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
titles = words.filter(lambda t: bool(t.strip()))
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,20}", fullmatch=True)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
shares = st.floats(0, 1)
addresses = st.sampled_from(["", "https://example.org/a?b=1"])


@st.composite
def documents(draw) -> Lines:
    asked = []
    for name in draw(st.lists(ids, max_size=3, unique=True)):
        deadlines = tuple(sorted(draw(st.sets(days, min_size=1, max_size=3))))
        asked.append(Asked(name, draw(titles), draw(words), draw(days), deadlines, draw(words), draw(addresses)))
    found = Lines(draw(titles), draw(words), asked)
    for _ in range(draw(st.integers(0, 4)) if asked else 0):
        q = draw(st.sampled_from(asked))
        place, told = (q.id, draw(st.sampled_from(q.deadlines))), (draw(words), draw(words), draw(addresses))
        mode = draw(st.sampled_from(["live", "retrospective"]))
        found.forecasts.append(Said(*place, draw(ids), draw(instants), draw(st.none() | shares), mode, *told))
        outcome = draw(st.sampled_from(["yes", "no", "ambiguous", "annulled"]))
        found.outcomes.append(Came(*place, outcome, draw(days), told[0], told[2], told[1]))
    return found


def numbered(text: str) -> list[tuple[int, object]]:
    return [(n, json.loads(line)) for n, line in enumerate(text.split("\n"), 1) if line]


@given(documents())
def test_what_goes_out_comes_back_equal_and_goes_out_the_same(given_lines):
    text = "\n".join(own_lines.write(given_lines))
    found, mistakes = own_lines.read(numbered(text))
    assert mistakes == []
    assert found == given_lines
    assert "\n".join(own_lines.write(found)) == text


def test_an_instant_of_another_zone_is_the_same_instant():
    east = datetime(2026, 7, 1, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    text = "\n".join(own_lines.write(WHOLE)).replace("2026-07-01T09:30:00.000000Z", east.isoformat())
    assert own_lines.read(numbered(text)) == (WHOLE, [])


def test_fields_that_may_be_missing_are_empty():
    text = '{"twixt lines":{"format":1,"source":"x"}}\n{"end":{"lines":1}}'
    assert own_lines.read(numbered(text)) == (Lines("x"), [])


HEAD, QUESTION, FORECAST, WITHDRAWN, OUTCOME, END = own_lines.write(WHOLE)


def changed(line: str, **fields: object) -> str:
    """Return a line with fields of its object replaced."""
    ((key, value),) = json.loads(line).items()
    return json.dumps({key: value | fields})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("3", "an object with one of the keys question, forecast, outcome, end is needed"),
        ('{"forecast":{},"outcome":{}}', "an object with one of the keys"),
        ('{"bet":{}}', "an object with one of the keys"),
        (changed(FORECAST, probability=1.01), "probability: 1.01: a number from 0 to 1 is needed"),
        (changed(FORECAST, probability="31%"), "probability: '31%'"),
        (changed(FORECAST, probabilty=0.3), "unknown field 'probabilty'; did you mean 'probability'?"),
        (changed(FORECAST, question="frosts"), "question: no line before this one asks 'frosts'"),
        (changed(FORECAST, deadline="2027-01-01"), "deadline: 2027-01-01: frost has the deadlines 2026-10-31"),
        (changed(FORECAST, at="2026-07-01T09:30:00"), "has no time zone"),
        (changed(FORECAST, at="0001-01-01T00:00:00+14:00"), "within the years 1 to 9999"),
        (changed(FORECAST, at=1e18), "an instant like"),
        (changed(FORECAST, mode="hindsight"), "allowed: live, retrospective"),
        (changed(FORECAST, forecaster="a b"), "an id of 1 to 100 letters"),
        (changed(OUTCOME, outcome=1), "allowed: yes, no, ambiguous, annulled"),
        (changed(OUTCOME, url="javascript:alert(1)"), "an address that begins with http"),
        (changed(QUESTION, id="rain", deadlines=[]), "one day or more are needed, rising"),
        (changed(QUESTION, id="rain", deadlines=["2026-12-31", "2026-01-01"]), "rising"),
        (changed(QUESTION, id="rain", title=" "), "a text is needed"),
        (QUESTION, "'frost' was given to a question before"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_are_read(line, said):
    lines = [HEAD, QUESTION, line, FORECAST, WITHDRAWN, OUTCOME, json.dumps({"end": {"lines": 6}})]
    found, mistakes = own_lines.read(numbered("\n".join(lines)))
    assert found == WHOLE
    ((number, message),) = mistakes
    assert number == 3
    assert said in message


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "line 1"),
        ([QUESTION, END], "must begin it"),
        ([changed(HEAD, format=2), END], "format 2 is unknown; this program reads 1"),
        ([changed(HEAD, format=True), END], "format True is unknown"),
        ([changed(HEAD, source=""), END], "source"),
        ([changed(HEAD, board="x"), END], "must begin it"),
        ([HEAD, QUESTION, FORECAST], "cut off after 3 lines"),
        ([HEAD, FORECAST, END], "5 lines|'lines': 5"),
        ([HEAD, QUESTION, json.dumps({"end": {"lines": 2}}), OUTCOME], "something after the end"),
        ([HEAD, QUESTION, json.dumps({"end": {"lines": True}})], "the end says"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(lines, said):
    with pytest.raises(LinesError, match=said):
        own_lines.read(numbered("\n".join(lines)))


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["frost", "2026-12-31"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["question", "forecast", "outcome", "end", "twixt lines", "id", "deadline", "deadlines", "at", "probability"]


@given(
    st.lists(st.dictionaries(st.sampled_from(KEYS), junk | st.dictionaries(st.sampled_from(KEYS), junk)), max_size=4)
)
def test_whatever_stands_in_a_line_is_a_mistake_and_nothing_worse(values):
    lines = [json.loads(HEAD), json.loads(QUESTION), *(v for v in values if v.keys() != {"end"})]
    lines.append({"end": {"lines": len(lines)}})
    found, mistakes = own_lines.read(enumerate(lines, 1))
    assert found.questions[0] == WHOLE.questions[0]
    read = sum(len(part) for part in (found.questions, found.forecasts, found.outcomes))
    assert read + len(mistakes) == len(lines) - 2
    assert all(m.message and "\n" not in m.message for m in mistakes)


@settings(max_examples=30)
@given(st.lists(junk, max_size=4))
def test_what_is_no_such_file_is_refused(values):
    with pytest.raises(LinesError):
        own_lines.read(enumerate(values, 1))


def row(as_of: datetime, value: float, **changes: object) -> dict[str, object]:
    line = {"snapshot": "s", "as_of": as_of, "mode": "live", "subject": "truce", "group": "question", "deadline": BY}
    return line | {"measure": "probability", "value": value, "state": "open"} | changes


def test_a_board_gives_what_was_issued_and_what_came_of_it():
    at = datetime(2026, 2, 1, tzinfo=UTC)
    crowd = Forecast("F1", "truce", BY, "crowd:fair", 0.4, at, at.date(), "a hunch", "Fair", "")
    person = replace(crowd, id="F2", forecaster="p1", probability=0.5, issued_at=at + timedelta(days=40))
    happened = Occurrence("O1", "truce", date(2026, 3, 20), date(2026, 3, 20), "", "", "verified", "")
    annulled = Resolution("R1", "fund", BY, "annulled", date(2026, 3, 1), date(2026, 3, 1), "", "", "")
    recorded = at + timedelta(days=40)
    records = (crowd, person, happened, annulled)
    entries = tuple(Entry("small", n, r.id, 1, recorded, "p1", r, "0" * 64) for n, r in enumerate(records, 1))
    view = LedgerView("small", recorded, "live", 4, "0" * 64, recorded, entries)
    history = pl.DataFrame(
        [
            row(at, 0.2),
            row(at, 0.3, snapshot="run again"),
            row(at, 0.25, mode="retrospective"),
            row(at, 2.4, group="series", subject="spending", measure="mean"),
            row(at + timedelta(days=1), 1.0, state="occurred"),
            row(at, 0.9, subject="no longer asked"),
        ],
        schema=HISTORY,
    )
    found = own_lines.of_board(small_board.BOARD, view, history)
    assert [q.id for q in found.questions] == [q.id for q in small_board.BOARD.questions]
    assert [(f.forecaster, f.probability, f.mode) for f in found.forecasts] == [
        ("crowd:fair", 0.4, "retrospective"),
        ("model", 0.2, "live"),
        ("model", 0.25, "retrospective"),
        ("p1", 0.5, "live"),
    ]
    assert ("truce", BY, "yes", date(2026, 3, 20)) in [
        (o.question, o.deadline, o.outcome, o.on) for o in found.outcomes
    ]
    assert ("fund", BY, "annulled") in [(o.question, o.deadline, o.outcome) for o in found.outcomes]
    assert own_lines.read(numbered("\n".join(own_lines.write(found)))) == (found, [])
