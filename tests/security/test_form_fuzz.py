"""Whatever is typed into any form, field, cookie or option: a record, or mistakes in words; no traceback, no hang.

Each parser of people's words stands in `PARSERS`; a new one is missed by name. Together they read tens of thousands of
inputs, made of what people type, of what they do not, and of what only a program would send.
"""

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.common import whole
from app.commands.sources import source_fields
from app.failures import CommandError, one_line
from app.look import link, literal, safe_link, words
from app.web import tour_cookie, visit_cookie
from app.web.local_mode import host_name, is_from_here
from app.web.messages import is_ours
from forecasts import (
    board_text,
    codec,
    conditions,
    evidence_entry,
    forecast_entry,
    forms,
    instants,
    people,
    reading_list,
    scenarios,
    statement_entry,
    status_entry,
    web_pages,
    what_if_entry,
)
from forecasts.board_store import BoardInRecord
from forecasts.conditions import ConditionError
from forecasts.domain import LedgerView
from forecasts.errors import RecordError
from forecasts.fields import FieldProblem
from forecasts.people import Person
from forecasts.replay import Moment
from forecasts.scenarios import ScenarioError
from tests.browser.injection_corpus import CORPUS, LINKS, NOT_LINKS
from tests.jobs import small_home, voting_home
from tests.security.sources import trees
from tests.security.within import within

NOW, TODAY = datetime(2026, 7, 1, 12, tzinfo=UTC), date(2026, 7, 1)
BOARD = small_home.small()
INPUTS = 200
"""Inputs of each parser."""

TYPED = (
    *CORPUS.values(),
    *LINKS,
    *NOT_LINKS,
    *(
        "truce",
        "pact by 2028-12-31",
        "truce:2028-12-31:2",
        "relapsed",
        "not truce by 2027-01-01",
        "truce on 2027-01-01",
    ),
    *(
        "2026-06-30",
        "2026-02-30",
        "0000-00-00",
        "9999-12-31",
        "-2026-01-01",
        "2026-06-30T12:00:00Z",
        "20260630T120000Z",
    ),
    *("0.25", "25%", "1:3", "1e308", "1e309", "-0", "nan", "inf", "１２", "0x10", "1_000", ".", "%", ":", "1:", "0:0"),
    *("B2", "F6", "yes", "no", "fact", "intent", "content", "verified", "for_firm", "see", "do", "ambiguous", "m1"),
    *("Ada", "ada@example.org", "@", "a@b@c", "viewer", "owner", "jobs", "crowd:metaculus", "p0123456789abcdef"),
    *("", " ", "\t", "\x00", "\x1b[2J", "\u202e", "\ud800", "'" * 50, "(" * 3_000, "a" * 25_000, "[](" * 2_000),
)
WORDS = st.one_of(
    st.sampled_from(TYPED), st.text(max_size=60), st.text(st.sampled_from("0123456789-:./%e+T "), max_size=24)
)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def fields_of(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(names), WORDS, max_size=len(names))


@dataclass(frozen=True)
class Parser:
    """Something that reads what somebody typed."""

    given: st.SearchStrategy[Any]
    read: Callable[[Any], object]
    refuses: tuple[type[Exception], ...] = ()
    """What it raises for what it does not take, in one line."""


VOTING = voting_home.board()
VOTE = VOTING.votes[0]
VIEW = LedgerView(BOARD.id, NOW, "live", 0, "0" * 64, None)
MOMENT = Moment(BoardInRecord(BOARD, 1, 1), VIEW, date(2026, 3, 31))
LIMITS: dict[str, Any] = {"known": MOMENT.known_through, "settled": ()}
COLUMNS = [q.id for q in BOARD.questions]
HEADERS = st.lists(st.tuples(st.sampled_from(["host", "x-forwarded-for", "via", "cookie"]), WORDS), max_size=3)


def scope(headers: list[tuple[str, str]]) -> dict[str, Any]:
    raw = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in headers]
    return {"type": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "headers": raw}


EVIDENCE = st.tuples(fields_of(*evidence_entry.FIELDS), st.lists(fields_of(*evidence_entry.EFFECT_FIELDS), max_size=3))
STATEMENT = fields_of("member", "stance", "on", "published_on", "source", "url", "note")
OCCURRENCE = fields_of("question", "on", "published_on", "source", "url", "verification", "note")
RESOLUTION = fields_of("question", "deadline", "outcome", "on", "source", "url", "note")
CONDITIONS = st.lists(WORDS, max_size=4)
RECORDS = st.dictionaries(st.sampled_from(["id", "type", "effects", "lr", "statement", "x"]), PLAIN, max_size=6)
TYPES = st.tuples(RECORDS, st.sampled_from(list(codec.RECORDS))).map(lambda both: both[0] | {"type": both[1]})

