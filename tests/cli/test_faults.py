"""What the world does to a command: a home that cannot be written, a full disk, a locked database, damaged files.

Each time: one line, exit code 2, the record as it was.
"""

import ctypes
import os
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forecasts.store import open_store
from tests.cli.conftest import BOARD, ROOT, Place, complaint, run_at
from tests.cli.test_bad_input import OCCURRED, RESOLVE, add

WRITES = [
    add(by="Ann"),
    OCCURRED,
    ["confirm", "--through", "2026-07-02"],
    RESOLVE,
    ["evidence", "retract", "E021", "--reason", "x"],
]
_PR_CAPBSET_DROP = 24


def without_privileges() -> None:
    """Run before a child starts: root keeps its name and loses the power to write where the mode forbids it."""
    libc = ctypes.CDLL(None)
    for capability in range(41):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def no_file_above(size: int) -> Callable[[], None]:
    """Return what makes every write beyond `size` bytes of a file fail, as a full disk does."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def run_process(place: Place, arguments: list[str], before: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **place.environment},
        preexec_fn=before,
        check=False,
    )


def set_writable(root: Path, *, writable: bool) -> None:
    for path in [root, *root.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IWUSR if writable else mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


@pytest.fixture
def read_only(home: Place):
    set_writable(home.root, writable=False)
    yield home
    set_writable(home.root, writable=True)


@pytest.mark.parametrize("arguments", WRITES, ids=lambda a: " ".join(a[:2]))
def test_a_read_only_home_is_named_and_stays_as_it_is(home: Place, arguments: list[str]) -> None:
    before = home.contents()
    set_writable(home.root, writable=False)
    try:
        run = run_process(home, arguments, without_privileges)
    finally:
        set_writable(home.root, writable=True)
    assert run.returncode == 2, run.stderr
    line = complaint(run)
    assert "read-only" in line or "cannot be opened" in line
    assert str(home.root) in line
    assert home.contents() == before


def test_a_definition_in_a_read_only_home_can_be_checked(read_only: Place) -> None:
    run = run_process(read_only, ["check"], without_privileges)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("arguments", [["init"], ["board", "new", "harvest"], ["import", "ledger", "-"]], ids=" ".join)
def test_nothing_can_be_created_below_a_read_only_directory(tmp_path: Path, twixt, arguments: list[str]) -> None:
    parent = tmp_path / "locked"
    parent.mkdir(mode=0o555)
    text = twixt("export", "ledger", "-").stdout
    run = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **Place(parent / "home").environment},
        preexec_fn=without_privileges,
        check=False,
    )
    parent.chmod(0o755)
    assert run.returncode == 2, run.stderr
    line = complaint(run)
    assert str(parent) in line or "DIR: 'harvest' cannot be written" in line
    assert list(parent.iterdir()) == []


@pytest.mark.parametrize("arguments", WRITES, ids=lambda a: " ".join(a[:2]))
def test_a_full_disk_is_named_and_nothing_is_half_written(home: Place, arguments: list[str]) -> None:
    before = home.contents()
    run = run_process(home, arguments, no_file_above(2_000))
    assert run.returncode == 2, run.stderr
    assert "disk" in complaint(run)
    assert home.contents() == before
    assert run_at(home, *arguments).exit_code == 0, "with room again the same command goes through"


def test_a_full_disk_while_the_record_is_created_leaves_nothing_that_stands_in_the_way(tmp_path: Path) -> None:
    place = Place(tmp_path / "home")
    run = run_process(place, ["init"], no_file_above(100_000))
    assert run.returncode == 2, run.stderr
    assert "disk" in complaint(run)
    result = run_at(place, "init")
    assert result.exit_code == 0, result.output
    assert f"{BOARD}: definition version 1 entered, 89 first entries added" in result.stdout


def test_an_export_that_does_not_fit_leaves_the_file_as_it_was(home: Place, tmp_path: Path) -> None:
    target = tmp_path / "out" / "record.jsonl"
    target.parent.mkdir()
    target.write_text("the one of yesterday\n")
    run = run_process(home, ["export", "ledger", str(target)], no_file_above(50_000))
    assert run.returncode == 2, run.stderr
    assert f"FILE: '{target}' cannot be written" in complaint(run)
    assert [p.name for p in target.parent.iterdir()] == ["record.jsonl"]
    assert target.read_text() == "the one of yesterday\n"


@pytest.mark.parametrize("arguments", WRITES, ids=lambda a: " ".join(a[:2]))
def test_a_locked_database_is_named(home: Place, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(open_store.__kwdefaults__, "busy_seconds", 0.2)
    before = home.contents()
    holder = sqlite3.connect(home.root / "twixt.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        result = run_at(home, *arguments)
        assert result.exit_code == 2
        assert "is locked by another process" in complaint(result)
        assert run_at(home, "evidence", "list").exit_code == 0, "readers never wait for a writer"
    finally:
        holder.close()
    assert home.contents() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    place = Place(tmp_path)
    (tmp_path / "twixt.sqlite").write_bytes(content)
    for command in (["evidence", "list"], ["status"], ["init"]):
        result = run_at(place, *command)
        assert result.exit_code == 2, result.output
        assert "twixt.sqlite" in complaint(result)
    assert (tmp_path / "twixt.sqlite").read_bytes() == content


def test_a_damaged_definition_is_named_and_init_mends_it(home: Place, twixt) -> None:
    (artefact,) = [p for p in (home.root / "artefacts").rglob("*") if p.is_file()]
    artefact.chmod(0o644)
    artefact.write_bytes(b"x" + artefact.read_bytes()[1:])
    result = twixt("evidence", "list")
    assert result.exit_code == 2
    assert f"{BOARD}: definition" in complaint(result)
    assert twixt("init").exit_code == 0
    assert twixt("evidence", "list").exit_code == 0


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    result = run_at(Place(tmp_path / "home"), "init")
    assert result.exit_code == 2
    assert "TWIXT_HOME" in complaint(result)


def test_a_surprise_is_one_line_with_a_number_and_a_report(home: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecasts import ledger

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("who would\nhave thought")

    monkeypatch.setattr(ledger, "known_boards", broken)
    result = run_at(home, "evidence", "list")
    assert result.exit_code == 1
    line = complaint(result)
    assert line.startswith("internal error ")
    (report,) = (home.root / "logs").iterdir()
    assert str(report) in line
    assert "ZeroDivisionError" in report.read_text()
    assert line.split()[2] in report.name


def test_a_surprise_without_a_place_for_its_report_is_still_one_line(read_only: Place) -> None:
    code = (
        "from app.session import Session\n"
        "def broken(*a): raise ZeroDivisionError\n"
        "Session.definitions = broken\n"
        "import app.cli; app.cli.main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "check"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **read_only.environment},
        preexec_fn=without_privileges,
        check=False,
    )
    assert run.returncode == 1
    assert complaint(run).endswith("no report could be written")


def test_an_interruption_ends_quietly(home: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecasts import ledger

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "known_boards", interrupted)
    result = run_at(home, "evidence", "list")
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_a_reader_that_goes_away_is_no_error_worth_a_word(home: Place) -> None:
    run = subprocess.run(
        f"{sys.executable} -m app.cli evidence list --json | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **home.environment},
        check=False,
    )
    assert (run.stdout, run.stderr) == ("{", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_terminal_can_show_the_list(home: Place, encoding: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "app.cli", "evidence", "list"],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **home.environment, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(b"\n") == 88
    assert b"Traceback" not in run.stderr
