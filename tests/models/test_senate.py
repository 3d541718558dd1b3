"""The Senate model: its likelihood against plain arithmetic, recovery of what was put in, calibration."""

from dataclasses import replace
from math import lgamma

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import clone_replace
from scipy.special import logsumexp

from models import sampling, senate
from models.sampling import SamplerSettings
from models.senate_history import MOST_TOKEN, NAY, NEITHER, YEA, History, taken
from tests.models.senate_histories import TURNOVER, as_tallies, chambers, replicated, with_votes

TRUTH = {
    "middle": 1.8,
    "slope": -2.0,
    "contested": 0.8,
    "copartisan": 0.9,
    "treaty_sd": 0.7,
    "party_sd": 0.6,
    "senator_sd": 0.8,
    "slope_sd": 2.0,
    "absence_sd": 0.4,
    "absence_step": 0.4,
    "absence_contested": -0.5,
    "practice_step": 0.4,
    "type_middle_sd": 0.4,
    "type_slope_sd": 0.8,
    "type_contested_sd": 0.8,
}


def truth(people: int, *, seed: int) -> dict[str, np.ndarray]:
    """Return one draw of all parameters about the truth."""
    rng = np.random.default_rng(seed)
    own = {
        f"type_{n}": TRUTH[n] + TRUTH[f"type_{n}_sd"] * rng.standard_normal(2) for n in ("middle", "slope", "contested")
    }
    walks = {"practice": np.array([0.0, 0.3, -0.1]), "absence": np.array([-2.4, -2.9, -2.6])}
    rest = {"token": np.array([0.6, 0.2, 0.1, 0.1]), "z_senator": rng.standard_normal(people)}
    return {n: np.array(v) for n, v in TRUTH.items()} | own | walks | rest


def simulated(votes: int, *, seed: int, people: int = 100) -> tuple[History, dict[str, np.ndarray]]:
    parameters = truth(TURNOVER * people, seed=seed)
    history = replicated(chambers(votes, types=2, people=people), parameters, rng=np.random.default_rng(seed))
    return history, parameters


