"""Fixtures of the browser tests. Shared: `chromium` (a browser), `serve` (starts the app on a home, loopback only)."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"""Milliseconds that what is expected may take to come on a machine that does other things too."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium():
    """Give a headless Chromium of the system; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator[Callable[..., str]]:
    """Give a function that serves the app on a home and returns its address; all servers end with the session."""
    running: list[subprocess.Popen[bytes]] = []
    log = tmp_path_factory.mktemp("server") / "log.txt"

    def start(home: Path, *, port: int | None = None, local: bool = True) -> str:
        port = port or free_port()
        options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "web" / "asgi.py"), *options]
        environment = os.environ | {"TWIXT_HOME": str(home), "TWIXT_LOCAL": "1"}
        for name in ("TWIXT_DB", *(() if local else ("TWIXT_LOCAL",))):
            environment.pop(name, None)
        with log.open("ab") as output:
            running.append(subprocess.Popen(command, env=environment, stdout=output, stderr=output))
        address = f"http://127.0.0.1:{port}"
        wait_for(address, log)
        return address

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=20)


def free_port() -> int:
    """Return a port on the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, log: Path, seconds: float = 60.0) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer in {seconds} s: {log.read_text()[-2000:]}")
