"""Defence shares of the allies: one panel of log shares of GDP, its levels and slopes integrated out.

Generative story. Country i prints the share y_it (log of percent of GDP) for year t. Its yearly change is

    y_it - y_i,t-1 = moved_t + beta_t pace_it + (L e_i)_t,        moved_t = g_t + l_t + (c_t - c_t-1)

* g_t, the slope that the allies share: damped, g_t = phi g_t-1 + noise (`common_sd`). A break (2014, 2022,
  2024: an invasion, or doubt about the protector) adds a jump in the following year.
* l_t, what moves all shares once and for good: noise (`lasting_sd`), more of it after a break, when some promises are
  kept at once.
* c_t moves all shares for one year and is taken back (`transitory_sd`): mostly output, the denominator. In a slump year
  (the pandemic) it is known to be high, and known to come back.
* beta_t is the part of the pace a pledge asks for (gap to the pledged share over the years left) that is kept:
  `compliance` in quiet years, `resolve` once a break has made the pledge matter. So a surge can be a catching-up that
  ends at the pledged share, or a slope that goes on; those far below and those above the pledge tell them apart.
* L e_i, the country's own part. L is the Cholesky factor of the covariance that a local linear trend has after its
  states are integrated out: a level that walks (`level_sd`), an own slope damped by the same phi (`slope_sd`, and
  drawn anew with `break_sd` in the first year and after a break), an error of the printed value (`printed_sd`, more
  for a year still to be revised, `revision_sd`). One small factor serves all countries. The innovations
  e_it are independent Student-t with 4 degrees of freedom times the country's own spread s_i: one-off purchases
  (Bulgaria 2019) and leaps (Poland 2023) happen, and Luxembourg moves more than France; log s_i ~ Normal(0,
  `spread_sd`). All innovations of a year are times exp(`turbulence`_t): some years shake every ally, and shaken years
  come together (`turbulence_sd`, `persistence`).

The innovations form (Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing, ch. 13, robustified
as in Gelper, Fried and Croux 2010, J. Forecasting 29:285) is an exact model of its own, not an approximation:
`replicate` simulates it and `paths` carries it on. It agrees with the Gaussian trend in all covariances.

What is sampled. Given the scales, `moved` is Gaussian with its parts integrated out (`spending_paths.common_law`; where
g and c stand in the last year is drawn again from their conditional law). It is written as

    moved = median change - beta_t median pace + L (exp(turbulence) * shift)

and `shift` is sampled: the centre of each year's innovations in units of those innovations. Whatever the scales are,
and they may be far smaller than their priors say (a table of smooth made-up numbers), `shift` stays of order
one over the root of the number of countries and hardly depends on them: one leapfrog trajectory in
place of a hundred. Spreads are sampled as they are: to integrate them out by quadrature took ten times as long.

Priors, with reasons. "Before" means the decades to 2014, when the European
allies' share fell from about 1.7 % (2009) to 1.4 % (2014), 4 % a year, and scattered by about 3.5 % around its trend.
* damping phi ~ Beta(8, 2), mean .8, near a unit root: surges fade, slowly (METHODS 6).
* first slope ~ Normal(.01, .05): the old slope of -.04 and a jump; jump at a break ~ Normal(.05, .05): 2014 turned -4 %
  a year into about +1 %. What a break moves at once ~ Normal(0, .05): no less than what it adds to the slope.
* common_sd, transitory_sd ~ LogNormal(log .02, .5): a yearly change scatters by sqrt(.02^2 + 2 x .02^2) = .035.
  lasting_sd ~ LogNormal(log .01, .5): half of them; in quiet years little comes at once.
* slump ~ Normal(.06, .03): output of the allies fell by 4 to 10 % in 2020.
* compliance ~ Beta(2, 4), mean 1/3: earlier targets (the 2 % of 2006) were met by few. resolve ~ Beta(2, 2), mean
  1/2: what a war makes of a pledge had not been seen.
* level_sd ~ LogNormal(log .05, .5), 90 % .02 to .11: scale of a t(4), so standard deviations of .03 to .16 a year.
* break_sd ~ LogNormal(log .04, .5), slope_sd ~ LogNormal(log .01, .5): after a break countries part by some percent a
  year, otherwise by little. No scale is zero, so none may run to it.
* printed_sd ~ LogNormal(log .03, .3), revision_sd ~ LogNormal(log .03, .2): later editions revise by 2 to 4 %.
* spread_sd ~ LogNormal(log .4, .4): 90 % of countries within a factor 2 of each other.
* turbulence_sd ~ LogNormal(log .3, .4): 90 % of years within a factor 1.6 of the middling one; persistence ~
  Beta(4, 4), mean 1/2: budgets are drawn up years ahead, so what shakes one year is felt in the next.
* coming breaks and slumps: their rates are drawn from what was counted in forty years (`spending_paths.coming`).

How it does at rolling origins, and what was tried before, is told in docs/spending-model.md.

What the model leaves out: neighbours do not imitate each other beyond the common slope; GDP weights stay as they are;
editions other than the one in force are not read (the later edition of a year replaces the earlier).
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.spending_panel import (
    AT_ONCE,
    FIRST_SLOPE,
    FREEDOM,
    JUMP,
    SINGLE,
    SLUMP,
    Panel,
    Setting,
    design,
)

type Tensor = Any
"""A node of the model's graph."""


