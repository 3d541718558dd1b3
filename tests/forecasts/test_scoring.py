"""Scores of issued probabilities: by hand, by published definition, and that no divisor knows the outcome."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts import scored_arrays, scoring
from forecasts.score_summary import forecaster_table
from forecasts.scoring import restricted_crps
from forecasts.spot_scores import spot_scores
from tests.forecasts.one_record import Life, Standing, peer_scores, spot, time_average
from tests.forecasts.scoring_cases import rows

LN2 = math.log(2)


def test_losses_of_single_forecasts_by_hand():
    p, y = np.array([0.8, 0.8, 0.0, 1.0, 0.5]), np.array([1.0, 0.0, 0.0, 0.0, 1.0])
    assert scoring.brier(p, y) == pytest.approx([0.04, 0.64, 0.0, 1.0, 0.25])
    # clipped: 0 on a NO is scored as .001, 1 on a NO as .999
    assert scoring.log_loss(p, y) == pytest.approx(
        [-math.log(0.8), -math.log(0.2), -math.log(0.999), -math.log(0.001), LN2]
    )
    assert scoring.clipped(p) == 2
    assert scoring.clipped(np.array([0.001, 0.999, 0.0009])) == 1


# Metaculus' published examples of the baseline score: 100 for certainty (here .999: 99.86), 0 at one half, about -896
# at the other end (log2 .002 = -8.966), 26.3 at 60 % on what happens
@pytest.mark.parametrize(
    ("p", "y", "score"), [(0.5, 1, 0.0), (0.6, 1, 26.303), (0.999, 1, 99.856), (0.001, 1, -896.578), (0.25, 0, 58.496)]
)
def test_the_baseline_score(p, y, score):
    assert scoring.baseline_score(np.array([p]), np.array([y]))[0] == pytest.approx(score, abs=5e-4)


def test_peer_scores_by_hand_and_by_the_geometric_mean():
    # others' mean of ln: for .8 against .5 and .2: ln .8 - (ln .5 + ln .2)/2 = -.22314 + 1.15129 = .92815
    found = peer_scores(np.array([0.8, 0.5, 0.2]), 1)
    assert found[0] == pytest.approx(92.815, abs=1e-3)
    assert found.sum() == pytest.approx(0, abs=1e-12)
    mean = math.exp(np.log([0.8, 0.5, 0.2]).mean())
    assert found == pytest.approx([100 * 1.5 * math.log(p / mean) for p in (0.8, 0.5, 0.2)])
    assert peer_scores(np.array([0.7]), 1) == [0]


LIFE = Life(0, 100, 100)
# (times, probabilities, outcome, resolved) -> brier, coverage. Loss of .8 on YES .04, of .5 .25, on NO .64 and .25.
AVERAGES = [
    ("stood throughout", [0], [0.8], 1, 100, 0.04, 1.0),
    ("an update half way", [0, 50], [0.5, 0.8], 1, 100, (0.25 + 0.04) / 2, 1.0),
    ("ended after a quarter: nothing is lost afterwards", [0], [0.5], 1, 25, 0.25 * 0.25, 1.0),
    ("late by 60 of 100", [60], [0.8], 1, 100, 0.04, 0.4),
    ("late by 60, ended at 80: half of the time stood", [60], [0.5], 1, 80, 0.125, 0.4),
    ("withdrawn after 30", [0, 30], [0.5, None], 1, 100, 0.25, 0.3),
    ("a gap from 20 to 70", [0, 20, 70], [0.5, None, 0.8], 1, 100, (20 * 0.25 + 30 * 0.04) / 50, 0.5),
    ("withdrawn before the end came", [0, 30], [0.5, None], 1, 50, 0.25, 0.3),
    ("before the opening counts from the opening", [-50], [0.8], 0, 100, 0.64, 1.0),
    ("after the close it never stood", [120], [0.8], 0, 200, None, 0.0),
    ("resolved long after the close", [0], [0.8], 0, 1000, 0.64, 1.0),
    ("two at one instant: the last stands", [0, 0], [0.5, 0.8], 1, 100, 0.04, 1.0),
]


@pytest.mark.parametrize(
    ("name", "at", "p", "y", "resolved", "brier", "coverage"), AVERAGES, ids=[a[0] for a in AVERAGES]
)
def test_time_averages_by_hand(name, at, p, y, resolved, brier, coverage):  # noqa: PLR0917
    record = Standing(np.array(at, float), np.array([np.nan if v is None else v for v in p]))
    found = time_average(record, y, Life(0, 100, resolved))
    assert found.coverage == pytest.approx(coverage)
    assert np.isnan(found.brier) if brier is None else found.brier == pytest.approx(brier)


@pytest.mark.parametrize(
    ("name", "at", "p", "y", "resolved", "brier", "coverage"), AVERAGES, ids=[a[0] for a in AVERAGES]
)
def test_the_compiled_sweep_says_the_same(name, at, p, y, resolved, brier, coverage):  # noqa: PLR0917
    issued = scored_arrays.arrays(rows(*(("q", "a", t, v, y, resolved) for t, v in zip(at, p, strict=True))))
    stood = issued.stood
    assert stood.scheduled.sum() / 360_000 == pytest.approx(coverage)
    if brier is not None:
        assert (issued.brier * stood.actual).sum() / stood.scheduled.sum() == pytest.approx(brier)


def test_baseline_over_the_life_counts_silence_as_zero():
    # .8 on YES is 67.807; it stood for 40 of 100 hours, 20 of them before the end
    found = time_average(Standing(np.array([60.0]), np.array([0.8])), 1, Life(0, 100, 80))
    assert found.baseline == pytest.approx(0.2 * 100 * (1 + math.log2(0.8)))


def test_honesty_is_the_best_report_and_dividing_by_the_actual_life_would_reward_a_lie():
    # The event comes at a quarter of the life with chance .3, or never. One reports r until then and 0 afterwards.
    # Scheduled life: .25 (.3 (1 - r)^2 + .7 r^2), least at r = .3. Actual life: .3 (1 - r)^2 + .7 * .25 r^2, least at
    # .3 / (.3 + .175) = .63.
    reports = np.arange(0, 101) / 100

    def record(r: float) -> Standing:
        return Standing(np.array([0.0, 25.0]), np.array([r, 0.0]))

    yes = np.array([time_average(record(r), 1, Life(0, 100, 25)).brier for r in reports])
    no = np.array([time_average(record(r), 0, Life(0, 100, 100)).brier for r in reports])
    assert reports[np.argmin(0.3 * yes + 0.7 * no)] == 0.3
    assert reports[np.argmin(0.3 * yes / 0.25 + 0.7 * no)] == 0.63


@st.composite
def records(draw):
    """Draw the rows of up to four forecasters on one question, withdrawals among them."""
    count = draw(st.integers(1, 12))
    times = sorted(draw(st.lists(st.integers(-10, 120), min_size=count, max_size=count)))
    value = st.one_of(st.none(), st.floats(0, 1))
    who = st.sampled_from("abcd")
    resolved = draw(st.integers(1, 130))
    y = draw(st.integers(0, 1))
    return [("q", draw(who), t, draw(value), y, resolved) for t in times], y, resolved


@given(records())
def test_many_at_once_equal_one_by_one(drawn):
    table, y, resolved = drawn
    issued = scored_arrays.arrays(rows(*table))
    for who in range(len(issued.forecasters)):
        mine = issued.who == who
        record = Standing((issued.at[mine] - issued.life[0, 0]) / 3600, issued.p[mine])
        want = time_average(record, y, Life(0, 100, resolved))
        stood = issued.stood
        assert stood.scheduled[mine].sum() / 360_000 == pytest.approx(want.coverage)
        total = (issued.baseline * stood.actual)[mine].sum() / 360_000
        assert total == pytest.approx(want.baseline, abs=1e-9)


@given(records())
def test_peer_scores_over_time_equal_a_walk_through_the_hours(drawn):
    table, y, resolved = drawn
    issued = scored_arrays.arrays(rows(*table))
    peer = np.bincount(issued.who, weights=issued.stood.peer, minlength=len(issued.forecasters)) * 100 / 360_000
    assert peer == pytest.approx(hour_by_hour(table, y, resolved, names=issued.forecasters), abs=1e-9)
    assert peer.sum() == pytest.approx(0, abs=1e-9), "peer scores of a question sum to 0"


def hour_by_hour(table, y, resolved, *, names) -> list[float]:
    """Return peer scores by definition: in every hour, each standing forecast against the mean of the others."""
    total = dict.fromkeys(names, 0.0)
    for hour in range(min(100, resolved)):
        standing = {who: p for _, who, at, p, *_ in table if at <= hour}
        logs = {
            w: math.log(scoring.given(np.array([p]), np.array([y]))[0]) for w, p in standing.items() if p is not None
        }
        for who, own in logs.items():
            if len(logs) > 1:
                total[who] += own - (sum(logs.values()) - own) / (len(logs) - 1)
    return [total[name] for name in names]


def test_spot_peer_scores_are_those_of_last_forecasts():
    table = [
        ("q", "a", 5, 0.3, 1, 90),
        ("q", "a", 10, 0.8, 1, 90),
        ("q", "b", 20, 0.5, 1, 90),
        ("q", "c", 30, 0.2, 1, 90),
    ]
    found = forecaster_table(scored_arrays.arrays(rows(*table)), anonymous=False)
    assert found["spot_peer"].to_numpy() == pytest.approx(peer_scores(np.array([0.8, 0.5, 0.2]), 1))
    # others' mean Brier loss minus one's own: .04, .25, .64
    assert found["versus_others"].to_list() == pytest.approx([0.405, 0.09, -0.495])


def test_spot_is_what_stood_so_long_before_the_close():
    # closes at hour 100; A .2 from 10, withdrawn at 60, .6 from 80; B .9 from 40
    table = [
        ("q", "A", 10, 0.2, 0, 100),
        ("q", "A", 60, None, 0, 100),
        ("q", "A", 80, 0.6, 0, 100),
        ("q", "B", 40, 0.9, 0, 100),
    ]
    issued = scored_arrays.arrays(rows(*table))
    expected = {95: None, 90: [0.2], 61: [0.2], 60: [0.2, 0.9], 40: [0.9], 20: [0.6, 0.9], 0: [0.6, 0.9]}
    for lead, stood in expected.items():
        found = spot_scores(issued, lead_days=lead / 24)
        if stood is None:
            assert found is None
        else:
            assert found is not None
            assert (found.forecasts, found.questions) == (len(stood), 1)
            assert found.brier == pytest.approx(np.mean(np.square(stood)))
    assert spot(Standing(np.array([10.0, 60.0, 80.0]), np.array([0.2, np.nan, 0.6])), 100 - 61) == 0.2


def test_a_question_that_was_settled_by_then_has_no_spot():
    issued = scored_arrays.arrays(rows(("q", "A", 10, 0.2, 1, 50), ("r", "A", 10, 0.3, 0, 200)))
    found = spot_scores(issued, lead_days=20 / 24)
    assert found is not None
    assert (found.questions, found.settled, found.brier) == (1, 1, pytest.approx(0.09))


# F rises evenly from 0 to 1 over [0, 1]. Never occurred: integral of t^2 = 1/3. At 0: of (1 - t)^2 = 1/3.
# At 1/2: 2 * integral_0^.5 t^2 = 1/12. Before the grid is as at its start.
@pytest.mark.parametrize(
    ("occurred", "score"), [(None, 1 / 3), (0.0, 1 / 3), (0.5, 1 / 12), (-3.0, 1 / 3), (2.0, 1 / 3)]
)
def test_when_by_hand(occurred, score):
    assert restricted_crps(np.array([0.0, 1.0]), np.array([0.0, 1.0]), occurred=occurred) == pytest.approx(score)
    fine = np.linspace(0, 1, 11)
    assert restricted_crps(fine, fine, occurred=occurred) == pytest.approx(score)


def test_when_is_the_mean_brier_score_over_deadlines():
    grid, cdf = np.linspace(0, 10, 11), np.linspace(0, 0.8, 11) ** 2
    deadlines = np.linspace(0, 10, 200_001)
    mean = np.mean((np.interp(deadlines, grid, cdf) - (deadlines >= 3.7)) ** 2)
    assert restricted_crps(grid, cdf, occurred=3.7) == pytest.approx(mean, abs=1e-5)


def test_when_is_proper_under_censoring():
    # an exponential time seen to 1: the law it comes from has a lower mean score than its neighbours
    grid = np.linspace(0, 1, 41)
    times = np.random.default_rng(4).exponential(0.8, 3000)

    def mean(scale: float) -> float:
        return float(
            np.mean([restricted_crps(grid, 1 - np.exp(-grid / scale), occurred=t if t < 1 else None) for t in times])
        )

    truth = mean(0.8)
    assert truth < mean(0.65)
    assert truth < mean(1.0)


@pytest.mark.parametrize(
    ("grid", "cdf"), [([0, 1], [0.5, 0.4]), ([0, 0], [0, 1]), ([0], [0]), ([0, 1], [0, 1.2]), ([0, 1], [np.nan, 1])]
)
def test_what_is_no_distribution_is_refused(grid, cdf):
    with pytest.raises(ValueError, match=r"rising times|has to rise"):
        restricted_crps(np.array(grid, float), np.array(cdf, float), occurred=None)


def test_a_question_opens_before_it_closes():
    with pytest.raises(ValueError, match="opens before"):
        Life(5, 5, 9)


def test_the_hash_names_the_rule(monkeypatch):
    before = scoring.rule_hash()
    assert len(before) == 16
    monkeypatch.setitem(scoring.RULE, "brier", "twice as much")
    assert scoring.rule_hash() != before
