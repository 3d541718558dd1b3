"""The two fits of people, from records to draws and back: the pool's hierarchical rung, and whom to believe."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasts.draws_file import from_bytes, to_bytes
from forecasts.instants import start_of_day
from forecasts.people_forecasts import CROWD
from forecasts.people_pool import asked, learn, lines
from forecasts.pool_fit import recipe as pool_recipe
from forecasts.pool_fit import with_draws
from forecasts.readings_data import lessons
from forecasts.readings_fit import belief
from forecasts.readings_fit import recipe as readings_recipe
from models.evidence import prior_belief
from models.pool_rules import expit
from tests.forecasts import test_people_pool as people
from tests.forecasts import test_readings_data as told

SHORT = {"chains": 4, "draws": 500, "tune": 700, "target_accept": 0.9, "seed": 3}


@pytest.mark.slow
def test_the_hierarchical_pool_is_fitted_kept_and_read_back() -> None:
    """Two people and a crowd on thirty questions of which none happened; the second leans far to YES."""
    issued, luck = start_of_day(date(2025, 6, 2)), np.random.default_rng(5)
    said = []
    for q in people.MANY:
        leaning = luck.normal(-1.5, 1.2)
        for who, bias, own in (("ann", 0.0, 0.6), ("bea", 1.2, 0.8), (f"{CROWD}x", 0.0, 0.5)):
            p = float(expit(leaning + bias + luck.normal(0, own)))
            said.append(people.forecast(who, p, issued, q=q.id, deadline=people.D26))
    resolved = asked(people.WIDE, people.view(people.KNOWN, *said), now=people.LATER)
    file = replace(pool_recipe(resolved), sampler=SHORT).sample()
    learned = with_draws(learn(resolved), from_bytes(to_bytes(file, bits=10)), resolved)
    assert learned.forecasters == ("ann", "bea", f"{CROWD}x")
    bias = learned.draws.bias.mean(axis=0)
    assert bias[0] < bias[1]
    assert bias[2] == 0
    seen = people.view(
        people.forecast("ann", 0.3, people.NOW, q="q00"), people.forecast("bea", 0.3, people.NOW, q="q00")
    )
    (line,) = lines(people.WIDE, seen, learned, at=people.NOW)
    assert line.rung == "hierarchical"
    assert 0 < line.best < 1


@pytest.mark.slow
def test_whom_to_believe_is_fitted_kept_and_read_back() -> None:
    """Forty reports that spoke for what then did not happen: their judge is believed less than before."""
    found = lessons(
        told.WIDE,
        told.view(told.KNOWN, *told.reports(told.QUESTIONS_NEEDED, lr_basis="content")),
        told.frozen,
        now=told.NOW,
    )
    file = replace(readings_recipe(told.WIDE, found), sampler=SHORT).sample()
    taught = belief(from_bytes(to_bytes(file, bits=10)), ("ann", "stranger"))
    prior = prior_belief(2)
    assert taught.common_mean + taught.reaction_mean[0] < -0.02
    assert taught.reaction_mean[1] == 0
    assert taught.letter[0] < prior.letter[0]
    assert taught.digit[0] == 1
