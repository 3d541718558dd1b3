"""Nothing on this machine asks another one because of what somebody wrote: links are kept, shown and never followed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs import small_home
from tests.security.sources import ROOT, imported, trees

NETWORK = frozenset(
    {"socket", "ssl", "http", "urllib3", "httpx", "requests", "aiohttp", "ftplib", "smtplib", "telnetlib", "fsspec"}
    | {"websockets", "asyncio", "xmlrpc", "boto3", "paramiko"}
)
MAY: dict[str, str] = {
    "app/commands/serve.py": "tries whether a port of this machine is free",
    "app/commands/worker.py": "waits for tasks of the record's own PostgreSQL",
    "app/doctor/redaction.py": "knows this machine's name, to leave it out",
    "app/health_server.py": "answers /healthz; asks nobody",
    "app/web/messages.py": "lets a socket wait that sends too much; opens none",
    "forecasts/alerts/addresses.py": "the sender of alerts: looks an address up and refuses private ones",
    "forecasts/alerts/wire.py": "the sender of alerts: one request to an address that was looked up before",
    "forecasts/jobs/worker.py": "waits for tasks of the record's own PostgreSQL",
    "forecasts/shared_files.py": "the files of the record at the URL that TWIXT_ARTEFACTS names",
}
"""Modules that may load something that can speak to the network, and what for."""


def loads_network(path: str) -> bool:
    loaded = imported(trees()[path])
    return any(m.partition(".")[0] in NETWORK or m.startswith("urllib.request") for m in loaded)


def test_only_modules_that_are_named_here_can_speak_to_the_network() -> None:
    found = {path for path in trees() if not path.startswith("scripts/") and loads_network(path)}
    assert found <= set(MAY), f"{found - set(MAY)}: SECURITY.md says who may ask whom"
    assert "forecasts/shared_files.py" in found, "the search finds something"


def test_importers_and_forms_can_not() -> None:
    from_outside = [p for p in trees() if p.endswith("_entry.py") or p.startswith("forecasts/exchange/")]
    assert len(from_outside) > 8
    assert not [p for p in from_outside if loads_network(p)]


WATCH = """
import json, sys
asked = []
def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"}:
        asked.append([event, str(arguments[1:])])
sys.addaudithook(watch)
import socket
socket.getaddrinfo("127.0.0.1", 1)
assert asked, "the hook hears nothing"
asked.clear()
from app.cli import cli
from app.session import Session
from click.testing import CliRunner
for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(cli, arguments, obj=Session.of_process())
    assert done.exit_code in (0, 2), (arguments, done.output)
    print(arguments[:2], done.exit_code)
print(json.dumps(asked))
"""
METADATA = "http://169.254.169.254/latest/meta-data/"
"""Where a machine in a cloud keeps its secrets."""
PLACES = (METADATA, "https://evil.invalid/x", "http://127.0.0.1:22/", "http://[::1]/", "ftp://evil.invalid/x")
FILES = ("https://evil.invalid/f.parquet", "s3://bucket/f.csv", "hf://datasets/x", "file:///etc/passwd", "//host/share")


def commands(folder: Path) -> list[list[str]]:
    evidence = ["evidence", "add", "--question", "truce", "--deadline", "2028-12-31", "--lr", "2", "--grade", "B2"]
    evidence += ["--occurred-on", "2026-04-01", "--published-on", "2026-04-01", "--kind", "fact", "--thread", "t"]
    links = [[*evidence, "--statement", f"Report {i}", "--source", url] for i, url in enumerate(PLACES)]
    read = [["evidence", "links", "add", url] for url in PLACES]
    files = [[*command, name] for name in FILES for command in (["score"], ["import", "ledger"], ["calibrate"])]
    out = [["evidence", "list", "--json"], ["export", "ledger", str(folder / "r.jsonl")], ["status", "--json"]]
    return [*links, *read, *files, *out]


@pytest.mark.slow
def test_no_command_asks_anybody_for_what_a_link_or_a_file_name_says(tmp_path: Path) -> None:
    home = small_home.open_home(tmp_path / "home")
    home.store.close()
    done = subprocess.run(
        [sys.executable, "-c", WATCH, json.dumps(commands(tmp_path))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TWIXT_HOME": str(tmp_path / "home"), "TWIXT_DB": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert "['evidence', 'add'] 0" in done.stdout, "the links were entered"
