"""What was learned reaches the design of the evidence through the moment, and only through resolved questions."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from forecasts.evaluation import judge
from forecasts.replay import read_moment
from tests.forecasts.test_readings_data import Kept
from tests.jobs.small_home import NOW, evidence


def test_the_design_reads_a_forecaster_as_resolved_questions_taught(home) -> None:
    home.add(evidence("E1", forecaster="bea"), evidence("E2", "fund", forecaster="cem"))
    later = NOW + timedelta(hours=1)
    moment = read_moment(home.store, home.artefacts, home.board.id, as_of=later, mode="live", now=later)
    assert moment.lessons == (), "unresolved evidence teaches nothing"
    plain, taught = judge(moment), judge(replace(moment, readings=Kept()))
    bea, cem = (plain.labels.forecasters.index(n) for n in ("bea", "cem"))
    assert 1.9 < taught.design.median_kappa[bea] / plain.design.median_kappa[bea] < 2.1
    assert 0.98 < taught.design.median_kappa[cem] / plain.design.median_kappa[cem] < 1.02
    assert np.abs(taught.table).max() > np.abs(plain.table).max()
