"""Made-up draws of a fitted panel, without a sampler: every quantity near a plausible value."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from forecasts import board as boards
from forecasts import catalogue, draws_file, spending_fit
from forecasts.definition import Series
from forecasts.draws_file import DrawsFile, Variable
from forecasts.settings import SHIPPED_BOARDS
from forecasts.spending_editions import EditionPanel, in_force
from models.spending_paths import SINGLE

SCALE = {"turbulence_sd": 0.2, "spread_sd": 0.3, "slope_sd": 0.01, "common_sd": 0.015, "break_sd": 0.02}
"""Middle of the scales that are not near .03."""
PART = {"damping": 0.7, "compliance": 0.2, "resolve": 0.3, "persistence": 0.4}
"""Middle of the shares."""


def shipped_series() -> Series:
    """Return the series of the shipped board that has a fitted panel."""
    board, problems = boards.load(Path(SHIPPED_BOARDS) / "indivisible-security")
    assert board is not None, problems
    return next(s for s in board.series if s.panel is not None)


def made_up(printed: EditionPanel, *, rows: int = 4000, seed: int = 1, growth: float = 0.0) -> DrawsFile:
    """Return draws of a panel: the common changes as they were, plus `growth`, with little scatter."""
    rng, steps = np.random.default_rng(seed), len(printed.panel.years) - 1
    moved = np.median(printed.panel.changes, axis=0) + growth
    single = np.stack([_single(name, rows, rng) for name in SINGLE], axis=1)
    later = tuple(printed.panel.years[1:])
    values = {
        "single": (single, "quantity"),
        "moved": (moved + 0.004 * rng.standard_normal((rows, steps)), "change"),
        "turbulence": (0.05 * rng.standard_normal((rows, steps)), "change"),
    }
    variables = {
        name: Variable((axis,), v.reshape(4, rows // 4, -1).astype("f4"), spending_fit.UNITS[name])
        for name, (v, axis) in values.items()
    }
    return DrawsFile("spending", "0" * 64, {"change": later, "quantity": SINGLE}, variables, {"model": "spending"})


def _single(name: str, rows: int, rng: np.random.Generator) -> np.ndarray:
    if name in PART:
        return np.clip(PART[name] + 0.01 * rng.standard_normal(rows), 0.01, 0.99)
    return SCALE.get(name, 0.03) * np.exp(0.05 * rng.standard_normal(rows))


def keep_draws(artefacts, moment, **choices) -> list[str]:
    """Let the catalogue find made-up draws of every fitted panel at a moment, as if sampled; return their hashes."""
    kept = []
    for series in moment.board.series:
        if series.panel is not None:
            recipe = catalogue.recipes(moment)[series.id]
            assert recipe.derive is not None
            file = recipe.derive(made_up(in_force(series.panel, as_of=moment.day), **choices))
            file = replace(file, input_hash=recipe.input_hash)
            kept.append(artefacts.put(draws_file.to_bytes(file, bits=recipe.bits)))
            artefacts.bind(recipe.input_hash, kept[-1])
    return kept
