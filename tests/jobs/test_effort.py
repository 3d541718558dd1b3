"""More effort where precision asks for it: the tilt follows the evidence, and leaves with it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasts.catalogue import parameter_draws
from forecasts.effort import CAP, ENOUGH_KEPT, LARGEST_TILT, Pilot, efforts, first_effort, run_pilot
from forecasts.evaluation import Effort, judge, simulate_board, weigh_board
from forecasts.replay import read_moment
from models.precision import assess
from tests.jobs.small_home import NOW, SETTINGS, evidence, retraction, small


def setting(home):
    moment = read_moment(home.store, home.artefacts, "small", as_of=NOW, mode="live", now=NOW)
    return moment, parameter_draws(moment, home.artefacts).all


@pytest.mark.parametrize(
    ("futures", "seed", "effort"),
    [
        (None, None, Effort(48_000, 3, 5)),
        (None, 9, Effort(48_000, 3, 9)),
        (3000, 0, Effort(1000, 3, 0)),
        (3001, None, Effort(1001, 3, 5)),
    ],
)
def test_the_first_effort_is_the_boards_or_what_was_asked(futures, seed, effort):
    assert first_effort(small(), futures=futures, seed=seed) == effort


def test_without_strong_evidence_only_draws_are_added(home):
    moment, rates = setting(home)
    assert run_pilot(moment, rates, seed=5, threads=1) == Pilot((), 1.0)
    sizes = [e.draws for e in efforts(moment, rates, Effort(100, 3, 5), threads=1)]
    assert sizes == [100, 200, 400]
    assert max(sizes) == CAP * 100


def test_strong_evidence_tilts_its_question_and_a_retraction_takes_the_tilt_back(home):
    home.add(evidence("E1", "floor", lr=15.0, lr_basis="report"), at=NOW)
    moment, rates = setting(home)
    pilot = run_pilot(moment, rates, seed=5, threads=1)
    ((question, factor, until),) = pilot.tilt
    assert (question, until) == ("floor", (moment.board.deadlines[1] - moment.board.opens).days)
    assert np.log(1.5) < factor <= LARGEST_TILT
    tried = list(efforts(moment, rates, Effort(100, 3, 5), threads=1))
    assert pilot.kept < ENOUGH_KEPT
    assert [bool(e.tilt) for e in tried] == [True, True, True], "the pilot loses too much: tilted from the start"
    home.add(retraction("R1", "E1"), at=NOW)
    after = read_moment(home.store, home.artefacts, "small", as_of=home_end(home), mode="live", now=NOW)
    assert run_pilot(after, rates, seed=5, threads=1) == Pilot((), 1.0)


def home_end(home):
    from forecasts.replay import latest_instant

    return latest_instant(home.store, "small", now=NOW)


def test_a_tilt_changes_no_probability_beyond_monte_carlo_error_and_sharpens_its_question(home):
    home.add(evidence("E1", "floor", lr=15.0, lr_basis="report", deadline=date(2026, 12, 31)), at=NOW)
    moment, rates = setting(home)
    plain = Effort(SETTINGS.draws, 10, 5)
    judged = judge(moment)
    results = []
    for effort in (plain, replace(plain, tilt=run_pilot(moment, rates, seed=5, threads=1).tilt)):
        simulated = simulate_board(moment, rates, effort, threads=2)
        weighed = weigh_board(simulated, judged, threads=2)
        results.append((weighed.probability, assess(simulated.sample, weighed, threads=2)))
    (p, precision), (q, tilted) = results
    error = np.sqrt(precision.question.mcse**2 + tilted.question.mcse**2)
    assert (np.abs(p - q) <= 4.5 * error + 1e-12).all()
    floor = moment.board.index("floor")
    assert tilted.question.mcse[floor, 0] < precision.question.mcse[floor, 0]


@pytest.mark.parametrize(
    ("choices", "message"), [((2, None), "futures 2"), ((None, -1), "seed -1"), ((None, 2**63), "seed")]
)
def test_effort_that_cannot_be_spent(choices, message):
    with pytest.raises(ValueError, match=message):
        first_effort(small(), futures=choices[0], seed=choices[1])
