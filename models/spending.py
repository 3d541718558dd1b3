"""Defence shares of the allies: one panel of log shares of GDP, its levels and slopes integrated out.

Generative story. Country i prints the share y_it (log of percent of GDP) for year t. Its yearly change is

    y_it - y_i,t-1 = g_t + (c_t - c_t-1) + beta pace_it + (L e_i)_t

* `common` g_t, the slope that the allies share: damped, g_t = phi g_t-1 + noise (`common_sd`). A break (2014, 2022,
  2025: an invasion, or doubt about the protector) adds a jump in the following year.
* `transitory` c_t moves all shares for one year and is taken back: mostly output, the denominator. In a slump year (the
  pandemic) it is known to be high, and known to come back.
* `compliance` beta: the part of the pace a pledge asks for (gap to the pledged share over the years left) that is kept.
* L e_i, the country's own part. L is the Cholesky factor of the covariance that a local linear trend has after its
  states are integrated out: a level that walks (`level_sd`), an own slope damped by the same phi (`slope_sd`, and
  drawn anew with `break_sd` in the first year and after a break), an error of the printed value (`printed_sd`, more
  for a year still to be revised, `revision_sd`). One small factor serves all countries. The innovations
  e_it are independent Student-t with 4 degrees of freedom times the country's own spread s_i: one-off purchases
  (Bulgaria 2019) and leaps (Poland 2023) happen, and Luxembourg moves more than France. log s_i ~ Normal(0,
  `spread_sd`), integrated out by Gauss and Hermite's rule with 15 points. All innovations of a year are times
  exp(`turbulence`_t), Normal(0, `turbulence_sd`): some years shake every ally.

The innovations form (Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing, ch. 13, robustified
as in Gelper, Fried and Croux 2010, J. Forecasting 29:285) is an exact model of its own, not an approximation:
`replicate` simulates it and `paths` carries it on. It agrees with the Gaussian trend in all covariances.

Priors, with reasons. "Before" means the decades to 2014, when the European
allies' share fell from about 1.7 % (2009) to 1.4 % (2014), 4 % a year, and scattered by about 3.5 % around its trend.
* damping phi ~ Beta(8, 2), mean .8, near a unit root: surges fade, slowly (METHODS 6).
* first slope ~ Normal(.01, .05): the old slope of -.04 and a jump; jump at a break ~ Normal(.05, .05): 2014 turned -4 %
  a year into about +1 %.
* common_sd, transitory_sd ~ LogNormal(log .02, .5): a yearly change scatters by sqrt(.02^2 + 2 x .02^2) = .035.
* slump ~ Normal(.06, .03): output of the allies fell by 4 to 10 % in 2020.
* compliance ~ Beta(2, 4), mean 1/3: earlier targets (the 2 % of 2006) were met by few.
* level_sd ~ LogNormal(log .05, .5), 90 % .02 to .11: scale of a t(4), so standard deviations of .03 to .16 a year.
* break_sd ~ LogNormal(log .04, .5), slope_sd ~ LogNormal(log .01, .5): after a break countries part by some percent a
  year, otherwise by little. No scale is zero, so none may run to it.
* printed_sd ~ LogNormal(log .03, .3), revision_sd ~ LogNormal(log .03, .2): later editions revise by 2 to 4 %.
* spread_sd ~ LogNormal(log .4, .4): 90 % of countries within a factor 2 of each other.
* turbulence_sd ~ LogNormal(log .3, .4): 90 % of years within a factor 1.6 of the middling one.

How it does at rolling origins, what was tried before, and that its 90 % intervals hold .84 and .85 of the outcomes
only, is told in docs/spending-model.md.

What the model leaves out: neighbours do not imitate each other beyond the common slope; GDP weights stay as they are;
editions other than the one in force are not read (the later edition of a year replaces the earlier).
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.spending_paths import FREEDOM, JUMP, SLUMP, Panel, Setting, design, spread_points

type Tensor = Any
"""A node of the model's graph."""

FIRST_SLOPE = 0.01
"""Prior mean of the common slope in the panel's first year; its standard deviation is that of a jump, at least."""


