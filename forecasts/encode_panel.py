"""The law by which the kernel carries a fitted panel's aggregate on, as a run reads it from what is kept of the fit."""

from dataclasses import replace

import numpy as np

from forecasts import panel_futures, spending_fit
from forecasts.definition import Series
from forecasts.draws_file import DrawsFile
from forecasts.encode_chance import Chance
from forecasts.encode_series import Vintage
from forecasts.parameters import Parameters
from forecasts.spending_editions import EditionPanel
from models.spending_kernel import KernelLaw, Printing


def law_of(
    series: Series, printed: EditionPanel, file: DrawsFile, *, parameters: Parameters, chance: Chance
) -> KernelLaw:
    """Return the kernel's law for the draws of a run.

    How far the printed aggregate lies from the weighted mean is judged, with luck of its own.

    Parameters
    ----------
    series, printed
        The series, whose panel is fitted, and the panel as it was in force.
    file
        What is kept of the fit.
    parameters, chance
        All fits of the run: they say which row of this one each draw takes.

    Raises
    ------
    ValueError
        When the series has no panel.
    """
    if series.panel is None:
        raise ValueError(f"series {series.id!r} has no fitted panel")
    whole = spending_fit.law(file, last=float(np.log(panel_futures.weighted_means(series.panel, printed)[-1])))
    law = panel_futures.law_of_rows(whole, parameters.drawn(chance) % whole.growth.size)
    shift = panel_futures.discrepancy(series.panel, printed, chance.normal(f"series:{series.id}:discrepancy"))
    return replace(law, log_share=law.log_share + shift)


def printing_of(found: Vintage, file: DrawsFile | None) -> Printing | None:
    """Return what is printed where the kernel walks, in the years after the last printed one; None without a panel."""
    return None if found.printed is None or file is None else spending_fit.printed(file)
