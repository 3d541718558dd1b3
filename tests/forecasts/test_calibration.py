"""Calibration of a track record as tables: bins with bands, groups, what waits, what is never mixed."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from forecasts import calibration, scored_rows
from forecasts.calibration import JUDGED, by_forecaster, by_lead_time, by_quarter, pit_bands, reliability
from forecasts.scored_rows import RowsError
from tests.forecasts.scoring_cases import OPENED, hour, rows

LATER = (OPENED + timedelta(days=1000)).timestamp()


def test_bins_by_hand():
    # .25 twice (one hit), .31 once (a miss): bins .2 and .3
    found = reliability(
        rows(("a", "m", 0, 0.25, 1, 100), ("b", "m", 0, 0.25, 0, 100), ("c", "m", 0, 0.31, 0, 100)), as_of=LATER
    )
    assert found is not None
    low, high = found.bins.to_dicts()
    assert (low["low"], low["high"], low["mean"], low["observed"], low["n_questions"]) == (0.2, 0.3, 0.25, 0.5, 2)
    # hits under the null: Binomial(2, 1/4): 0 .5625, 1 .375, 2 .0625; one hit has mid-P .5625 + .1875 = .75
    assert low["mid_p"] == pytest.approx(0.75, abs=0.05)
    assert low["inside"]
    assert (high["mean"], high["observed"], high["n_forecasts"]) == (0.31, 0.0, 1)
    assert found.histogram.filter(pl.col("low") == 0.2).row(0, named=True) == {
        "low": 0.2,
        "high": 0.3,
        "yes": 1,
        "no": 1,
    }
    assert (found.forecasts, found.questions, found.clusters) == (3, 3, 3)


def test_a_bin_far_off_is_outside_its_band():
    sure = [(f"q{i}", "m", 0, 0.95, 0, 100) for i in range(60)]
    found = reliability(rows(*sure), as_of=LATER)
    assert found is not None
    assert found.bins["inside"].to_list() == [False]
    assert found.bins["band_low"][0] > 0.85
    assert found.parts.mcb > found.null.mcb95


def test_a_question_that_ended_early_waits_for_its_date():
    early = ("a", "m", 0, 0.6, 1, 10)
    late = ("b", "m", 0, 0.6, 0, 100)
    half = OPENED + timedelta(hours=50)
    assert reliability(rows(early, late), as_of=half.timestamp()) is None
    found = reliability(pl.concat([rows(early), rows(late, closes=40)]), as_of=half.timestamp())
    assert found is not None
    assert (found.forecasts, found.waiting, found.parts.unc) == (1, 1, 0.0)
    both = reliability(rows(early, late), as_of=LATER)
    assert both is not None
    assert (both.forecasts, both.waiting) == (2, 0)


def test_live_and_retrospective_are_never_judged_together():
    mixed = pl.concat([rows(("a", "m", 0, 0.5, 1, 100)), rows(("b", "m", 0, 0.5, 1, 100), mode="retrospective")])
    with pytest.raises(RowsError, match="judged apart"):
        reliability(mixed, as_of=LATER)


def test_what_is_not_decided_is_not_judged():
    none = rows(("a", "m", 0, 0.5, None, None), ("b", "m", 0, None, 1, 100))
    assert reliability(none, as_of=LATER) is None
    annulled = rows(("a", "m", 0, 0.5, 1, 100), annulled=True)
    assert reliability(annulled, as_of=LATER) is None
    assert reliability(scored_rows.empty(), as_of=LATER) is None


def test_deadlines_of_one_question_share_their_luck():
    # ten deadlines of each of 30 questions: with one luck for each question the null is several times as wide
    table = [(f"q{i} by {d}", "m", 0, 0.2 + 0.05 * d, int(i % 3 == 0), 100) for i in range(30) for d in range(10)]
    frame = rows(*table)
    together = reliability(frame.with_columns(cluster=pl.col("question").str.split(" ").list.first()), as_of=LATER)
    apart = reliability(frame, as_of=LATER)
    assert together is not None
    assert apart is not None
    assert (together.clusters, apart.clusters) == (30, 300)
    assert together.null.mcb95 > 1.5 * apart.null.mcb95


def test_groups_by_lead_time_forecaster_and_quarter():
    day = 24
    table = [
        ("a", "m", 0, 0.2, 0, 400 * day),
        ("a", "m", 300 * day, 0.1, 0, 400 * day),
        ("a", "m", 390 * day, 0.05, 0, 400 * day),
        ("b", "n", 395 * day, 0.7, 1, 400 * day),
    ]
    frame = rows(*table, closes=400 * day)
    lead = by_lead_time(frame, as_of=LATER)
    assert lead["group"].to_list() == ["up to 30 days", "91 to 365 days", "over a year"]
    assert lead["brier"].to_list() == pytest.approx([(0.05**2 + 0.09) / 2, 0.01, 0.04])
    assert lead["n_questions"].to_list() == [2, 1, 1]
    assert by_forecaster(frame, as_of=LATER)["group"].to_list() == ["m", "n"]
    assert by_quarter(frame, as_of=LATER)["group"].to_list() == ["2026 Q1", "2026 Q4", "2027 Q1"]
    for table_of in (by_lead_time, by_forecaster, by_quarter):
        found = table_of(frame, as_of=LATER)
        assert found["brier"].to_numpy() == pytest.approx((found["mcb"] - found["dsc"] + found["unc"]).to_numpy())
        assert table_of(frame.clear(), as_of=LATER).is_empty()


def test_the_published_levels_are_what_the_page_says():
    assert (calibration.LEVEL, JUDGED) == (0.9, 50)


@pytest.mark.parametrize(("bins", "count"), [(5, 30), (10, 200), (5, 3)])
def test_pit_bands_are_binomial(bins, count):
    low, high = pit_bands(bins, count)
    inside = binom.cdf(high, count, 1 / bins) - binom.cdf(low - 1, count, 1 / bins)
    assert inside >= 0.9 - 1e-9
    assert binom.cdf(low - 1, count, 1 / bins) < 0.05
    assert binom.sf(high, count, 1 / bins) <= 0.05 + 1e-12


def test_a_uniform_transform_stays_in_its_bands():
    rng = np.random.default_rng(1)
    low, high = pit_bands(5, 40)
    counts = np.array([np.histogram(rng.random(40), bins=5, range=(0, 1))[0] for _ in range(2000)])
    assert 0.9 <= ((counts >= low) & (counts <= high)).mean() < 0.97


RULES = [
    ({"probability": 1.2}, "a number from 0 to 1"),
    ({"outcome": 2}, "an outcome is 0 or 1"),
    ({"mode": "hindsight"}, "live or retrospective"),
    ({"closes_at": hour(-1)}, "opens before it closes"),
    ({"forecaster": None}, "a forecaster"),
]


@pytest.mark.parametrize(("change", "message"), RULES)
def test_a_frame_that_breaks_a_rule_is_refused(change, message):
    good = rows(("a", "m", 0, 0.5, 1, 100))
    kind = good.schema[next(iter(change))]
    with pytest.raises(RowsError, match=message):
        scored_rows.checked(good.with_columns(**{name: pl.lit(value, kind) for name, value in change.items()}))


def test_a_frame_without_a_column_or_with_another_type_is_refused():
    good = rows(("a", "m", 0, 0.5, 1, 100))
    with pytest.raises(RowsError, match="'cluster' is missing"):
        scored_rows.checked(good.drop("cluster"))
    with pytest.raises(RowsError, match="'outcome' is Int64; Int8 is needed"):
        scored_rows.checked(good.with_columns(pl.col("outcome").cast(pl.Int64)))
