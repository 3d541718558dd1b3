"""The class rates as a view of their draws file, and the clocks they are counted on."""

from dataclasses import replace

import numpy as np
import pytest

from forecasts.class_rates import NO_RATES, ClassRates, file_of, read
from forecasts.draws_file import MOST_BITS, DrawsFileError, Variable, from_bytes, to_bytes
from forecasts.encode_clock import at_shape, class_exposure
from tests.forecasts.small_board import BOARD, class_rates

RECEIPT = {"gate": [{"name": "divergences", "value": 0.0, "ok": True}], "note": "ä ≤ ü"}


def rates(chains: int = 4, draws: int = 50, questions: tuple[str, ...] = ("a", "b_2", "c")) -> ClassRates:
    drawn = np.random.default_rng(1).gamma(2.0, 0.1, (chains, draws, len(questions))).astype(np.float32)
    return ClassRates(questions, drawn, "ab" * 32, RECEIPT)


def test_what_goes_in_comes_out_to_the_bit() -> None:
    before = rates()
    after = read(from_bytes(to_bytes(file_of(before), bits=MOST_BITS)))
    assert after.rate.tobytes() == before.rate.tobytes()
    assert after.rate.dtype == np.float32
    assert (after.questions, after.input_hash, after.receipt) == (before.questions, before.input_hash, before.receipt)


def test_one_question_is_read_chain_after_chain() -> None:
    found = rates()
    assert found.rows == 200
    np.testing.assert_array_equal(found.of("b_2")[50:100], found.rate[1, :, 1].astype(np.float64))
    with pytest.raises(KeyError, match="'d'; there are: a, b_2, c"):
        found.of("d")
    with pytest.raises(KeyError, match="'a'; there are: "):
        NO_RATES.of("a")


@pytest.mark.parametrize("value", [0.0, -0.1])
def test_a_rate_that_is_not_above_0_is_refused(value: float) -> None:
    bad = rates()
    bad.rate[1, 2, 0] = value
    with pytest.raises(DrawsFileError, match="a class rate is not above 0"):
        read(file_of(bad))


def test_draws_of_another_model_are_refused() -> None:
    good = file_of(rates())
    more = {**good.variables, "x": Variable((), np.ones((4, 50), np.float32), "1")}
    for other in (replace(good, model="senate"), replace(good, variables=more)):
        with pytest.raises(DrawsFileError, match="class rates are needed"):
            read(other)


def test_exposure_is_counted_on_the_questions_clock() -> None:
    assert [class_exposure(BOARD, c) for c in BOARD.cases] == [10.0, 8.0, 20.0, 6.0, 2.0, 3.0, 12.0]  # 4^.5 and 9^.5
    relapse = BOARD.question("relapse")
    calendar = replace(BOARD, questions=tuple(replace(q, clock="calendar") for q in BOARD.questions))
    assert class_exposure(calendar, BOARD.cases[4]) == 4.0
    rate, shape = np.array([0.2, 0.2]), np.array([0.5, 1.0])
    # at k = 1: .01 + 4 + .5 * 9 = 8.51 where k = 1/2 has .01 + 2 + .5 * 3 = 3.51
    np.testing.assert_allclose(at_shape(BOARD, relapse, rate, shape), [0.2, 0.2 * 3.51 / 8.51])
    np.testing.assert_array_equal(at_shape(BOARD, BOARD.question("truce"), rate, shape), rate)


def test_draws_carried_to_another_shape_follow_that_shapes_posterior() -> None:
    from scipy import stats

    rate = class_rates(rows=20_000).of("relapse")
    moved = at_shape(BOARD, BOARD.question("relapse"), rate, np.full(rate.size, 0.9))
    exact = stats.gamma(1.5, scale=1 / (0.01 + 4**0.9 + 0.5 * 9**0.9))
    assert stats.kstest(moved, exact.cdf).pvalue > 0.001
