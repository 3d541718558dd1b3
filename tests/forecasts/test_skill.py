"""Paired skill, excess movement and scores for when: by hand, by simulation, and what they refuse to say."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from forecasts import calibration_report, movement, skill, timing_scores
from forecasts.scored_rows import BASE_RATE, CROWD, FROZEN_PRIOR, MODEL, STATUS_QUO
from tests.forecasts.scoring_cases import OPENED, rows

LATER = (OPENED + timedelta(days=1000)).timestamp()


def compare(frame, reference):
    return skill._skill(skill.keep(frame)[0], MODEL, reference, threads=1)


def test_skill_by_hand():
    # a: model .8 and .9 on YES against .5: own (.04 + .01)/2, base .25; b: model .2 on NO against .4: .04 and .16
    frame = rows(
        ("a", MODEL, 10, 0.8, 1, 100),
        ("a", MODEL, 20, 0.9, 1, 100),
        ("a", BASE_RATE, 5, 0.5, 1, 100),
        ("b", MODEL, 10, 0.2, 0, 100),
        ("b", BASE_RATE, 10, 0.4, 0, 100),
    )
    found = compare(frame, BASE_RATE)
    assert (found.brier, found.brier_reference) == pytest.approx(((0.025 + 0.04) / 2, (0.25 + 0.16) / 2))
    assert found.difference.mean == pytest.approx((0.225 + 0.12) / 2)
    assert (found.forecasts, found.questions, found.unpaired) == (3, 2, 0)
    assert found.verdict == "too few questions"
    assert found.more is not None
    assert found.more > 0


def test_the_reference_is_what_stood_at_the_same_instant():
    frame = rows(
        ("a", BASE_RATE, 10, 0.1, 0, 100),
        ("a", BASE_RATE, 30, None, 0, 100),
        ("a", BASE_RATE, 50, 0.3, 0, 100),
        *(("a", MODEL, at, 0.2, 0, 100) for at in (5, 10, 20, 40, 60)),
    )
    own = frame.filter(pl.col("forecaster") == MODEL)
    found = skill.beside(own, frame, BASE_RATE)
    assert found["reference"].to_list() == [None, 0.1, 0.1, None, 0.3]
    assert compare(frame, BASE_RATE).unpaired == 2


def test_the_crowd_is_the_newest_of_any_source_and_the_status_quo_says_no():
    frame = rows(("a", f"{CROWD}:x", 1, 0.3, 1, 100), ("a", f"{CROWD}:y", 2, 0.4, 1, 100), ("a", MODEL, 3, 0.5, 1, 100))
    own = frame.filter(pl.col("forecaster") == MODEL)
    assert skill.beside(own, frame, CROWD)["reference"].to_list() == [0.4]
    assert skill.beside(own, frame, STATUS_QUO)["reference"].to_list() == [0.0]


def test_every_reference_that_stood_is_compared_and_none_that_did_not():
    frame = rows(("a", MODEL, 3, 0.5, 1, 100), ("a", FROZEN_PRIOR, 3, 0.5, 1, 100))
    assert [s.reference for s in skill.skills(frame, forecaster=MODEL)] == [FROZEN_PRIOR, STATUS_QUO]
    assert skill.skills(frame.clear(), forecaster=MODEL) == ()


def many(*, better: float, questions: int, seed: int = 1) -> pl.DataFrame:
    """Return a model whose log-odds are off by .2 and a base rate off by more."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1.2, questions)
    y = rng.random(questions) < 1 / (1 + np.exp(-x))

    def said(noise: float) -> list[float]:
        return (1 / (1 + np.exp(-(x + rng.normal(0, noise, questions))))).tolist()

    good, bad = said(0.2), said(0.2 + better)
    table = [(f"q{i}", MODEL, 1, good[i], int(y[i]), 100) for i in range(questions)]
    return rows(*table, *((f"q{i}", BASE_RATE, 1, bad[i], int(y[i]), 100) for i in range(questions)))


def test_with_questions_enough_the_better_one_is_named():
    found = compare(many(better=1.5, questions=400), BASE_RATE)
    assert found.verdict == "better"
    assert found.difference.low > 0
    turned = skill._skill(skill.keep(many(better=1.5, questions=400))[0], BASE_RATE, MODEL, threads=1)
    assert turned.verdict == "worse"
    assert turned.difference.mean == pytest.approx(-found.difference.mean)


def test_two_alike_are_not_told_apart_however_many_questions():
    found = compare(many(better=0.0, questions=600), BASE_RATE)
    assert (found.verdict, found.more) == ("not told apart", 0)


def test_while_every_outcome_was_no_nobody_has_won():
    table = [(f"q{i}", MODEL, 1, 0.05, 0, 100) for i in range(50)]
    found = compare(rows(*table, *((f"q{i}", BASE_RATE, 1, 0.3, 0, 100) for i in range(50))), BASE_RATE)
    assert found.difference.low > 0
    assert (found.verdict, found.more) == ("too few questions", None)
    everybody = calibration_report.report(
        rows(*table, *((q, "A", 1, 0.3, 0, 100) for q, *_ in table)), mode="live", as_of=LATER
    )
    assert everybody.forecasters["more_questions"].to_list() == [None, None]


