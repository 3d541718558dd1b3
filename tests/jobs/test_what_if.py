"""What-if: seeing obeys the laws of probability, doing moves only what follows, and what is too rare is refused."""

import math
from datetime import date

import pytest

from forecasts.conditions import ConditionError
from forecasts.what_if import NothingPublishedError, TooRareError, what_if
from tests.jobs.small_home import evidence, occurrence

SEE, DO = "see", "do"


def ask(home, mode, *conditions, **more):
    return what_if(home.store, home.artefacts, "small", conditions=conditions, mode=mode, threads=1, **more)


def after(found):
    return {(r["question"], r["deadline"]): r["after"] for r in found["results"]} | {
        s["scenario"]: s["after"] for s in found["scenarios"]
    }


def before(found):
    return {(r["question"], r["deadline"]): r["before"] for r in found["results"]} | {
        s["scenario"]: s["before"] for s in found["scenarios"]
    }


@pytest.mark.parametrize("condition", ["truce by 2027-12-31", "three by 2028-12-31", "scenario settled"])
def test_the_law_of_total_probability_holds_to_the_bit_of_rounding(published, condition):
    home, _ = published
    yes, no = ask(home, SEE, condition), ask(home, SEE, f"not {condition}")
    assert yes["chance"] + no["chance"] == pytest.approx(1, abs=1e-12)
    whole = before(yes)
    assert whole == before(no)
    given, otherwise = after(yes), after(no)
    for place, p in whole.items():
        assert yes["chance"] * given[place] + no["chance"] * otherwise[place] == pytest.approx(p, abs=1e-9), place


def test_before_is_what_was_published_and_bands_hold_the_number(published):
    home, outcome = published
    found = ask(home, SEE, "pact by 2030-12-31")
    rows = outcome.snapshot.rows
    for r in found["results"]:
        line = rows.filter((rows["subject"] == r["question"]) & (rows["deadline"] == date.fromisoformat(r["deadline"])))
        assert line["value"][0] == pytest.approx(r["before"], abs=1e-12)
        assert 0 <= r["low"] <= r["after"] + 1e-9
        assert r["after"] <= r["high"] + 1e-9 <= 1 + 2e-9
    assert after(found)["pact", "2030-12-31"] == 1.0
    assert after(found)["floor", "2030-12-31"] >= before(found)["floor", "2030-12-31"]


def test_several_conditions_are_one_and_their_order_does_not_matter(published):
    home, _ = published
    first, second = "truce by 2028-12-31", "not fund by 2028-12-31"
    one, other = ask(home, SEE, first, second), ask(home, SEE, second, first)
    assert after(one) == after(other)
    assert after(one)["truce", "2028-12-31"] == 1.0
    assert after(one)["fund", "2028-12-31"] == 0.0


def reached_from(board, question):
    """Return all questions that an occurrence can change, by following every kind of edge."""
    steps = {(p, e.child) for e in board.edges for p in (*e.parents, *((e.until,) if e.until else ()))}
    steps |= {(p, v.question) for v in board.votes for p in (v.trigger, *v.terms)}
    steps |= {(low.question, high.question) for s in board.series for low in s.levels for high in s.levels}
    found, grown = {question}, set()
    while found != grown:
        grown = set(found)
        found |= {child for parent, child in steps if parent in grown}
    return found


@pytest.mark.parametrize("root", ["relapse", "pact", "three"])
def test_what_does_not_descend_from_the_act_keeps_its_probability_to_the_byte(published, root):
    home, _ = published
    found = ask(home, DO, f"{root} on 2028-06-30")
    below = reached_from(home.board, root)
    was, now = before(found), after(found)
    kept = [k for k in was if isinstance(k, tuple) and k[0] not in below]
    assert kept, below
    assert {k: now[k] for k in kept} == {k: was[k] for k in kept}
    assert now[root, "2026-12-31"] == 0.0
    assert now[root, "2028-12-31"] == 1.0
    assert found["chance"] is None


def test_never_and_a_span_of_days(published):
    home, _ = published
    never = after(ask(home, DO, "never truce"))
    assert {p for (q, _), p in ((k, v) for k, v in never.items() if isinstance(k, tuple)) if q == "truce"} == {0.0}
    span = after(ask(home, DO, "truce between 2026-07-01 and 2027-06-30"))
    # 184 of the 365 days lie in 2026; stratified luck, but weighted futures
    assert span["truce", "2026-12-31"] == pytest.approx(184 / 365, abs=0.01)
    assert span["truce", "2028-12-31"] == 1.0


def test_doing_a_root_equals_seeing_it_where_nothing_is_shared(new_home):
    """With no evidence and no edge into `fund`, its day tells nothing of other draws' quantities but its own rate."""
    home = new_home()
    assert home.refit().kind == "published"
    board = home.board
    parents = {e.child for e in board.edges}
    root = next(q.id for q in board.questions if q.kind == "event" and q.id not in parents)
    seen, done = ask(home, SEE, f"{root} by 2026-12-31"), ask(home, DO, f"{root} between 2026-04-01 and 2026-12-31")
    a, b = after(seen), after(done)
    others = [k for k in a if isinstance(k, tuple) and k[0] != root and k[1] >= "2028"]
    assert others
    for place in others:
        assert a[place] == pytest.approx(b[place], abs=0.05), place


def test_a_rare_condition_gets_more_futures_and_an_all_but_impossible_one_is_refused(published):
    home, _ = published
    rare = ask(home, SEE, "truce by 2026-04-20")
    assert rare["attempts"] > 1
    assert rare["ess"] >= 1000
    assert rare["ess_draws"] >= 300
    with pytest.raises(TooRareError, match=r"four by 2026-04-20: probability 0, 0 effective futures") as caught:
        ask(home, SEE, "four by 2026-04-20")
    assert caught.value.exit_code == 4


def test_evidence_is_in_what_is_conditioned(new_home):
    home = new_home()
    home.refit()
    plain = ask(home, SEE, "fund by 2028-12-31")
    home.add(evidence("E1", lr=6.0))
    home.refit()
    told = ask(home, SEE, "fund by 2028-12-31")
    assert after(told)["truce", "2028-12-31"] > after(plain)["truce", "2028-12-31"] + 0.05


def test_what_has_happened_or_was_never_published_is_refused(new_home):
    home = new_home()
    with pytest.raises(NothingPublishedError, match=r"small: no snapshot \(live\) to ask; `twixt refit`"):
        ask(home, SEE, "truce by 2027-12-31")
    home.add(occurrence("O1", "fund", date(2026, 3, 1)))
    home.refit()
    with pytest.raises(ConditionError, match="fund: has happened already"):
        ask(home, DO, "never fund")


def test_the_same_question_has_the_same_answer_for_any_number_of_threads(published):
    home, _ = published
    for mode, condition in ((SEE, "truce by 2027-12-31"), (DO, "truce on 2027-01-01")):
        one = what_if(home.store, home.artefacts, "small", conditions=[condition], mode=mode, threads=1)
        two = what_if(home.store, home.artefacts, "small", conditions=[condition], mode=mode, threads=2)
        assert one == two
        assert all(math.isfinite(r["after"]) for r in one["results"])
