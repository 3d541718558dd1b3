"""Several fits of one board: sampled in processes of their own, kept together or not at all."""

import os
import pickle
import signal
from dataclasses import replace
from pathlib import Path

import arviz_stats
import numpy as np
import pytest
import xarray as xr

from forecasts import catalogue
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.board_store import BoardInRecord
from forecasts.catalogue import RATES, ParameterDraws, at_hand, parameter_draws, recipes
from forecasts.domain import LedgerView
from forecasts.draws_file import DrawsFile
from forecasts.instants import end_of_day
from forecasts.recipe import ParametersRefusedError, Recipe, models_kept
from forecasts.replay import Moment
from forecasts.settings import SHIPPED_BOARDS
from forecasts.shipped import SHIPPED
from forecasts.side_by_side import ProcessDiedError, Progress

TWO = [RATES, "resumption"]


@pytest.fixture(scope="module")
def moment() -> Moment:
    """Return the opening of the shipped board with two of its fits: class rates, and how long agreements hold."""
    board, _ = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None
    board = replace(board, votes=(), series=())
    found = Moment(
        BoardInRecord(board, 1, 1),
        LedgerView(board.id, end_of_day(board.opens), "retrospective", 0, "", None),
        board.opens,
    )
    assert list(recipes(found)) == TWO
    return found


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "artefacts")


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "processors", lambda: 2)


def shipped_at(moment: Moment, key: str, progress: Progress) -> bytes:
    """Return the shipped draws as if they had been sampled."""
    progress(1, 2)
    data = SHIPPED.find(recipes(moment)[key].input_hash)
    assert data is not None
    return data


def refused_at(moment: Moment, key: str, progress: Progress) -> bytes:
    if key == RATES:
        raise ParametersRefusedError("class_rates: the fit was refused: divergences 3 (none): refused")
    return shipped_at(moment, key, progress)


def killed_at(moment: Moment, key: str, progress: Progress) -> bytes:
    if key == RATES:
        os.kill(os.getpid(), signal.SIGKILL)
    return shipped_at(moment, key, progress)


def nothing_is_kept(moment: Moment, artefacts: Artefacts) -> bool:
    return at_hand(moment, artefacts) is None and not [p for p in artefacts.root.rglob("*") if p.is_file()]


def test_a_moment_can_be_sent_and_gives_the_same_recipes(moment: Moment) -> None:
    again = recipes(pickle.loads(pickle.dumps(moment)))
    assert {k: r.input_hash for k, r in again.items()} == {k: r.input_hash for k, r in recipes(moment).items()}


@pytest.mark.usefixtures("two_processors")
def test_what_other_processes_sampled_is_kept_here(
    moment: Moment, artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_draws_at", shipped_at)
    seen: list[tuple[int, int]] = []
    found = parameter_draws(moment, artefacts, resample=True, progress=lambda *told: seen.append(told))
    assert list(found.kept) == TWO
    assert {one.origin for one in found.kept.values()} == {"sampled"}
    assert at_hand(moment, artefacts) == found.artefacts
    total = sum(catalogue._transitions(r) for r in recipes(moment).values())
    assert {whole for _, whole in seen} == {total}
    assert seen[-1] == (total, total)


@pytest.mark.usefixtures("two_processors")
@pytest.mark.parametrize(
    ("work", "told"),
    [
        (refused_at, (ParametersRefusedError, "^class_rates: the fit was refused: divergences 3")),
        (killed_at, (ProcessDiedError, "^class rates: the process that computed it was killed by SIGKILL")),
    ],
)
def test_where_one_fit_fails_nothing_is_kept(
    moment: Moment, artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch, work, told: tuple[type[Exception], str]
) -> None:
    monkeypatch.setattr(catalogue, "_draws_at", work)
    with pytest.raises(told[0], match=told[1]):
        parameter_draws(moment, artefacts, resample=True)
    assert nothing_is_kept(moment, artefacts)


@pytest.mark.usefixtures("two_processors")
def test_a_fit_that_can_be_done_without_refuses_nothing_else(
    moment: Moment, artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = replace(recipes(moment)[RATES])
    monkeypatch.setattr(Recipe, "sampled", lambda *_: (_ for _ in ()).throw(ParametersRefusedError("refused")))
    assert catalogue._draws(refusing, catalogue.POOL, None) is None
    with pytest.raises(ParametersRefusedError, match="refused"):
        catalogue._draws(refusing, RATES, None)


@pytest.mark.usefixtures("two_processors")
def test_where_models_are_kept_or_one_fit_is_missing_no_process_is_begun(
    moment: Moment, artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apart(*_: object, **__: object) -> None:
        raise AssertionError("a process was begun")

    pids = []
    monkeypatch.setattr(catalogue, "side_by_side", apart)
    monkeypatch.setattr(Recipe, "sampled", lambda fit, _: pids.append(os.getpid()) or SHIPPED.find(fit.input_hash))
    with models_kept():
        assert parameter_draws(moment, artefacts, resample=True).sampled
    alone = replace(moment, definition=replace(moment.definition, board=replace(moment.board, cases=())))
    assert parameter_draws(alone, artefacts, resample=True).sampled
    assert pids == [os.getpid()] * 3


def worth(file: DrawsFile, name: str) -> np.ndarray:
    """Return the effective number of draws of each element of a variable."""
    values = file.variables[name].values
    data = xr.Dataset({"x": (("chain", "draw", "place"), values.reshape(*values.shape[:2], -1).astype(float))})
    return arviz_stats.ess(data)["x"].values


@pytest.mark.slow
def test_fits_side_by_side_are_those_of_one_process_within_monte_carlo_error(
    moment: Moment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sampled(processors: int) -> ParameterDraws:
        monkeypatch.setattr(catalogue, "processors", lambda: processors)
        return parameter_draws(moment, Artefacts(tmp_path / str(processors)), resample=True)

    begun, one = [], sampled(1)
    real = catalogue.side_by_side
    monkeypatch.setattr(
        catalogue,
        "side_by_side",
        lambda works, **how: begun.append((len(works), how["processes"])) or real(works, **how),
    )
    other = sampled(2)
    assert begun == [(2, 2)]
    for key in TWO:
        a, b = one.kept[key].file, other.kept[key].file
        assert (a.input_hash, a.coords, a.receipt["made_by"]) == (b.input_hash, b.coords, b.receipt["made_by"])
        for name in a.variables:
            flat = [file.of(name).reshape(file.rows, -1).astype(float) for file in (a, b)]
            effective = 1 / (1 / worth(a, name) + 1 / worth(b, name))
            apart = np.abs(flat[0].mean(axis=0) - flat[1].mean(axis=0))
            assert np.all(apart < 4.5 * flat[0].std(axis=0) / np.sqrt(effective)), (key, name)
