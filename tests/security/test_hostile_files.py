"""Files that were made to do harm: each is refused in one line, in time, with nothing written and nothing ended."""

import base64
import io
import json
import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from forecasts import draws_file, dump, foreign_parquet
from forecasts.artefacts import Artefacts
from forecasts.board_files import MAX_TOML_CHARACTERS, Problem, key_lines, read_toml
from forecasts.dump import DumpError
from forecasts.errors import CorruptArtefactError, RecordError
from forecasts.foreign_parquet import ParquetError
from forecasts.forms import parse
from forecasts.stored_futures import load_futures
from tests.boards.conftest import SMALL
from tests.cli.conftest import Place, complaint, run_at
from tests.security.sources import calls
from tests.security.within import within

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)

TOML = {
    "a key of fifty thousand names": ".".join(["a"] * 50_000) + " = 1",
    "quoted names": " . ".join(['"a"'] * 20_000) + " = 1",
    "names in a value": "x = {" + ".".join(["a"] * 20_000) + " = 1}",
    "a header of names": "[" + ".".join(["a"] * 20_000) + "]",
    "lists in lists": "x = " + "[" * 100_000,
    "tables in tables": "x = " + "{y=" * 50_000,
    "a number of digits": "x = " + "1" * 100_000,
    "a number with gaps": "x = " + "1_" * 50_000 + "1",
    "spaces within a list": "x = [\n[" + " " * 300_000 + "\n1]]",
    "a long line": "x = '" + "a" * 300_000 + "'",
    "as many tables as fit": "[[a]]\n" * (MAX_TOML_CHARACTERS // 6),
    "as many keys as fit": "\n".join(f"a{i}.b.c.d.e.f.g.h.i.j = 1" for i in range(MAX_TOML_CHARACTERS // 30)),
    "too long": "#" * (MAX_TOML_CHARACTERS + 1),
    "no text": "\x00\x01\x02",
    "half a character": "x = '\ud800'",
}


@pytest.mark.parametrize("name", TOML)
def test_a_hostile_table_is_read_or_refused_in_time(tmp_path: Path, name: str) -> None:
    path = tmp_path / "board.toml"
    path.write_bytes(TOML[name].encode("utf-8", "surrogatepass"))
    problems: list[Problem] = []
    with within():
        table = read_toml(path, problems)
    assert bool(table.values) != bool(problems)
    assert all("\n" not in str(p) and len(str(p)) < 400 for p in problems)


def test_the_lines_of_keys_are_found_in_time() -> None:
    with within():
        assert key_lines("a = [\n [" + " " * 1_000_000 + "\n1]]") == {("a",): 1}


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/urandom", "a pipe"])
def test_a_definition_that_never_ends_is_not_begun(tmp_path: Path, target: str) -> None:
    folder = shutil.copytree(SMALL, tmp_path / "river-levy")
    (folder / "board.toml").unlink()
    if target == "a pipe":
        os.mkfifo(folder / "board.toml")
    else:
        (folder / "board.toml").symlink_to(target)
    with within(5.0):
        result = run_at(Place(tmp_path / "home"), "check", str(folder))
    assert result.exit_code == 2
    assert "board.toml: this file is missing" in result.output
    assert "Traceback" not in result.output


JSON = ["[" * 1_000_000, '{"a":' * 200_000, "1" * 1_000_000, '{"a":1,"a":2}', "NaN", "-Infinity", '"\\ud800"' * 2, ""]


@pytest.mark.parametrize("text", JSON, ids=lambda t: t[:12])
def test_hostile_json_is_refused_in_time(text: str) -> None:
    with within(), pytest.raises(RecordError, match="not strict JSON"):
        parse(text)


@pytest.mark.parametrize("text", JSON, ids=lambda t: t[:12])
def test_a_hostile_record_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    place, path = Place(tmp_path / "home"), tmp_path / "record.jsonl"
    path.write_text('{"twixt":{"board":"b","format":1}}\n' + text + "\n", encoding="utf-8", errors="surrogatepass")
    with within(5.0):
        result = run_at(place, "import", "ledger", str(path))
    assert result.exit_code == 2
    assert len(complaint(result)) < 500


def test_a_line_without_an_end_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "LONGEST_LINE", 1_000)
    longest = 0

    def measured(line: str, *, ended: bool) -> tuple[str, object]:
        nonlocal longest
        longest = max(longest, len(line))
        return original(line, ended=ended)

    original = dump._line
    monkeypatch.setattr(dump, "_line", measured)
    path = tmp_path / "record.jsonl"
    path.write_text('{"twixt":{"board":"b","format":1}}\n' + "[" * 3_000_000)
    result = run_at(Place(tmp_path / "home"), "import", "ledger", str(path))
    assert "line 2: 1002 characters; at most 1000 are read" in complaint(result)
    assert longest == 1_002


def small_dump(**artefact: str) -> list[str]:
    head, line = {"twixt": {"board": "b", "format": 1}}, {"artefact": {"hash": "0" * 64, **artefact}}
    return [json.dumps(head), json.dumps(line)]


@pytest.mark.parametrize("given", [{"text": "x"}, {"base64": base64.b64encode(b"x").decode()}, {"base64": "~"}])
def test_a_file_of_a_record_is_what_its_name_says(given: dict[str, str]) -> None:
    with pytest.raises(DumpError, match="line 2: artefact 000000000000"):
        dump.read(small_dump(**given), now=NOW)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "0" * 63 + "/", "0" * 63 + "\n", "A" * 64, ""])
