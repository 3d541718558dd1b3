"""Gates: a table of what holds and what does not; a number that is not finite never passes."""

import numpy as np
import pytest

from forecasts.gates import Gate, at_least, at_most, failed, history_gates, jump_gate, khat_gate, precision_gates
from models.precision import Precision, Spread
from models.weighing import Weighed
from tests.jobs.small_home import small

BOARD = small()
Q, G, S = len(BOARD.questions), len(BOARD.deadlines), len(BOARD.scenarios)
NAN = float("nan")


@pytest.mark.parametrize(
    ("gate", "holds"),
    [
        (at_most("x", 0.0025, 0.0025), True),
        (at_most("x", 0.00251, 0.0025), False),
        (at_most("x", NAN, 0.0025), False),
        (at_most("x", -np.inf, 0.0025), False),
        (at_least("x", 300.0, 300.0), True),
        (at_least("x", 299.9, 300.0), False),
        (at_least("x", NAN, 300.0), False),
        (at_least("x", np.inf, 300.0), False),
        (khat_gate("x", 0.69, 10**6), True),
        (khat_gate("x", 0.7, 10**6), False),
        (khat_gate("x", 0.6, 100), False),  # 1 - 1 / log10(100) = .5
        (khat_gate("x", NAN, 10**6), False),
    ],
)
def test_one_number_against_its_bound(gate, holds):
    assert gate.holds is holds
    assert (gate in failed([gate])) is not holds


def weighed(probability: float = 0.3) -> Weighed:
    share = np.full((Q, G, 2), probability)
    return Weighed(share, np.full((S, 2), probability), np.full(1000, 1e-3), 2)


def precision(error: float = 0.001, *, futures: float = 5000.0, draws: float = 900.0, khat: float = 0.1) -> Precision:
    spread = [Spread(np.full(s, error), np.full(s, 0.01), np.full(s, 0.001)) for s in ((Q, G), (S,))]
    return Precision(*spread, futures, draws, khat)


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ((weighed(), precision()), set()),
        ((weighed(), precision(0.003)), {"precision"}),
        ((weighed(), precision(NAN)), {"finite", "precision"}),
        ((weighed(NAN), precision()), {"finite"}),
        ((weighed(1.5), precision()), {"finite"}),
        ((weighed(), precision(futures=999.0)), {"ess_futures"}),
        ((weighed(), precision(draws=299.0)), {"ess_draws"}),
        ((weighed(), precision(khat=0.9)), {"khat"}),
    ],
)
def test_what_forbids_publication(numbers, wrong):
    gates = precision_gates(BOARD, *numbers, draws=900)
    assert {g.name for g in failed(gates)} == wrong
    assert all(g.value is None or np.isfinite(g.value) for g in gates), "a receipt holds finite numbers only"


def test_the_worst_place_is_named():
    found = precision()
    found.question.mcse[2, 1] = 0.01
    gate = next(g for g in precision_gates(BOARD, weighed(), found, draws=900) if g.name == "precision")
    assert (gate.value, gate.place) == (0.01, f"{BOARD.questions[2].id} by {BOARD.deadlines[1]}")


def test_history_needs_both_a_tail_and_enough_draws():
    assert not failed(history_gates(0.2, 400.0, draws=20_000))
    assert [g.name for g in failed(history_gates(0.2, 174.0, draws=20_000))] == ["history_ess"]
    assert [g.name for g in failed(history_gates(0.75, 400.0, draws=20_000))] == ["history_khat"]


@pytest.mark.parametrize(
    ("before", "after", "waived", "holds"),
    [
        (0.2, 0.3, False, True),  # .54 logits
        (0.2, 0.45, False, False),  # 1.19
        (0.2, 0.45, True, True),
        (0.001, 0.009, False, True),  # 2.2, but both ends outside [.01, .99]
        (0.001, 0.011, False, False),  # one end inside
        (0.2, 0.0, False, False),
        (NAN, 0.9, False, True),  # nothing to compare with
        (0.0, 0.0, False, True),
    ],
)
def test_a_jump(before, after, waived, holds):
    expected, found = np.full((Q, G), np.nan), np.full((Q, G), 0.5)
    expected[1, 2], found[1, 2] = before, after
    gate = jump_gate(BOARD, expected, found, waived=waived)
    assert gate.holds is holds
    if np.isfinite(before) and abs(after - before) > 0.1:
        assert f"{BOARD.questions[1].id} by {BOARD.deadlines[2]}" in gate.place


def test_a_gate_reads_as_one_line():
    assert str(Gate("precision", 0.003, 0.0025, False, "truce by 2030-12-31")) == (
        "precision FAILS: 0.003 against 0.0025 (truce by 2030-12-31)"
    )
    assert "not a number" in str(at_most("x", NAN, 1.0))


@pytest.mark.parametrize(
    ("khat", "draws", "holds"),
    [(0.6, 100, False), (0.6, 10_000, True), (0.72, 10_000, True), (0.75, 10_000, False), (0.81, 240_000, True)],
)
def test_a_pareto_shape_is_held_against_the_number_of_draws(khat, draws, holds):
    """1 - 1 / log10(S) is .5 for 100 draws, .75 for 10,000 and .814 for 240,000, however many futures share them."""
    found = {g.name: g for g in precision_gates(BOARD, weighed(), precision(khat=khat), draws=draws)}
    assert found["khat"].holds is holds
    assert not history_gates(0.72, 5000.0, draws=draws)[0].holds, "history weights are capped at .7 besides"
