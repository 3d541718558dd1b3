"""The app served to a benchmark: a server process on the loopback, ended when the figures are taken."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "app" / "web" / "asgi.py"
PATIENCE = 60.0
"""Seconds within which a server answers."""


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a home as `twixt app` does and give the address."""
    port = free_port()
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    environment = os.environ | {"TWIXT_HOME": str(home), "TWIXT_LOCAL": "1"}
    environment.pop("TWIXT_DB", None)
    command = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), *options]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Wait until the server answers; raises TimeoutError when it does not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer in {PATIENCE} s")
