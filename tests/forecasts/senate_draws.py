"""Made-up draws of a fitted vote, without a sampler: every quantity near a plausible value."""

import numpy as np

from forecasts import senate_fit
from forecasts.definition import FittedVote
from forecasts.draws_file import DrawsFile, Variable

BY_TYPE = {"type_contested": 1.5, "type_middle": 1.4, "type_slope": -1.0}
SINGLE = {
    "slope_sd": 1.6,
    "copartisan": 0.8,
    "treaty_sd": 0.9,
    "party_sd": 0.7,
    "senator_sd": 0.8,
    "practice_now": 0.2,
    "practice_step": 0.3,
    "absence_now": -2.8,
    "absence_step": 0.2,
    "absence_contested": -0.2,
    "absence_sd": 0.5,
}


def made_up(fitted: FittedVote, *, rows: int = 400, seed: int = 1, **middles: float) -> DrawsFile:
    """Return draws about the middles above, or those given, with little scatter."""
    rng, kinds = np.random.default_rng(seed), tuple(sorted({call.type for call in fitted.history}))
    variables = {}
    for name, middle in (BY_TYPE | SINGLE | middles).items():
        shape = (4, rows // 4, len(kinds)) if name in BY_TYPE else (4, rows // 4)
        scale = 1 + 0.05 * rng.standard_normal(shape)
        dims = ("type",) if name in BY_TYPE else ()
        variables[name] = Variable(dims, (middle * scale).astype(np.float32), senate_fit.UNITS[name])
    return DrawsFile("senate", "0" * 64, {"type": kinds}, variables, {"model": "senate"})