def test_no_name_leads_out_of_the_files_of_the_record(tmp_path: Path, name: str) -> None:
    kept = Artefacts(tmp_path / "artefacts")
    for use in (kept.get, kept.has, kept.remove, lambda n: kept.bind("key", n)):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            use(name)


@pytest.mark.parametrize("board", ["../x", "/etc/x", "a/b", "a\\b", "..", ".", "x\x00y", "con:", "a" * 200, ""])
def test_no_board_leads_out_of_its_folder(tmp_path: Path, board: str) -> None:
    place, new = Place(tmp_path / "home"), [] if "/" in board else [["board", "new", board]]  # DIR may lie anywhere
    for command in (*new, ["init", "--board", board], ["check", "--board", board], ["status", "--board", board]):
        result = run_at(place, *command)
        assert result.exit_code == 2, command
    assert sorted(p.name for p in tmp_path.iterdir()) in ([], ["home"])
    assert not list(tmp_path.glob("home/**/*.toml"))


FRAME = pl.DataFrame({"question": ["a", "b"] * 30, "probability": [0.1, 0.4] * 30, "outcome": [0, 1] * 30})


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def test_a_table_comes_back_as_it_was() -> None:
    assert foreign_parquet.read(parquet(FRAME)).equals(FRAME)


def test_a_parquet_file_of_a_kilobyte_that_holds_a_third_of_a_gigabyte_is_refused() -> None:
    bomb = parquet(pl.concat([pl.DataFrame({"t": ["x" * 100_000]})] * 3_000))
    assert len(bomb) < 20_000
    with pytest.raises(ParquetError, match="once it is unpacked"):
        foreign_parquet.read(bomb)


def test_a_parquet_file_of_too_many_rows_is_refused() -> None:
    rows = parquet(pl.DataFrame({"t": pl.repeat(1, foreign_parquet.MOST_ROWS + 1, eager=True)}))
    with pytest.raises(ParquetError, match=f"{foreign_parquet.MOST_ROWS + 1} rows; at most"):
        foreign_parquet.read(rows)


def test_reading_that_takes_too_long_is_broken_off() -> None:
    with pytest.raises(ParquetError, match=r"not read within 0\.001 seconds"):
        foreign_parquet.read(parquet(FRAME), seconds=0.001)


def changed(content: bytes, seed: int) -> bytes:
    """Return a file with a few bytes changed, lost or added."""
    draw, found = random.Random(seed), bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(4, len(found) - 4)
        if draw.random() < 0.5:
            found[at] = draw.randrange(256)
        elif draw.random() < 0.5:
            del found[at : at + draw.randint(1, 20)]
        else:
            found[at:at] = draw.randbytes(draw.randint(1, 8))
    return bytes(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_parquet_file_is_read_or_refused_and_ends_nothing(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "f.parquet"
    path.write_bytes(changed(parquet(FRAME), seed))
    result = run_at(Place(tmp_path / "home"), "score", str(path))
    assert result.exit_code in {0, 2}
    if result.exit_code == 2:
        assert complaint(result).startswith(("FILE: ", "f.parquet: "))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_csv_file_is_read_or_refused_and_ends_nothing(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(changed(FRAME.write_csv().encode(), seed))
    with within(10.0):
        result = run_at(Place(tmp_path / "home"), "score", str(path))
    assert result.exit_code in {0, 2}, result.output
    if result.exit_code == 2:
        complaint(result)


@pytest.mark.parametrize("read", [draws_file.from_bytes, lambda content: load_futures(content, name="futures")])
def test_a_damaged_file_of_the_record_never_reaches_the_library_that_would_read_it(tmp_path: Path, read) -> None:
    """The netCDF library can be held for ever by a file of changed bytes: it only sees bytes whose hash is right."""
    kept = Artefacts(tmp_path)
    name = kept.put(b"\x89HDF\r\n\x1a\n" + bytes(200))
    (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptArtefactError, match="damaged"):
        read(kept.get(name))


BY_LIBRARIES = {
    "read_parquet": set(),
    "scan_parquet": {"forecasts/foreign_parquet.py"},
    "read_ipc": {"forecasts/foreign_parquet.py", "forecasts/stored_futures.py"},
    "Dataset": {"forecasts/draws_file.py", "forecasts/convergence.py", "forecasts/exchange/netcdf.py"},
    "open_dataset": set(),
    "from_netcdf": set(),
    "read_json": set(),
    "read_ndjson": set(),
    "read_excel": set(),
    "extractall": set(),
    "unpack_archive": set(),
}
"""Readers of binary files -> the modules that may call them: a child process, or behind the check of a hash."""


@pytest.mark.parametrize("reader", BY_LIBRARIES)
def test_binary_files_are_read_where_they_can_do_no_harm(reader: str) -> None:
    assert {path for path, found in calls().items() if reader in {name for name, _ in found}} <= BY_LIBRARIES[reader]