PARSERS: dict[str, Parser] = {
    "evidence_entry.from_fields": Parser(
        EVIDENCE, lambda g: evidence_entry.from_fields(*g, entry="E1", forecaster="p1")
    ),
    "evidence_entry.effect_fields": Parser(WORDS, evidence_entry.effect_fields, (ValueError,)),
    "status_entry.occurrence_from_fields": Parser(
        OCCURRENCE, lambda g: status_entry.occurrence_from_fields(g, entry="O1")
    ),
    "status_entry.confirmation_from_fields": Parser(
        st.tuples(fields_of("through", "note"), st.lists(WORDS, max_size=3).map(tuple)),
        lambda g: status_entry.confirmation_from_fields(*g, entry="C1", today=TODAY),
    ),
    "status_entry.resolution_from_fields": Parser(
        RESOLUTION, lambda g: status_entry.resolution_from_fields(g, entry="R1", today=TODAY)
    ),
    "status_entry.retraction_from_fields": Parser(
        fields_of("target", "reason"), lambda g: status_entry.retraction_from_fields(g, entry="X1", today=TODAY)
    ),
    "statement_entry.statement_from_fields": Parser(
        STATEMENT, lambda g: statement_entry.statement_from_fields(g, VOTE, entry="S1", seats=VOTE.fitted.seats)
    ),
    "forecast_entry.from_fields": Parser(
        fields_of(*forecast_entry.FIELDS),
        lambda g: forecast_entry.from_fields(g, entry="F1", forecaster="p1", now=NOW),
    ),
    "forecast_entry.read_probability": Parser(WORDS, forecast_entry.read_probability, (ValueError,)),
    "forecast_entry.read_instant": Parser(WORDS, lambda g: forecast_entry.read_instant(g, now=NOW), (ValueError,)),
    "forecast_entry.crowd_id": Parser(WORDS, forecast_entry.crowd_id, (ValueError,)),
    "what_if_entry.from_fields": Parser(
        st.tuples(fields_of(*what_if_entry.FIELDS), CONDITIONS, st.sampled_from(["see", "do"])),
        lambda g: what_if_entry.from_fields(*g, entry="W1", moment=MOMENT, today=TODAY),
    ),
    "what_if_entry.named": Parser(WORDS, lambda g: what_if_entry.named(MOMENT, g), (LookupError,)),
    "conditions.seen_from": Parser(CONDITIONS, lambda g: conditions.seen_from(g, BOARD, **LIMITS), (ConditionError,)),
    "conditions.made_from": Parser(CONDITIONS, lambda g: conditions.made_from(g, BOARD, **LIMITS), (ConditionError,)),
    "reading_list.pasted_links": Parser(st.lists(WORDS, max_size=4).map("\n".join), reading_list.pasted_links),
    "web_pages.page_of": Parser(WORDS, web_pages.page_of),
    "scenarios.parse": Parser(WORDS, lambda g: scenarios.parse(g, COLUMNS), (ScenarioError,)),
    "people.check": Parser(
        st.tuples(WORDS, WORDS, st.one_of(st.none(), WORDS), WORDS),
        lambda g: people.check(Person(g[0], g[1], g[2], g[3], NOW, None)),
        (RecordError, ValueError),
    ),
    "instants.from_text": Parser(WORDS, instants.from_text, (ValueError,)),
    "forms.parse": Parser(st.one_of(WORDS, PLAIN.map(json.dumps)), forms.parse, (RecordError,)),
    "codec.decode": Parser(st.one_of(PLAIN, TYPES), codec.decode, (RecordError,)),
    "board_text.parse": Parser(st.one_of(WORDS, RECORDS.map(json.dumps)), board_text.parse, (ValueError,)),
    "common.whole": Parser(WORDS, lambda g: whole("--x", g, 0, 9), (CommandError,)),
    "sources.source_fields": Parser(CONDITIONS.map(tuple), source_fields, (CommandError,)),
    "failures.one_line": Parser(WORDS, one_line),
    "look.words": Parser(WORDS, words),
    "look.literal": Parser(WORDS, literal),
    "look.safe_link": Parser(WORDS, safe_link),
    "look.link": Parser(st.tuples(WORDS, WORDS), lambda g: link(*g)),
    "tour_cookie.closes": Parser(WORDS.map(lambda t: t.encode("utf-8", "surrogatepass")), tour_cookie.closes),
    "visit_cookie.instant": Parser(WORDS, lambda g: visit_cookie.instant(g, NOW)),
    "local_mode.host_name": Parser(WORDS, host_name),
    "local_mode.is_from_here": Parser(HEADERS.map(scope), is_from_here),
    "messages.is_ours": Parser(st.binary(max_size=80), is_ours),
}
"""What reads the words of people, cookies, headers and messages -> what it is given."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_answers_in_words_and_in_time(name: str) -> None:
    parser = PARSERS[name]

    @settings(max_examples=INPUTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(given_=parser.given)
    def reads(given_: Any) -> None:
        with within():
            try:
                answer = parser.read(given_)
            except parser.refuses as error:
                answer = error
        assert all("\n" not in said for said in complaints(answer)), complaints(answer)

    reads()


def complaints(answer: object) -> list[str]:
    """Return what a parser says of what it does not take; each is one line and not without bound."""
    problems = answer[1] if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], list) else []
    said = (
        [str(answer)] if isinstance(answer, Exception) else [p.message for p in problems if isinstance(p, FieldProblem)]
    )
    assert all(len(one) < 1_500 for one in said), said
    return said


def test_there_are_enough_inputs() -> None:
    assert len(PARSERS) * INPUTS >= 7_000, "and those of tests/forecasts/test_import_fuzz.py: above 20,000"


ENTRANCES = ("_entry.py", "/conditions.py", "/reading_list.py", "/web_pages.py")
READS = ("from_fields", "_from_fields", "read_", "pasted_", "crowd_id", "effect_fields", "named", "_from", "page_of")
ELSEWHERE = {
    "edition_entry.edition_from_file": "reads a table: tests/cli/test_observe_spending.py",
    "statement_entry.composition_from_file": "reads a table: tests/cli/test_members.py",
    "reading_list.read": "reads the store",
}


def test_no_parser_of_peoples_words_is_left_out() -> None:
    found = set()
    for path, tree in trees().items():
        if path.startswith("forecasts/") and path.endswith(ENTRANCES):
            stem = path.rsplit("/", 1)[-1].removesuffix(".py")
            names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
            found |= {f"{stem}.{n}" for n in names if n.endswith(READS) or n.startswith(READS)}
    assert found - set(PARSERS) - set(ELSEWHERE) == set()
    assert len(found) > 12
