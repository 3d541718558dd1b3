"""Conditions of a what-if as a person writes them: read in every form, refused with what was written."""

from datetime import date

import numpy as np
import pytest

from forecasts.conditions import MOST, ConditionError, Made, Seen, made_from, marks, seen_from
from models.world import NEVER
from tests.jobs.small_home import small

BOARD = small()
LIMITS = {"known": date(2026, 3, 31), "settled": ["floor"]}
YEAR = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("truce by 2026-12-31", Seen("truce", YEAR, None, holds=True)),
        ("  NOT   truce  BY 2026-12-31 ", Seen("truce", YEAR, None, holds=False)),
        ("three by 2026-12-31", Seen("three", YEAR, None, holds=True)),
        ("scenario settled", Seen(None, None, "settled", holds=True)),
        ("not scenario armed", Seen(None, None, "armed", holds=False)),
    ],
)
def test_what_is_seen_is_read_and_written_back(text, expected):
    (found,) = seen_from([text], BOARD, **LIMITS)
    assert found == expected
    assert seen_from([str(found)], BOARD, **LIMITS) == (found,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("truce on 2026-12-31", Made("truce", YEAR, YEAR)),
        ("truce between 2026-12-31 and 2027-01-05", Made("truce", YEAR, date(2027, 1, 5))),
        ("never truce", Made("truce", None, None)),
    ],
)
def test_what_is_made_is_read_and_written_back(text, expected):
    (found,) = made_from([text], BOARD, **LIMITS)
    assert found == expected
    assert made_from([str(found)], BOARD, **LIMITS) == (found,)


@pytest.mark.parametrize(
    ("read", "texts", "said"),
    [
        (seen_from, [], "no condition was given; allowed: 'QUESTION by DAY'"),
        (made_from, [], "no condition was given; allowed: 'QUESTION on DAY'"),
        (seen_from, ["truce by 2026-12-31"] * (MOST + 1), "9 conditions; at most 8"),
        (seen_from, ["truc by 2026-12-31"], "'truc' is no question of this board; did you mean 'truce'?"),
        (seen_from, ["zzz by 2026-12-31"], "'zzz' is no question of this board; allowed: "),
        (seen_from, ["scenario setled"], "'setled' is no scenario of this board; did you mean 'settled'?"),
        (seen_from, ["truce by 2026-03-31"], "2026-03-31: a day after 2026-03-31 (known through)"),
        (seen_from, ["truce by 2099-01-01"], "2099-01-01: a day after"),
        (seen_from, ["truce by 2026-02-30"], "'2026-02-30': a day like 2026-12-31 is needed"),
        (seen_from, ["truce by 20261231"], "'20261231': a day like"),
        (seen_from, ["truce by ²026-12-31"], "a day like"),
        (seen_from, ["truce on 2026-12-31"], "what is seen is written 'QUESTION by DAY'"),
        (seen_from, ["floor by 2026-12-31"], "floor: has happened already"),
        (made_from, ["truce by 2026-12-31"], "what is made is written 'QUESTION on DAY'"),
        (made_from, ["not scenario settled"], "cannot be made to hold; make its events happen, or see it"),
        (made_from, ["truce between 2027-01-01 and 2026-12-31"], "2027-01-01 lies after 2026-12-31"),
        (made_from, ["truce on 2026-12-31", "never truce"], "truce: made twice"),
        (made_from, ["never three", "four on 2028-09-01"], "'never three' and 'four on 2028-09-01': three is a lower"),
        (made_from, ["four on 2027-09-01", "three on 2028-09-01"], "of the same series and cannot come later"),
        (made_from, ["three between 2027-01-01 and 2028-01-01", "four on 2027-09-01"], "cannot come later"),
        (made_from, ["never floor"], "floor: has happened already"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_is_allowed(read, texts, said):
    with pytest.raises(ConditionError) as caught:
        read(texts, BOARD, **LIMITS)
    assert said in str(caught.value)


def test_marks_are_the_futures_in_which_all_conditions_hold():
    truce, horizon = BOARD.index("truce"), (YEAR - BOARD.opens).days
    day = np.full((4, len(BOARD.questions)), NEVER, np.int16)
    day[:, truce] = [horizon, horizon + 1, 1, NEVER]
    holds = np.zeros((4, len(BOARD.scenarios)), bool)
    holds[:3, [s.id for s in BOARD.scenarios].index("armed")] = True
    seen = {text: seen_from([text], BOARD, **LIMITS) for text in ("truce by 2026-12-31", "scenario armed")}
    early, armed = seen.values()
    assert marks(early, BOARD, day, holds).tolist() == [True, False, True, False]
    assert marks(armed, BOARD, day, holds).tolist() == [True, True, True, False]
    neither = seen_from(["not truce by 2026-12-31", "scenario armed"], BOARD, **LIMITS)
    assert marks(neither, BOARD, day, holds).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    "texts",
    [
        ["three on 2027-09-01", "four on 2027-09-01"],
        ["three on 2027-09-01", "never four"],
        ["never three", "never four"],
        ["four on 2027-09-01", "never truce"],
    ],
)
def test_levels_that_fit_together_can_be_made_together(texts):
    assert [str(m) for m in made_from(texts, BOARD, **LIMITS)] == texts