def point(model: object, parameters: dict[str, np.ndarray], latent: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return values of the model's free quantities, on their own scale, from parameters and vote by vote numbers."""
    values = {n: parameters[n] for n in (*TRUTH, "token", "absence", "z_senator") if n in parameters}
    for name in ("middle", "slope", "contested"):
        values[f"z_type_{name}"] = (parameters[f"type_{name}"] - values[name]) / values[f"type_{name}_sd"]
    steps = np.diff(parameters["practice"], prepend=0.0)
    scale = np.r_[0.3, np.full(steps.size - 1, float(parameters["practice_step"]))]
    free = {v.name for v in model.free_RVs}
    return {n: v for n, v in (values | {"z_practice": steps / scale} | latent).items() if n in free}


def log_potential(history: History, values: dict[str, np.ndarray]) -> float:
    """Return the model's log likelihood, its priors left out."""
    model = senate.build(history)
    inputs = {}
    for variable in model.free_RVs:
        inside = model.rvs_to_values[variable]
        transform = model.rvs_to_transforms[variable]
        value = values[variable.name]
        inputs[inside.name] = value if transform is None else transform.forward(value, *variable.owner.inputs).eval()
    potentials = model.replace_rvs_by_values(model.potentials)
    function = model.compile_fn(potentials, inputs=model.value_vars, mode="FAST_COMPILE", on_unused_input="ignore")
    return float(sum(function(inputs)))


def by_hand(history: History, p: dict[str, np.ndarray], roll: dict[str, np.ndarray]) -> float:
    """Return the same likelihood by loops: which votes are contested, tokens, absences, members' votes."""
    total, w = 0.0, 0
    for v in range(len(history.votes)):
        odds = p["type_contested"][history.type[v]] + p["practice"][history.spell[v]]
        contested = history.nays[v] > MOST_TOKEN
        total -= np.log1p(np.exp(-odds if contested else odds))
        mean = p["absence"][history.spell[v]] + contested * p["absence_contested"]
        total += absent_by_hand(history.seats[v], history.voting[v], mean=float(mean), sd=float(p["absence_sd"]))
        if not contested:
            total += np.log(p["token"][int(history.nays[v])])
            continue
        total += _members(history, v, p, {n: a[w] for n, a in roll.items()})
        w += 1
    return float(total)


def absent_by_hand(seats: float, voting: float, *, mean: float, sd: float) -> float:
    """Return the log probability of one set of absent senators: a binomial law, its log-odds normal."""
    at = np.linspace(mean - 9 * sd, mean + 9 * sd, 20_001)
    log = (seats - voting) * at - seats * np.logaddexp(0, at) - 0.5 * ((at - mean) / sd) ** 2
    return float(logsumexp(log) + np.log((at[1] - at[0]) / (sd * np.sqrt(2 * np.pi))))


@pytest.mark.parametrize("seats", [30.0, 100.0])
@pytest.mark.parametrize("mean", [-4.0, -2.5, -1.0])
@pytest.mark.parametrize("sd", [0.1, 0.5, 1.5])
def test_absences_are_binomial_with_normal_log_odds(seats: float, mean: float, sd: float) -> None:
    voting = seats - np.array([0.0, 1.0, 3.0, 8.0, 20.0])
    nobody = chambers(5, types=1, people=4)
    tallies = replace(nobody.tallies, yeas=np.outer(voting, [0.0, 0.0, 1.0]))
    history = replace(nobody, seats=np.full(5, seats), voting=voting, tallies=tallies)
    with pm.Model(coords={"spell": range(history.spells)}) as model:
        pm.Data("spell_of_vote", history.spell)
        found = senate._absences(
            history, {"absence_sd": pt.constant(sd, dtype="float64"), "absence_step": pt.constant(0.5)}
        )
    fixed = {
        model["absence"]: pt.constant(np.full(history.spells, mean)),
        model["absence_contested"]: pt.constant(0.0, dtype="float64"),
    }
    values = clone_replace(found, fixed).eval()
    expected = [absent_by_hand(seats, v, mean=mean, sd=sd) for v in voting]
    assert values == pytest.approx(expected, abs=2.5e-3)


def _members(history: History, v: int, p: dict[str, np.ndarray], at: dict[str, float]) -> float:
    m = history.members
    cast = m.vote[v] != NEITHER
    centre = {s: m.ideal_point[v][cast & (m.side[v] == s)].mean() for s in (-0.5, 0.5)}
    ends = {-0.5: at["roll_left"], 0.5: at["roll_right"]}
    log, law = 0.0, np.array([1.0])
    for i in np.flatnonzero(cast):
        side = float(m.side[v, i])
        odds = ends[side] + at["roll_slope"] * (m.ideal_point[v, i] - centre[side])
        odds += p["senator_sd"] * p["z_senator"][m.person[v, i]]
        yea = 1 / (1 + np.exp(-odds))
        log += np.log(yea if m.vote[v, i] == YEA else 1 - yea)
        law = np.convolve(law, [yea, 1 - yea])  # number of nays
    return log - float(np.log(law[MOST_TOKEN + 1 :].sum()))


def test_the_likelihood_of_members_is_that_of_plain_loops() -> None:
    history, parameters = simulated(8, seed=4, people=30)
    count = int(history.contested.sum())
    assert 2 <= count < 8  # both kinds of vote
    rng = np.random.default_rng(1)
    latent = {"roll_left": rng.normal(1.5, 1, count), "roll_right": rng.normal(0.5, 1, count)}
    latent["roll_slope"] = rng.normal(-2, 1, count)
    found = log_potential(history, point(senate.build(history), parameters, latent))
    assert found == pytest.approx(by_hand(history, parameters, latent), abs=1e-6)


def test_a_tally_is_members_of_whom_only_the_party_is_known() -> None:
    """Without spread inside the parties a tally's likelihood is its members' one, times the ways to pick the nays."""
    history, parameters = simulated(8, seed=4, people=30)
    parameters |= {"senator_sd": np.array(1e-6), "slope_sd": np.array(1e-6)}
    parameters["type_slope"] = np.zeros(2)
    m = history.members
    at_centre = np.where(m.side > 0, 0.35, -0.3)
    members = with_votes(history, replace(m, ideal_point=at_centre))
    tallies = as_tallies(members)
    count = int(history.contested.sum())
    rng = np.random.default_rng(1)
    ends = rng.normal(1.0, 1, (2, count))
    roll = {"roll_left": ends[0], "roll_right": ends[1], "roll_slope": np.zeros(count)}
    tally = {"tally_left": ends[0], "tally_right": ends[1]}
    first = log_potential(members, point(senate.build(members), parameters, roll))
    second = log_potential(tallies, point(senate.build(tallies), parameters, tally))
    assert second == pytest.approx(first, abs=1e-3)  # both leave the binomial coefficients out


def test_a_tally_without_parties_is_a_mixture_of_both() -> None:
    history, parameters = simulated(8, seed=4, people=30)
    tallies = as_tallies(history)
    index = np.flatnonzero(history.contested)[:1]
    one = taken(tallies, index)
    t = one.tallies
    whole = replace(t, yeas=np.array([[t.yeas.sum(), 0, 0]]), nays=np.array([[t.nays.sum(), 0, 0]]),
                    share=np.array([[0.5, 0.0, 0.0]]))  # fmt: skip
    ends = {"tally_left": np.array([1.2]), "tally_right": np.array([1.2])}
    same = parameters | {"type_slope": np.zeros(2), "slope_sd": np.array(1e-6)}
    both = [log_potential(replace(one, tallies=x), point(senate.build(one), same, ends)) for x in (t, whole)]
    assert both[0] == pytest.approx(both[1], abs=1e-6)  # alike parties: who is who does not matter


@pytest.mark.parametrize("nay", [0.3, 0.02, 1e-4, 1e-6])
def test_the_chance_of_enough_nays_keeps_its_digits(nay: float) -> None:
    """P(more than 3 of 90), summed term by term from the rare end."""
    terms = [
        np.exp(lgamma(91) - lgamma(k + 1) - lgamma(91 - k) + k * np.log(nay) + (90 - k) * np.log1p(-nay))
        for k in range(MOST_TOKEN + 1, 91)
    ]
    odds = np.array([[nay / (1 - nay)]])
    node = senate._log_more_than_tokens(
        senate.untyped.as_tensor(np.array([90 * np.log1p(-nay)])),
        senate.untyped.as_tensor(odds),
        senate.untyped.as_tensor(np.array([[90.0]])),
    )
    assert float(node.eval()[0]) == pytest.approx(np.log(sum(terms)), abs=0.01)


def test_a_history_of_formalities_says_nothing_of_contests() -> None:
    history, _ = simulated(12, seed=4, people=30)
    with pytest.raises(ValueError, match="every vote is a formality"):
        senate.build(taken(history, np.flatnonzero(~history.contested)))


def test_counts_that_do_not_add_up_are_refused() -> None:
    history, _ = simulated(6, seed=4, people=30)
    with pytest.raises(ValueError, match="do not add up"):
        replace(history, voting=history.voting - 1, nays=np.zeros(6))
    assert (history.members.vote == NAY).sum() == history.nays.sum()


SETTINGS = SamplerSettings(chains=4, draws=800, tune=600, target_accept=0.95, seed=7)


@pytest.mark.slow
def test_what_was_put_in_is_recovered() -> None:
    """Forty votes of sixty known members: every population number within 3.5 posterior sd of the truth."""
    history, parameters = simulated(40, seed=11, people=60)
    fit = sampling.sample(senate.build(history), SETTINGS)
    posterior = fit.tree["posterior"].dataset
    scores = {}
    for name in (*TRUTH, "type_middle", "type_slope", "type_contested", "absence", "practice", "token"):
        draws = posterior[name].values
        value = np.ravel((parameters[name] - draws.mean(axis=(0, 1))) / draws.std(axis=(0, 1)))
        scores |= {f"{name}{i}": z for i, z in enumerate(value)}
    z = np.array([*scores.values()])
    assert np.abs(z).max() < 3.5, scores
    assert np.mean(z**2) < 2.0
    own = posterior["z_senator"].values.mean(axis=(0, 1))
    assert np.corrcoef(own, parameters["z_senator"])[0, 1] > 0.4
