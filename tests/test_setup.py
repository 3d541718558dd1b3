"""`make setup` on machines unlike this one: each way to fail says in one line what is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with what the set-up script reads and a `bin` that stands first on the path."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    for name in ("requirements.txt", "requirements-uv.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(checkout: Path, name: str, body: str) -> None:
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def run(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "scripts/setup.sh"],
        cwd=checkout,
        env={"PATH": f"{checkout / 'bin'}:/usr/bin:/bin", "HOME": str(checkout), **env},
        capture_output=True,
        text=True,
        check=False,
    )


FAILS = 'case "$1" in --version) exit 0;; {0}) exit 2;; esac; exit 0'


def test_a_python_that_cannot_be_had_is_named(checkout: Path) -> None:
    program(checkout, "uv", FAILS.format("venv"))
    result = run(checkout)
    assert result.returncode == 1
    assert result.stderr == (
        "setup: no Python 3.13 or 3.12 here and uv could not download one; install either, then run make again\n"
    )
    assert not (checkout / ".venv").exists()


def test_an_unreachable_registry_is_named(checkout: Path) -> None:
    program(checkout, "uv", FAILS.format("pip"))
    result = run(checkout)
    assert result.returncode == 1
    assert "the locked packages could not be installed (is a package registry reachable?)" in result.stderr
    assert not list((checkout).glob(".venv/.installed-*"))


def test_a_bootstrap_python_that_is_too_old_is_named(checkout: Path) -> None:
    program(checkout, "uv", "exit 127")
    program(checkout, "python2", "exit 1")
    result = run(checkout, PYTHON="python2")
    assert result.returncode == 1
    assert result.stderr.startswith("setup: 'python2' is not a Python 3.9 or later")


def test_a_python_without_venv_is_told_the_package(checkout: Path) -> None:
    program(checkout, "uv", "exit 127")
    program(checkout, "python3", 'case "$1" in -c) exit 0;; *) exit 1;; esac')
    result = run(checkout)
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr


def test_python_3_12_serves_where_3_13_is_absent(checkout: Path) -> None:
    program(
        checkout,
        "uv",
        'echo "$*" >> calls; case "$*" in *"--python 3.13"*) exit 2;; venv*) mkdir -p .venv/bin; :> .venv/bin/python; '
        "chmod +x .venv/bin/python;; esac; exit 0",
    )
    result = run(checkout)
    assert result.returncode == 0, result.stderr
    calls = (checkout / "calls").read_text(encoding="utf-8")
    assert "--python 3.12" in calls
    assert "--require-hashes -r requirements.txt" in calls
    assert (checkout / ".venv" / ".installed-requirements").exists()
