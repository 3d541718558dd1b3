"""The outside view: closed forms by hand, waiting for what is required, and an independent simulation."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasts.base_rates import base_rates
from tests.forecasts.small_board import BOARD, DEADLINES, OPENS, case, edge, question

HORIZON = DEADLINES[-1]


def years(first: date, last: date) -> float:
    return (last - first).days / 365.25


def test_one_class_is_the_closed_form() -> None:
    """truce: 2 events in 10 years, 1 in 8 years at weight .5: Gamma(.5 + 2.5, .01 + 14)."""
    found = base_rates(BOARD, known=OPENS, occurred={})
    for deadline in DEADLINES:
        t = years(OPENS, deadline)
        assert found.probability("truce", deadline) == pytest.approx(1 - (14.01 / (14.01 + t)) ** 3.0, rel=1e-12)


def test_what_is_known_counts_from_then() -> None:
    later = date(2026, 6, 30)
    found = base_rates(BOARD, known=later, occurred={"fund": date(2025, 3, 1)})
    t = years(later, DEADLINES[1])
    assert found.probability("truce", DEADLINES[1]) == pytest.approx(1 - (14.01 / (14.01 + t)) ** 3.0)
    assert found.probability("fund", DEADLINES[0]) == 1.0
    assert found.probability("truce", date(2025, 6, 30)) == 0.0, "that day has passed without it"
    assert found.probability("truce", date(2040, 1, 1)) == found.probability("truce", HORIZON)


@pytest.mark.parametrize("name", ["consent", "three", "summit"])
def test_without_a_class_there_is_no_outside_view(name: str) -> None:
    """A vote, a level of a series, and an event without cases."""
    assert base_rates(BOARD, known=OPENS, occurred={}).probability(name, HORIZON) is None


def test_a_question_waits_for_what_it_requires() -> None:
    """floor requires pact; relapse requires truce or pact. Against a million independent lives."""
    rng, size, days = np.random.default_rng(1), 1_000_000, (HORIZON - OPENS).days

    def drawn(events: float, exposure: float, shape: float = 1.0) -> np.ndarray:
        rate = rng.gamma(events, 1 / exposure, size)
        return 365.25 * (rng.exponential(size=size) / rate) ** (1 / shape)

    truce, pact = drawn(3.0, 14.01), drawn(3.5, 20.01)
    floor = pact + drawn(4.5, 6.01)
    exposure = 0.01 + 4.0**0.5 + 0.5 * 9.0**0.5
    relapse = np.minimum(truce, pact) + drawn(1.5, exposure, 0.5)
    found = base_rates(BOARD, known=OPENS, occurred={})
    for name, day in (("pact", pact), ("floor", floor), ("relapse", relapse)):
        for deadline in DEADLINES:
            expected = float((day <= (deadline - OPENS).days).mean())
            assert found.probability(name, deadline) == pytest.approx(expected, abs=0.003), (name, deadline)
    assert days == found.curves["truce"].size - 1


def test_what_is_required_and_has_happened_waits_no_more() -> None:
    found = base_rates(BOARD, known=OPENS, occurred={"pact": OPENS})
    t = years(OPENS, HORIZON)
    assert found.probability("floor", HORIZON) == pytest.approx(1 - (6.01 / (6.01 + t)) ** 4.5)


def test_what_requires_a_question_without_a_class_has_no_outside_view() -> None:
    board = replace(
        BOARD,
        questions=(question("gate"), question("child")),
        edges=(edge(("gate",), "child", "requires"),),
        cases=(case("child", 5.0, 1),),
    )
    assert base_rates(board, known=OPENS, occurred={}).curves == {}


def test_curves_rise_and_stay_probabilities() -> None:
    for curve in base_rates(BOARD, known=OPENS, occurred={}).curves.values():
        assert curve[0] == pytest.approx(0.0, abs=1e-12)
        assert (np.diff(curve) >= -1e-12).all()
        assert 0 <= curve.min() <= curve.max() <= 1
