"""How strongly scenarios hang on a question: by hand, against a joint table, and at the two ends."""

from math import log2

import numpy as np
import pytest

from forecasts.influence import influences


def links(**rows):
    """Return a detail's table from question -> scenario -> (p if yes, p if no)."""
    scenarios = {s for each in rows.values() for s in each}
    return {
        s: {
            "drivers": [
                {"question": q, "p_if_yes": each[s][0], "p_if_no": each[s][1]} for q, each in rows.items() if s in each
            ]
        }
        for s in scenarios
    }


def test_by_hand():
    (found,) = influences(links(q={"a": (0.8, 0.4), "b": (0.2, 0.6)}), ["a", "b"], {"q": 0.25})
    assert found.moves == {"a": pytest.approx(0.4), "b": pytest.approx(-0.4)}
    assert found.shift == pytest.approx(0.4)
    # P(a) = .25 * .8 + .75 * .4 = .5; P(b) = .5
    by_hand = 0.25 * 0.8 * log2(1.6) + 0.75 * 0.4 * log2(0.8) + 0.25 * 0.2 * log2(0.4) + 0.75 * 0.6 * log2(1.2)
    assert found.bits == pytest.approx(by_hand)


def test_the_bits_are_the_mutual_information_of_the_joint_table():
    joint = np.random.default_rng(3).dirichlet(np.ones(8)).reshape(2, 4)
    p = joint.sum(axis=1)
    alone = joint.sum(axis=0)
    oracle = (joint * np.log2(joint / (p[:, None] * alone))).sum()
    given = joint / p[:, None]
    rows = {f"s{i}": (given[0, i], given[1, i]) for i in range(4)}
    (found,) = influences(links(q=rows), list(rows), {"q": p[0]})
    assert found.bits == pytest.approx(oracle)
    assert found.shift == pytest.approx(np.abs(given[0] - given[1]).sum() / 2)


def test_a_question_that_decides_everything_and_one_that_tells_nothing():
    table = links(all={"a": (1.0, 0.0), "b": (0.0, 1.0)}, none={"a": (0.5, 0.5), "b": (0.5, 0.5)})
    first, second = influences(table, ["a", "b"], {"all": 0.5, "none": 0.5})
    assert (first.question, first.shift, first.bits) == ("all", 1.0, 1.0)
    assert (second.question, second.shift, second.bits) == ("none", 0.0, 0.0)


def test_what_not_every_scenario_speaks_of_is_left_out():
    table = links(q={"a": (0.8, 0.4)}, r={"a": (0.5, 0.5), "b": (0.5, 0.5)})
    assert [i.question for i in influences(table, ["a", "b"], {"q": 0.5, "r": 0.5})] == ["r"]
    assert influences(table, ["a", "b"], {"q": 0.5}) == ()
    assert influences({}, ["a"], {"q": 0.5}) == ()
    assert influences({}, [], {"q": 0.5}) == ()