def test_deadlines_of_one_question_count_once():
    frame = many(better=1.5, questions=60)
    grouped = frame.with_columns(cluster=pl.lit("only one"))
    found = compare(grouped, BASE_RATE)
    assert found.difference.clusters == 1
    assert found.verdict == "too few questions"
    assert skill.document(found)["low"] is None


# .5 -> .8 -> .6: movement .09 + .04 = .13, uncertainty .25 - .24 = .01, excess .12. .5 -> .5: 0 and 0
def test_excess_movement_by_hand():
    frame = rows(
        ("a", "A", 0, 0.5, None, None),
        ("a", "A", 1, 0.8, None, None),
        ("a", "A", 2, None, None, None),
        ("a", "A", 3, 0.6, None, None),
        ("b", "A", 0, 0.5, None, None),
        ("b", "A", 1, 0.5, None, None),
        ("c", "A", 0, 0.9, None, None),
        ("a", "B", 0, 0.9, None, None),
    )
    (found,) = movement.movements(frame)
    assert (found.forecaster, found.streams, found.updates) == ("A", 2, 3)
    assert (found.movement, found.reduction) == pytest.approx((0.065, 0.005))
    assert found.excess.mean == pytest.approx(0.06)
    # totals .12 and 0: residuals .06 and -.06, se sqrt(2 * .0072) / 2 = .06; z = 1
    assert found.z == pytest.approx(1.0)


def streams(scale: float, *, questions: int, seed: int = 1) -> pl.DataFrame:
    """Return beliefs about the end of a random walk, their log-odds times `scale`: 1 is Bayes' rule."""
    rng = np.random.default_rng(seed)
    at = np.arange(12) / 14
    steps = rng.normal(0, np.sqrt(1 / 14), (questions, 12))
    walk = np.cumsum(steps, axis=1)
    from scipy.special import ndtr

    p = ndtr(walk / np.sqrt(1 - at - 1 / 14))
    odds = scale * np.log(p / (1 - p))
    q = 1 / (1 + np.exp(-odds))
    return rows(*((f"q{i}", "A", 10 * t, float(q[i, t]), None, None) for i in range(questions) for t in range(12)))


def test_bayes_rule_has_no_excess_and_bold_or_timid_updates_are_seen():
    fair, bold, timid = (movement.movements(streams(s, questions=400))[0].z for s in (1.0, 1.6, 0.5))
    assert abs(fair) < 2.5
    assert bold > 4
    assert timid < -4


def test_one_stream_has_no_z():
    (found,) = movement.movements(rows(("a", "A", 0, 0.5, None, None), ("a", "A", 1, 0.8, None, None)))
    assert np.isnan(found.z)
    assert movement.document(found)["z"] is None


def test_when_by_hand():
    # from hour 0: .2 by 50, .4 by 100; happened at 75. F = .004 t; integral of F^2 to 75: .000016 * 75^3 / 3 = 2.25;
    # of (1 - F)^2 over 75..100: .7 to .6: 25 * (.49 + .42 + .36) / 3 = 10.583; sum over 100: .12833
    frame = pl.concat(
        [
            rows(("q by 50", MODEL, 0, 0.2, 0, 50), closes=50, opened=-1, cluster="q"),
            rows(("q by 100", MODEL, 0, 0.4, 1, 75), closes=100, opened=-1, cluster="q"),
        ]
    )
    (found,) = timing_scores.timings(frame, as_of=LATER)
    assert found.crps.mean == pytest.approx(0.128333, abs=1e-6)
    assert (found.instants, found.skipped) == (1, 0)
    before = timing_scores.timings(frame, as_of=(OPENED + timedelta(hours=90)).timestamp())
    assert before == (), "a deadline that has not passed does not censor"


def test_chances_that_fall_with_the_deadline_are_counted_not_scored():
    frame = pl.concat(
        [
            rows(("q by 50", "A", 0, 0.5, 0, 50), closes=50, opened=-1, cluster="q"),
            rows(("q by 100", "A", 0, 0.4, 0, 100), closes=100, opened=-1, cluster="q"),
        ]
    )
    (found,) = timing_scores.timings(frame, as_of=LATER)
    assert (found.instants, found.skipped) == (0, 1)


def test_a_report_keeps_the_modes_apart():
    live, past = rows(("a", MODEL, 1, 0.9, 1, 100)), rows(("b", MODEL, 1, 0.2, 1, 100), mode="retrospective")
    both = pl.concat([live, past])
    found = calibration_report.report(both, mode="live", as_of=LATER)
    assert found.issued == 1
    assert found.reliability is not None
    assert found.reliability.parts.brier == pytest.approx(0.01)
    document = calibration_report.document(found)
    assert document["calibration"]["n_forecasts"] == 1
    assert document["skill"][0]["verdict"] == "too few questions"
    empty = calibration_report.document(calibration_report.report(both.clear(), mode="live", as_of=LATER))
    assert (empty["calibration"], empty["skill"], empty["forecasters"]) == (None, [], [])
