"""What scenarios and questions say of each other, worked by hand on four futures and held against a whole run."""

import json

import numpy as np
import pytest

from forecasts.detail_scenarios import scenario_links
from forecasts.what_if import what_if
from tests.jobs.small_home import small

BOARD = small()
Q, S, LATER = len(BOARD.questions), len(BOARD.scenarios), len(BOARD.deadlines)
TRUCE, PACT = BOARD.index("truce"), BOARD.index("pact")
OPEN = [q in {TRUCE, PACT} for q in range(Q)]


def codes(truce, pact, settled):
    """Return (N, Q + S) codes: whether truce and pact happen at once, and whether the scenario `settled` holds."""
    table = np.full((len(truce), Q + S), LATER, np.uint8)
    table[:, TRUCE], table[:, PACT] = np.where(truce, 0, LATER), np.where(pact, 0, LATER)
    table[:, Q + [s.id for s in BOARD.scenarios].index("settled")] = np.where(settled, 0, LATER)
    return table


def test_each_given_the_other_by_hand():
    code = codes([1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 1, 0])
    found = scenario_links(code, np.array([0.1, 0.3, 0.2, 0.4]), board=BOARD, still_open=OPEN)["settled"]
    # P(settled) = .1 + .2; truce within it .1 / .3, pact all of it
    assert found["questions"] == {"truce": pytest.approx(1 / 3, abs=1e-6), "pact": 1.0}
    # given pact: 1, without: 0; given truce .1 / .4, without .2 / .6
    assert found["drivers"] == [
        {"question": "pact", "p_if_yes": 1.0, "p_if_no": 0.0},
        {"question": "truce", "p_if_yes": 0.25, "p_if_no": pytest.approx(1 / 3, abs=1e-6)},
    ]


def test_a_scenario_without_weight_says_nothing_and_a_certain_question_drives_nothing():
    code = codes([1, 1], [1, 0], [0, 0])
    found = scenario_links(code, np.array([0.5, 0.5]), board=BOARD, still_open=OPEN)["settled"]
    assert found["questions"] == {}
    assert [d["question"] for d in found["drivers"]] == ["pact"]


def test_the_published_table_is_what_a_what_if_says(published):
    home, outcome = published
    detail = home.artefacts.get(outcome.snapshot.detail_hash)
    links = json.loads(detail)["scenarios"]
    assert set(links) == {s.id for s in home.board.scenarios}
    found = what_if(home.store, home.artefacts, "small", conditions=["scenario settled"], mode="see", threads=1)
    headline = {q.id: q.headline_deadline.isoformat() for q in home.board.questions}
    told = {r["question"]: r["after"] for r in found["results"] if headline[r["question"]] == r["deadline"]}
    for question, p in links["settled"]["questions"].items():
        assert p == pytest.approx(told[question], abs=1e-6), question
