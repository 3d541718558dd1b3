"""deploy/compose.yaml and the Dockerfile: read and checked here; the processes run by hand in their order, nightly."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click
import pytest

from app.cli import cli
from forecasts import ledger, snapshots, verification
from forecasts.artefacts import Artefacts
from forecasts.store import open_store
from tests.deploy.compose_file import ROOT, document, services

VARIABLES = {"TWIXT_DB_PASSWORD": "long and random"}
RECORD = ROOT / "tests" / "records" / "compose.json"
OURS = ("init", "app", "worker", "scheduler", "backup")


def test_the_services_start_in_an_order_in_which_each_finds_what_it_needs() -> None:
    found = services(VARIABLES)
    assert set(found) == {"db", *OURS}
    order = list(found)
    assert order[0] == "db"
    assert all(order.index("init") < order.index(name) for name in ("app", "worker", "scheduler"))
    waits = {
        name: {k: v["condition"] for k, v in one.whole.get("depends_on", {}).items()} for name, one in found.items()
    }
    for name in ("app", "worker", "scheduler"):
        assert waits[name] == {"db": "service_healthy", "init": "service_completed_successfully"}
    assert waits["init"] == waits["backup"] == {"db": "service_healthy"}
    assert found["init"].whole["restart"] == found["backup"].whole["restart"] == "no"
    assert found["backup"].whole["profiles"] == ["backup"], "a backup is asked for, not started with the rest"


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_twixt_with_options_that_it_has(name: str) -> None:
    words = services(VARIABLES)[name].command
    assert words[0] == "twixt"
    context = click.Context(cli)
    command = cli.get_command(context, words[1])
    assert command is not None
    command.make_context(words[1], list(words[2:]), parent=context)


def test_without_a_password_nothing_starts_and_none_is_in_the_file() -> None:
    with pytest.raises(KeyError, match="TWIXT_DB_PASSWORD"):
        document({})
    with pytest.raises(KeyError, match="TWIXT_DB_PASSWORD"):
        document({"TWIXT_DB_PASSWORD": ""})
    for one in services(VARIABLES).values():
        for key, value in one.environment.items():
            assert "PASSWORD" not in key or value == VARIABLES["TWIXT_DB_PASSWORD"]


@pytest.mark.parametrize("name", OURS)
def test_our_processes_have_no_privileges_and_write_only_where_they_must(name: str) -> None:
    one = services(VARIABLES)[name].whole
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["read_only"] is True
    assert one["tmpfs"] == ["/tmp"]
    volumes = dict(v.split(":", 1) for v in one["volumes"])
    assert {"home": "/var/lib/twixt", "cache": "/var/cache/twixt"}.items() <= volumes.items()
    assert set(volumes) <= set(document(VARIABLES)["volumes"])


def test_only_the_app_has_a_port_and_only_on_this_host() -> None:
    ports = {name: one.whole["ports"] for name, one in services(VARIABLES).items() if "ports" in one.whole}
    assert ports == {"app": ["127.0.0.1:8501:8501"]}


def test_people_can_log_in_when_the_options_say_so() -> None:
    assert services(VARIABLES)["app"].command[-1] == "--read-only"
    assert "--read-only" not in services(VARIABLES | {"TWIXT_APP_OPTIONS": ""})["app"].command


def test_the_dockerfile_copies_what_there_is_and_what_it_needs() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line]
    names = {name for some in copied for name in some}
    assert all((ROOT / name).exists() for name in names)
    assert {"app", "forecasts", "models", "data", "requirements.txt", "pyproject.toml"} <= names
    let_in = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in let_in if line.startswith("!")} == names
    assert text.count("--require-hashes") == 2
    assert re.search(r"^USER twixt$", text, re.MULTILINE)
    environment = services(VARIABLES)["app"].environment
    assert all(f"{key}={environment[key]}" in text for key in ("TWIXT_HOME", "TWIXT_CACHE"))


# --- the processes themselves ---


def environment_of(name: str, root: Path, url: str) -> dict[str, str]:
    """Return a service's environment with this machine's places in the place of the container's."""
    found = services(VARIABLES)[name].environment | {"TWIXT_DB": url}
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return kept | found | {"TWIXT_HOME": str(root / "home"), "TWIXT_CACHE": os.environ["TWIXT_CACHE"]}


