"""Mangle a file the way accidents and strangers do: values of other types, missing and repeated parts, broken bytes."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

from tests.exchange.published_formats import zipped

JUNK: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 100, 101, 10**18, 10**390, -(10**390), 0.5, -0.0, 1e308, 1.0000001),
    *(float("nan"), float("inf"), 253402300799000, 8640000000000000, 8640000000000001, 1653850472, -62135596800000),
    *("", " ", "N/A", "null", "0.5", "50%", "1e999", "-1e-9", "٠.٥", "½", "0x10", "1_0", "$0.56", "0,5", "yes", "YES"),
    *(
        "\x00",
        "\ud800",
        "\u202e=1+1",
        "\ufeff",
        "\u2028",
        "a\r\nb",
        "=cmd|' /C calc'!A0",
        "<script>",
        "'; DROP TABLE--",
    ),
    *("9999-12-31T23:59:59Z", "0001-01-01 00:00:00+14", "2026-02-30", "2026-13-01", "2026-01-01T24:00:00Z", "12:00"),
    *("javascript:alert(1)", "https://example.org/\x00", "../../etc/passwd", "x" * 30_000, "[" * 70, '["Yes", "No"]'),
    *([], [[]], {}, {"a": {"b": []}}, [None], ["yes", "no"], [0.5, 0.5], [1, 2, 3]),
)
"""Values that stand where others belong."""
_BYTES = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b'"',
    b"'",
    b",",
    b"\n",
    b"\r",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\\",
    b"PK\x01\x02",
    b"9" * 500,
)


def mangled(content: bytes, random: Random) -> bytes:
    """Return a file that differs from a sound one, by its kind or in its bytes."""
    if random.random() < 0.25:
        return _broken(content, random)
    if content[:2] == b"PK":
        return _zip(content, random)
    text = content.decode()
    if text.startswith(("{", "[")):
        return _json_lines(text, random) if "\n" in text else _json(text, random).encode()
    return _table(text, random).encode("utf-8", "surrogatepass")


def _broken(content: bytes, random: Random) -> bytes:
    """Return a file with a few bytes changed, cut out, added or repeated."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(changed) + 1)
        end = min(len(changed), place + random.choice((1, 1, 8, 200)))
        change = random.randrange(4)
        if change == 0:
            changed[place:end] = random.randbytes(end - place)
        elif change == 1:
            del changed[place:end]
        elif change == 2:
            changed[place:place] = random.choice(_BYTES)
        else:
            changed[place:place] = changed[place:end]
    return bytes(changed)


def _json(text: str, random: Random) -> str:
    value = json.loads(text)
    for _ in range(random.randint(1, 4)):
        value = _changed(value, random)
    return json.dumps(value)


def _json_lines(text: str, random: Random) -> bytes:
    lines = text.split("\n")
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(lines))
        change = random.randrange(4)
        if change == 0:
            lines[place : place + 1] = []
        elif change == 1:
            lines[place:place] = [random.choice(lines)] if lines else []
        elif lines:
            lines[place] = _json(lines[place], random) if lines[place].startswith("{") else lines[place]
        if not lines:
            break
    return "\n".join(lines).encode()


def _changed(value: Any, random: Random) -> Any:
    """Return a value of which one part, at any depth, is another one, is gone or stands there twice."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not keys or random.random() < 0.15:
        return random.choice(JUNK)
    key = random.choice(keys)
    if random.random() < 0.15:
        copy = dict(value) if isinstance(value, dict) else list(value)
        del copy[key]
        return copy
    copy = dict(value) if isinstance(value, dict) else list(value)
    if isinstance(copy, list) and random.random() < 0.1:
        copy.append(copy[key])
    copy[key] = _changed(value[key], random)
    return copy


def _table(text: str, random: Random) -> str:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for _ in range(random.randint(1, 4)):
        row = random.randrange(len(rows))
        cell = random.randrange(len(rows[row])) if rows[row] else 0
        change = random.randrange(5)
        if change == 0:
            rows[row] = [*rows[row][:cell], *rows[row][cell + 1 :]]
        elif change == 1:
            rows.append(list(rows[row]))
        elif rows[row]:
            rows[row][min(cell, len(rows[row]) - 1)] = str(random.choice(JUNK))
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([c.replace("\x00", "\x01") for c in row] for row in rows)
    return written.getvalue()


def _zip(content: bytes, random: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(members))
    changes: tuple[Callable[[], dict[str, bytes]], ...] = (
        lambda: {n: m for n, m in members.items() if n != name},
        lambda: {**members, f"../{name}": b"x"},
        lambda: {**members, f"copy/{name}": members[name]},
        lambda: {**members, "zeros": b"0" * 100_000},
    )
    table = _table(members[name].decode(), random).encode("utf-8", "surrogatepass")
    sound = {**members, name: table}
    return zipped(random.choice(changes)() if random.random() < 0.1 else sound)
