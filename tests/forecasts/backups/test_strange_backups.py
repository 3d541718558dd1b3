"""Backups of strangers, and damaged ones: one line that names the file, and nothing is restored."""

import json
import random
import zipfile
from pathlib import Path

import pytest

from forecasts.backups import checking, reading, table_lines
from forecasts.errors import BackupError
from tests.forecasts.backups.homes import restore


def read_all(path: Path) -> object:
    """Read whatever is in a backup, as a restore does."""
    with reading.opened(path) as backup:
        found = [list(backup.table(name)) for name in backup.manifest.tables]
        found += [backup.artefact(*row) for row in backup.rows("artefacts")]
        found += [backup.definition(*row) for row in backup.rows("definitions")]
        return backup.manifest, found, list(backup.rows("keys"))


def complaint(path: Path, expected: object) -> str:
    """Return what is said of a backup; empty where it holds what it should, such as after a change of a date in it."""
    try:
        found = read_all(path)
    except BackupError as error:
        return str(error)
    assert found == expected
    return ""


@pytest.mark.slow
def test_a_changed_or_lost_byte_is_found_wherever_it_is(kept, tmp_path):
    whole, chosen = kept.read_bytes(), random.Random(1)
    expected, noticed = read_all(kept), 0
    for number in range(400):
        place = chosen.randrange(len(whole))
        torn = (
            whole[:place]
            if number % 10 == 0
            else whole[:place] + bytes([whole[place] ^ 1 << number % 8]) + whole[place + 1 :]
        )
        (tmp_path / "b.zip").write_bytes(torn)
        message = complaint(tmp_path / "b.zip", expected)
        assert message == "" or message.startswith(str(tmp_path / "b.zip"))
        assert "\n" not in message
        noticed += bool(message)
    assert noticed > 250


def changed(path: Path, target: Path, **members: bytes | None) -> Path:
    """Copy a backup with other members: name -> bytes, or None to leave one out; `__` stands for `/` in a name."""
    new = {name.replace("__", "/"): content for name, content in members.items()}
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in old.namelist():
            if name not in new:
                copy.writestr(name, old.read(name))
        for name, content in new.items():
            if content is not None:
                copy.writestr(name, content)
    return target


def with_manifest(path: Path, target: Path, **changes: object) -> Path:
    manifest = json.loads(zipfile.ZipFile(path).read("manifest.json")) | changes
    return changed(path, target, **{"manifest.json": json.dumps(manifest).encode()})


@pytest.mark.slow
def test_backups_of_another_kind_are_refused_in_one_line(kept, tmp_path):
    deep = b'{"format":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    target = tmp_path / "b.zip"
    cases = {
        "no backup of twixt, or damaged": lambda: target.write_bytes(b"not a zip file"),
        "no backup of twixt: it has no manifest": lambda: changed(kept, target, **{"manifest.json": None}),
        r"schema 9999 is newer than this program's \d+; upgrade": lambda: with_manifest(kept, target, schema="9999"),
        "schema 0000 is unknown; allowed: 0001": lambda: with_manifest(kept, target, schema="0000"),
        "format 2 is unknown; this program reads 1": lambda: with_manifest(kept, target, format=2),
        "its tables are not those of schema": lambda: with_manifest(kept, target, tables={}),
        "unknown field 'color'": lambda: with_manifest(kept, target, color="red"),
        "manifest cannot be read": lambda: changed(kept, target, **{"manifest.json": deep}),
        "has more than": lambda: changed(kept, target, **{"manifest.json": b" " * 5_000_000}),
        "extra.txt is missing, or no list names it": lambda: changed(kept, target, **{"extra.txt": b""}),
        "ledger.jsonl is missing": lambda: changed(kept, target, **{"tables/ledger.jsonl": None}),
        "rows with another hash": lambda: changed(kept, target, **{"tables/people.jsonl": b"[]\n"}),
        "a line is cut off": lambda: changed(kept, target, **{"tables/people.jsonl": b"[]"}),
        "cut off or longer than 67108864 bytes": lambda: changed(kept, target, **{"keys.jsonl": b"a" * 70_000_000}),
    }
    for message, make in cases.items():
        make()
        with pytest.raises(BackupError, match=message) as caught:
            read_all(target)
        assert str(caught.value).startswith(str(target))
        assert "\n" not in str(caught.value)
        with pytest.raises(BackupError):
            restore(target, tmp_path / "home")
        assert not (tmp_path / "home" / "twixt.sqlite").exists()
    with pytest.raises(BackupError, match="there is no such file"):
        read_all(tmp_path / "absent.zip")
    with pytest.raises(BackupError, match="cannot be read"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    "path",
    ["../evil", "/etc/passwd", "a/../../b", "a\\b", "C:x", "", ".", "a//b", "a/./b", "a\nb", "x" * 501, "a/"],
)
def test_a_board_file_whose_path_leads_out_is_refused(path):
    with pytest.raises(ValueError, match=r"is no path of a board file|leads out of the directory"):
        reading.check_path(path)


@pytest.mark.slow
def test_rows_that_do_not_fit_their_table_are_refused_and_nothing_is_there(kept, tmp_path):
    """A forged backup whose manifest fits its rows, but whose rows are none of the table's."""
    for number, line in enumerate([b'["b",1]', b"[1]", b'{"id":"b"}', b"[NaN]", b'["\xff"]']):
        target = tmp_path / f"{number}.zip"
        manifest = json.loads(zipfile.ZipFile(kept).read("manifest.json"))
        forged = table_lines.Counted(("id",), [line])
        list(forged)
        manifest["tables"]["boards"] = {"columns": ["id"], "rows": 1, "sha256": forged.tally.sha256}
        members = {"manifest.json": json.dumps(manifest).encode(), "tables/boards.jsonl": line + b"\n"}
        changed(kept, target, **members)
        with pytest.raises(BackupError, match=r"table boards: .* is not one of its rows"):
            restore(target, tmp_path / f"home{number}")
        assert not (tmp_path / f"home{number}" / "twixt.sqlite").exists()


def test_a_forged_row_is_found_by_the_chain_of_digests(kept, tmp_path):
    manifest = json.loads(zipfile.ZipFile(kept).read("manifest.json"))
    rows = (
        zipfile.ZipFile(kept)
        .read("tables/ledger.jsonl")
        .replace(b"Something was reported.", b"Something was forged!..")
    )
    forged = table_lines.Counted(manifest["tables"]["ledger"]["columns"], rows.splitlines())
    list(forged)
    manifest["tables"]["ledger"]["sha256"] = forged.tally.sha256
    target = changed(
        kept, tmp_path / "b.zip", **{"manifest.json": json.dumps(manifest).encode(), "tables/ledger.jsonl": rows}
    )
    assert read_all(target)
    problems = checking.check(target)[1].problems
    assert any("b: ledger position 2 holds a digest that does not match" in problem for problem in problems)
