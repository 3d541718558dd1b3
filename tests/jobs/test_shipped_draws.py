"""The draws that come with twixt: they match their inputs, they are small, and a first start samples nothing.

`make draws` makes them match again after a change of cases, priors, a model's code or a sampler's settings.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import arviz_stats
import numpy as np
import pytest
import xarray as xr

from forecasts import board_store, class_rates, draws_file, spending_fit
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.catalogue import RATES, parameter_draws
from forecasts.draws_file import DrawsFile, Variable
from forecasts.effort import first_effort
from forecasts.encode_chance import Chance
from forecasts.evaluation import Effort, judge, simulate_board, weigh_board
from forecasts.instants import end_of_day
from forecasts.parameters import Parameters
from forecasts.people import LOCAL_OWNER
from forecasts.recipe import Kept, models_kept
from forecasts.replay import Moment, read_moment
from forecasts.settings import SHIPPED_BOARDS
from forecasts.shipped import MOST_BYTES, SHIPPED
from forecasts.store import open_store
from models.precision import assess
from scripts import draws as making
from tests.jobs.small_home import Home as Board_home

RECIPES = making.shipped_recipes()
ROOT = Path(__file__).resolve().parents[2]
BOARD = "indivisible-security"
NOW = datetime(2026, 7, 2, 9, tzinfo=UTC)
LAST = end_of_day(date(2026, 7, 1))


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_draws_match_their_inputs(name: str) -> None:
    recipe, entry = RECIPES[name], SHIPPED.entries().get(name)
    assert entry is not None, f"{name}: no draws are shipped; run `make draws`"
    assert entry.input_hash == recipe.input_hash, f"{name}: sampled from other inputs; run `make draws`"
    data = SHIPPED.find(recipe.input_hash)
    assert data is not None
    file = draws_file.from_bytes(data)
    assert (file.input_hash, file.model) == (recipe.input_hash, recipe.model)
    assert {n: file.variables[n].units for n in recipe.units} == dict(recipe.units)
    drawn = recipe.sampler["chains"] * recipe.sampler["draws"]
    if recipe.derive is None:
        assert (file.rows, set(file.variables)) == (drawn, set(recipe.units))
    else:
        assert (file.rows * spending_fit.THIN, spending_fit.law(file, last=0.0).growth.size) == (drawn, drawn)
    assert draws_file.to_bytes(file, bits=recipe.bits) == data, "rounded as the recipe says"
    assert file.receipt == entry.receipt
    gate = file.receipt["gate"]
    assert len(gate) == 10
    assert all(line["ok"] is True for line in gate)


def test_nothing_else_is_shipped_and_all_of_it_is_small() -> None:
    found = {p.name: p.stat().st_size for p in SHIPPED.folder.iterdir()}
    assert set(found) == {"index.json", *RECIPES}
    assert sum(found.values()) < MOST_BYTES, found


def test_the_fits_of_a_board_go_together_at_every_edition(tmp_path: Path) -> None:
    board, problems = load(SHIPPED_BOARDS / BOARD)
    assert board is not None, problems
    for day in making.days(board):
        found = parameter_draws(making.moment(board, day), Artefacts(tmp_path))
        assert not found.sampled
        assert found.all.rows == 8_000
        assert math.gcd(*(file.rows for file in found.all.fits.values())) >= 1_000, "clusters of an error"


FIRST_START = """
import os, sys
from pathlib import Path
for name in ("pymc", "pytensor", "arviz", "arviz_stats", "nutpie"):
    sys.modules[name] = None  # importing it fails
