"""What-if: seeing obeys the laws of probability, doing moves only what follows, and what is too rare is refused."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasts import what_if as what_if_module
from forecasts.conditions import ConditionError
from forecasts.evaluation import simulate_board
from forecasts.moves import read_state
from forecasts.stored_futures import load_futures
from forecasts.what_if import NothingPublishedError, TooRareError, what_if
from models.world import NEVER
from tests.jobs.small_home import evidence, occurrence, open_home, scenario, small

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


def test_a_rare_condition_gets_more_futures_and_an_all_but_impossible_one_is_refused(published):
    home, _ = published
    rare = ask(home, SEE, "truce by 2026-04-20")
    assert rare["attempts"] > 1
    assert rare["ess"] >= 1000
    assert rare["ess_draws"] >= 300
    with pytest.raises(TooRareError, match=r"four by 2026-04-20: probability 0, 0 effective futures") as caught:
        ask(home, SEE, "four by 2026-04-20")
    assert caught.value.exit_code == 4


def test_what_is_out_of_reach_is_refused_without_simulating_up_to_the_cap(published, monkeypatch):
    home, _ = published
    sizes = []

    def counted(moment, parameters, effort, **more):
        sizes.append(effort.draws)
        return simulate_board(moment, parameters, effort, **more)

    monkeypatch.setattr(what_if_module, "simulate_board", counted)
    with pytest.raises(TooRareError):
        ask(home, SEE, "four by 2026-04-20")
    assert sizes == [48_000, 96_000], "as published, then once more: nothing was hit, so more would not help"


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


def test_a_snapshot_that_this_version_cannot_compute_again_says_what_to_do(new_home, monkeypatch):
    home = new_home()
    home.refit()

    def changed(*_args, **_more):
        raise KeyError("walked")

    monkeypatch.setattr(what_if_module, "read_state", changed)
    with pytest.raises(KeyError):
        ask(home, SEE, "truce by 2028-12-31")
    monkeypatch.setattr(what_if_module, "model_version", lambda: "another")
    with pytest.raises(NothingPublishedError, match=r"made by another version of the model .* `twixt refit`"):
        ask(home, SEE, "truce by 2028-12-31")


# ---- against direct counts: the stored futures read as a table, and many more futures simulated without any tilt


def counted(home, snapshot, hit):
    """Return P(event and deadline | hit) and P(hit) by plain sums over the rows of the stored futures file."""
    stored = load_futures(home.artefacts.get(snapshot.futures_hash), name="futures")
    weight = np.exp(stored.log_prior - stored.log_prior.max())
    rows = hit({q: stored.day[:, i] for i, q in enumerate(stored.questions)})
    inside = weight[rows].sum()
    by = {d.isoformat(): (d - home.board.opens).days for d in home.board.deadlines}
    found = {
        (q, d): weight[rows & (stored.day[:, i] <= by[d])].sum() / inside
        for i, q in enumerate(stored.questions)
        for d in by
    }
    return found, inside / weight.sum()


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Give a small home without evidence, published once: its futures' weights are those that the file holds."""
    home = open_home(tmp_path_factory.mktemp("bare") / "home")
    outcome = home.refit()
    yield home, outcome.snapshot
    home.store.close()


D26, D28, D30 = ((date(y, 12, 31) - date(2025, 1, 1)).days for y in (2026, 2028, 2030))


@pytest.mark.parametrize(
    ("conditions", "hit"),
    [
        (["truce by 2028-12-31"], lambda d: d["truce"] <= D28),
        (["not truce by 2028-12-31"], lambda d: d["truce"] > D28),
        (["three by 2028-12-31"], lambda d: d["three"] <= D28),
        (["not three by 2028-12-31", "fund by 2030-12-31"], lambda d: (d["three"] > D28) & (d["fund"] <= D30)),
        (["scenario settled"], lambda d: (d["pact"] <= D30) & ~(d["relapse"] <= D30)),
        (
            ["scenario armed", "not fund by 2028-12-31"],
            lambda d: (d["three"] <= D30) & (d["truce"] == NEVER) & (d["fund"] > D28),
        ),
        (["truce by 2026-12-31", "pact by 2028-12-31"], lambda d: (d["truce"] <= D26) & (d["pact"] <= D28)),
    ],
)
def test_seeing_is_counting_the_stored_futures(bare, conditions, hit):
    home, snapshot = bare
    found = ask(home, SEE, *conditions)
    assert found["attempts"] == 1, "enough futures hold it as they are"
    direct, chance = counted(home, snapshot, hit)
    assert found["chance"] == pytest.approx(chance, rel=1e-9)
    for r in found["results"]:
        assert r["after"] == pytest.approx(direct[r["question"], r["deadline"]], abs=1e-9), r


