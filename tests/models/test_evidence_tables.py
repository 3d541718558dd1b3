"""Tables of log likelihood ratios, worked by hand: ranks, ties, caps, fading, grades, expiry, denials."""

import numpy as np
import pytest

from models.evidence import Items, design, discounts, lr_sd, prior_belief, tables
from tests.models.evidence_cases import FORECASTER, GRID, items, plain, ratio, table, varied

L2, L3, L15 = np.log(2), np.log(3), np.log(1.5)
STORY = {"thread": 5}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([ratio(2)], [L2, L2, 0, 0], id="an item speaks of times up to its deadline, day 200"),
        pytest.param([ratio(2, day=300)], [L2, L2, L2, 0], id="the last bucket is later or never"),
        pytest.param([ratio(2), ratio(3)], [L2 + L3] * 2 + [0, 0], id="separate stories add"),
        pytest.param(
            [ratio(2, content_basis=True, letter=1, digit=1)],  # B2: .8 * .9 = .72
            [0.72 * L2] * 2 + [0, 0],
            id="the grade shrinks content",
        ),
        pytest.param(
            [ratio(2, letter=4, digit=4)],  # E5 would leave .3 * .25, but the ratio was judged as reported
            [L2] * 2 + [0, 0],
            id="the grade does not shrink a report",
        ),
        pytest.param(
            [ratio(2, age_days=180.0, half_life=180.0)], [L2 / 2] * 2 + [0, 0], id="half of an intent is gone"
        ),
        pytest.param([ratio(2, age_days=9999.0)], [L2] * 2 + [0, 0], id="a fact stays"),
        pytest.param(
            [ratio(1.5, **STORY), ratio(3, **STORY), ratio(2, **STORY)],
            [L3 + L2 / 2 + L15 / 4] * 2 + [0, 0],
            id="one story: ranked by strength, halved each time",
        ),
        pytest.param(
            [ratio(2, **STORY)] * 3,
            [(1 + 1 / 2 + 1 / 4) * L2] * 2 + [0, 0],
            id="three equals share 1, 1/2, 1/4",
        ),
        pytest.param(
            [ratio(2, **STORY), ratio(3, **STORY), ratio(2, **STORY)],
            [L3 + 2 * (1 / 2 + 1 / 4) / 2 * L2] * 2 + [0, 0],
            id="two equals share ranks 2 and 3",
        ),
        pytest.param(
            [ratio(2, **STORY), ratio(2, **STORY), ratio(1 / 3, **STORY)],
            [1.5 * L2 - L3] * 2 + [0, 0],
            id="a denial is no repetition: it counts in full",
        ),
        pytest.param(
            [ratio(1 / 2, **STORY), ratio(1 / 2, **STORY), ratio(3, **STORY)],
            [L3 - 1.5 * L2] * 2 + [0, 0],
            id="and so does a confirmation after denials",
        ),
        pytest.param(
            [ratio(3, day=100, **STORY), ratio(2, day=300, **STORY)],
            [L3 + L2 / 2, L2 / 2, L2 / 2, 0],
            id="ranks run over all deadlines",
        ),
        pytest.param(
            [ratio(4, age_days=200.0, half_life=100.0, **STORY), ratio(2, **STORY)],
            [L2 + 2 * L2 / 4 / 2] * 2 + [0, 0],  # log 4 faded to a quarter = log 2 / 2, now the weaker
            id="ranked by what is left after fading",
        ),
        pytest.param(
            [ratio(3, **STORY), ratio(2, content_basis=True, letter=4, digit=3, **STORY)],
            [L3 + 0.15 * L2 / 2] * 2 + [0, 0],  # E4: .3 * .5
            id="ranked after the grade",
        ),
        pytest.param([ratio(40)], [np.log(20)] * 2 + [0, 0], id="one item is capped at ln 20"),
        pytest.param([ratio(1 / 40)], [-np.log(20)] * 2 + [0, 0], id="in both directions"),
        pytest.param([ratio(40, exempt=True)], [np.log(40)] * 2 + [0, 0], id="but not an official dated record"),
        pytest.param(
            [ratio(20, **STORY), ratio(19, **STORY)],  # ln 20 + ln 19 / 2 = 4.47 > ln 50 = 3.91
            [np.log(50)] * 2 + [0, 0],
            id="one thread is capped at ln 50",
        ),
        pytest.param(
            [ratio(20, day=100, **STORY), ratio(19, day=300, **STORY)],
            [np.log(50), np.log(19) / 2, np.log(19) / 2, 0],
            id="in any future: only where the sum passes the cap",
        ),
        pytest.param(
            [ratio(20, **STORY), ratio(19, **STORY), ratio(18, exempt=True, **STORY)],
            [np.log(50) + np.log(18) / 4] * 2 + [0, 0],
            id="an exempt record ranks in its story and stands outside its cap",
        ),
        pytest.param([ratio(20), ratio(19)], [np.log(20) + np.log(19)] * 2 + [0, 0], id="two threads have a cap each"),
    ],
)
def test_worked_by_hand(rows: list[dict[str, object]], expected: list[float]) -> None:
    assert table(items(*rows), plain())[0, :, 0] == pytest.approx(expected, rel=1e-14, abs=1e-14)


