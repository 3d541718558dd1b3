"""A hierarchical pool: who leans which way, who is too bold or too timid, and the error that all share.

Generative story. Question k has a base rate with log-odds b_k. What could be known of it has the log-odds

    b_k + t_k,         t_k ~ Normal(0, truth_sd)

and forecaster f, when asked, says the log-odds

    x_kf = b_k + bias_f + scale_f t_k + s_k + e_kf
    s_k ~ Normal(0, shared)                     everybody reads the same newspapers: an error that no number cures
    e_kf ~ Normal(0, noise_f sqrt(1 + age / h)) the forecaster's own error; news comes at a steady rate, so its variance
                                                has doubled after h days without an update
    y_k ~ Bernoulli(expit(b_k + t_k))           only resolved questions have an outcome

A scale below 1 is timidity: the pool that undoes it is bolder than the mean (Satopaa, Jensen, Mellers, Tetlock and
Ungar 2014, Annals of Applied Statistics 8:1256, fit such a model to changing forecasts). A market or crowd has scale 1
and no bias: it is never made bolder. t_k and s_k are integrated out exactly (a 2 x 2 normal), the outcome by Gauss and
Hermite's rule; with explicit states such models mix badly. Deadlines of one underlying question share one luck: the
likelihood of each counts by `weight`, so that a question weighs 1 in all (a power likelihood).

Priors, with reasons.
* bias_f ~ Normal(m, bias_sd), m ~ Normal(0, .3), bias_sd ~ LogNormal(log .3, .5): half a logit is a strong lean (from
  15 to 23 percent); public questions show a lean against the status quo of about .2.
* log scale_f ~ Normal(mu, scale_sd), mu ~ Normal(-log 1.2, .25), the factor of the recalibrated pool turned around;
  scale_sd ~ LogNormal(log .2, .5): people differ by a factor of 1.2, seldom by 2.
* log noise_f ~ Normal(nu, .4), nu ~ Normal(log .7, .4): two people who read the same differ by about a logit.
* shared ~ LogNormal(log .5, .5): a shared shock of the size of half a logit to one.
* truth_sd ~ LogNormal(log 1.5, .4): from a base rate of 10 %, what could be known leads to between 1 and 55 % in two
  thirds of the questions.

What the model leaves out: forecasters' skill does not change with time or topic; a question is represented by one
instant (`forecasts.people_pool`), not by the whole path.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from models.pool_rules import SCALE_MEDIAN, SCALE_SD, hermite

Float = NDArray[np.float64]
Tensor = Any
"""A node of the model's graph."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Who said what of which question, Q questions by F forecasters."""

    forecasters: tuple[str, ...]
    """(F,) ids."""
    said: Float
    """(Q, F) log-odds minus the base rate's; NaN where nobody spoke."""
    aging: Float
    """(Q, F) 1 + age / half-life: what age multiplies the variance of the own error by (`pool_rules.aged`)."""
    base: Float
    """(Q,) log-odds of the base rate."""
    outcome: Float
    """(Q,) 1, 0, NaN while unresolved."""
    weight: Float
    """(Q,) share of the likelihood, in (0, 1]."""
    market: NDArray[np.bool_]
    """(F,) crowds and markets."""

    def __post_init__(self) -> None:
        questions, forecasters = self.said.shape
        for name, size in (("base", questions), ("outcome", questions), ("weight", questions), ("market", forecasters)):
            if getattr(self, name).shape != (size,):
                raise ValueError(f"{name} has the shape {getattr(self, name).shape}; ({size},) is needed")
        if self.aging.shape != self.said.shape or len(self.forecasters) != forecasters:
            raise ValueError(f"said is {self.said.shape}; aging and forecasters must agree with it")
        seen = np.isfinite(self.said)
        if not seen.any(axis=1).all():
            raise ValueError("a question that nobody has forecast says nothing")
        if not (np.isfinite(self.base).all() and (self.aging[seen] >= 1).all()):
            raise ValueError("base must be finite and aging at least 1")
        if not ((self.weight > 0) & (self.weight <= 1)).all():
            raise ValueError("weight must be in (0, 1]")
        if self.market.all():
            raise ValueError("no person among the forecasters: there is no bias or scale to learn")
        if not np.isin(self.outcome[np.isfinite(self.outcome)], (0, 1)).all():
            raise ValueError("outcome must be 0, 1 or NaN")


