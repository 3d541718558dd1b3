"""Votes of the United States Senate on treaties: senators where their votes are known, party tallies otherwise.

Generative story. Vote v is about a treaty of type k, in the ten-year spell t. With probability
logit^-1(`type_contested`_k + `practice`_t) it is contested: more than three senators vote nay. Otherwise it is a
formality, and 0, 1, 2 or 3 do, with probabilities `token`, whoever they are. `practice` walks from spell to spell
(steps `practice_step`), because what is put to a recorded vote changes. In a contested vote senator i, of side s_i
(+1/2 Republican, -1/2 Democrat, by caucus; 0 neither) and ideal point x_i (first NOMINATE dimension), votes yea with
log-odds

    a_v + b_v x_i + h_pv + s_i `copartisan` P_v + `senator`_i

* a_v ~ Normal(`type_middle`_k, `treaty_sd`^2): how everybody takes to the text;
* b_v ~ Normal(`type_slope`_k, `slope_sd`^2): which side its content favours (b < 0: the right opposes);
* h_pv ~ Normal(0, `party_sd`^2): how party p does; who belongs to neither gets the mean of the two;
* P_v = +1 under a Republican president, -1 under a Democratic one;
* `senator`_i ~ Normal(0, `senator_sd`^2), the same person in every vote.

The votes are those of such a law given that there are more than three nays. `type_middle`, `type_slope` and
`type_contested` are partially pooled over the types, each about its own mean.

A vote known by party tallies only is one of voters drawn from each party, ideal points Normal(centre, within^2) of the
time, own effects as above; a tally of the whole chamber, one of voters drawn from both. A tally says nothing of b_v
apart from the party shocks, so b_v is integrated out: what is left are the log-odds at the parties' centres, jointly
normal. Inside a party, own effect and the pull of the content, b_v (x - centre), enter with the mean square of b_v
given how far the parties are apart, and Gauss and Hermite's rule makes the tally binomial.

Who does not vote. Each senator is absent with the same probability, whose log-odds are normal about a level that walks
from spell to spell (`absence`, steps `absence_step`) and is shifted by `absence_contested` where the vote is contested
(people come when it counts), with sd `absence_sd`. Absence does not depend on how a senator would vote.

Treaties voted en bloc on one day with one tally are one vote. What happened before the floor is not in here: leaders do
not call votes that they would lose, so this is a model of votes held, and takes no further selection.

Why formalities have a law of their own: four of five recorded votes before 1990 have no nay, and contested ones look
like them on no scale. One normal law for both needs a spread so wide that it foresees twice as many failures as there
were; so does one for all votes with any nay. A mixture of two laws that may both have few nays fits as well but cannot
be sampled: each vote with one to five nays jumps between them (docs/senate-model.md).

Priors, with reasons (log-odds unless said). An elicited sketch for a treaty of unknown content in today's Senate
(`submodels.csv`) had the president's party at Normal(2, 1), the other party at Normal(0, 1.2), a treaty shock of .7
(.4-1.2), party by treaty .8 (.4-1.4), senator .8 (.5-1.2).
* middle ~ Normal(1, .8): the mean of those two parties, sd sqrt(1^2 + 1.2^2) / 2.
* copartisan ~ Normal(1, .8): half of their difference of 2, because ideal points, which had no place in the sketch,
  carry the other half; sd half of sqrt(1^2 + 1.2^2), rounded up to leave 0 within reach.
* treaty_sd ~ LogNormal(log .7, .33), party_sd ~ LogNormal(log .8, .38), senator_sd ~ LogNormal(log .8, .27): the 90 %
  ranges above.
* slope ~ Normal(0, 1.5) per unit of ideal point: either side; the parties stand about .6 apart.
* slope_sd ~ LogNormal(log 2.5, .4): a one-sided treaty parts the party means by 2.5 x .6 = 1.5.
* type_middle_sd ~ LogNormal(log .5, .4), type_slope_sd ~ LogNormal(log 1, .4): types differ less than treaties do.
* token ~ Dirichlet(1, 1, 1, 1), flat.
* contested ~ Normal(0, 1), type_contested_sd ~ LogNormal(log 1, .4): from .15 to .85 of votes, types apart;
  practice_step ~ LogNormal(log .5, .4): in a generation the odds change by a factor 2.4, either way.
* absence in the first spell ~ Normal(-2.2, 1), about 10 %; absence_step ~ LogNormal(log .5, .4);
  absence_contested ~ Normal(-.3, .4); absence_sd ~ LogNormal(log .5, .4).

What is sampled for each vote are the log-odds at the two parties' centres, as they are (centred): dozens of senators
say what they are, one party's vote says nothing of the other's, and their scales are far from 0. So is `absence`.
Members' own effects and `practice` are known from few votes each and are sampled as multiples of their scale.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.senate_history import MOST_TOKEN, NAY, NEITHER, SIDES, History, absences_about, taken
from models.senate_kernels import OWN_POINTS, OWN_WEIGHTS

type Tensor = Any
"""A node of the model's graph."""

