"""`twixt diagnose` on a published board: every kept quantity is judged, once, and a broken chain ends with code 3."""

import json
import shutil
from pathlib import Path

import pytest

from forecasts import diagnosis, draws_file
from forecasts.settings import Home, open_workspace
from tests.cli.conftest import Place, complaint, run_at
from tests.cli.test_published import NOW


@pytest.fixture
def place(published: Path, tmp_path: Path, monkeypatch) -> Place:
    shutil.copytree(published, tmp_path / "home")
    monkeypatch.setenv("TWIXT_CACHE", str(tmp_path / "cache"))
    return Place(tmp_path / "home")


def found(place: Place, *more: str, code: int = 0) -> dict:
    result = run_at(place, "diagnose", "--json", *more, now=NOW)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.slow
def test_every_kept_quantity_is_judged_once(place):
    first = found(place)
    (fit,) = first["fits"].values()
    assert {line["wrong"] == [] for line in fit["quantities"]} == {True}
    assert set(fit["narrowed"]) == {line["name"] for line in fit["quantities"]}
    kept = sorted(p.stat().st_mtime_ns for p in (place.root.parent / "cache" / "diagnoses").rglob("*") if p.is_file())
    assert found(place, "--snapshot", first["snapshot"][:8]) == first
    after = sorted(p.stat().st_mtime_ns for p in (place.root.parent / "cache" / "diagnoses").rglob("*") if p.is_file())
    assert after == kept, "the second answer is read"
    screen = run_at(place, "diagnose", now=NOW).output
    assert all(line["name"] in screen for line in fit["quantities"])


@pytest.mark.slow
def test_a_stuck_chain_ends_with_code_3(place):
    home = Home.from_environment(place.environment)
    opened = open_workspace(home)
    with opened.store:
        from forecasts import ledger, snapshots

        (board,) = ledger.known_boards(opened.store)
        snapshot = snapshots.latest(opened.store, board, mode="live")
    assert snapshot is not None
    (one,) = snapshot.receipt["parameters"].values()
    file = draws_file.from_bytes(opened.artefacts.get(one["artefact"]))
    file.variables["rate"].values[0, :, 0] = 0.5
    diagnosis.keep(diagnosis.folder(home.cache), one["artefact"], diagnosis.make(file, None))
    (fit,) = found(place, code=3)["fits"].values()
    assert fit["quantities"][0]["wrong"][0] == "constant in 1 of 4 chains"
    assert "constant in 1 of 4 chains" in run_at(place, "diagnose", now=NOW).output


@pytest.mark.parametrize("wanted", ["zzz", "", "<b>"])
def test_an_unknown_snapshot_is_refused_in_one_line(place, wanted):
    result = run_at(place, "diagnose", "--snapshot", wanted, now=NOW)
    assert result.exit_code == 2
    assert "names 0 snapshots" in complaint(result)


def test_a_board_without_numbers_says_what_to_do(home):
    result = run_at(home, "diagnose", "--board", "indivisible-security")
    assert result.exit_code == 2
    assert "nothing is published yet" in complaint(result)