def build(panel: Panel) -> pm.Model:
    """Return the model of a panel; its quantities are `pool_rules.UNITS` and the populations' centres and spreads."""
    people = [f for f, market in zip(panel.forecasters, panel.market, strict=True) if not market]
    with pm.Model(coords={"forecaster": list(panel.forecasters), "person": people}) as model:
        data = _data(panel)
        bias, scale, noise = _characters(data["place"])
        shared = pm.LogNormal("shared", np.log(0.5), 0.5)
        truth_sd = pm.LogNormal("truth_sd", np.log(1.5), 0.4)
        _likelihood(data, bias, scale, noise, shared=shared, truth_sd=truth_sd)
    return model


def _data(panel: Panel) -> dict[str, Tensor]:
    seen, resolved = np.isfinite(panel.said), np.isfinite(panel.outcome)
    values = {
        "said": np.where(seen, panel.said, 0.0),
        "seen": seen.astype(float),
        "aging": np.where(seen, panel.aging, 1.0),
        "base": panel.base,
        "outcome": np.where(resolved, panel.outcome, 0.0),
        "resolved": resolved.astype(float),
        "weight": panel.weight,
        "place": np.eye(panel.market.size)[:, ~panel.market],
    }
    return {name: pm.Data(name, value) for name, value in values.items()}


def _characters(place: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return (F,) bias, scale and noise; `place` (F, people) has no row for a market, so its bias is 0, its scale 1."""
    new_bias = pm.Normal("new_bias", 0, 0.3)
    bias_sd = pm.LogNormal("bias_sd", np.log(0.3), 0.5)
    log_scale = pm.Normal("log_new_scale", -np.log(SCALE_MEDIAN), SCALE_SD)
    scale_sd = pm.LogNormal("scale_sd", np.log(0.2), 0.5)
    log_noise = pm.Normal("log_new_noise", np.log(0.7), 0.4)
    z = {name: pm.Normal(f"z_{name}", 0, 1, dims="person") for name in ("bias", "scale")}
    z_noise = pm.Normal("z_noise", 0, 1, dims="forecaster")
    pm.Deterministic("new_scale", pt.exp(log_scale))
    pm.Deterministic("new_noise", pt.exp(log_noise))
    bias = pm.Deterministic("bias", new_bias + bias_sd * z["bias"], dims="person")
    scale = pm.Deterministic("scale", pt.exp(log_scale + scale_sd * z["scale"]), dims="person")
    noise = pm.Deterministic("noise", pt.exp(log_noise + 0.4 * z_noise), dims="forecaster")
    return place @ bias, pt.exp(place @ pt.log(scale)), noise


def _likelihood(
    data: dict[str, Tensor], bias: Tensor, scale: Tensor, noise: Tensor, *, shared: Tensor, truth_sd: Tensor
) -> None:
    """Add what the forecasters said (states integrated out) and what came of it."""
    precision = data["seen"] / (noise**2 * data["aging"])
    rest = data["said"] - bias
    a = 1 / truth_sd**2 + (precision * scale**2).sum(axis=1)
    b = (precision * scale).sum(axis=1)
    c = 1 / shared**2 + precision.sum(axis=1)
    u, v = (precision * scale * rest).sum(axis=1), (precision * rest).sum(axis=1)
    determinant = a * c - b * b
    explained = (c * u**2 - 2 * b * u * v + a * v**2) / determinant
    own = (data["seen"] * pt.log(noise**2 * data["aging"]) + precision * rest**2).sum(axis=1)
    said = -0.5 * (own - explained + pt.log(determinant) + 2 * pt.log(truth_sd) + 2 * pt.log(shared))
    centre, spread = (c * u - b * v) / determinant, pt.sqrt(c / determinant)
    pm.Potential("said_seen", (data["weight"] * said).sum())
    p = _chance(data["base"] + centre, spread)
    happened = data["outcome"] * pt.log(p) + (1 - data["outcome"]) * pt.log1p(-p)
    pm.Potential("outcome_seen", (data["weight"] * data["resolved"] * happened).sum())


def _chance(mean: Tensor, sd: Tensor) -> Tensor:
    """Return the probability of a normal log-odds, kept off 0 and 1 by rounding's width."""
    points, weights = hermite()
    p = (weights * pm.math.sigmoid(mean[:, None] + sd[:, None] * points)).sum(axis=1)
    return pt.clip(p, 1e-12, 1 - 1e-12)