def test_a_thread_counts_apart_on_each_question() -> None:
    both = table(items(ratio(2, **STORY), ratio(3, question=1, **STORY)), plain())
    assert both[0, 0, 0] == pytest.approx(L2)
    assert both[1, 0, 0] == pytest.approx(L3)


def test_caps_come_after_kappa() -> None:
    columns = plain()
    doubled = type(columns)(1, columns.kappa * 2, *(getattr(columns, n) for n in columns.__slots__[2:]))
    assert table(items(ratio(2)), doubled)[0, 0, 0] == pytest.approx(2 * L2)
    assert table(items(ratio(5)), doubled)[0, 0, 0] == pytest.approx(np.log(20))  # 25 > 20


@pytest.mark.parametrize(("known", "left"), [(199, L2), (200, 0.0), (250, 0.0)])
def test_an_item_is_inert_once_the_board_is_known_through_its_deadline(known: int, left: float) -> None:
    assert table(items(ratio(2)), plain(), known=known)[0, 0, 0] == left


def test_an_expired_item_keeps_its_rank_so_that_nothing_jumps_when_its_day_passes() -> None:
    story = items(ratio(3, day=100, **STORY), ratio(2, day=300, **STORY))
    before, after = (table(story, plain(), known=k)[0, 2, 0] for k in (99, 100))
    assert before == after == L2 / 2


def test_nearly_equal_strengths_from_rounding_are_ties() -> None:
    tenth = 0.1 + 0.2  # one unit in the last place above 0.3
    shared = discounts(items({"log_lr": tenth, **STORY}, {"log_lr": 0.3, **STORY}), plain())
    assert shared[:, 0].tolist() == [0.75, 0.75]


def test_spread_columns_draw_ratios_around_the_median_and_leave_the_readings() -> None:
    wide = table(items(ratio(2, log_lr_sd=0.5)), varied(16, 16))
    narrow = table(items(ratio(2)), varied(16, 16))
    assert (wide[:, :, :16] == narrow[:, :, :16]).all()
    drawn = wide[0, 0, 16:] / narrow[0, 0, 16:] * L2
    # Normal(ln 2, .5) at its sixteen mid-quantiles, by the error function's table: z(.96875) = 1.8627
    assert np.sort(drawn)[[0, -1]] == pytest.approx([L2 - 0.5 * 1.8627, L2 + 0.5 * 1.8627], abs=1e-4)
    assert np.mean(drawn) == pytest.approx(L2)
    assert len(np.unique(drawn)) == 16


def test_range_of_a_ratio() -> None:
    # 5 to 95 %: 2 * 1.644854 standard deviations
    assert lr_sd(np.array([0.5]), np.array([2.0]))[0] == pytest.approx(2 * L2 / 3.289707, rel=1e-6)


def test_sets_of_items_are_tables_of_their_own() -> None:
    everything = items(ratio(3, **STORY), ratio(2, **STORY), ratio(4), ratio(0.5, question=2, day=100))
    keep = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    stack = tables(everything, varied(), grid=GRID, questions=3, known=0, keep=keep)
    for k, chosen in enumerate(keep):
        assert (stack[k] == table(everything.where(chosen), varied())).all()
    assert not stack[2].any()


