"""What an import takes and leaves out: mapped questions, the board's rules, codes for names, and no mixed series."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from forecasts.domain import Entry, Forecast, LedgerView, Occurrence
from forecasts.exchange import formats, import_mapping
from forecasts.exchange import import_report as reports
from forecasts.exchange.import_report import Choices, Import, ImportRefusedError
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading, merged
from forecasts.fields import FieldProblem
from tests.exchange import published_formats as published
from tests.exchange.published_formats import as_json
from tests.forecasts.small_board import BOARD

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = date(2026, 12, 31)
TRUCE = ("truce", DEADLINE)
EMPTY = LedgerView("small", NOW, "live", 0, "", None)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def view(*records: object) -> LedgerView:
    rows = (Entry("small", i, r.id, 1, NOW, "owner", r, "") for i, r in enumerate(records, 1))  # type: ignore[attr-defined]
    return replace(EMPTY, position=len(records), entries=tuple(rows))


def question(outside: str = "1", **changes: object) -> OutsideQuestion:
    values = {"title": f"Question {outside}", "criteria": "", "url": "https://example.org/1", "opened_at": None}
    values |= {"closes_at": at(2026, 12, 31), "resolved_at": None, "outcome": None, "licence": "CC0"}
    return OutsideQuestion(source="metaculus", id=outside, **values | changes)


def reading(*said: tuple[object, ...], questions: tuple[OutsideQuestion, ...] = (question(),)) -> Reading:
    """Return what was said as (probability, instant, voice, person)."""
    found = Gathering()
    for one in questions:
        found.ask(one, place="p")
    for i, (chance, when, *who) in enumerate(said, 1):
        voice, person = (*who, "", False)[:2] if who else ("", False)
        found.say(questions[0].id, chance, when, place=f"line {i}", voice=voice, person=bool(person))
    return found.reading()


def prepare(read: Reading, pairs: dict | None = None, *, record: LedgerView = EMPTY, known=(), **choices) -> Import:
    pairs = {"1": TRUCE} if pairs is None else pairs
    return reports.prepare("metaculus", read, pairs, Choices(**choices), board=BOARD, view=record, known=known, now=NOW)


def left_out(found: Import) -> dict[str, int]:
    return {s.reason: s.count for s in found.skipped}


def taken(found: Import) -> list[tuple[str, float | None, datetime]]:
    return [(f.forecaster, f.probability, f.issued_at) for f in found.accepted]


def test_only_mapped_questions_are_taken_and_the_rest_is_counted() -> None:
    file = formats.read("metaculus", published.metaculus(), "export.zip")
    found = prepare(file, {"501": TRUCE})
    assert taken(found) == [
        ("crowd:metaculus", 0.3, at(2026, 1, 11, 8)),
        (f"crowd:metaculus.{reports.code('metaculus', '9001')}", 0.9, at(2026, 1, 11, 9, 30)),
        ("crowd:metaculus", 0.4, at(2026, 1, 12, 20, 0, 0, 250_000)),
        (f"crowd:metaculus.{reports.code('metaculus', '9001')}", None, at(2026, 2, 1)),
    ]
    first = found.accepted[0]
    assert (first.question, first.deadline, first.source) == (*TRUCE, "Metaculus 501")
    assert (first.url, first.published_on) == ("https://www.metaculus.com/questions/77/truce/", date(2026, 1, 11))
    assert left_out(found)["of a question that is mapped to none of ours"] == 1
    assert left_out(found)["not the last of its voice on that day"] == 1
    assert [(a.question.id, a.pair, a.state, a.kept) for a in found.questions] == [
        ("501", TRUCE, "new", True),
        ("503", None, "new", False),
    ]
    assert [a.kept for a in prepare(file, {"501": TRUCE}, unmapped=True).questions] == [True, True]


def test_nothing_is_lost_without_a_word() -> None:
    for kind, files in published.FILES.items():
        read = merged(formats.read(kind, content, "f", saved_at=at(2026, 2, 1)) for content in files)
        pairs = {q.id: TRUCE for q in read.questions[:1]}
        found = reports.prepare(kind, read, pairs, Choices(), board=BOARD, view=EMPTY, known=(), now=NOW)
        before = sum(s.count for s in read.skipped)
        after = sum(s.count for s in found.skipped)
        assert len(read.forecasts) == len(found.accepted) + after - before, kind


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (at(2024, 12, 31, 23), "issued before our question opened"),
        (at(2026, 3, 1, 13), "issued after now"),
        (at(2026, 2, 20), None),
    ],
)
def test_the_rules_of_every_forecast_hold(when: datetime, reason: str | None) -> None:
    found = prepare(reading((0.5, when)))
    assert left_out(found) == ({reason: 1} if reason else {})
    assert len(found.accepted) == (reason is None)


def test_what_came_after_our_deadline_or_after_it_happened_is_left_out() -> None:
    late = reports.prepare(
        "metaculus",
        reading((0.5, at(2027, 1, 2))),
        {"1": TRUCE},
        Choices(),
        board=BOARD,
        view=EMPTY,
        known=(),
        now=at(2027, 2, 1),
    )
    assert left_out(late) == {"issued after our deadline": 1}
    happened = Occurrence("O001", "truce", date(2026, 2, 10), date(2026, 2, 10), "", "", "verified", "")
    found = prepare(reading((0.5, at(2026, 2, 9)), (0.9, at(2026, 2, 10, 5))), record=view(happened))
    assert left_out(found) == {"issued when our question was decided or closed": 1}
    assert taken(found) == [("crowd:metaculus", 0.5, at(2026, 2, 9))]


def test_what_came_after_their_outcome_was_settled_is_no_forecast() -> None:
    settled = question(outcome="yes", resolved_at=at(2026, 2, 1))
    found = prepare(reading((0.5, at(2026, 1, 31)), (0.99, at(2026, 2, 1)), questions=(settled,)))
    assert left_out(found) == {"issued after its outcome was settled there": 1}
    assert [p for _, p, _ in taken(found)] == [0.5, None]


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"closes_at": at(2026, 2, 10, 12)}, at(2026, 2, 10, 12)),
        ({"closes_at": at(2026, 2, 10), "resolved_at": at(2026, 2, 8), "outcome": "no"}, at(2026, 2, 8)),
        ({"closes_at": None}, None),
        ({"closes_at": at(2026, 3, 2)}, None),  # after now
        ({"closes_at": at(2026, 2, 1)}, None),  # the forecast came after the close, as some sites allow
    ],
)
def test_a_forecast_ends_where_its_question_does(changes: dict, end: datetime | None) -> None:
    read = reading((0.2, at(2026, 2, 1)), (0.3, at(2026, 2, 2)), questions=(question(**changes),))
    found = prepare(read)
    said = [("crowd:metaculus", 0.2, at(2026, 2, 1)), ("crowd:metaculus", 0.3, at(2026, 2, 2))]
    assert taken(found) == [*said, *([("crowd:metaculus", None, end)] if end else [])]
    held = view(*(replace(f, id=f"F{i:03d}") for i, f in enumerate(found.accepted, 1)))
    assert prepare(read, record=held).accepted == ()


def test_the_end_of_a_question_there_is_none_once_ours_is_decided() -> None:
    happened = Occurrence("O001", "truce", date(2026, 2, 5), date(2026, 2, 5), "", "", "verified", "")
    read = reading((0.2, at(2026, 2, 1)), questions=(question(closes_at=at(2026, 2, 10)),))
    assert len(prepare(read, record=view(happened)).accepted) == 1


def test_the_last_of_each_day_or_every_change() -> None:
    read = reading((0.1, at(2026, 2, 1, 9)), (0.2, at(2026, 2, 1, 10)), (0.3, at(2026, 2, 2, 9)))
    assert [p for _, p, _ in taken(prepare(read))] == [0.2, 0.3]
    assert [p for _, p, _ in taken(prepare(read, every="change"))] == [0.1, 0.2, 0.3]


def test_the_same_file_twice_changes_nothing_and_another_value_is_pointed_out() -> None:
    read = reading((0.1, at(2026, 2, 1, 9)), (0.1, at(2026, 2, 1, 9)), (0.2, at(2026, 2, 1, 9)))
    first = prepare(read, every="change")
    assert left_out(first) == {"twice in the files": 1, "another value at the same instant is in the files": 1}
    held = view(*(replace(f, id=f"F{i:03d}") for i, f in enumerate(first.accepted, 1)))
    again = prepare(reading((0.1, at(2026, 2, 1, 9))), record=held)
    assert (again.accepted, left_out(again), again.position) == ((), {"in the record already": 1}, 1)
    other = prepare(reading((0.4, at(2026, 2, 1, 9))), record=held)
    assert left_out(other) == {"another value at the same instant is in the record": 1}


def test_no_name_of_a_person_enters_a_record_unless_it_was_chosen() -> None:
    read = reading((0.1, at(2026, 2, 1), "Ann Example", True), (0.2, at(2026, 2, 1), "GPT-9 (zero shot)", False))
    names = {f.forecaster for f in prepare(read).accepted}
    assert not any("ann" in name.lower() for name in names)
    assert f"crowd:metaculus.{reports.code('metaculus', 'Ann Example')}" in names
    assert any(name.startswith("crowd:metaculus.gpt-9-zero-shot-") for name in names)
    chosen = {f.forecaster for f in prepare(read, names={"Ann Example": "ann"}).accepted}
    assert "crowd:metaculus.ann" in chosen
    assert [f.probability for f in prepare(read, voices="crowd").accepted] == [0.2]
    assert [f.probability for f in prepare(read, voices="people").accepted] == [0.1]


def test_two_questions_of_theirs_never_share_a_series() -> None:
    read = merged(
        [
            reading((0.1, at(2026, 2, 1))),
            reading((0.9, at(2026, 2, 2)), questions=(question("2"),)),
        ]
    )
    with pytest.raises(ImportRefusedError, match="would mix 'Metaculus 1' and 'Metaculus 2'"):
        prepare(read, {"1": TRUCE, "2": TRUCE})
    held = view(replace(prepare(reading((0.1, at(2026, 2, 1)))).accepted[0], id="F001"))
    with pytest.raises(ImportRefusedError, match="would mix"):
        prepare(reading((0.9, at(2026, 2, 2)), questions=(question("2"),)), {"2": TRUCE}, record=held)
    by_hand = view(Forecast("F001", *TRUCE, "crowd:metaculus", 0.2, at(2026, 1, 1), date(2026, 1, 1), "", "", ""))
    assert len(prepare(reading((0.9, at(2026, 2, 2))), record=by_hand).accepted) == 1


def test_too_many_forecasts_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_FORECASTS", 1)
    with pytest.raises(ImportRefusedError, match="2 forecasts; at most 1"):
        prepare(reading((0.1, at(2026, 2, 1)), (0.2, at(2026, 2, 2))))


def test_a_question_that_changed_there_is_a_new_version_that_keeps_what_the_file_lacks() -> None:
    known = question(criteria="Their criteria.", title="Old title")
    (asked,) = prepare(reading(questions=(question(),)), known=[known]).questions
    assert (asked.state, asked.question.criteria, asked.question.title) == ("changed", "Their criteria.", "Question 1")
    (same,) = prepare(reading(questions=(question(title=""),)), known=[known]).questions
    assert (same.state, same.question) == ("known", known)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"closes_at": None}, "1 has no close there; truce is by 2026-12-31."),
        ({"closes_at": at(2026, 6, 30)}, "1 closes on 2026-06-30 there; truce is by 2026-12-31."),
        ({"outcome": "ambiguous"}, "1 was judged ambiguous there, which says nothing of truce."),
        ({}, ""),
    ],
)
def test_notes_say_where_their_question_is_another_one(changes: dict, note: str) -> None:
    found = prepare(reading(questions=(question(**changes),)))
    assert found.notes == ((note,) if note else ())


def mapped(*texts: str, read: Reading | None = None) -> tuple[dict, list[FieldProblem]]:
    lines, problems = import_mapping.typed(texts)
    found, more, _ = import_mapping.matched(lines, read or reading(), BOARD)
    return found, [*problems, *more]


def test_questions_are_matched_by_what_a_person_says_only() -> None:
    assert mapped("1=truce@2026-12-31") == ({"1": TRUCE}, [])
    file = formats.read("manifold", as_json(published.MARKET), "f")
    assert mapped("truce-in-2026=truce@2026-12-31", read=file) == ({"AbC123": TRUCE}, [])
    odd = reading(questions=(question("a=b@c"),))
    assert mapped("a=b@c=truce@2026-12-31", read=odd) == ({"a=b@c": TRUCE}, [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1", "THEIRS=QUESTION@DEADLINE"),
        ("1=truce", "THEIRS=QUESTION@DEADLINE"),
        ("9=truce@2026-12-31", "the files hold no question '9'"),
        ("1=truse@2026-12-31", "did you mean truce"),
        ("1=truce@2026-12-30", "truce has the deadlines 2026-12-31, 2028-12-31, 2030-12-31"),
        ("1=truce@soon", "'soon': truce has the deadlines"),
        ("77=truce@2026-12-31", "did you mean 'post 77'?"),
        ("post 77=truce@2026-12-31", "is the name of 2 questions; give one id: 501, 503"),
    ],
)
def test_a_wrong_mapping_is_named_with_what_is_allowed(text: str, why: str) -> None:
    file = formats.read("metaculus", published.metaculus(), "f")
    found, problems = mapped(text, read=file if "77" in text else None)
    assert found == {}
    assert len(problems) == 1
    assert why in problems[0].message


def test_a_list_may_name_more_than_a_file_holds() -> None:
    lines = import_mapping.listed("outside,question,deadline\n1,truce,2026-12-31\n2,truce,2028-12-31\n", "ours.csv")
    found, problems, notes = import_mapping.matched(lines, reading(), BOARD)
    assert (found, problems) == ({"1": TRUCE}, [])
    assert notes == ("The list of questions names 1 that these files do not hold.",)
    wrong = import_mapping.listed("outside,question,deadline\n1,truce,2026-12-31\n1,pact,2026-12-31\n", "ours.csv")
    _, problems, _ = import_mapping.matched(wrong, reading(), BOARD)
    assert problems == [FieldProblem("ours.csv line 3", "'1' is given to two questions of ours")]
