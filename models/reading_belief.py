"""What draws of `models.readings` teach, as the belief that the evidence's design is made of. No sampler is needed."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.evidence import Belief, prior_belief

Float = NDArray[np.float64]

UNITS = {"common": "log ratio", "log_kappa": "log ratio", "letter": "1", "digit": "1", "rho": "1"}
"""Quantities of `models.readings` that are read, with their units."""


def learned(draws: Mapping[str, Float], forecasters: tuple[str, ...], wanted: tuple[str, ...]) -> Belief:
    """Return what draws of the fit teach, as the belief that the evidence's design is made of.

    Moments are matched: of each log reaction (its common part and the rest), of letters and digits (the concentration
    of the least certain one serves all), of rho. A forecaster that the fit has not seen reacts like the population.

    Parameters
    ----------
    draws
        (R, ...) by name, as `build` names them.
    forecasters
        Of the fit, in the order of `log_kappa`.
    wanted
        Forecasters of the evidence in force, in the order of the design.
    """
    prior, common = prior_belief(len(wanted)), draws["common"]
    reaction_mean, reaction_sd = prior.reaction_mean.copy(), prior.reaction_sd.copy()
    for place, name in enumerate(wanted):
        if name in forecasters:
            own = draws["log_kappa"][:, forecasters.index(name)]
            reaction_mean[place] = own.mean() - common.mean()
            reaction_sd[place] = np.sqrt(max(own.var() - common.var(), 1e-4))
    letter, digit = draws["letter"].mean(axis=0), draws["digit"].mean(axis=0)
    sizes = [_concentration(draws[name]) for name in ("letter", "digit")]
    rho = draws["rho"]
    size = float(_concentration(rho[:, None]))
    return Belief(
        common_mean=float(common.mean()),
        common_sd=float(common.std()),
        reaction_mean=reaction_mean,
        reaction_sd=reaction_sd,
        letter=np.append(letter, letter[3]),
        digit=np.concatenate([[1.0], digit, [digit[1]]]),
        concentration=min(sizes),
        repetition=(float(rho.mean()) * size, float(1 - rho.mean()) * size),
    )


def _concentration(draws: Float) -> float:
    """Return the smallest a + b of Beta distributions with the draws' means and variances."""
    mean, variance = draws.mean(axis=0), draws.var(axis=0)
    return float(np.min(mean * (1 - mean) / variance - 1))
