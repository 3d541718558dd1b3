"""`twixt import forecasts`: a report first, then all or nothing; bad files and options in one line, nothing written."""

import json
from pathlib import Path
from random import Random

import pytest

from app.commands import import_forecasts
from forecasts.exchange import formats
from tests.cli.conftest import Place, complaint
from tests.exchange import published_formats as published
from tests.exchange.mutations import mangled
from tests.exchange.published_formats import FILES

MAPPED = ("--map", "501=ceasefire@2026-12-31")


@pytest.fixture
def export(tmp_path: Path) -> str:
    """Give the path of a (synthetic) export of Metaculus."""
    path = tmp_path / "export.zip"
    path.write_bytes(published.metaculus())
    return str(path)


def document(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_command_knows_every_format() -> None:
    assert tuple(formats.FORMATS) == import_forecasts.FORMATS


def test_the_report_comes_first_and_writes_nothing(twixt, home: Place, export: str) -> None:
    before = home.contents()
    read = ("import", "forecasts", export, "--format", "metaculus")
    told = twixt(*read).stdout
    assert "metaculus: 2 questions, 0 of them ours" in told
    assert "taken: 0 forecasts" in told
    assert "503  Will there be a truce before 2027? (by June)" in told
    assert told.splitlines()[-1] == "nothing was written; --write writes what is taken"
    told = twixt(*read, *MAPPED).stdout
    assert "is ceasefire by 2026-12-31 (new)" in told
    assert "note: The export of Metaculus holds no resolution criteria" in told
    assert "crowd:metaculus.ann  (9001)" in twixt(*read, *MAPPED, "--name", "9001=ann").stdout
    assert home.contents() == before
    assert "no question of another site is kept" in twixt("import", "questions").stdout


def test_what_is_taken_is_written_once(twixt, export: str) -> None:
    command = ("import", "forecasts", export, "--format", "metaculus", *MAPPED, "--write", "--json")
    first = document(twixt(*command))
    assert first["written"] is True
    assert len(first["entries"]) == first["accepted"] == sum(first["series"].values()) > 0
    assert [f["bytes"] for f in first["files"]] == [len(published.metaculus())]
    assert len(first["files"][0]["sha256"]) == 64
    listed = document(twixt("forecast", "list", "--all", "--json"))["forecasts"]
    assert [f["id"] for f in listed] == first["entries"]
    assert {f["forecaster"] for f in listed} == set(first["series"])
    again = document(twixt(*command))
    assert (again["accepted"], again["entries"]) == (0, [])
    assert {s["reason"]: s["count"] for s in again["skipped"]}["in the record already"] == first["accepted"]
    assert document(twixt("forecast", "list", "--all", "--json"))["forecasts"] == listed
    (kept,) = document(twixt("import", "questions", "--json", "--history"))
    assert (kept["version"], kept["question"]["id"], kept["question"]["outcome"]) == (1, "501", None)
    assert "Metaculus Terms of Use" in twixt("import", "questions").stdout


def test_an_import_is_taken_back_whole_and_can_be_made_again(twixt, home: Place, export: str) -> None:
    assert twixt("forecast", "add", "ceasefire", "2026-12-31", "0.2").exit_code == 0  # F001, a person's own
    command = ("import", "forecasts", export, "--format", "metaculus", *MAPPED, "--write", "--json")
    made = document(twixt(*command))["entries"]
    before = home.contents()
    for first, last, why in (
        ("F001", made[-1], "F001 between F001 and"),
        (made[-1], made[0], "no forecast of a series in force"),
        ("F900", "F999", "no forecast of a series in force"),
        ("E001", made[-1], "the id of a forecast like F012"),
    ):
        assert why in complaint(twixt("import", "undo", first, last, "--reason", "wrong"))
    assert "--reason" in complaint(twixt("import", "undo", made[0], made[-1], "--reason", " "))
    assert home.contents() == before
    taken = document(twixt("import", "undo", made[0], made[-1], "--reason", "The wrong question", "--json"))
    assert taken["retracted"] == made
    assert len(taken["entries"]) == len(made)
    assert [f["id"] for f in document(twixt("forecast", "list", "--all", "--json"))["forecasts"]] == ["F001"]
    assert "no forecast of a series in force" in complaint(twixt("import", "undo", made[0], made[-1], "--reason", "x"))
    again = document(twixt(*command))
    assert again["accepted"] == len(made)
    assert not set(again["entries"]) & set(made)


def test_several_files_are_one_import_and_a_list_maps_them(twixt, tmp_path: Path) -> None:
    files = []
    for name, value in (("market.json", published.MARKET), ("bets.json", published.BETS)):
        files.append(str(tmp_path / name))
        Path(files[-1]).write_text(json.dumps(value))
    (tmp_path / "ours.csv").write_text(
        "outside,question,deadline\ntruce-in-2026,ceasefire,2026-12-31\nz,settlement,2027-12-31\n"
    )
    command = ("import", "forecasts", *files, "--format", "manifold", "--mapping", str(tmp_path / "ours.csv"))
    found = document(twixt(*command, "--json", "--every", "change"))
    assert found["accepted"] == 3
    assert found["questions"][0]["ours"] == {"question": "ceasefire", "deadline": "2026-12-31"}
    assert "names 1 that these files do not hold" in " ".join(found["notes"])


WRONG = (
    (["--format", "metaculus", "--map", "501"], "--map: '501': THEIRS=QUESTION@DEADLINE"),
    (["--format", "metaculus", "--map", "501=cease@2026-12-31"], "did you mean ceasefire"),
    (["--format", "metaculus", "--map", "77=ceasefire@2026-12-31"], "did you mean 'post 77'?"),
    (["--format", "metaculus", "--name", "ann"], "--name: 'ann': VOICE=NAME is needed"),
    (["--format", "metaculus", "--name", "9001=a b"], "--name: 'a b'"),
    (["--format", "metaculus", "--name", "9009=ann"], "the files hold no voice '9009'; did you mean '9001'?"),
    (["--format", "metaculus", "--name", "9001=a", "--name", "=a"], "--name: two voices have one name"),
    (["--format", "kalshi", "--saved", "yesterday"], "--saved: 'yesterday'"),
    (["--format", "fatebook"], "export.zip: not UTF-8 text"),
    (["--format", "lines"], "export.zip: not UTF-8 text"),
    (["--format", "gjopen"], "'gjopen' is not one of 'metaculus'"),
    (["--format", "metaculus", "--mapping", "absent.csv"], "absent.csv"),
    ([], "Missing option '--format'"),
)


def test_what_is_wrong_is_one_line_and_nothing_is_written(twixt, home: Place, export: str) -> None:
    before = home.contents()
    for options, why in WRONG:
        assert why in complaint(twixt("import", "forecasts", export, *options, "--write"))
    assert home.contents() == before


def test_a_bomb_is_one_line(twixt, home: Place, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    bomb.write_bytes(published.zipped({"question_data.csv": b"0" * 20_000_000}))
    before = home.contents()
    assert "times its packed size" in complaint(twixt("import", "forecasts", str(bomb), "--format", "metaculus"))
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 1_000_000)
    assert "nested deeper than 64" in complaint(twixt("import", "forecasts", str(deep), "--format", "manifold"))
    assert "not an ordinary file" in complaint(twixt("import", "forecasts", "/dev/zero", "--format", "manifold"))
    assert home.contents() == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(FILES))
def test_mangled_files_end_in_a_report_or_in_one_line_and_only_a_report_writes(
    twixt, home: Place, tmp_path: Path, kind: str
) -> None:
    """Through the whole command, with --write: what is refused leaves everything as it was."""
    reports = 0
    for seed in range(8):
        random = Random(seed)
        files = []
        for i, content in enumerate(FILES[kind]):
            files.append(tmp_path / f"{seed}-{i}")
            files[-1].write_bytes(mangled(content, random) if random.random() < 0.5 else content)
        before = home.contents()
        options = ("--format", kind, "--saved", "2026-02-01", "--all-questions", "--write", "--json")
        result = twixt("import", "forecasts", *map(str, files), *options)
        if result.exit_code:
            assert complaint(result)
            assert result.exit_code == 2
            assert home.contents() == before
        else:
            reports += 1
            kept = document(result)["questions"]
            assert {q["id"] for q in kept} <= {
                k["question"]["id"] for k in document(twixt("import", "questions", "--json"))
            }
    assert 0 < reports < 8
