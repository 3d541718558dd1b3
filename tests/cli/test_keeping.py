"""`twixt backup`, `verify`, `restore`, `move` and `doctor`, as a person meets them."""

import json
import random
import re
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from app.session import Session
from forecasts import ledger, people
from forecasts.artefacts import Artefacts
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import BOARD, NOW, Place, complaint, run_at
from tests.cli.test_bad_input import add
from tests.cli.test_faults import no_file_above, run_process

NAME = "twixt-20260702T120000Z.zip"


def document(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_backup_is_verified_and_restored_as_the_same_record(twixt, home: Place, tmp_path) -> None:
    twixt("board", "new", str(home.root / "boards" / "harvest"))
    written = document(twixt("backup", "--json"))
    path = home.root / "backups" / NAME
    assert (written["file"], written["definitions"] > 3, written["left_out"]) == (str(path), True, 0)
    assert written["tables"]["ledger"]["rows"] == 90
    verified = document(twixt("verify", str(path), "--json"))
    assert (verified["ok"], verified["problems"]) == (True, [])
    again = Place(tmp_path / "again")
    restored = document(run_at(again, "restore", str(path), "--json"))
    assert (restored["record"], restored["problems"]) == (written["record"], [])
    assert again.contents() == home.contents()
    assert document(run_at(again, "check", "--board", "harvest", "--json"))["ok"]
    assert document(run_at(again, "verify", "--json"))["checked"]["entries"] == 90
    text = run_at(again, "backup", str(tmp_path / "b.zip")).stdout
    assert f"record {written['record']}" in text
    assert re.search(r"b\.zip: schema \d{4}, \d+ rows, \d+ artefacts, [\d.]+ MB", text)


@pytest.mark.slow
def test_from_cron_only_the_newest_backups_are_left(twixt, home: Place, tmp_path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mine.zip").write_bytes(b"not ours")
    for day in range(4):
        result = twixt("backup", str(folder), "--keep", "2", now=NOW + timedelta(days=day))
        assert result.exit_code == 0, result.stderr
    assert sorted(p.name for p in folder.iterdir()) == [
        "mine.zip",
        "twixt-20260704T120000Z.zip",
        "twixt-20260705T120000Z.zip",
    ]
    assert f"removed {folder / 'twixt-20260703T120000Z.zip'}" in result.stdout


def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_written(twixt, home: Place, tmp_path) -> None:
    twixt("backup", str(tmp_path / "b.zip"))
    before = home.contents()
    for arguments, expected in [
        (["backup", str(tmp_path / "b.zip")], "there is a file of this name already"),
        (["backup", str(tmp_path / "c.zip"), "--keep", "3"], "--keep: TARGET must be a directory"),
        (["backup", "--keep", "0"], "--keep: '0': a whole number from 1 to"),
        (["restore", str(tmp_path / "b.zip")], "there is a record already"),
        (["restore", str(tmp_path / "none.zip")], "there is a record already"),
        (["verify", str(tmp_path / "none.zip")], "there is no such file"),
        (["verify", __file__], "no backup of twixt, or damaged"),
        (["verify", str(tmp_path / "b.zip"), "--mend"], "--mend: it is for the record of this home"),
        (["move", "--to", f"sqlite:///{home.root / 'twixt.sqlite'}"], "there is a record already"),
        (["move", "--to", "mysql://x/y"], "mysql: unknown database; allowed: sqlite:///FILE"),
        (["move"], "--to: name a database, or with --artefacts-to a place"),
        (["move", "--artefacts-to", str(home.root / "artefacts")], "already"),
        (
            ["move", "--artefacts-to", "https://ada:pw@x/y"],
            "--artefacts-to: TWIXT_ARTEFACTS: 'https://...': allowed are",
        ),
    ]:
        result = twixt(*arguments)
        assert result.exit_code == 2, arguments
        assert expected in complaint(result)
    assert home.contents() == before
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == ["b.zip"]


@pytest.mark.slow
def test_a_full_disk_leaves_no_half_backup(home: Place, tmp_path) -> None:
    Artefacts(home.root / "artefacts").put(random.Random(1).randbytes(200_000))
    run = run_process(home, ["backup", str(tmp_path / "b.zip")], no_file_above(100_000))
    assert run.returncode == 2
    assert "nothing was kept" in complaint(run)
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


@pytest.mark.slow
def test_a_restore_on_a_full_disk_leaves_no_record_and_is_done_again(twixt, tmp_path) -> None:
    twixt("backup", str(tmp_path / "b.zip"))
    again = Place(tmp_path / "again")
    run = run_process(again, ["restore", str(tmp_path / "b.zip")], no_file_above(100_000))
    assert run.returncode == 2
    assert "disk" in complaint(run)
    assert not list(again.root.glob("*twixt.sqlite*"))
    assert run_at(again, "restore", str(tmp_path / "b.zip")).exit_code == 0


@pytest.mark.slow
def test_damage_is_listed_and_the_last_good_backup_brings_it_back(twixt, home: Place, tmp_path) -> None:
    twixt("backup", str(tmp_path / "b.zip"))
    (broken,) = (p for p in (home.root / "artefacts").rglob("?" * 64) if "keys" not in p.parts)
    broken.write_bytes(b"torn")
    result = twixt("verify")
    assert result.exit_code == 2
    assert f"{broken}: damaged" in result.stdout
    assert "twixt.sqlite: 1 found" in complaint(result)
    refused = twixt("backup", str(tmp_path / "c.zip"))
    assert (refused.exit_code, (tmp_path / "c.zip").exists()) == (2, False)
    forced = twixt("backup", str(tmp_path / "c.zip"), "--despite-damage")
    assert (forced.exit_code, (tmp_path / "c.zip").exists()) == (2, True)
    again = Place(tmp_path / "again")
    assert run_at(again, "restore", str(tmp_path / "b.zip")).exit_code == 0
    assert run_at(again, "verify").exit_code == 0


def test_a_missing_trigger_is_mended(twixt, home: Place) -> None:
    with closing(sqlite3.connect(home.root / "twixt.sqlite")) as connection:
        connection.execute("DROP TRIGGER ledger_forbid_delete")
    assert "ledger_forbid_delete is missing" in complaint(twixt("verify"))
    assert "protection" in complaint(twixt("doctor"))
    assert twixt("verify", "--mend").exit_code == 0
    assert twixt("verify").exit_code == 0


@pytest.mark.postgres
@pytest.mark.slow
def test_a_record_is_moved_to_postgresql_and_back_and_stays_the_same(
    twixt, home: Place, postgres_url, tmp_path
) -> None:
    before = home.contents()
    there = document(twixt("move", "--to", postgres_url, "--json"))
    assert there["boards"] == {BOARD: there["boards"][BOARD]}
    on_server = Place(home.root, postgres_url)
    assert on_server.contents() == before == home.contents()
    assert run_at(on_server, *add()).exit_code == 0
    looked = run_at(on_server, "doctor")
    assert (looked.exit_code, "TWIXT_DB names another database" in looked.stdout) == (0, True), looked.output
    assert re.search(r"^ok +database +postgresql://.*: PostgreSQL \d+", looked.stdout, re.MULTILINE)
    back = document(run_at(on_server, "move", "--to", f"sqlite:///{tmp_path / 'back.sqlite'}", "--json"))
    assert back["record"] != there["record"]
    shutil.copytree(home.root, tmp_path / "copy")
    shutil.copy(tmp_path / "back.sqlite", tmp_path / "copy" / "twixt.sqlite")
    moved = Place(tmp_path / "copy")
    assert document(run_at(moved, "verify", "--json"))["problems"] == []
    assert document(run_at(moved, "backup", "--json"))["record"] == back["record"]
    text = twixt("move", "--to", f"sqlite:///{tmp_path / 'other.sqlite'}").stdout
    assert f"{tmp_path / 'other.sqlite'}: equal to {home.root / 'twixt.sqlite'}: " in text
    assert f"record {there['record']}" in text


def test_files_are_moved_to_a_shared_place(twixt, home: Place, tmp_path) -> None:
    found = document(twixt("move", "--artefacts-to", str(tmp_path / "shared"), "--json"))
    names = [p.name for p in (home.root / "artefacts").rglob("?" * 64) if "keys" not in p.parts]
    assert (found["artefacts"], found["keys"]) == (len(names), 0)
    (home.root / "artefacts").rename(home.root / "old")
    shared = {**home.environment, "TWIXT_ARTEFACTS": str(tmp_path / "shared")}
    result = CliRunner().invoke(cli, ["verify"], obj=Session(shared, NOW))
    assert result.exit_code == 0, result.output
    assert "1 artefacts" in result.stdout


@pytest.mark.slow
def test_init_tells_where_the_rows_of_an_older_schema_are(home: Place) -> None:
    fixture = Path(__file__).parents[1] / "fixtures" / "stores" / "schema-0001.sqlite.sql"
    (home.root / "twixt.sqlite").unlink()
    with closing(sqlite3.connect(home.root / "twixt.sqlite")) as connection:
        connection.executescript(fixture.read_text(encoding="utf-8"))
    assert "`twixt init` brings it up to date" in complaint(run_at(home, "verify"))
    result = run_at(home, "init")
    assert result.exit_code == 0, result.stderr
    (kept,) = (home.root / "backups").iterdir()
    assert f"the record was brought up to date; its rows as they were before are in {kept}" in result.stdout
    assert run_at(home, "verify", str(kept)).exit_code == 0


# --- the doctor ---


def test_the_doctor_finds_nothing_wrong_with_a_good_home_and_changes_nothing(twixt, home: Place) -> None:
    before = home.contents()
    found = document(twixt("doctor", "--json"))
    states = {f["subject"]: f["state"] for f in found["findings"]}
    assert found["ok"]
    assert set(states) >= {"program", "packages", "memory", "home", "disk", "cache", "login", "database", "protection"}
    assert states["boards"] == "warn", "nothing is published yet"
    assert states["clock"] == states["database"] == states["home"] == "ok"
    assert home.contents() == before
    assert not (home.root / "backups").exists()


@pytest.mark.parametrize(
    ("spoil", "subject", "expected"),
    [
        (shutil.rmtree, "home", "`twixt init` creates it"),
        (lambda root: (root / "twixt.sqlite").unlink(), "database", "there is no record yet"),
        (lambda root: (root / "twixt.sqlite").write_bytes(b"x" * 5000), "database", "is not a database of twixt"),
        (lambda root: (root / "login.toml").write_text("client_id = 1"), "login", "its mode is"),
    ],
    ids=["no home", "no record", "no database", "open login file"],
)
def test_the_doctor_says_what_is_wrong_and_goes_on_looking(twixt, home: Place, spoil, subject, expected) -> None:
    spoil(home.root)
    result = twixt("doctor", "--json")
    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert any(f["state"] == "fail" and f["subject"] == subject and expected in f["text"] for f in findings)
    assert {"program", "packages", "disk", "backups"} <= {f["subject"] for f in findings}
    assert "to mend" in complaint(result)


def test_the_doctor_looks_at_the_clock_and_at_settings(twixt, home: Place) -> None:
    early = twixt("doctor", now=NOW - timedelta(days=400))
    assert "is before the record's newest row" in complaint(early)
    odd = run_at(Place(home.root, "mysql://ada:secret@db/x"), "doctor")
    assert odd.exit_code == 2
    assert "TWIXT_DB" in complaint(odd)
    assert "secret" not in odd.output


SECRETS = (
    "Zaphod",
    "zaphod@example.org",
    "s3cr3t-client",
    "c00kie",
    "hunter2",
    "whsec_abc",
    "private words of a report",
)


def test_a_bundle_holds_no_name_no_secret_and_no_row_of_the_record(twixt, home: Place, tmp_path) -> None:
    with open_store(Home.from_environment(home.environment).database) as store:
        people.add(store, "Zaphod", actor=people.LOCAL_OWNER, now=NOW, email="zaphod@example.org")
        statements = [e.record.statement for e in ledger.history(store, BOARD) if hasattr(e.record, "statement")]
    login = home.root / "login.toml"
    login.write_text(
        f'client_id = "s3cr3t-client"\nclient_secret = "hunter2hunter2"\ncookie_secret = "{"c00kie" * 8}"\n'
    )
    login.chmod(0o600)
    (home.root / "alerts.key").write_text("sealing-key-of-alerts\n")
    logs = home.root / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "error-20260701T000000-abc.log").write_text(
        f'File "{home.root}/x.py", line 3\nZAPHOD wrote to zaphod@example.org\n'
        "postgresql://ada:hunter2@db/x password=hunter2 'token': hunter2\nAuthorization: Bearer abcdefghij\n"
        "opened with sealing-key-of-alerts\n"
        "https://hooks.example.org/T0/B0/secretpath?x=1 whsec_abc\n"
        "ValueError: 'these are private words of a report that somebody has entered as evidence'\n"
    )
    path = tmp_path / "bundle.zip"
    result = twixt("doctor", "--bundle", str(path), "--json")
    assert set(document_of(result)["members"]) == {
        "doctor.json",
        "environment.json",
        "logs/error-20260701T000000-abc.log",
        "packages.json",
        "record.json",
        "taken_at.json",
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    whole = "\n".join(texts.values())
    assert not [s for s in (*SECRETS, str(home.root), BOARD, "secretpath") if s.lower() in whole.lower()]
    assert not [s for s in statements if s[:40] in whole]
    assert 'File "<home>/x.py", line 3' in texts["logs/error-20260701T000000-abc.log"]
    assert json.loads(texts["record.json"])["counts"]["ledger"] == 90
    assert json.loads(texts["packages.json"])["twixt"]
    assert json.loads(texts["environment.json"])["TWIXT_HOME"] == "<home>"


def document_of(result):
    return json.loads(result.stdout)


def test_no_password_of_a_shared_place_is_shown(home: Place, tmp_path) -> None:
    shared = {**home.environment, "TWIXT_ARTEFACTS": "memory://ada:hunter2@place/files"}
    path = tmp_path / "bundle.zip"
    for arguments in (
        ["doctor", "--bundle", str(path)],
        ["verify"],
        ["move", "--artefacts-to", "memory://b:hunter2@c/d"],
    ):
        result = CliRunner().invoke(cli, arguments, obj=Session(shared, NOW))
        assert "hunter2" not in result.output
    assert "place/files" in CliRunner().invoke(cli, ["doctor"], obj=Session(shared, NOW)).output
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if b"hunter2" in archive.read(name)]


def test_a_bundle_can_be_made_where_nothing_works(tmp_path) -> None:
    broken = Place(tmp_path / "none", "nonsense")
    result = run_at(broken, "doctor", "--bundle", str(tmp_path / "b.zip"))
    assert result.exit_code == 2
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert "TWIXT_DB" in archive.read("doctor.json").decode()
    refused = run_at(broken, "doctor", "--bundle", str(tmp_path / "b.zip"))
    assert "there is a file of this name already" in complaint(refused)
    assert [p.name for p in tmp_path.iterdir()] == ["b.zip"]
