"""Event hazards, the outside view: how often events of a class have happened, one rate for each question.

Generative story. Question q has a class of historical cases c, each watched for e_c years in which y_c events were
counted. Events of a class come at a constant rate r_q per year, independently between cases:

    r_q ~ Gamma(1/2, b)                      b = `prior_exposure` years
    y_c ~ Poisson(r_q(c) e_c)

A case that resembles the question less counts for less: its log likelihood is multiplied by its comparability omega in
(0, 1] (power likelihood; Ibrahim, Chen, Gwon and Chen 2015, Statistics in Medicine 34:3724). A case may carry half an
event (a near miss), so the Poisson term is written out.

Priors, with reasons. Gamma(1/2, 0) is Jeffreys' prior for a Poisson rate: it adds half an event and no exposure, and is
the same whatever the unit of time. It is improper; `prior_exposure` of .01 years (four days without an event) makes it
proper and is 0.1 % or less of the exposure of any shipped class. On its own it says next to nothing (90 % of its mass
between 0.2 and 190 per year); after one weighted year without an event, 0.002 to 1.9. The rates are independent
because the classes are not exchangeable: a common prior moved class medians by factors of 0.6 to 1.5.

Posterior. Known in closed form, r_q ~ Gamma(1/2 + sum omega y, b + sum omega e), which checks the sampler. It is
sampled all the same, as one vectorised model whose arrays are data: this is where covariates and clocks join.

The model assumes no spread of rates between the cases of a class. `heterogeneity` asks the posterior predictive whether
that is tenable; where it is not, the class rate's range is too narrow, and page and receipt say so. With few cases a
class alone seldom tells. All shipped classes together do: a gamma frailty between cases, pooled over the classes, has a
variance of 2 to 2.5 (log likelihood higher by 29). At a variance of 0.5 it would raise class medians by factors of 1.2
to 3.3 and widen their ranges by 1.1 to 1.5 in logs. It is not used: the adjustments were elicited against the plain
rate and would have to be asked for again, or the same spread would be counted twice.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of all questions, axis C = case; Q questions."""

    questions: tuple[str, ...]
    """(Q,) names, for the draws' coordinates only."""
    question: Int
    """(C,) index of the question whose class the case belongs to."""
    exposure: Float
    """(C,) years watched, above 0."""
    events: Float
    """(C,) events counted, 0 or more; half an event is a near miss."""
    weight: Float
    """(C,) comparability omega in (0, 1]."""

    def __post_init__(self) -> None:
        sizes = {self.question.shape, self.exposure.shape, self.events.shape, self.weight.shape}
        if len(sizes) != 1 or self.question.ndim != 1:
            raise ValueError(
                f"question, exposure, events, weight have shapes {sorted(sizes)}: one shape (C,) is needed"
            )
        found = {*self.question.tolist()}
        if found != {*range(len(self.questions))}:
            raise ValueError(
                f"cases of the questions {sorted(found)}: each of 0 to {len(self.questions) - 1} is needed"
            )
        _within("exposure", self.exposure, above=0, most=np.inf)
        _within("events", self.events, above=-np.finfo(float).tiny, most=np.inf)
        _within("weight", self.weight, above=0, most=1)


def build(cases: Cases, *, prior_exposure: float) -> pm.Model:
    """Return the model of all classes' rates: `rate`, per year, by (question,).

    Parameters
    ----------
    cases
        What was counted.
    prior_exposure
        Years of exposure without an event that the prior is worth (with its half event); above 0.

    Raises
    ------
    ValueError
        When `prior_exposure` is not above 0.
    """
    if not prior_exposure > 0:
        raise ValueError(f"prior_exposure {prior_exposure}: a number of years above 0 is needed")
    coords = {"question": list(cases.questions), "case": np.arange(cases.question.size)}
    with pm.Model(coords=coords) as model:
        question = pm.Data("question_of_case", cases.question, dims="case")
        exposure = pm.Data("exposure", cases.exposure, dims="case")
        events = pm.Data("events", cases.events, dims="case")
        weight = pm.Data("weight", cases.weight, dims="case")
        prior = pm.Data("prior_exposure", np.asarray(prior_exposure, np.float64))
        rate = pm.Gamma("rate", alpha=np.float64(0.5), beta=prior, dims="question")
        expected = rate[question] * exposure
        log_poisson = events * pt.log(expected) - expected - pt.gammaln(events + 1)
        pm.Potential("power_likelihood", (weight * log_poisson).sum())
    return model


def closed_form(cases: Cases, *, prior_exposure: float) -> tuple[Float, Float]:
    """Return shape and rate (years) of each question's exact Gamma posterior, both (Q,)."""
    size = len(cases.questions)
    events = np.bincount(cases.question, weights=cases.weight * cases.events, minlength=size)
    exposure = np.bincount(cases.question, weights=cases.weight * cases.exposure, minlength=size)
    return 0.5 + events, prior_exposure + exposure


def log_likelihood(rate: Float, cases: Cases) -> Float:
    """Return the weighted log likelihood of each case, (D, C), for rates per year (D, Q)."""
    from scipy.special import gammaln

    expected = rate[:, cases.question] * cases.exposure
    weighted = cases.weight * (cases.events * np.log(expected) - expected - gammaln(cases.events + 1))
    return np.asarray(weighted, float)


def replicate(rate: Float, cases: Cases, *, rng: np.random.Generator) -> tuple[Float, Float]:
    """Return counts and exposures that the cases would show if they were watched again, both (D, C).

    A case of exactly one event is taken to have been watched until its event (a war until its ceasefire): its exposure
    is drawn, its count stays 1. Every other case is watched as long as it was. Rates are per year, (D, Q).
    """
    of_case = rate[:, cases.question]
    until_event = cases.events == 1
    waited = rng.exponential(size=of_case.shape) / of_case
    exposure = np.where(until_event, waited, cases.exposure)
    return np.where(until_event, 1.0, rng.poisson(of_case * cases.exposure)), exposure


def heterogeneity(rate: Float, cases: Cases, *, rng: np.random.Generator) -> Float:
    """Return each question's posterior predictive probability of cases at least as unlike each other as seen, (Q,).

    The statistic is the score of a gamma frailty between cases, sum omega ((y - r e)^2 - y): its mean is zero under one
    common rate however long a case was watched (Commenges and Andersen 1995, Lifetime Data Analysis 1:145). Near 0: the
    cases differ more than one rate allows, and the class rate is less certain than it looks.

    Parameters
    ----------
    rate
        Posterior draws, per year, (D, Q).
    cases
        The cases behind them.
    rng
        Luck of the replications.
    """
    again = _score(rate, cases, *replicate(rate, cases, rng=rng))
    seen = _score(rate, cases, cases.events, cases.exposure)
    return np.asarray(np.mean(again >= seen, axis=0), float)


def _score(rate: Float, cases: Cases, events: Float, exposure: Float) -> Float:
    score = cases.weight * (np.square(events - rate[:, cases.question] * exposure) - events)
    return np.stack([score[:, cases.question == q].sum(axis=1) for q in range(len(cases.questions))], axis=1)


def _within(name: str, values: Float, *, above: float, most: float) -> None:
    wrong = values[~((values > above) & (values <= most) & np.isfinite(values))]
    if wrong.size:
        raise ValueError(f"{name} {wrong[0]}: a finite number above {above:g} and at most {most:g} is needed")
