"""From records to what the models read: the one place that other modules import for it.

`world`, `start`, `draws` and `items` are all that a run needs; days count from the board's opening.
"""

from forecasts.encode_draws import drawn, draws, hazard_draws, votes
from forecasts.encode_evidence import Labels, items
from forecasts.encode_rates import RateRow, side_by_side
from forecasts.encode_series import series_notes, vintage
from forecasts.encode_world import day_number, period_days, series_years, start, world

__all__ = [
    "Labels",
    "RateRow",
    "day_number",
    "drawn",
    "draws",
    "hazard_draws",
    "items",
    "period_days",
    "series_notes",
    "series_years",
    "side_by_side",
    "start",
    "vintage",
    "votes",
    "world",
]