untyped: Any = pt
"""PyTensor's functions that carry no types."""

ABSENT_POINTS, _weights = np.polynomial.hermite_e.hermegauss(9)
ABSENT_WEIGHTS = _weights / _weights.sum()
"""Within 2.5e-3 of the log probability of any number of absences, of a body of 30 or more, for sd up to 1.5."""
RARE = 0.05
"""Expected nays below which their number's tail is its first term."""
SCALES = {
    "treaty_sd": (0.7, 0.33),
    "party_sd": (0.8, 0.38),
    "senator_sd": (0.8, 0.27),
    "slope_sd": (2.5, 0.4),
    "absence_sd": (0.5, 0.4),
    "absence_step": (0.5, 0.4),
    "practice_step": (0.5, 0.4),
}
"""Median and sd of the log of each scale's prior."""
POOLED = {"middle": (1.0, 0.8, 0.5), "slope": (0.0, 1.5, 1.0), "contested": (0.0, 1.0, 1.0)}
"""Prior mean and sd of what types of treaty have in common, and the median of the sd between them."""


def build(history: History) -> pm.Model:
    """Return the model of a history; `models.senate_votes.PARAMETERS` names what is kept of its draws.

    Parameters
    ----------
    history
        Past votes, at least one of them contested.

    Raises
    ------
    ValueError
        When every vote is a formality: nothing is known of contested ones.
    """
    if not history.contested.any():
        raise ValueError(f"every vote is a formality; one with more than {MOST_TOKEN} nays is needed")
    by_member = (history.members.vote != NEITHER).any(axis=1)
    groups = {
        "roll": taken(history, np.flatnonzero(history.contested & by_member)),
        "tally": taken(history, np.flatnonzero(history.contested & ~by_member)),
    }
    coords: dict[str, Any] = {name: list(group.votes) for name, group in groups.items()}
    coords |= {"type": list(history.types), "person": list(history.members.names)}
    coords |= {"nays": np.arange(MOST_TOKEN + 1)}
    with pm.Model(coords=coords | {"spell": np.arange(history.spells)}) as model:
        population = _population()
        pm.Potential("votes_contested", _which_contested(history, population).sum())
        pm.Potential("votes_missed", _absences(history, population).sum())
        for name, group in groups.items():
            if group.votes:
                pm.Potential(f"{name}s", (_rolls if name == "roll" else _tallies)(group, population).sum())
    return model


def _data(name: str, values: Any) -> Tensor:
    array = np.asarray(values)
    return pm.Data(name, array if array.dtype == np.int64 else array.astype(np.float64))


def _population() -> dict[str, Tensor]:
    """Return what coming votes have in common with past ones; what is pooled over types of treaty is (K,)."""
    found = {"copartisan": pm.Normal("copartisan", 1.0, 0.8)}
    for name, (median, spread) in SCALES.items():
        found[name] = pm.LogNormal(name, np.log(median), spread)
    for name, (mean, sd, between) in POOLED.items():
        centre = pm.Normal(name, mean, sd)
        scale = pm.LogNormal(f"type_{name}_sd", np.log(between), 0.4)
        own = pm.Normal(f"z_type_{name}", 0, 1, dims="type")
        found[f"type_{name}"] = pm.Deterministic(f"type_{name}", centre + scale * own, dims="type")
    return found