def build(panel: Panel, setting: Setting) -> pm.Model:
    """Return the model of a panel; its quantities are `PARAMETERS`, and `single` has those of one value together.

    Parameters
    ----------
    panel
        Log shares.
    setting
        What was known of the world in the panel's last year (`Setting.until`).
    """
    coords = {
        "country": list(panel.countries),
        "change": list(panel.years[1:]),
        "year": list(panel.years),
        "quantity": list(SINGLE),
    }
    with pm.Model(coords=coords) as model:
        data = _data(panel, setting)
        single = _single()
        pm.Deterministic("single", pt.stack([single[name] for name in SINGLE]), dims="quantity")
        memory = data["lower"] * single["damping"] ** data["exponent"]
        root = _factor(data, single, memory)
        turbulence = _turbulence(data, single)
        shift = pm.Flat("shift", dims="change")
        kept = single["compliance"] + (single["resolve"] - single["compliance"]) * data["after"]
        middle = data["middle_change"] - kept * data["middle_pace"]
        moved = pm.Deterministic("moved", middle + root @ (pt.exp(turbulence) * shift), dims="change")
        volume = pt.log(root.diagonal()).sum() + turbulence.sum()
        pm.Potential("common_law", _log_common(data, single, memory, moved) + volume)  # volume: moved by shift
        spread = pm.Deterministic(
            "log_spread", single["spread_sd"] * pm.Normal("z_spread", 0, 1, dims="country"), dims="country"
        )
        residual = data["changes"] - moved - kept * data["pace"]
        white = pt.linalg.solve_triangular(root, residual.T, lower=True).T
        pm.Potential("changes_seen", _log_innovations(white, spread, turbulence) - residual.shape[0] * volume)
    return model


def _data(panel: Panel, setting: Setting) -> dict[str, Tensor]:
    shape = design(panel, setting)
    first = np.zeros_like(shape.anew)
    first[0] = 1.0
    middle = {"middle_change": np.median(panel.changes, axis=0), "middle_pace": np.median(shape.pace, axis=0)}
    by_change = {"anew": shape.anew, "first": first, "after": shape.after} | middle
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
        "lasting_sd": (0.01, 0.5),
        "transitory_sd": (0.02, 0.5),
        "spread_sd": (0.4, 0.4),
        "turbulence_sd": (0.3, 0.4),
    }
    shares = {"damping": (8.0, 2.0), "compliance": (2.0, 4.0), "resolve": (2.0, 2.0), "persistence": (4.0, 4.0)}
    return {name: pm.Beta(name, *ab) for name, ab in shares.items()} | {
        name: pm.LogNormal(name, np.log(m), sd) for name, (m, sd) in scales.items()
    }


def _turbulence(data: dict[str, Tensor], single: dict[str, Tensor]) -> Tensor:
    """Return how shaken each year is, (N,): autoregressive, from its stationary law on."""
    first, persistence = data["first"], single["persistence"]
    luck = pm.Normal("z_turbulence", 0, 1, dims="change") * pt.sqrt(first + (1 - first) * (1 - persistence**2))
    carried = (data["lower"] * persistence ** data["exponent"]) @ luck
    return pm.Deterministic("turbulence", single["turbulence_sd"] * carried, dims="change")


def _log_common(data: dict[str, Tensor], single: dict[str, Tensor], memory: Tensor, moved: Tensor) -> Tensor:
    """Return the log density of the common changes but for a constant: `spending_paths.common_law`."""
    anew, first, difference = data["anew"], data["first"], data["difference"]
    shock_variance = anew * JUMP[1] ** 2 + (1 - first) * single["common_sd"] ** 2
    passing_variance = pt.switch(data["slump"] > 0, SLUMP[1] ** 2, single["transitory_sd"] ** 2)
    mean = memory @ (first * FIRST_SLOPE + (anew - first) * JUMP[0]) + difference @ (data["slump"] * SLUMP[0])
    lasting = (anew - first) * AT_ONCE**2 + single["lasting_sd"] ** 2
    covariance = (memory * shock_variance) @ memory.T + (difference * passing_variance) @ difference.T
    covariance += lasting * data["lower"] * data["lower"].T  # a diagonal
    root = pt.linalg.cholesky(covariance)
    white = pt.linalg.solve_triangular(root, moved - mean, lower=True)
    return -0.5 * (white**2).sum() - pt.log(root.diagonal()).sum()


def _factor(data: dict[str, Tensor], single: dict[str, Tensor], memory: Tensor) -> Tensor:
    """Return the lower Cholesky factor of a country's changes, (N, N)."""
    fresh = pt.switch(data["anew"] > 0, single["break_sd"], single["slope_sd"]) ** 2
    printed = single["printed_sd"] ** 2 + data["provisional"] * single["revision_sd"] ** 2
    slopes = (memory * fresh) @ memory.T
    errors = (data["difference"] * printed) @ data["difference"].T
    identity = data["lower"] * data["lower"].T
    return pt.linalg.cholesky(slopes + errors + single["level_sd"] ** 2 * identity)


def _log_innovations(white: Tensor, log_spread: Tensor, turbulence: Tensor) -> Tensor:
    """Return the log density of all innovations (C, N) but for a constant and the change of volume."""
    scaled = white * pt.exp(-turbulence) * pt.exp(-log_spread)[:, None]
    tails = (FREEDOM + 1) / 2 * pt.log1p(scaled**2 / FREEDOM).sum()
    return -tails - white.shape[1] * log_spread.sum()
