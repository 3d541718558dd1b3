"""Whatever stands in a board's files, loading reports mistakes and never fails with a traceback."""

import json
import shutil
from datetime import date, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasts import board, board_seed, board_text
from forecasts.board_files import key_lines
from tests.boards.conftest import SMALL

TOML = sorted(f.name for f in SMALL.glob("*.toml"))
TABLES = sorted(f.name for f in SMALL.glob("*.csv"))
LINES = {
    name: [i for i, line in enumerate((SMALL / name).read_text(encoding="utf-8").split("\n")) if " = " in line]
    for name in TOML
}

plain = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.dates(min_value=date(1, 1, 1)),
    st.datetimes(),
    st.times(),
)
value = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def literal(item):
    """Write a value as TOML."""
    if isinstance(item, list):
        return f"[{', '.join(map(literal, item))}]"
    if isinstance(item, dict):
        return f"{{ {', '.join(f'{literal(k)} = {literal(v)}' for k, v in item.items())} }}"
    if isinstance(item, str):
        return json.dumps("".join(c for c in item if not 0xD800 <= ord(c) <= 0xDFFF)).replace("\x7f", "\\u007f")
    if isinstance(item, datetime | date | time):
        return item.isoformat()
    return repr(item).lower()


def test_a_key_of_control_characters_is_named_on_one_line(scratch):
    text = (SMALL / "board.toml").read_text(encoding="utf-8")
    problems = loaded(scratch, "board.toml", '"a\\nb" = 1\n' + text)[1]
    assert any("a\\nb" in str(p) for p in problems)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return shutil.copytree(SMALL, tmp_path_factory.mktemp("fuzz") / "river-levy")


def loaded(scratch, name, text):
    """Load the board with one file replaced, then put the file back."""
    (scratch / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        definition, problems = board.load(scratch)
        if definition is not None:
            problems = [*problems, *board_seed.load(scratch, definition, today=date(2030, 4, 1))[1]]
    finally:
        shutil.copy(SMALL / name, scratch / name)
    assert (definition is None) <= any(p.severity == "error" for p in problems)
    assert all("\n" not in str(p) for p in problems)
    if definition is not None:
        assert board_text.parse(board_text.text(definition)) == definition
    return definition, problems


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), item=value)
def test_any_value_at_any_key(scratch, data, item):
    name = data.draw(st.sampled_from(TOML))
    line = data.draw(st.sampled_from(LINES[name]))
    lines = (SMALL / name).read_text(encoding="utf-8").split("\n")
    lines[line] = f"{lines[line].split(' = ')[0]} = {literal(item)}"
    loaded(scratch, name, "\n".join(lines))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), cell=st.text(max_size=30))
def test_any_text_in_any_cell(scratch, data, cell):
    name = data.draw(st.sampled_from(TABLES))
    lines = (SMALL / name).read_text(encoding="utf-8").split("\n")
    line = data.draw(st.integers(0, len(lines) - 2))
    cells = lines[line].split(",")
    cells[data.draw(st.integers(0, len(cells) - 1))] = cell
    lines[line] = ",".join(cells)
    loaded(scratch, name, "\n".join(lines))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), junk=st.binary(max_size=60))
def test_any_bytes_anywhere(scratch, data, junk):
    name = data.draw(st.sampled_from(TOML + TABLES))
    whole = (SMALL / name).read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    loaded(scratch, name, whole[:at] + junk + whole[at + len(junk) :])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_line_may_be_missing_or_stand_twice(scratch, data):
    name = data.draw(st.sampled_from(TOML + TABLES))
    lines = (SMALL / name).read_text(encoding="utf-8").split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = [] if data.draw(st.booleans()) else [lines[at]] * 2
    loaded(scratch, name, "\n".join(lines))


def test_lines_of_keys_are_found():
    text = '''a = 1
[[q]]
x = """
y = 2
"""
z = 3
[[q]]
x = { m = 1 }
[[q.gate]]
terms = [
  "y = 1",
]
[[q.gate]]
terms = []
[settings]
seed = 1'''
    lines = key_lines(text)
    assert lines["a",] == 1
    assert (lines["q", 0], lines["q", 0, "x"], lines["q", 0, "z"]) == (2, 3, 6)
    assert ("q", 0, "y") not in lines
    assert (lines["q", 1, "x"], lines["q", 1, "gate", 0, "terms"], lines["q", 1, "gate", 1]) == (8, 10, 13)
    assert lines["settings", "seed"] == 16