from app.cli import main
sys.argv = ["twixt", *sys.argv[1:]]
main()
"""


def test_a_first_start_samples_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"TWIXT_HOME": str(tmp_path), "TWIXT_DB": ""}
    outputs = []
    for arguments in (["init"], ["refit", "--json"]):
        command = [sys.executable, "-c", FIRST_START, *arguments]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
        assert run.returncode == 0, run.stderr
        outputs.append(run.stdout)
    receipt = json.loads(outputs[1])["receipt"]["parameters"]
    assert receipt
    assert {key: (fit["origin"], fit["note"]) for key, fit in receipt.items()} == dict.fromkeys(
        receipt, ("shipped", "")
    )


# the fits of earlier editions differ from the newest one's by some rows of data
SLOW = {name: [pytest.mark.slow] for name in RECIPES}
for early in sorted(n for n in RECIPES if n.startswith("spending"))[:-1]:
    SLOW[early] = [pytest.mark.nightly]


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks) for name, marks in SLOW.items()])
def test_sampling_again_gives_the_shipped_draws_within_monte_carlo_error(name: str) -> None:
    recipe, data = RECIPES[name], SHIPPED.find(RECIPES[name].input_hash)
    assert data is not None
    shipped = draws_file.from_bytes(data)
    again = replace(recipe, sampler=dict(recipe.sampler) | {"seed": recipe.sampler["seed"] + 1}).sample()
    worst = {variable: largest_z(shipped, again, variable) for variable in recipe.units}
    # up to some thousand numbers, three shares of each: beyond 5 about once in a thousand such comparisons
    assert all(z < 5 for z in worst.values()), worst
    for knots in ("walked", "printed") if recipe.derive else ():
        # the middle half of a coming year's quantiles, whose spread is .1 to .3: four standard errors of a difference
        apart = (again.constants[knots].values - shipped.constants[knots].values)[:, 10:-10]
        assert np.abs(apart).max() < 0.02, knots


@pytest.mark.slow
def test_a_worker_that_keeps_its_models_draws_what_was_shipped_within_monte_carlo_error() -> None:
    recipe = RECIPES["durability-resumption.nc"]
    shipped = draws_file.from_bytes(SHIPPED.find(recipe.input_hash) or b"")
    with models_kept():
        first = recipe.sample()
        again = replace(recipe, sampler=dict(recipe.sampler) | {"seed": recipe.sampler["seed"] + 1}).sample()
    assert (first.receipt["made_by"], again.receipt["made_by"]) == ("nutpie", "nutpie, model kept")
    assert (first.input_hash, first.coords, again.coords) == (recipe.input_hash, shipped.coords, shipped.coords)
    for file in (first, again):
        worst = {variable: largest_z(shipped, file, variable) for variable in recipe.units}
        assert all(z < 5 for z in worst.values()), worst
        assert all(line["ok"] for line in file.receipt["gate"])


def largest_z(one: DrawsFile, other: DrawsFile, name: str) -> float:
    """Return the largest difference of any share of draws below a pooled quantile, in its standard errors."""
    a, b = one.of(name).reshape(one.rows, -1), other.of(name).reshape(other.rows, -1)
    found = 0.0
    for p in (0.05, 0.5, 0.95):
        cut = np.quantile(np.concatenate([a, b]), p, axis=0)
        shares = [below(draws, cut) for draws in (one.variables[name], other.variables[name])]
        error = np.sqrt(p * (1 - p) * sum(1 / ess for _, ess in shares))
        found = max(found, float(np.max(np.abs(shares[0][0] - shares[1][0]) / error)))
    return found


def below(variable: Variable, cut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of draws at or below a cut, and what they are worth in independent draws, each (n,)."""
    values = variable.values.reshape(*variable.values.shape[:2], -1) <= cut
    data = xr.Dataset({"x": (("chain", "draw", "place"), values.astype(float))})
    return values.mean(axis=(0, 1)), arviz_stats.ess(data, method="mean")["x"].values


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board_home]:
    folder = tmp_path_factory.mktemp("home")
    definition, _ = load(SHIPPED_BOARDS / BOARD)
    assert definition is not None
    found = Board_home(open_store(f"sqlite:///{folder / 'twixt.sqlite'}"), Artefacts(folder / "artefacts"), definition)
    board_store.initialise(found.store, found.artefacts, SHIPPED_BOARDS / BOARD, now=NOW, actor=LOCAL_OWNER)
    yield found
    found.store.close()


@pytest.mark.slow
def test_rounding_moves_no_published_probability_by_more_than_its_error(home: Board_home) -> None:
    """What was dropped of each draw is put back at random: the numbers stay where they are."""
    moment = read_moment(home.store, home.artefacts, BOARD, as_of=LAST, mode="retrospective", now=NOW)
    kept = parameter_draws(moment, home.artefacts).kept
    effort = first_effort(moment.board, futures=None, seed=None)
    before, error = published(moment, {key: one.file for key, one in kept.items()}, effort)
    after, _ = published(moment, {key: unrounded(one) for key, one in kept.items()}, effort)
    moved, sure = np.abs(after - before), error == 0
    assert moved.max() > 0
    assert np.all(moved[sure] < 1e-12)
    assert np.max(moved[~sure] / error[~sure]) < 1.0


def unrounded(kept: Kept) -> DrawsFile:
    """Return draws as they may have been before rounding to their recipe's bits."""
    bits = next(r.bits for r in RECIPES.values() if r.input_hash == kept.file.input_hash)
    rng = np.random.default_rng(5)
    put_back = {
        name: replace(v, values=(v.values * (1 + rng.uniform(-1, 1, v.values.shape) * 2.0 ** -(bits + 1))).astype("f4"))
        for name, v in kept.file.variables.items()
    }
    return replace(kept.file, variables=put_back)


def published(moment: Moment, files: Mapping[str, DrawsFile], effort: Effort) -> tuple[np.ndarray, np.ndarray]:
    """Return all probabilities of questions and scenarios, and their Monte Carlo errors."""
    rest = {key: file for key, file in files.items() if key != RATES}
    parameters = Parameters(class_rates.read(files[RATES]), rest)
    simulated = simulate_board(moment, parameters, effort, threads=2)
    weighed = weigh_board(simulated, judge(moment), threads=2)
    cluster = parameters.clusters(Chance(effort.draws, effort.seed))
    precision = assess(simulated.sample, weighed, threads=2, cluster=cluster)
    values = np.r_[weighed.probability.ravel(), weighed.scenario]
    return values, np.r_[precision.question.mcse.ravel(), precision.scenario.mcse]
