"""How long agreements hold, and how long they take to reach: one law of durations with effects of what a case has.

Generative story. A case c of weight omega_c (comparability, as in `models.reference_class`) has features; x_ck is 1
where it shows effect k. Its cumulative hazard after t years is

    H_c(t) = exp(a + sum_k x_ck b_k) g(t),      S_c(t) = exp(-H_c(t)),      g(5 years) = 1

so exp(a) is the cumulative hazard of the first five years of a case without any of the features. The clock g is
* Weibull, (t / 5)^k: what the simulation kernel knows (`rate * t^shape`), and what a board is fitted with; or
* bounded, (1 - exp(-(t / s)^k)) / (1 - exp(-(5 / s)^k)): with a cure share. A case that has outlived the settling time
  s by far holds for good; exp(-H(infinity)) of all cases do. Hazards of two cases stay in proportion (Tsodikov,
  Ibrahim and Yakovlev 2003, JASA 98:1063), which a share of immune cases would not give.

Likelihood: what is known of a case is an interval (`models.durability_curves`): the day of its end, (0, 30 days] for
ends so early that it is moot whether the fighting had ever stopped, (length, infinity) while it holds.

    sum_c omega_c log(S_c(lower_c) - S_c(upper_c))

Priors, with reasons; all are arguments, these are the values used for wars that may resume.
* a ~ Normal(log .45, .5): 36 % of cases end within five years, 90 % range 18 to 64 %. Civil wars: 23 % within five
  years (Suhrke and Samset) to 44 % (Collier and others 2003), 40 % within ten (Collier, Hoeffler and Soderbom 2008),
  about half of negotiated settlements (Licklider 1995). Wars between states are another class, and "war" is counted at
  other thresholds: the width is twice what those figures span. The post-Soviet cases are cases, so not in the prior.
* log k ~ Normal(log .6, .4): below 1 with probability .9. Fighting that returns does so early; a war that stays ended
  ten years rarely comes back. The same prior serves time to agreement, where .9 says less.
* b_k ~ Normal: the elicited ratio of the board's edge where there is one (median and 90 % range); else Normal(0, .25),
  which puts 90 % of ratios between .66 and 1.5. Features of agreements seldom explain more, and many features of few
  cases reward whatever fits: heavy shrinkage. No case with a great power's guarantee resumed: the likelihood alone has
  no maximum there, and the prior keeps the ratio finite.
* log s ~ Normal(log 10, 1), for a bounded clock: what has lasted a decade mostly lasts, give or take a factor of 5.

Units: years of 365.25 days; `shape` and ratios are bare numbers.

What the model leaves out: cases of one war are not independent; a force stays or goes, while a feature here holds from
the first day; forces and guarantees go where peace is likelier, so an effect is what was seen, not what would be done.
Cases differ in ways that no feature names; a falling hazard is also what such a mixture looks like, and no data of this
size tells the two apart.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from models.durability_curves import HORIZON, INSTANT, SMALLEST, Durations

Float = NDArray[np.float64]
type Tensor = Any
"""A node of the model's graph."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal priors, each as (mean, standard deviation).

    Raises
    ------
    ValueError
        When a number is not finite or a standard deviation not above 0.
    """

    log_level: tuple[float, float]
    """Of the log cumulative hazard within five years."""
    log_shape: tuple[float, float]
    effect: Float
    """(K, 2): mean and standard deviation of each log hazard ratio."""
    log_settling: tuple[float, float] | None
    """Of the log settling time in years; None for a Weibull clock."""

    def __post_init__(self) -> None:
        rows = [self.log_level, self.log_shape, *self.effect.tolist()]
        rows += [self.log_settling] if self.log_settling else []
        for mean, sd in rows:
            if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
                raise ValueError(f"prior ({mean}, {sd}): a finite mean and a standard deviation above 0 are needed")


def build(cases: Durations, prior: Prior) -> pm.Model:
    """Return the model of durations; its quantities are those of `models.durability_curves.Hazard`.

    Parameters
    ----------
    cases
        What is known of each case.
    prior
        Of the level, the shape, the K effects and, for a bounded clock, the settling time.

    Raises
    ------
    ValueError
        When the prior speaks of another number of effects.
    """
    if prior.effect.shape != (len(cases.effects), 2):
        raise ValueError(f"priors of shape {prior.effect.shape} for {len(cases.effects)} effects: (K, 2) is needed")
    with pm.Model(coords={"effect": list(cases.effects)}) as model:
        data = {name: pm.Data(name, values) for name, values in arrays(cases).items()}
        level = _normal("log_level", prior.log_level)
        shape = pm.Deterministic("shape", pt.exp(_normal("log_shape", prior.log_shape)))
        settling = None
        if prior.log_settling is not None:
            settling = pm.Deterministic("settling", pt.exp(_normal("log_settling", prior.log_settling)))
        log_hazard = level + (_shift(data["design"], prior) if cases.effects else 0.0)
        pm.Potential("power_likelihood", _log_likelihood(data, log_hazard, shape, settling))
    return model


def arrays(cases: Durations) -> dict[str, Float]:
    """Return what the model holds of its cases, by name of its `pm.Data`: exchange these to fit other cases."""
    return {
        "lower": np.maximum(cases.lower, INSTANT),
        "upper": np.where(cases.ended, cases.upper, 2 * cases.lower + 1),
        "ended": cases.ended.astype(float),
        "design": cases.design,
        "weight": cases.weight,
    }


def _normal(name: str, moments: tuple[float, float]) -> Tensor:
    held = pm.Data(f"{name}_prior", np.asarray(moments, float))
    return pm.Normal(name, held[0], held[1])


def _shift(design: Tensor, prior: Prior) -> Tensor:
    """Return each case's log hazard ratio, (C,)."""
    moments = pm.Data("effect_prior", prior.effect)
    log_hr = pm.Normal("log_hr", moments[:, 0], moments[:, 1], dims="effect")
    return design @ log_hr


def _log_likelihood(data: dict[str, Tensor], log_hazard: Tensor, shape: Tensor, settling: Tensor | None) -> Tensor:
    before, log_step = _clock(data["lower"], data["upper"], shape, settling)
    within = pt.maximum(pt.exp(log_hazard + log_step), SMALLEST)
    log_end = log_hazard + log_step + pt.log(-pt.expm1(-within) / within)
    return (data["weight"] * (data["ended"] * log_end - pt.exp(log_hazard) * before)).sum()


def _clock(lower: Tensor, upper: Tensor, shape: Tensor, settling: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return g(lower) and log(g(upper) - g(lower)), which a day late in a long clock must not lose to rounding."""
    scale = HORIZON if settling is None else settling
    start = (lower / scale) ** shape
    rise = shape * pt.log(lower / scale) + pt.log(pt.expm1(shape * pt.log(upper / lower)))
    if settling is None:
        return start, rise
    whole = -pt.expm1(-((HORIZON / settling) ** shape))
    step = pt.maximum(pt.exp(rise), SMALLEST)
    log_step = rise - start + pt.log(-pt.expm1(-step) / step) - pt.log(whole)
    return -pt.expm1(-start) / whole, log_step
