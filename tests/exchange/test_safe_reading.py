"""Files of strangers: what is too large, too deep, too tight or leads elsewhere is refused in one line, at once."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecasts.exchange import safe_reading
from forecasts.exchange.safe_reading import UnsafeFileError
from tests.exchange.published_formats import zipped


def refused(call, *arguments, **named) -> str:
    def whole() -> None:
        result = call(*arguments, **named)
        if isinstance(result, Iterator):
            list(result)

    with pytest.raises(UnsafeFileError) as caught:
        whole()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_only_ordinary_files_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "not an ordinary file" in refused(safe_reading.read_file, pipe)
    assert "not an ordinary file" in refused(safe_reading.read_file, tmp_path)
    assert "not an ordinary file" in refused(safe_reading.read_file, Path("/dev/zero"))
    empty = tmp_path / "empty"
    empty.touch()
    assert "the file is empty" in refused(safe_reading.read_file, empty)
    large = tmp_path / "large"
    large.write_bytes(b"x" * 11)
    assert "the most that is read" in refused(safe_reading.read_file, large, largest=10)
    assert safe_reading.read_file(large, largest=11) == b"x" * 11


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 100_000, "nested deeper than 64"),
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        ('{"a":' * 65 + "1" + "}" * 65, "nested deeper than 64"),
        ('{"a": 1, "a": 2}', "the key 'a' is repeated"),
        ("1" * 401, "a number of 401 characters"),
        ("0." + "1" * 400, "a number of 402 characters"),
        ("[1,]", "not JSON"),
        ("", "not JSON"),
        ("[" + "[]," * 2_500_001 + "[]]", "values; at most 5000000"),
    ],
)
def test_json_has_bounds(text: str, why: str) -> None:
    assert why in refused(safe_reading.json_of, text, "file.json")


def test_json_within_the_bounds_is_read() -> None:
    assert safe_reading.json_of("[" * 64 + "]" * 64, "f") is not None
    assert safe_reading.json_of('{"a": NaN, "b": [Infinity, -Infinity], "c": 1.5}', "f") == {
        "a": None,
        "b": [None, None],
        "c": 1.5,
    }


def test_json_lines_name_their_line_and_keep_odd_line_ends() -> None:
    text = '{"a": "x\u2028y"}\n\n{"b": 2}\r\n'
    assert list(safe_reading.json_lines_of(text, "f")) == [(1, {"a": "x\u2028y"}), (3, {"b": 2})]
    assert refused(safe_reading.json_lines_of, '{"a": 1}\n{', "f").startswith("f: line 2: not JSON")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("b\n1\n", "column 'a' is missing; found: 'b'"),
        ("", "column 'a' is missing; found: nothing"),
        ("a,b,a\n1,2,3\n", "column 'a' stands there more than once"),
        ("a,b\n1\n", "line 2: 1 cells; the header names 2"),
        ("a\n1,2\n", "line 2: 2 cells; the header names 1"),
        ('a\n"x', "line 2: unexpected end of data"),
        ('a\n"x"y\n', "line 2: "),
        ("a\n" + "x" * 131_073, "field larger than field limit"),
        ("a," * 501, "502 columns; at most 500"),
        ("," * 10_000_001, "about 10000001 cells"),
    ],
)
def test_tables_have_bounds(text: str, why: str) -> None:
    assert why in refused(safe_reading.csv_rows_of, text, "t.csv", needed=("a",))


def test_a_table_is_read_with_its_lines() -> None:
    rows = list(safe_reading.csv_rows_of('a,b\r\n1,2\r\n"x\ny",3\r\n\r\n', "t", needed=("a",)))
    assert rows == [(2, {"a": "1", "b": "2"}), (4, {"a": "x\ny", "b": "3"})]


def test_text_is_utf8_without_nul() -> None:
    assert safe_reading.text_of("\ufeffä".encode(), "f") == "ä"
    assert "byte 2" in refused(safe_reading.text_of, b"a\xff", "f")
    assert "NUL at character 2" in refused(safe_reading.text_of, b"a\0b", "f")


def with_size(content: bytes, size: int) -> bytes:
    """Return an archive of one member whose declared size is another one, in both of its headers."""
    central = content.index(b"PK\x01\x02")
    changed = bytearray(content)
    changed[22:26] = changed[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(changed)


def test_archives_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"a.csv": b"0" * 30_000_000})
    assert len(bomb) < 40_000
    assert "times its packed size; at most 200 times" in refused(safe_reading.unzip, bomb, "b.zip")
    assert "not a readable zip archive" in refused(safe_reading.unzip, b"PK\x03\x04 no archive", "b.zip")
    assert "not a readable zip archive" in refused(safe_reading.unzip, zipped({"a": b"x"})[:-4], "b.zip")
    assert "101 members; at most 100" in refused(safe_reading.unzip, zipped({f"{i}": b"" for i in range(101)}), "b.zip")
    assert "about 1001 members" in refused(safe_reading.unzip, zipped({f"{i}": b"" for i in range(1001)}), "b.zip")
    monkeypatch.setattr(safe_reading, "LARGEST_ARCHIVE", 100)
    assert "once unpacked; at most" in refused(safe_reading.unzip, zipped({"a": b"x" * 60, "b": b"y" * 60}), "b.zip")
    monkeypatch.setattr(safe_reading, "LARGEST_FILE", 50)
    assert "once unpacked; at most" in refused(safe_reading.unzip, zipped({"a": b"x" * 60}), "b.zip")


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    honest = zipped({"a": os.urandom(5_000)})
    assert "zip archive" in refused(safe_reading.unzip, with_size(honest, 10), "z")
    assert "zip archive" in refused(safe_reading.unzip, with_size(honest, 60_000), "z")
    assert len(safe_reading.unzip(with_size(honest, 5_000), "z")["a"]) == 5_000


def named_twice() -> bytes:
    """Return an archive with two members of one name."""
    return zipped({"one.csv": b"1", "two.csv": b"2"}).replace(b"two.csv", b"one.csv")


def test_names_that_lead_elsewhere_and_secrets_are_refused() -> None:
    for name in ("../a", "/etc/passwd", "a/../../b", "C:\\a", "a\\b", "a\x1bb"):
        assert "a plain name within the archive" in refused(safe_reading.unzip, zipped({name: b"x"}), "z")
    assert "stands there more than once" in refused(safe_reading.unzip, named_twice(), "z")
    secret = bytearray(zipped({"a": b"x" * 100}))
    secret[secret.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refused(safe_reading.unzip, bytes(secret), "z")


def test_overlapping_members_give_nothing() -> None:
    """Members that share one packed stream: the bomb of D. Fifield (2019) in small."""
    plain = zipped({"a": b"x" * 1000, "b": b"y" * 1000})
    central = plain.index(b"PK\x01\x02")
    second = plain.index(b"PK\x01\x02", central + 1)
    changed = bytearray(plain)
    changed[second + 42 : second + 46] = changed[central + 42 : central + 46]
    assert "zip archive" in refused(safe_reading.unzip, bytes(changed), "z")


def test_a_member_is_found_in_any_folder_once() -> None:
    members = {"data/q.csv": b"1", "f.csv": b"2"}
    assert safe_reading.member_named(members, "q.csv", "z") == b"1"
    assert "0 members are called x.csv" in refused(safe_reading.member_named, members, "x.csv", "z")
    assert "2 members are called q.csv" in refused(
        safe_reading.member_named, {"a/q.csv": b"", "b/q.csv": b""}, "q.csv", "z"
    )
