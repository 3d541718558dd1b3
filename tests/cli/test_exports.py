"""`twixt export`: what each command writes, what it says of it, and the one line with which it refuses."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import polars as pl
import pytest
from click.testing import Result

from forecasts import snapshots
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import Place, complaint, run_at
from tests.cli.test_start import HEAVY, imported
from tests.exchange import hub_rules


@pytest.fixture
def garden(published: Path, tmp_path: Path) -> Place:
    shutil.copytree(published, tmp_path / "home")
    return Place(tmp_path / "home")


@pytest.fixture
def export(garden: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Give `export(*arguments)`, run in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*arguments: str) -> Result:
        return run_at(garden, "export", *arguments, now=datetime.now(UTC))

    return run


def document(result: Result) -> dict:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refusal(result: Result) -> str:
    assert result.exit_code == 2
    return complaint(result)


def forget_futures(garden: Place) -> None:
    """Remove the futures of the newest snapshot, as another run would."""
    home = Home.from_environment(garden.environment)
    with open_store(home.database, migrate=False) as store:
        newest = snapshots.latest(store, "garden", mode="live")
    assert newest is not None
    name = newest.futures_hash
    (home.artefacts / name[:2] / name).unlink()


def test_a_hub_that_keeps_the_rules_and_says_what_resampling_cost(export, tmp_path) -> None:
    told = document(export("hubverse", "hub", "--samples", "500", "--json"))
    assert hub_rules.problems(tmp_path / "work/hub") == []
    (one,) = told["rounds"]
    assert one["samples"] == 500
    assert one["standard_error"] == pytest.approx(0.5 / 500**0.5)
    assert 0 < one["largest_difference"] < 5 * one["standard_error"]
    assert told["board"] == "garden"
    assert all((tmp_path / "work/hub" / name).stat().st_size == size for name, size in told["files"].items())


def test_a_hub_of_all_days_without_samples(export, tmp_path, garden) -> None:
    forget_futures(garden)
    assert "are not kept" in refusal(export("hubverse", "hub", "--all"))
    assert "--samples 0 exports the rest" in refusal(export("hubverse", "hub"))
    assert not (tmp_path / "work/hub").exists()
    result = export("hubverse", "hub", "--all", "--samples", "0")
    assert result.exit_code == 0, result.stderr
    assert hub_rules.problems(tmp_path / "work/hub") == []
    assert "samples" not in result.stdout
    assert result.stdout.splitlines()[-1] == "garden: 5 files in hub"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--samples", "many"], "--samples: 'many': a whole number from 0 to 100000 is needed"),
        (["--samples", "100001"], "--samples: '100001'"),
        (["--seed", "-1"], "--seed: '-1': a whole number from 0"),
        (["--snapshot", "zz"], "--snapshot: 'zz' names 0 snapshots of garden; one is needed"),
        (["--all", "--snapshot", "aa"], "give one of the two"),
        (["--retrospective"], "--retrospective: goes with --all"),
        (["--all", "--retrospective"], "nothing is published (retrospective)"),
    ],
)
def test_choices_that_a_hub_cannot_follow(export, tmp_path, options, said) -> None:
    assert said in refusal(export("hubverse", "hub", *options))
    assert list((tmp_path / "work").iterdir()) == []


def test_lines_go_out_and_name_nobody(export, tmp_path) -> None:
    told = document(export("lines", "garden.jsonl", "--licence", "CC BY 4.0", "--json"))
    lines = [json.loads(line) for line in (tmp_path / "work/garden.jsonl").read_text().splitlines()]
    assert lines[0] == {"twixt lines": {"format": 1, "source": "garden", "licence": "CC BY 4.0"}}
    assert lines[-1] == {"end": {"lines": len(lines) - 1}}
    assert told["questions"] == sum("question" in line for line in lines) > 0
    assert told["forecasts"] == sum("forecast" in line for line in lines) > 0
    assert export("lines", "-").stdout.splitlines() == (
        (tmp_path / "work/garden.jsonl").read_text().replace("CC BY 4.0", "").splitlines()
    )
    assert "name a FILE" in refusal(export("lines", "-", "--json"))
    assert "--licence: control character" in refusal(export("lines", "x.jsonl", "--licence", "a\x07"))
    assert "cannot be written: No such file" in refusal(export("lines", "nowhere/x.jsonl"))


def test_lines_that_went_out_can_be_taken_in(export, garden, tmp_path) -> None:
    """Another board's numbers become a series here: out with one command, in with the other, the number unchanged."""
    export("lines", "garden.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "work/garden.jsonl").read_text().splitlines()]
    said = next(v["forecast"] for v in lines if "forecast" in v and v["forecast"]["mode"] == "live")
    ours = f"{said['question']}@{said['deadline']}"
    mapped = ["--map", f"garden/{said['question']}/{said['deadline']}={ours}", "--write", "--json"]
    taken = document(run_at(garden, "import", "forecasts", "garden.jsonl", "--format", "lines", *mapped, now=later()))
    assert taken["accepted"] == 1
    listed = document(run_at(garden, "forecast", "list", "--json", now=later()))
    (one,) = listed["forecasts"]
    assert (one["question"], one["deadline"]) == (said["question"], said["deadline"])
    assert one["probability"] == said["probability"]
    assert one["forecaster"].startswith("crowd:lines.garden-model")


def later() -> datetime:
    return datetime.now(UTC)


def test_tables_for_a_spreadsheet(export, tmp_path) -> None:
    told = document(export("csv", "tables", "--json"))
    names = ["numbers.csv", "history.csv", "evidence.csv", "forecasts.csv", "outcomes.csv"]
    assert list(told["files"]) == names
    assert pl.read_csv(tmp_path / "work/tables/numbers.csv").height > 5


def test_parquet_with_and_without_futures(export, tmp_path, garden) -> None:
    told = document(export("parquet", "whole", "--json"))
    assert list(told["files"]) == ["history.parquet", "snapshots.parquet", "futures.parquet"]
    table = pl.read_parquet(tmp_path / "work/whole/futures.parquet")
    assert table.height == told["futures"]
    assert table["weight"].sum() == pytest.approx(1)
    forget_futures(garden)
    assert "--no-futures exports the history" in refusal(export("parquet", "part"))
    assert document(export("parquet", "part", "--no-futures", "--json"))["futures"] is None


def test_draws_for_arviz(export, tmp_path) -> None:
    told = document(export("netcdf", "draws", "--json"))
    assert list(told["files"]) == ["class_rates.nc"]
    with netCDF4.Dataset(tmp_path / "work/draws/class_rates.nc") as file:
        assert file.snapshot == told["snapshot"]
        assert file["posterior"].dimensions["draw"].size > 100


@pytest.mark.parametrize("kind", ["csv", "parquet", "hubverse", "netcdf"])
def test_nothing_that_is_there_is_written_over(export, tmp_path, kind) -> None:
    (tmp_path / "work/full").mkdir()
    (tmp_path / "work/full/mine.txt").write_text("mine")
    (tmp_path / "work/file").write_text("mine")
    (tmp_path / "work/link").symlink_to("elsewhere")
    for name in ("full", "file", "link"):
        assert f"FOLDER: '{name}' is there already" in refusal(export(kind, name))
    assert "is no folder in which one could be made" in refusal(export(kind, "nowhere/below"))
    assert sorted(p.name for p in (tmp_path / "work").iterdir()) == ["file", "full", "link"]
    assert (tmp_path / "work/full/mine.txt").read_text() == "mine"


def test_a_folder_appears_whole_or_not_at_all(export, tmp_path, monkeypatch) -> None:
    import os

    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "cannot be written: No space left on device; nothing was written" in refusal(export("csv", "tables"))
    assert list((tmp_path / "work").iterdir()) == []


def test_an_empty_folder_is_filled(export, tmp_path) -> None:
    (tmp_path / "work/empty").mkdir()
    assert export("csv", "empty").exit_code == 0
    assert len(list((tmp_path / "work/empty").iterdir())) == 5


def test_a_board_without_numbers_says_so(home: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in ("parquet", "hubverse", "netcdf"):
        result = run_at(home, "export", kind, "out")
        assert "nothing is published yet; `twixt refit` computes the numbers" in refusal(result)
    assert run_at(home, "export", "csv", "out").exit_code == 0
    assert "numbers.csv" not in {p.name for p in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(
    "kind", ["csv", pytest.param("lines", marks=pytest.mark.slow), pytest.param("hubverse", marks=pytest.mark.slow)]
)
def test_exports_load_no_sampler(garden: Place, tmp_path: Path, kind: str) -> None:
    loaded = imported("export", kind, str(tmp_path / "out"), place=garden)
    assert (tmp_path / "out").exists()
    assert "polars" in loaded
    assert not loaded & (HEAVY - {"numba", "scipy"})
