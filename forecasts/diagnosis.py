"""What a statistician is told of a fit's draws: convergence, ranks, traces, prior beside posterior, sensitivity.

A diagnosis is made once for each draws file (`make`, seconds, by `twixt diagnose`) and kept as JSON among the cache's
files under the draws' hash; pages and commands read it. It decides no published number and may be deleted at any time.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasts import convergence, prior_check
from forecasts.artefacts import Artefacts
from forecasts.draws_file import DrawsFile
from forecasts.errors import CorruptArtefactError

if TYPE_CHECKING:
    from forecasts.recipe import Recipe

SCHEMA = "twixt diagnosis 2"
SEED = 20250215
"""Luck of the prior draws: the same file gives the same diagnosis."""
NO_RECIPE = "the model or its data have changed since these draws were sampled, so their prior cannot be drawn again"


def folder(cache: Path) -> Artefacts:
    """Return where diagnoses are kept, given a home's cache."""
    return Artefacts(cache / "diagnoses")


def make(file: DrawsFile, recipe: "Recipe | None") -> dict[str, Any]:
    """Return the diagnosis of a fit's draws as plain JSON values.

    Parameters
    ----------
    file
        Its draws.
    recipe
        What they were sampled from, or None where it is not at hand: then nothing is said of the prior.

    Returns
    -------
    dict
        Keys `model`, `variant`, `input_hash`, `chains`, `draws`, `quantities` (each a line of `convergence.measures`
        with `variable`, `label`, `units`), `ranks`, `traces`, `prior` (by name), `sensitivity`, `no_prior` (why there
        is none, for some quantities or all).
    """
    draws, parts = convergence.chains(file), convergence.quantities(file)
    lines = [
        line | {"variable": parts[name][0], "label": parts[name][1], "units": file.variables[parts[name][0]].units}
        for line in convergence.measures(draws)
        for name in [line["name"]]
    ]
    return {
        "schema": SCHEMA,
        "model": file.model,
        "variant": str(file.receipt.get("variant", "")),
        "input_hash": file.input_hash,
        "chains": file.chains,
        "draws": file.rows // file.chains,
        "quantities": lines,
        "ranks": convergence.rank_lines(draws) if file.chains > 1 else {},
        "traces": convergence.trace_lines(draws),
        **_of_prior(file, recipe, draws),
    }


def _of_prior(file: DrawsFile, recipe: "Recipe | None", draws: Mapping[str, convergence.Float]) -> dict[str, Any]:
    if recipe is None or recipe.input_hash != file.input_hash:
        return {"prior": {}, "sensitivity": None, "no_prior": NO_RECIPE}
    model = recipe.build()
    prior = prior_check.prior_draws(model, file, seed=SEED)
    without = sorted({name.partition("[")[0] for name in draws if name not in prior})
    return {
        "prior": prior_check.overlaps(draws, prior),
        "sensitivity": prior_check.sensitivity(model, file, draws),
        "no_prior": f"no proper prior of its own: {', '.join(without)}" if without else "",
    }


def failing(document: Mapping[str, Any]) -> list[str]:
    """Return the names of quantities that are out of bounds."""
    return [line["name"] for line in document["quantities"] if line["wrong"]]


def keep(kept: Artefacts, draws: str, document: Mapping[str, Any]) -> None:
    """Keep a diagnosis under the hash of its draws file; raises StoreError where nothing can be written."""
    kept.bind(_key(draws), kept.put(json.dumps(document, allow_nan=False).encode()))


def read(kept: Artefacts, draws: str) -> dict[str, Any] | None:
    """Return the diagnosis of a draws file, or None where there is none or it is damaged: then it is made anew."""
    try:
        name = kept.bound(_key(draws))
        found = json.loads(kept.get(name)) if name else None
    except (CorruptArtefactError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def _key(draws: str) -> str:
    return f"{SCHEMA}: {draws}"
