"""The files under `deploy/` that start jobs, read by systemd, by the schema of Kubernetes, and by a real cron."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.jobs import small_home

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
TWIXT = Path(sys.executable).with_name("twixt")
INSTALLED = "/opt/twixt/bin/twixt"
RECORD = ROOT / "tests" / "records" / "cron.json"


def validator() -> jsonschema.Draft202012Validator:
    """Return the schema of `batch/v1` CronJob of Kubernetes 1.33, strict: what it does not know is refused.

    `cronjob-batch-v1.json` holds the definitions that a CronJob reaches, from the published OpenAPI document of
    Kubernetes (Apache License 2.0), without descriptions.
    """
    schema = json.loads((Path(__file__).parent / "cronjob-batch-v1.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def cron_job() -> dict:
    found = yaml.safe_load((DEPLOY / "kubernetes" / "cronjob.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_cron_job_is_what_kubernetes_takes() -> None:
    assert [e.message for e in validator().iter_errors(cron_job())] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "schedule"), None),
        (("spec", "shedule"), "* * * * *"),
        (("spec", "jobTemplate", "spec", "backoffLimit"), "none"),
        (("spec", "jobTemplate", "spec", "template", "spec", "restartPolicyy"), "Never"),
    ],
)
def test_the_schema_would_see_a_mistake(path: tuple[str, ...], value: object) -> None:
    broken = copy.deepcopy(cron_job())
    place = broken
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    assert list(validator().iter_errors(broken))


def test_the_cron_job_runs_one_at_a_time_as_nobody_special() -> None:
    spec = cron_job()["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (spec["concurrencyPolicy"], pod["restartPolicy"]) == ("Forbid", "Never")
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    allowed = float(re.search(r"--memory (\d+)", container["args"][0])[1])
    assert allowed * 1e9 < int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (3, 0), (4, 0), (2, 2), (1, 1)])
def test_the_cron_job_fails_where_the_job_has_not_worked(tmp_path: Path, code: int, ended: int) -> None:
    (container,) = cron_job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    fake = tmp_path / "twixt"
    fake.write_text(f"#!/bin/sh\nexit {code}\n")
    fake.chmod(0o755)
    run = subprocess.run(
        [*container["command"], *container["args"]], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False
    )
    assert run.returncode == ended


@pytest.mark.parametrize("kind", ["refit.service", "refit.timer", "schedule.service", "worker.service"])
def test_systemd_takes_the_units(kind: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine: the units are not checked here")
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8").replace(INSTALLED, str(TWIXT)).replace("User=twixt", "User=root")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / f"twixt-{kind}")],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    ours = [line for line in run.stderr.splitlines() if "twixt" in line]
    assert (run.returncode, ours) == (0, []), run.stderr


def test_systemd_would_see_a_mistake(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine: the units are not checked here")
    text = (DEPLOY / "systemd" / "twixt-refit.timer").read_text(encoding="utf-8")
    (tmp_path / "twixt-refit.timer").write_text(text.replace("*:0/15", "every quarter"), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "twixt-refit.timer")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "every quarter" in run.stderr


def commands_in(text: str, names: str) -> list[list[str]]:
    return [line.split() for line in re.findall(names, text, re.MULTILINE)]


def test_every_command_in_the_files_is_one_that_twixt_takes() -> None:
    from app.cli import cli

    texts = [p.read_text(encoding="utf-8") for p in (*(DEPLOY / "systemd").iterdir(), *(DEPLOY / "cron").iterdir())]
    found = [c for text in texts for c in commands_in(text, rf"{INSTALLED} ([a-z].*?)(?: 2>>.*)?$")]
    (container,) = cron_job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    found += commands_in(container["args"][0].replace(";", "\n"), r"^\s*twixt ([a-z].*)$")
    assert len(found) >= 4
    for name, *options in found:
        command = cli.get_command(None, name)
        known = {o for p in command.params for o in p.opts}
        assert {o for o in options if o.startswith("--")} <= known, (name, options)


def cron_table() -> str:
    return (DEPLOY / "cron" / "twixt.crontab").read_text(encoding="utf-8")


def test_the_crontab_has_one_job_of_five_fields_and_a_command() -> None:
    lines = [line for line in cron_table().splitlines() if line and not line.startswith("#")]
    (job,) = [line for line in lines if not re.match(r"[A-Z_]+=", line)]
    assert re.match(r"\*/15( \*){4} /opt/twixt/bin/twixt refit --due ", job)
    assert "%" not in job, "cron would end the command there"
    assert cron_table().endswith("\n"), "cron leaves out a last line without an end"


@pytest.mark.nightly
def test_cron_runs_the_job_for_real(tmp_path: Path) -> None:
    """A real cron daemon in namespaces of its own: two minutes, two looks, one snapshot."""
    cron = os.environ.get("TWIXT_CRON") or shutil.which("cron")
    if cron is None or os.geteuid() != 0:
        pytest.skip("needs root and a cron daemon (apt-get install cron, or TWIXT_CRON=/path/to/cron)")
    home = small_home.open_home(tmp_path / "home")
    home.store.close()
    (tmp_path / "home" / "logs").mkdir()
    spool = tmp_path / "spool"
    (spool / "crontabs").mkdir(parents=True)
    job = (
        cron_table()
        .replace("*/15 ", "* ")
        .replace(INSTALLED, str(TWIXT))
        .replace("/var/lib/twixt", str(home_of(tmp_path)))
    )
    job = job.replace("--log json", f"--log json --publish {tmp_path / 'site'} --tell")
    cache = f"TWIXT_CACHE={os.environ['TWIXT_CACHE']}\n"
    (spool / "crontabs" / "root").write_text(cache + job, encoding="utf-8")
    (spool / "crontabs" / "root").chmod(0o600)
    inside = f"mount --bind {spool} /var/spool/cron && mount -t tmpfs none /run && exec {cron} -f"
    (Path("/var/spool/cron")).mkdir(parents=True, exist_ok=True)
    daemon = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", inside])
    log = home_of(tmp_path) / "logs" / "jobs.jsonl"
    try:
        looks = wait_for_looks(log, seconds=300)
    finally:
        daemon.kill()
        daemon.wait()
    told = [line["event"] for line in looks]
    due = [line["due"] for line in looks if line["event"] == "looked"]
    after = {line["command"]: line["code"] for line in looks if line["event"] == "afterwards"}
    found = {"daemon": Path(cron).name, "events": told, "due": due, "afterwards": after}
    RECORD.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    assert (tmp_path / "site" / "index.html").exists()
    assert looks[0]["outcome"] == "published"
    assert due[:2] == [1, 0]


def home_of(tmp_path: Path) -> Path:
    return tmp_path / "home"


def wait_for_looks(log: Path, *, seconds: int) -> list[dict]:
    """Return what was told once two looks have been, or raise."""
    for _ in range(seconds):
        time.sleep(1)
        told = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
        if sum(line["event"] == "looked" for line in told) >= 2:
            return told
    raise AssertionError("cron has not run the job twice")


def test_the_record_of_the_real_cron_holds_two_looks_and_one_publication() -> None:
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    assert found["events"].count("board_ended") == 1
    assert found["events"].count("looked") >= 2
    assert found["due"][0] == 1
    assert set(found["due"][1:]) == {0}
    assert found["afterwards"] == {"publish": 0, "alerts send": 0}