def _which_contested(history: History, population: dict[str, Tensor]) -> Tensor:
    """Return the log probability of each vote's being contested or a formality, as it was, (V,), and count tokens."""
    token = pm.Dirichlet("token", np.ones(MOST_TOKEN + 1), dims="nays")
    pm.Potential("tokens_seen", (_data("tokens", history.tokens.astype(float)) * pt.log(token)).sum())
    luck = pm.Normal("z_practice", 0, 1, dims="spell")
    steps = untyped.concatenate([0.3 * luck[:1], population["practice_step"] * luck[1:]])
    practice = pm.Deterministic("practice", untyped.cumsum(steps), dims="spell")
    pm.Deterministic("practice_now", practice[-1])
    kind, spell = _data("type_of_vote", history.type), _data("spell_of_vote", history.spell)
    log_odds = population["type_contested"][kind] + practice[spell]
    return -pt.softplus(_data("calm", np.where(history.contested, -1.0, 1.0)) * log_odds)


def _absences(history: History, population: dict[str, Tensor]) -> Tensor:
    """Return the log probability of each vote's absences, (V,).

    Binomial given the vote's log-odds, which are integrated out by Gauss and Hermite's rule about the place where count
    and prior meet, both taken as normal (adaptive quadrature: Liu and Pierce 1994, Biometrika 81:624).
    """
    first = pm.Normal.dist(-2.2, 1.0)
    level = pm.GaussianRandomWalk("absence", sigma=population["absence_step"], init_dist=first, dims="spell")
    pm.Deterministic("absence_now", level[-1])
    shift = pm.Normal("absence_contested", -0.3, 0.4) * _data("contested_as_seen", history.contested)
    mean, sd = level[pm.modelcontext(None)["spell_of_vote"]] + shift, population["absence_sd"]
    counted, scatter = (_data(f"absence_{n}", v) for n, v in absences_about(history.seats, history.voting).items())
    spread = 1 / pt.sqrt(1 / sd**2 + 1 / scatter)
    centre = spread**2 * (mean / sd**2 + counted / scatter)
    log_odds = centre[:, None] + spread[:, None] * ABSENT_POINTS
    seats, absent = _data("absence_seats", history.seats), _data("absence_absent", history.seats - history.voting)
    found = absent[:, None] * log_odds - seats[:, None] * pt.softplus(log_odds)
    found += ABSENT_POINTS**2 / 2 - ((log_odds - mean[:, None]) / sd) ** 2 / 2
    return untyped.logsumexp(found + np.log(ABSENT_WEIGHTS), axis=1) + pt.log(spread / sd)


def _rolls(votes: History, population: dict[str, Tensor]) -> Tensor:
    """Return the log probability of votes known by member, (V,)."""
    m, centre = votes.members, votes.members.centres()
    kind = _data("roll_type", votes.type)
    slope = pm.Normal("roll_slope", population["type_slope"][kind], population["slope_sd"], dims="roll")
    law = _PartyLaw.of("roll", votes, population, kind=kind, centre=centre, slope=slope, unknown=0.0)
    left, right = law.drawn("roll")
    own = population["senator_sd"] * pm.Normal("z_senator", 0, 1, dims="person")
    beside = m.ideal_point - centre.mean(axis=1)[:, None] - np.diff(centre, axis=1) * m.side
    log_odds = own[_data("roll_person", m.person)] + (left * _data("roll_on_left", 0.5 - m.side).T).T
    log_odds += (right * _data("roll_on_right", 0.5 + m.side).T).T + slope[:, None] * _data("roll_beside", beside)
    voted = _data("roll_voted", m.vote != NEITHER)
    all_yea = -(voted * pt.softplus(-log_odds)).sum(axis=1)
    seen = all_yea - (_data("roll_nay", m.vote == NAY) * log_odds).sum(axis=1)
    return seen - _log_more_than_tokens(all_yea, pt.exp(-log_odds), voted)