def arguments_of(name: str, root: Path, ports: dict[str, int]) -> list[str]:
    """Return a service's command, to be run by this interpreter, on free ports of this machine only."""
    words = [w.replace("/backups", str(root / "backups")) for w in services(VARIABLES)[name].command[1:]]
    words = [re.sub(r"^0\.0\.0\.0:9108$", f"127.0.0.1:{ports['scheduler']}", w) for w in words]
    words = [{"0.0.0.0": "127.0.0.1", "8501": str(ports["app"])}.get(w, w) for w in words]
    return [sys.executable, "-m", "app.cli", *words]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(url: str, *, within: float) -> tuple[int, bytes]:
    """Return status and body of an address as soon as it answers."""
    ends = time.monotonic() + within
    while True:
        try:
            with urlopen(url, timeout=10) as found:
                return found.status, found.read()
        except (URLError, OSError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)


def wait_for(condition, *, within: float) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within
        time.sleep(1)
    return round(time.monotonic() - began, 1)


@pytest.mark.nightly
@pytest.mark.postgres
def test_the_processes_run_in_their_order_and_publish(postgres_url, tmp_path) -> None:
    ports = {"app": free_port(), "scheduler": free_port()}
    (tmp_path / "backups").mkdir()
    began, running, order = time.monotonic(), {}, [n for n in services(VARIABLES) if n != "db"]

    def start(name: str) -> subprocess.Popen[bytes]:
        command, own = arguments_of(name, tmp_path, ports), environment_of(name, tmp_path, postgres_url)
        with (tmp_path / f"{name}.log").open("wb") as log:
            return subprocess.Popen(command, env=own, cwd=ROOT, stdout=log, stderr=log)

    def published() -> bool:
        with open_store(postgres_url, migrate=False) as store:
            boards = ledger.known_boards(store)
            return bool(boards) and all(snapshots.index(store, b, mode="live").height for b in boards)

    try:
        first = start("init")
        assert first.wait(120) == 0, (tmp_path / "init.log").read_text()
        running = {name: start(name) for name in order if name in {"app", "worker", "scheduler"}}
        took = wait_for(published, within=1200)
        page = answer(f"http://127.0.0.1:{ports['app']}/", within=300)
        healthy = {
            "app": answer(f"http://127.0.0.1:{ports['app']}/healthz", within=60)[0],
            "scheduler": answer(f"http://127.0.0.1:{ports['scheduler']}/healthz", within=60)[0],
        }
        metrics = answer(f"http://127.0.0.1:{ports['scheduler']}/metrics", within=60)[1].decode()
        backup = start("backup")
        assert backup.wait(300) == 0, (tmp_path / "backup.log").read_text()
        assert all(process.poll() is None for process in running.values())
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        ended = {name: process.wait(120) for name, process in running.items()}
    with open_store(postgres_url, migrate=False) as store:
        found = verification.verify(store, Artefacts(tmp_path / "home" / "artefacts"))
        live = [snapshots.index(store, board, mode="live").height for board in ledger.known_boards(store)]
    record = {
        "on": datetime.now(UTC).date().isoformat(),
        "order": order,
        "published_after_seconds": took,
        "page": page[0],
        "healthz": healthy,
        "metrics_lines": len(metrics.splitlines()),
        "exit_codes_after_sigterm": {name: ended[name] for name in ("worker", "scheduler")},
        "live_snapshots": live,
        "backups": len(list((tmp_path / "backups").iterdir())),
        "problems": found.problems,
        "checked": found.checked,
        "seconds": round(time.monotonic() - began, 1),
    }
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    check(record)


def check(record: dict) -> None:
    assert record["order"].index("init") == 0
    assert set(record["order"]) == set(OURS)
    assert record["page"] == 200
    assert record["healthz"] == {"app": 200, "scheduler": 200}
    assert record["metrics_lines"] > 5
    assert record["exit_codes_after_sigterm"] == {"worker": 0, "scheduler": 0}
    assert record["live_snapshots"] == [1], "app, scheduler and worker together published the board once"
    assert record["backups"] == 1
    assert record["problems"] == []
    assert record["checked"]["snapshots"] >= 1
    assert 0 < record["published_after_seconds"] < record["seconds"]


def test_the_record_of_the_processes_meets_every_bar() -> None:
    check(json.loads(RECORD.read_text(encoding="utf-8")))