def build(panel: Panel, setting: Setting) -> pm.Model:
    """Return the model of a panel; its quantities are `models.spending_paths.PARAMETERS`.

    Parameters
    ----------
    panel
        Log shares.
    setting
        What was known of the world in the panel's last year (`Setting.until`).
    """
    coords = {"country": list(panel.countries), "change": list(panel.years[1:]), "year": list(panel.years)}
    with pm.Model(coords=coords) as model:
        data = _data(panel, setting)
        single = _single()
        memory = data["lower"] * single["damping"] ** data["exponent"]
        moved = _common(data, single, memory)
        residual = data["changes"] - moved - single["compliance"] * data["pace"]
        luck = pm.Normal("z_turbulence", 0, 1, dims="change")
        turbulence = pm.Deterministic("turbulence", single["turbulence_sd"] * luck, dims="change")
        root = _factor(data, single, memory)
        pm.Potential("changes_seen", _log_likelihood(residual, root, single["spread_sd"], turbulence))
    return model


def _data(panel: Panel, setting: Setting) -> dict[str, Tensor]:
    shape = design(panel, setting)
    first = np.zeros_like(shape.anew)
    first[0] = 1.0
    by_change = {"anew": shape.anew, "first": first}
    by_year = {"slump": shape.slump, "provisional": panel.provisional}
    by_both = {"changes": panel.changes, "pace": shape.pace}
    square = {"exponent": shape.exponent, "lower": shape.lower, "difference": shape.difference}
    return (
        {name: pm.Data(name, values, dims="change") for name, values in by_change.items()}
        | {name: pm.Data(name, values, dims="year") for name, values in by_year.items()}
        | {name: pm.Data(name, values, dims=("country", "change")) for name, values in by_both.items()}
        | {name: pm.Data(name, values) for name, values in square.items()}
    )


def _single() -> dict[str, Tensor]:
    """Return the quantities with one value for the panel."""
    scales = {
        "level_sd": (0.05, 0.5),
        "break_sd": (0.04, 0.5),
        "slope_sd": (0.01, 0.5),
        "printed_sd": (0.03, 0.3),
        "revision_sd": (0.03, 0.2),
        "common_sd": (0.02, 0.5),
        "transitory_sd": (0.02, 0.5),
        "spread_sd": (0.4, 0.4),
        "turbulence_sd": (0.3, 0.4),
    }
    shares = {"damping": pm.Beta("damping", 8.0, 2.0), "compliance": pm.Beta("compliance", 2.0, 4.0)}
    return shares | {name: pm.LogNormal(name, np.log(m), sd) for name, (m, sd) in scales.items()}


def _common(data: dict[str, Tensor], single: dict[str, Tensor], memory: Tensor) -> Tensor:
    """Return what all countries' changes have in common, (N,)."""
    anew, first = data["anew"], data["first"]
    luck = pm.Normal("z_common", 0, 1, dims="change")
    shock_sd = pt.sqrt(anew * JUMP[1] ** 2 + (1 - first) * single["common_sd"] ** 2)
    shock = first * FIRST_SLOPE + (anew - first) * JUMP[0] + shock_sd * luck
    common = pm.Deterministic("common", memory @ shock, dims="change")
    z = pm.Normal("z_transitory", 0, 1, dims="year")
    passing = pt.switch(data["slump"] > 0, SLUMP[0] + SLUMP[1] * z, single["transitory_sd"] * z)
    transitory = pm.Deterministic("transitory", passing, dims="year")
    return common + data["difference"] @ transitory


def _factor(data: dict[str, Tensor], single: dict[str, Tensor], memory: Tensor) -> Tensor:
    """Return the lower Cholesky factor of a country's changes, (N, N)."""
    fresh = pt.switch(data["anew"] > 0, single["break_sd"], single["slope_sd"]) ** 2
    printed = single["printed_sd"] ** 2 + data["provisional"] * single["revision_sd"] ** 2
    slopes = (memory * fresh) @ memory.T
    errors = (data["difference"] * printed) @ data["difference"].T
    identity = data["lower"] * data["lower"].T
    return pt.linalg.cholesky(slopes + errors + single["level_sd"] ** 2 * identity)


def _log_likelihood(residual: Tensor, root: Tensor, spread_sd: Tensor, turbulence: Tensor) -> Tensor:
    """Return the log density of all countries' changes but for a constant, each country's spread summed out."""
    points, log_weights = spread_points()
    white = pt.linalg.solve_triangular(root, residual.T, lower=True).T * pt.exp(-turbulence)
    log_spread = spread_sd * points
    scaled = white[:, :, None] * pt.exp(-log_spread)
    tails = (FREEDOM + 1) / 2 * pt.log1p(scaled**2 / FREEDOM).sum(axis=1)
    each = pm.math.logsumexp(log_weights - residual.shape[1] * log_spread - tails, axis=1)
    return each.sum() - residual.shape[0] * (pt.log(root.diagonal()).sum() + turbulence.sum())