def test_no_evidence_is_an_empty_table() -> None:
    assert not table(items(), varied()).any()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"log_lr": np.nan}, "log_lr of item 0 is nan"),
        ({"log_lr_sd": np.inf}, "log_lr_sd of item 0 is inf"),
        ({"log_lr_sd": -0.1}, "must not be negative; found -0.1"),
        ({"age_days": np.nan}, "age_days of item 0 is nan"),
        ({"half_life": np.nan}, "half_life must be above 0"),
        ({"half_life": 0.0}, "half_life must be above 0"),
        ({"question": 3}, r"question must be in 0\.\.2; found \[3\]"),
        ({"forecaster": 1}, r"forecaster must be in 0\.\.0"),
        ({"letter": 6}, r"letter must be in 0\.\.5"),
        ({"digit": -1}, r"digit must be in 0\.\.5"),
        ({"day": 150}, r"deadline days \[150\] not on \[100, 200, 300\]"),
    ],
)
def test_what_cannot_be_weighed_is_refused(row: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table(items(row), plain())


def test_a_repeated_key_is_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        table(items({"key": 4}, {"key": 4}), plain())


class TestDesign:
    def test_each_parameter_takes_every_mid_quantile_once(self) -> None:
        columns = varied(64, 0)
        # log kappa = Normal(0, .2) + Normal(0, .3): both stratified, so the means are exact
        assert np.log(columns.kappa).mean() == pytest.approx(0, abs=1e-12)
        assert np.log(columns.kappa).std() == pytest.approx(np.hypot(0.2, 0.3), rel=0.1)
        assert columns.repetition.mean() == pytest.approx(0.5, abs=1e-12)
        # Beta(4, 4) has variance 1 / 36
        assert columns.repetition.var() == pytest.approx(1 / 36, rel=0.03)
        assert len(np.unique(columns.repetition)) == 64

    def test_grades_have_the_means_of_the_table_and_the_spread_of_the_concentration(self) -> None:
        reliability = varied(64, 0).reliability
        for letter, mean in enumerate([0.9, 0.8, 0.65, 0.5, 0.3]):
            assert reliability[:, letter, 0].mean() == pytest.approx(mean, abs=0.002)
            # digit 1 is certain, so this is the letter's Beta alone: variance m (1 - m) / 21
            assert reliability[:, letter, 0].var() == pytest.approx(mean * (1 - mean) / 21, rel=0.06)
        assert reliability[:, 1, 3].mean() == pytest.approx(0.8 * 0.5, abs=0.01)

    def test_f_is_read_as_d_and_6_as_3(self) -> None:
        reliability = varied().reliability
        assert (reliability[:, 5] == reliability[:, 3]).all()
        assert (reliability[:, :, 5] == reliability[:, :, 2]).all()

    def test_a_new_forecaster_leaves_the_others_readings_alone(self) -> None:
        alone = design(prior_belief(1), FORECASTER, readings=16, spread=8)
        joined = design(prior_belief(2), np.array([999, 11], np.uint64), readings=16, spread=8)
        assert (joined.kappa[:, 1] == alone.kappa[:, 0]).all()
        assert (joined.repetition == alone.repetition).all()
        assert (joined.kappa[:, 0] != joined.kappa[:, 1]).any()

    def test_spread_columns_repeat_readings(self) -> None:
        columns = varied(8, 4)
        assert (columns.columns, columns.points, columns.spread) == (12, 8, 4)
        assert columns.kappa[8:, 0].tolist() == columns.kappa[[0, 2, 4, 6], 0].tolist()

    def test_its_centre_is_one_reading(self) -> None:
        centre = varied().centre()
        assert (centre.points, centre.columns, centre.kappa.item(), centre.repetition.item()) == (1, 1, 1.0, 0.5)

    @pytest.mark.parametrize(("readings", "spread"), [(0, 0), (4, 5), (4, -1)])
    def test_impossible_sizes_are_refused(self, readings: int, spread: int) -> None:
        with pytest.raises(ValueError, match="need readings >= 1"):
            varied(readings, spread)

    def test_keys_must_fit_the_belief(self) -> None:
        with pytest.raises(ValueError, match="1 forecaster keys for a belief in 2"):
            design(prior_belief(2), FORECASTER, readings=4, spread=0)


def test_rows_are_chosen_by_mask_or_number() -> None:
    three = items(ratio(2), ratio(3), ratio(4))
    assert isinstance(three.where(np.array([2, 0])), Items)
    assert np.exp(three.where(np.array([2, 0])).log_lr).tolist() == pytest.approx([4, 2])
    assert three.where(np.array([False, True, False])).count == 1
