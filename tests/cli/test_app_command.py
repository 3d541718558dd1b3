"""`twixt app`: one command from a home to the page, and everything it started ends with it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Place, complaint, run_at

PATIENCE = 120
"""Seconds after which a start counts as failed, however slow the machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def answers(url: str, server: subprocess.Popen[str]) -> bytes:
    """Return what a page answers once it does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, server.stderr.read() if server.stderr else ""
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"{url} did not answer within {PATIENCE} s")


def gone(pid: int) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.3)
    return False


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc")
def test_the_app_serves_and_everything_ends_with_it(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "home")
    home, port = Place(tmp_path / "home"), free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "app", "--no-browser", "--port", str(port), "--json", "--board", "garden"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **home.environment},
    )
    try:
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        assert (said["url"], said["refit"], said["filling_history"]) == (
            f"http://localhost:{port}",
            {"garden": "unchanged"},
            "garden",
        )
        assert answers(f"{said['url']}/_stcore/health", server) == b"ok"
        assert b"<html" in answers(said["url"], server).lower()
        started = children(server.pid)
        assert started, "the weekly history is filled by a child"
        taken = run_at(home, "app", "--port", str(port))
        assert taken.exit_code == 2
        assert f"--port: {port} is taken" in taken.stderr
    finally:
        server.send_signal(signal.SIGINT)
        rest, complaints = server.communicate(timeout=PATIENCE)
    assert "Traceback" not in complaints
    assert rest == "", "one document on standard output, nothing of the server"
    assert all(gone(pid) for pid in started)
    assert "retrospective snapshots" in (home.root / "logs" / "backfill.log").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--address", "0.0.0.0"), "--address: '0.0.0.0': without a login the app answers on localhost"),
        (("--address", "127.0.0.2"), "--address: '127.0.0.2': without a login"),
        (("--address", "nowhere.invalid", "--read-only"), "--address: 'nowhere.invalid' is no address of this machine"),
        (("--address", "192.0.2.1", "--read-only"), "--address: '192.0.2.1' is no address of this machine"),
    ],
)
def test_who_could_be_reached_by_others_needs_a_login(twixt, home: Place, options: tuple[str, ...], said: str) -> None:
    before = home.contents()
    refused = twixt("app", "--no-browser", *options)
    assert refused.exit_code == 2
    assert said in complaint(refused)
    assert home.contents() == before


def test_a_login_that_cannot_be_used_and_one_that_lets_write_are_named(twixt, home: Place) -> None:
    path = home.root / "login.toml"
    path.write_text('client_id = "x"')
    path.chmod(0o600)
    assert "login.toml: client_secret needs a text" in complaint(twixt("app", "--no-browser"))
    path.write_text(
        'client_id = "x"\nclient_secret = "y"\nserver_metadata_url = "https://id.example.org/x"\n'
        'redirect_uri = "https://board.example.org/oauth2callback"\ncookie_secret = "0123456789abcdef0123456789abcdef"'
    )
    assert "--read-only: " in complaint(twixt("app", "--no-browser", "--read-only"))