def brute(home, snapshot, hit, *, times):
    """Return conditional probabilities and their standard errors from many more futures, none of them tilted."""
    state = read_state(home.store, home.artefacts, snapshot)
    effort = replace(state.effort, draws=state.effort.draws * times, seed=state.effort.seed + 1, tilt=())
    simulated = simulate_board(state.moment, state.parameters, effort, threads=2)
    day, weight = simulated.stored.day, np.exp(simulated.stored.log_prior)
    rows = hit({q: day[:, i] for i, q in enumerate(simulated.stored.questions)})
    weight = weight[rows] / weight[rows].sum()
    size = 1 / (weight**2).sum()
    happened = day[rows] <= D30
    p = np.minimum((weight[:, None] * happened).sum(axis=0), 1.0)
    return dict(zip(simulated.stored.questions, zip(p, np.sqrt(p * (1 - p) / size), strict=True), strict=True))


RARE = date(2026, 4, 20)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("conditions", "hit"),
    [
        (["truce by 2026-04-20"], lambda d: d["truce"] <= (RARE - date(2025, 1, 1)).days),
        (
            ["truce by 2026-05-31", "fund by 2026-05-31"],
            lambda d: np.maximum(d["truce"], d["fund"]) <= (date(2026, 5, 31) - date(2025, 1, 1)).days,
        ),
        (["scenario hurried"], lambda d: (d["truce"] <= 530) & (d["pact"] <= 600)),
    ],
    ids=["one event", "two at once", "a scenario"],
)
def test_futures_simulated_towards_a_rare_condition_agree_with_brute_force(rare_board, conditions, hit):
    home, snapshot = rare_board
    found = ask(home, SEE, *conditions)
    assert found["attempts"] > 1
    assert found["ess"] >= 1000
    assert found["ess_draws"] >= 300
    direct = brute(home, snapshot, hit, times=16)
    for r in found["results"]:
        if r["deadline"] == "2030-12-31":
            p, error = direct[r["question"]]
            own = (r["after"] * (1 - r["after"]) / found["ess"]) ** 0.5
            assert abs(r["after"] - p) <= 4.5 * (error**2 + own**2) ** 0.5 + 1e-9, (r, p, error)


@pytest.fixture(scope="module")
def rare_board(tmp_path_factory):
    """Give a small home with a scenario that hardly ever holds: a pact soon after a quick truce."""
    hurried = scenario("hurried", "overlay", "truce <= DATE '2026-06-15' AND pact <= DATE '2026-08-24'")
    home = open_home(tmp_path_factory.mktemp("rare") / "home", small(scenarios=(*small().scenarios, hurried)))
    outcome = home.refit()
    yield home, outcome.snapshot
    home.store.close()


# ---- seeing and doing: the same at a root, different where something flows backwards or sideways


def exact(home, mode, *conditions):
    found = ask(home, mode, *conditions)
    return {r["question"]: r for r in found["results"] if r["deadline"] == "2030-12-31"}, found["ess"]


@pytest.fixture(scope="module")
def rootless(tmp_path_factory):
    """Give a small home in which nothing leads to `truce` and it shares no quantity with another question."""
    board = small(frailties=())
    assert "truce" not in {e.child for e in board.edges}
    home = open_home(tmp_path_factory.mktemp("rootless") / "home", board)
    assert home.refit().kind == "published"
    yield home, "truce"
    home.store.close()


def test_doing_a_root_equals_seeing_it(rootless):
    """P(A | do(root on a day)) = P(A | root on that day) where no arrow leads into the root."""
    home, root = rootless
    seen, size = exact(home, SEE, f"not {root} by 2030-12-31")
    done, _ = exact(home, DO, f"never {root}")
    for q in seen:
        a, b = seen[q]["after"], done[q]["after"]
        error = (max(a * (1 - a), b * (1 - b)) / size) ** 0.5
        assert abs(a - b) <= 4.5 * error + 1e-9, (q, a, b, error)
    moved = max(abs(done[q]["after"] - done[q]["before"]) for q in done if q != root)
    assert moved > 0.02, "the root matters to what follows, so the equality says something"


def test_seeing_a_child_tells_of_its_cause_and_doing_it_does_not(bare):
    home, _ = bare
    seen, _ = exact(home, SEE, "pact by 2028-12-31")
    done, _ = exact(home, DO, "pact on 2028-06-30")
    assert seen["truce"]["after"] > seen["truce"]["before"] + 0.05
    assert done["truce"]["after"] == done["truce"]["before"]


def test_what_two_effects_share_flows_between_them_when_seen_and_not_when_done(bare):
    """`floor` and `fund` both hang on `pact` and not on each other."""
    home, _ = bare
    seen, _ = exact(home, SEE, "floor by 2028-12-31")
    done, _ = exact(home, DO, "floor on 2028-06-30")
    assert seen["fund"]["after"] < seen["fund"]["before"] - 0.05, "a floor tells of a pact, which ends the fund"
    assert done["fund"]["after"] == done["fund"]["before"]
    assert done["pact"]["after"] == done["pact"]["before"]
    assert done["consent"]["after"] > done["consent"]["before"] + 0.1, "what follows from it moves"