def _tallies(votes: History, population: dict[str, Tensor]) -> Tensor:
    """Return the log probability of tallies, (V,)."""
    t, kind = votes.tallies, _data("tally_type", votes.type)
    slope, unknown = population["type_slope"][kind], population["slope_sd"] ** 2
    law = _PartyLaw.of("tally", votes, population, kind=kind, centre=t.centre, slope=slope, unknown=unknown)
    left, right = law.drawn("tally")
    apart = _data("tally_apart", np.diff(t.centre, axis=1)[:, 0])
    known = unknown * apart / (2 * population["party_sd"] ** 2 + unknown * apart**2)
    given = slope + known * (right - left - law.right + law.left)  # mean of b_v given how far the parties are apart
    square = given**2 + unknown * (1 - known * apart)
    spread = pt.sqrt(population["senator_sd"] ** 2 + square[:, None] * _data("tally_within", t.within) ** 2)
    log_odds = pt.stack([left, right], axis=1)[:, :, None] + spread[:, :, None] * OWN_POINTS
    nay = (pm.math.sigmoid(-log_odds) * OWN_WEIGHTS).sum(axis=2)
    share = _data("tally_share", t.share)
    of_cell = share * nay[:, 1:] + (1 - share) * nay[:, :1]
    odds, voted = of_cell / (1 - of_cell), _data("tally_all", t.yeas + t.nays)
    all_yea = (voted * pt.log1p(-of_cell)).sum(axis=1)
    seen = all_yea + (_data("tally_nays", t.nays) * pt.log(odds)).sum(axis=1)
    return seen - _log_more_than_tokens(all_yea, odds, voted)


def _log_more_than_tokens(all_yea: Tensor, odds: Tensor, number: Tensor) -> Tensor:
    """Return the log probability of more than `MOST_TOKEN` nays, (V,).

    Of independent voters with odds r_i of a nay, k vote nay with probability e_k(r) prod (1 - q_i), e_k the elementary
    symmetric polynomials; Newton's identities give them from power sums. Where nays are so rare that one minus the
    first terms would lose its digits, the first term that remains is taken (within 1 %).

    Parameters
    ----------
    all_yea
        (V,) log probability of no nay.
    odds, number
        (V, C) odds of a nay, and voters who have them.
    """
    power = [(number * odds**j).sum(axis=1) for j in range(1, MOST_TOKEN + 2)]
    polynomial: list[Tensor] = [1.0]
    for k in range(1, MOST_TOKEN + 2):
        terms = [(-1) ** (j - 1) * polynomial[k - j] * power[j - 1] for j in range(1, k + 1)]
        polynomial.append(sum(terms) / k)
    few = pt.exp(all_yea) * sum(polynomial[:-1])
    rare = all_yea + pt.log(pt.maximum(polynomial[-1], 1e-300))
    return pt.switch(power[0] < RARE, rare, pt.log1p(-pt.minimum(few, 1 - 1e-12)))


@dataclass(frozen=True, slots=True)
class _PartyLaw:
    """Joint normal law of the log-odds of a yea at the two parties' centres, each (V,)."""

    left: Tensor
    """Mean of party 0's."""
    right: Tensor
    """Mean of party 1's."""
    left_variance: Tensor
    right_variance: Tensor
    shared: Tensor
    """Covariance."""

    @classmethod
    def of(
        cls,
        name: str,
        votes: History,
        population: dict[str, Tensor],
        *,
        kind: Tensor,
        centre: Any,
        slope: Tensor,
        unknown: Any,
    ) -> "_PartyLaw":
        """Return the law in votes of some types, at centres (V, 2), for the mean of b_v and its variance."""
        left, right = (_data(f"{name}_centre_{party}", centre[:, party]) for party in (0, 1))
        middle = population["type_middle"][kind]
        ahead = population["copartisan"] * _data(f"{name}_president", votes.president)
        own = population["treaty_sd"] ** 2 + population["party_sd"] ** 2
        return cls(
            left=middle + slope * left + SIDES[0] * ahead,
            right=middle + slope * right + SIDES[1] * ahead,
            left_variance=own + unknown * left**2,
            right_variance=own + unknown * right**2,
            shared=population["treaty_sd"] ** 2 + unknown * left * right,
        )

    def drawn(self, name: str) -> tuple[Tensor, Tensor]:
        """Return the two as quantities of the model."""
        left = pm.Normal(f"{name}_left", self.left, pt.sqrt(self.left_variance), dims=name)
        pull = self.shared / self.left_variance
        mean, variance = self.right + pull * (left - self.left), self.right_variance - pull * self.shared
        return left, pm.Normal(f"{name}_right", mean, pt.sqrt(variance), dims=name)
