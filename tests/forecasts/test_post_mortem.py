"""After the outcome: bits worked out by hand, stories, judges, forecasters; what came too late is not counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import log2

import polars as pl
import pytest

from forecasts.domain import Confirmation, Effect, Entry, Evidence, LedgerView, Occurrence, Resolution
from forecasts.instants import end_of_day, start_of_day
from forecasts.post_mortem import NoOutcomeError, post_mortem
from forecasts.scored_rows import COLUMNS
from tests.forecasts.small_board import BOARD, DEADLINES

D26, D28, D30 = DEADLINES
NOW = datetime(2027, 1, 5, tzinfo=UTC)
NO = Confirmation("C1", date(2027, 1, 4), date(2027, 1, 4), (), "")
YES = Occurrence("O1", "truce", date(2026, 7, 1), date(2026, 7, 1), "x", "", "verified", "")
EMPTY = pl.DataFrame(schema=COLUMNS)


def view(*records: object) -> LedgerView:
    entries = tuple(Entry("small", n, r.id, 1, NOW, "p", r, "0" * 64) for n, r in enumerate(records, start=1))
    return LedgerView("small", NOW, "live", len(entries), "0" * 64, NOW, entries)


def item(entry: str, lr: float, *, deadline: date = D26, question: str = "truce", **changes: object) -> Evidence:
    values = {
        "id": entry,
        "occurred_on": date(2026, 3, 1),
        "published_on": date(2026, 3, 2),
        "statement": f"Report {entry}.",
        "source": "A paper",
        "url": "",
        "grade_source": "A",
        "grade_info": "1",
        "lr_basis": "report",
        "kind": "fact",
        "half_life_days": None,
        "thread": entry,
        "verification": "verified",
        "effects": (Effect(question, deadline, lr, lr / 2, lr * 2),),
        "forecaster": "ann",
    }
    return Evidence(**values | changes)


def of(*records: object, rows: pl.DataFrame = EMPTY, deadline: date = D26):
    return post_mortem(BOARD, view(*records), rows, question="truce", deadline=deadline)


def bits(found) -> dict[str, float]:
    return {i.entry: pytest.approx(i.bits, abs=1e-9) for i in found.items}


def test_bits_are_log2_of_the_ratio_for_what_happened() -> None:
    items = (item("E1", 2.0), item("E2", 0.5), item("E3", 1.0))
    happened, not_so = of(*items, YES), of(*items, NO)
    assert bits(happened) == {"E1": 1.0, "E2": -1.0, "E3": 0.0}
    assert bits(not_so) == {"E1": -1.0, "E2": 1.0, "E3": 0.0}
    assert {i.entry: i.right for i in happened.items} == {"E1": True, "E2": False, "E3": None}
    assert (happened.decided.outcome, happened.decided.basis) == ("yes", "occurrence")
    assert (not_so.decided.outcome, not_so.decided.basis) == ("no", "confirmation")


def test_grade_fading_and_repetition_count_as_they_were_read() -> None:
    """Content judged 4 at grade B2: .8 x .9 of two bits. An intent two half-lives old: a quarter. A repeat: half."""
    graded = item("E1", 4.0, lr_basis="content", grade_source="B", grade_info="2")
    faded = item("E2", 4.0, kind="intent", half_life_days=61.0, occurred_on=YES.occurred_on - timedelta(days=122))
    told = (item("E3", 4.0, thread="story"), item("E4", 2.0, thread="story"))
    found = of(graded, faded, *told, YES)
    assert bits(found) == {"E1": 1.44, "E2": 0.5, "E3": 2.0, "E4": 0.5}
    assert [(s.name, pytest.approx(s.bits), s.items, s.right) for s in found.threads[:1]] == [("story", 2.5, 2, 2)]


def test_what_was_published_on_the_day_or_later_says_nothing() -> None:
    late = item("E9", 8.0, published_on=YES.occurred_on, thread="E1")
    found = of(item("E1", 2.0), late, YES)
    assert bits(found) == {"E1": 1.0, "E9": 0.0}
    assert [i.entry for i in found.items if i.late] == ["E9"]
    assert found.items[-1].right is None
    assert [s.items for s in found.threads] == [1]


def test_each_effect_is_judged_by_its_own_deadline() -> None:
    """It happened in March 2027: missed 2026, met 2028 and 2030."""
    happened = replace(YES, occurred_on=date(2027, 3, 1))
    items = (
        item("E1", 2.0),
        item("E2", 2.0, deadline=D28),
        item("E3", 2.0, deadline=D30),
        item("E4", 2.0, question="fund"),
    )
    assert bits(of(*items, happened, deadline=D28)) == {"E1": -1.0, "E2": 1.0, "E3": 1.0}
    assert bits(of(*items, happened)) == {"E1": -1.0}, "by 2026: the later deadlines were open"


def test_judges_are_summed() -> None:
    items = (item("E1", 4.0), item("E2", 2.0, forecaster="bea"), item("E3", 0.5, forecaster="bea"))
    assert [(s.name, pytest.approx(s.bits, abs=1e-9), s.items, s.right) for s in of(*items, YES).judges] == [
        ("ann", 2.0, 1, 1),
        ("bea", 0.0, 2, 1),
    ]


def test_a_story_is_capped_as_it_is_when_a_board_is_weighed() -> None:
    items = tuple(item(f"E{k}", 20.0, thread="story") for k in range(6))
    (story,) = of(*items, YES).threads
    assert story.bits == pytest.approx(log2(50))


def row(forecaster: str, day: date, p: float | None, mode: str = "live") -> dict[str, object]:
    return {
        "question": "truce by 2026-12-31",
        "cluster": "truce",
        "forecaster": forecaster,
        "at": start_of_day(day),
        "probability": p,
        "outcome": 1,
        "annulled": False,
        "opened_at": start_of_day(date(2026, 1, 1)),
        "closes_at": end_of_day(D26),
        "resolved_at": start_of_day(YES.occurred_on),
        "mode": mode,
    }


def test_forecasters_gain_over_the_outside_view_while_they_stood() -> None:
    """Base .25 from January; Ann at .5 (1 bit) April and May, at .25 (0 bits) in June, settled on 1 July."""
    rows = pl.DataFrame(
        [
            row("base rate", date(2026, 1, 1), 0.25),
            row("ann", date(2026, 4, 1), 0.5),
            row("ann", date(2026, 6, 1), 0.25),
            row("ann", date(2026, 8, 1), 0.99),
            row("bea", date(2026, 8, 1), 0.99),
            row("cem", date(2026, 4, 1), 0.5),
            row("cem", date(2026, 5, 1), None),
            row("dov", date(2026, 4, 1), 0.5, mode="retrospective"),
        ],
        schema=COLUMNS,
    )
    found = {(v.mode, v.forecaster): v for v in of(YES, rows=rows).voices}
    assert set(found) == {("live", "ann"), ("live", "base rate"), ("live", "cem"), ("retrospective", "dov")}
    ann, cem = found["live", "ann"], found["live", "cem"]
    assert (ann.first, ann.last) == (0.5, 0.25)
    assert ann.bits == pytest.approx(61 / 91)
    assert ann.share == pytest.approx(91 / 365, abs=1e-6)
    assert (cem.bits, cem.share) == (pytest.approx(1.0), pytest.approx(30 / 365, abs=1e-6))
    assert found["live", "base rate"].bits == pytest.approx(0.0)
    assert found["retrospective", "dov"].bits is None, "no outside view stands in its mode"


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ((), "truce by 2026-12-31 has no outcome yet; its decided deadlines: none"),
        (
            (Resolution("R1", "truce", D26, "annulled", date(2026, 7, 1), date(2026, 7, 1), "x", "", ""),),
            "truce by 2026-12-31 is annulled: nobody is judged by it",
        ),
    ],
)
def test_without_an_outcome_nobody_is_judged(records, said) -> None:
    with pytest.raises(NoOutcomeError) as caught:
        of(*records)
    assert said in str(caught.value)
