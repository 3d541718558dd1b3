"""A person's own forecasts: which facts they break, and where a new one must lie to fit the others."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.coherence import bounds, conflicts, rules
from tests.forecasts.small_board import BOARD, DEADLINES, edge

D26, D28, D30 = DEADLINES


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({("truce", D26): 0.2, ("truce", D28): 0.2, ("truce", D30): 0.3}, []),
        ({("truce", D26): 0.3, ("truce", D28): 0.2}, [("deadline", "truce", D26, 0.3, 0.2)]),
        # floor requires pact: compared with the first deadline of pact that is not earlier
        ({("floor", D28): 0.4, ("pact", D26): 0.1}, []),
        ({("floor", D28): 0.4, ("pact", D28): 0.3}, [("requires", "floor", D28, 0.4, 0.3)]),
        ({("floor", D28): 0.4, ("pact", D30): 0.3}, [("requires", "floor", D28, 0.4, 0.3)]),
        ({("floor", D26): 0.4, ("pact", D26): 0.5}, []),
        # relapse requires truce or pact: at most the sum of both, and only where both are given
        ({("relapse", D28): 0.6, ("truce", D28): 0.3}, []),
        ({("relapse", D28): 0.6, ("truce", D28): 0.3, ("pact", D28): 0.2}, [("requires", "relapse", D28, 0.6, 0.5)]),
        ({("relapse", D28): 0.5, ("truce", D28): 0.3, ("pact", D28): 0.2}, []),
        # the series: four per cent is three per cent too
        ({("four", D26): 0.3, ("three", D28): 0.2}, [("level", "four", D26, 0.3, 0.2)]),
        ({("three", D26): 0.3, ("four", D26): 0.3}, []),
        ({("floor", D26): 0.4, ("consent", D28): 0.3}, []),
        # nothing said of the floor vote between them, or nothing that late: what it requires stands in for it
        ({("consent", D28): 0.4, ("pact", D28): 0.3}, [("requires", "consent", D28, 0.4, 0.3)]),
        (
            {("consent", D28): 0.4, ("floor", D26): 0.9, ("pact", D30): 0.3},
            [("requires", "floor", D26, 0.9, 0.3), ("requires", "consent", D28, 0.4, 0.3)],
        ),
    ],
)
def test_what_does_not_fit_together(said, expected) -> None:
    found = [
        (c.rule.kind, *c.rule.less, pytest.approx(c.claimed), pytest.approx(c.allowed)) for c in conflicts(BOARD, said)
    ]
    assert found == expected


def test_the_largest_excess_comes_first_in_words() -> None:
    said = {("truce", D26): 0.3, ("truce", D28): 0.2, ("floor", D28): 0.9, ("pact", D28): 0.3}
    first, second = map(str, conflicts(BOARD, said))
    assert first == "floor by 2028-12-31 at 90.0% is above what it requires, pact by 2028-12-31 at 30.0%"
    assert second == "truce by 2026-12-31 at 30.0% is above the later truce by 2028-12-31 at 20.0%"


@pytest.mark.parametrize(
    ("pair", "low", "high"),
    [
        (("truce", D28), 0.2, 0.6),
        (("truce", D26), 0.0, 0.6),
        (("pact", D28), 0.15, 0.7),  # at least the floor vote that requires it, at most pact itself by 2030
        (("consent", D26), 0.0, 0.05),
        (("fund", D26), 0.0, 1.0),
        (("four", D28), 0.0, 0.4),
        (("three", D26), 0.0, 0.4),
    ],
)
def test_the_range_that_fits(pair, low, high) -> None:
    said = {
        ("truce", D26): 0.2,
        ("truce", D30): 0.6,
        ("floor", D28): 0.15,
        ("pact", D30): 0.7,
        ("three", D28): 0.4,
        ("floor", D26): 0.05,
    }
    found = bounds(BOARD, {p: v for p, v in said.items() if p != pair}, pair)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.binding == ((low, high) != (0.0, 1.0))


def test_the_only_way_left_to_a_question_is_bounded_from_below() -> None:
    """relapse .6 requires truce or pact; with truce .25 the pact must be at least .35."""
    found = bounds(BOARD, {("relapse", D26): 0.6, ("truce", D26): 0.25}, ("pact", D26))
    assert found.low == pytest.approx(0.35)
    assert found.low_from is not None
    assert found.low_from.kind == "requires"


PAIRS = [(q, d) for q in ("truce", "pact", "floor", "relapse", "three", "four", "consent") for d in DEADLINES]


@given(st.dictionaries(st.sampled_from(PAIRS), st.floats(0, 1)), st.sampled_from(PAIRS))
def test_a_forecast_within_its_range_adds_no_conflict(said, pair) -> None:
    others = {p: v for p, v in said.items() if p != pair}
    if conflicts(BOARD, others):
        return
    room = bounds(BOARD, others, pair)
    assert room.low <= room.high + 1e-9, "forecasts that fit together leave room for one more"
    for value in (room.low, min(room.high, 1.0)):
        assert conflicts(BOARD, others | {pair: value}) == ()
    if room.high < 0.99:
        assert conflicts(BOARD, others | {pair: room.high + 0.01})
    if room.low > 0.01:
        assert conflicts(BOARD, others | {pair: room.low - 0.01})


def test_an_edge_that_only_shifts_rates_binds_nobody() -> None:
    bare = replace(BOARD, edges=(edge(("truce",), "pact"),), series=())
    assert {r.kind for r in rules(bare, PAIRS)} == {"deadline"}
