"""Whom to believe: how strongly forecasters react, how far grades are trusted, how much a story repeats itself.

Generative story. Question k stood at the log-odds prior_k when it opened, frozen. Then evidence came. Item i was judged
by forecaster f with the log likelihood ratio x_i and came from a source with a grade. Read rightly,

    logit P(y_k = 1) = prior_k + sum over its items of kappa_f lambda_g x_i (1 - rho)^rank_i
    y_k ~ Bernoulli

* kappa_f = exp(mu + .3 z_f): the forecaster's reaction. Somebody whose ratios are twice too strong (their log doubled)
  has kappa 1/2, somebody too timid by the same factor 2. mu ~ Normal(0, .2) is what all share.
* lambda = letter x digit of the Admiralty grade, 1 for items that were judged as reported. Letters A to E are Beta
  with the means .9, .8, .65, .5, .3 (F as D), digits 1 to 5 with 1, .9, .75, .5, .25 (6 as 3; 1 is certain), all of
  concentration 20: the prior of the design itself (`models.evidence.prior_belief`).
* rho ~ Beta(4, 4): rank_i counts stronger items of the same story, question and direction; ties share the mean factor.

Only resolved questions are data: an unresolved one has no y_k, and a scale that is free inside the weighing of open
questions ran to 7e4 when it was tried. So the posterior is a cut: it feeds the design of `models.evidence` and nothing
flows back. Deadlines of one underlying question share one luck; the likelihood of each counts by its weight (a power
likelihood), so that a question weighs 1 in all.

What the model leaves out: the caps of one item and one thread (they bind only at the extremes), couplings between
questions (a board's own prior_k holds them at the opening, but not what happened to neighbours since), and drift of a
person's reaction with time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from models.evidence import Belief, prior_belief

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Tensor = Any
"""A node of the model's graph."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Resolved questions K and the evidence I that bore on them."""

    prior: Float
    """(K,) log-odds of the frozen forecast at opening."""
    outcome: Float
    """(K,) 1 or 0."""
    weight: Float
    """(K,) share of the likelihood, in (0, 1]."""
    question: Int
    """(I,) question that the item bore on."""
    log_lr: Float
    """(I,) log likelihood ratio as judged, faded to its age when the question was settled."""
    forecaster: Int
    """(I,) who judged it, 0 to F - 1."""
    letter: Int
    """(I,) source reliability, 0 = A to 5 = F."""
    digit: Int
    """(I,) credibility of the information, 0 = 1 to 5 = 6."""
    content_basis: NDArray[np.bool_]
    """(I,) judged as if confirmed: the grade shrinks it."""
    rank: Int
    """(I,) stronger items of the same story, question and direction."""
    ties: Int
    """(I,) items of that story which are as strong, itself included; at least 1."""
    forecasters: tuple[str, ...]
    """(F,) ids."""

    def __post_init__(self) -> None:
        questions, items = self.prior.size, self.log_lr.size
        for name in ("outcome", "weight"):
            if getattr(self, name).shape != (questions,):
                raise ValueError(f"{name} has the shape {getattr(self, name).shape}; ({questions},) is needed")
        limits = {
            "question": questions,
            "forecaster": len(self.forecasters),
            "letter": 6,
            "digit": 6,
            "rank": np.inf,
            "ties": np.inf,
        }
        for name, size in limits.items():
            index = getattr(self, name)
            if index.shape != (items,) or not ((index >= 0) & (index < size)).all():
                raise ValueError(f"{name}: ({items},) whole numbers from 0 to below {size} are needed")
        if not (np.isfinite(self.prior).all() and np.isfinite(self.log_lr).all()):
            raise ValueError("prior and log_lr must be finite")
        if not (np.isin(self.outcome, (0, 1)).all() and ((self.weight > 0) & (self.weight <= 1)).all()):
            raise ValueError("outcome must be 0 or 1, weight in (0, 1]")
        if not items or (self.ties < 1).any():
            raise ValueError("at least one item is needed, and each ties with itself")


def build(resolved: Resolved) -> pm.Model:
    """Return the model; its quantities are `common`, `log_kappa` (F,), `letter` (5,), `digit` (4,) and `rho`."""
    prior = prior_belief(len(resolved.forecasters))
    with pm.Model(coords={"forecaster": list(resolved.forecasters)}) as model:
        data = _data(resolved)
        log_kappa = _reaction(prior)
        reliability = _reliability(prior, data)
        rho = pm.Beta("rho", *prior.repetition)
        keep = 1 - rho
        repetition = keep ** data["rank"] * (1 - keep ** data["ties"]) / (rho * data["ties"])
        read = pt.exp(log_kappa)[data["judge"]] * reliability * repetition * data["log_lr"]
        eta = data["prior"][data["told_of"]].inc(read)
        log_p = data["outcome"] * eta - pt.softplus(eta)
        pm.Potential("outcome_seen", (data["weight"] * log_p).sum())
    return model


def _data(resolved: Resolved) -> dict[str, Tensor]:
    numbers = {name: getattr(resolved, name) for name in ("prior", "outcome", "weight", "log_lr")}
    numbers |= {name: getattr(resolved, name).astype(float) for name in ("rank", "ties", "content_basis")}
    places = {"judge": resolved.forecaster, "told_of": resolved.question}
    places |= {"letter_of": np.where(resolved.letter == 5, 3, resolved.letter)}
    places |= {"digit_of": np.where(resolved.digit == 5, 2, resolved.digit)}
    return {name: pm.Data(name, value) for name, value in (numbers | places).items()}


def _reaction(prior: Belief) -> Tensor:
    common = pm.Normal("common", prior.common_mean, prior.common_sd)
    z = pm.Normal("z_reaction", 0, 1, dims="forecaster")
    return pm.Deterministic("log_kappa", common + prior.reaction_sd * z, dims="forecaster")


def _reliability(prior: Belief, data: dict[str, Tensor]) -> Tensor:
    """Return (I,) lambda; letter F is read as D and digit 6 as 3, digit 1 is certain."""
    size = prior.concentration
    letter = pm.Beta("letter", prior.letter[:5] * size, (1 - prior.letter[:5]) * size, shape=5)
    digit = pm.Beta("digit", prior.digit[1:5] * size, (1 - prior.digit[1:5]) * size, shape=4)
    certain = pt.stack([1.0, *(digit[i] for i in range(4))])
    graded = letter[data["letter_of"]] * certain[data["digit_of"]]
    return data["content_basis"] * graded + (1 - data["content_basis"])
