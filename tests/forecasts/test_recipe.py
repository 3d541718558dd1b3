"""What draws are sampled from: every part of it is in the hash, and nothing else is."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts import recipe
from forecasts.recipe import Recipe, code_digest
from forecasts.shipped import Entry, Shipped

ROOT = Path(__file__).resolve().parents[2]
CODE = '''"""A model."""

import numpy as np


class Law:
    """A law."""

    rate: float
    """Per year."""

    def mean(self, k: float) -> str:
        """Return the mean."""
        return f"{self.rate * k}" + "# no comment"
'''


@pytest.fixture
def digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that gives the digest of a source text as a file."""
    monkeypatch.setattr(recipe, "ROOT", tmp_path)

    def digest(text: str, *, encoding: str = "utf-8", newline: str | None = None) -> str:
        (tmp_path / "model.py").write_text(text, encoding=encoding, newline=newline)
        code_digest.cache_clear()
        return code_digest("model.py")

    yield digest
    code_digest.cache_clear()


@pytest.mark.parametrize(
    "same",
    [
        CODE.replace('"""A model."""\n\n', ""),
        CODE.replace('"""A law."""', '"""Another\n    text."""'),
        CODE.replace('    """Per year."""\n', ""),
        CODE.replace('        """Return the mean."""\n', "        # told elsewhere\n\n"),
        CODE.replace("import numpy as np", "import numpy as np  # arrays"),
        CODE + "\n\n",
        CODE.replace("self, k: float", "self,\n        k: float"),
    ],
)
def test_comments_docstrings_and_line_breaks_are_no_code(digests, same: str) -> None:
    assert same != CODE
    assert digests(same) == digests(CODE)


def test_line_endings_and_the_place_of_the_project_do_not_count(digests, tmp_path: Path, monkeypatch) -> None:
    before = digests(CODE)
    assert digests(CODE, newline="\r\n") == before
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "model.py", tmp_path / "elsewhere" / "model.py")
    monkeypatch.setattr(recipe, "ROOT", tmp_path / "elsewhere")
    code_digest.cache_clear()
    assert code_digest("model.py") == before


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("rate: float", "rate: int"),
        CODE.replace("self.rate * k", "self.rate + k"),
        CODE.replace("# no comment", "# no  comment"),
        CODE.replace('        return f"{self', '    return f"{self'),
        CODE + "\nLAW = Law()\n",
        CODE.replace('"""A law."""', 'text = """A law."""'),
    ],
)
def test_any_change_of_the_code_counts(digests, other: str) -> None:
    assert other != CODE
    assert digests(other) != digests(CODE)


@given(st.text(max_size=30).filter(lambda t: "\\" not in t and '"' not in t and "\0" not in t and t.isprintable()))
def test_a_string_that_is_used_counts_whatever_is_in_it(text: str) -> None:
    def tokens(source: str) -> list[str]:
        return list(recipe._code(source))

    assert tokens(f'x = "{text}"\n') != tokens('x = "other than this one, which is longer than thirty"\n')
    assert tokens(f'"{text}"\nx = 1\n') == tokens("x = 1\n")


def toy(**changes: Any) -> Recipe:
    values = {
        "model": "toy",
        "variant": "",
        "inputs": {"y": [1.0, 2.5], "names": ("a", "b")},
        "sources": ("models/reference_class.py",),
        "sampler": {"chains": 4, "draws": 10, "tune": 10, "target_accept": 0.9, "seed": 1},
        "build": lambda: None,
        "units": {"rate": "events per year"},
        "bits": 8,
    }
    return Recipe(**values | changes)


CHANGED = [
    {"model": "other"},
    {"inputs": {"y": [1.0, 2.5000001], "names": ("a", "b")}},
    {"sources": ("models/reference_class.py", "models/spending.py")},
    {"sampler": {"chains": 4, "draws": 10, "tune": 10, "target_accept": 0.9, "seed": 2}},
    {"units": {"rate": "events per month"}},
    {"bits": 9},
    {"only": {"question": ("a",)}},
]


def test_everything_that_decides_the_draws_is_in_the_hash() -> None:
    assert len({toy().input_hash, *(toy(**change).input_hash for change in CHANGED)}) == len(CHANGED) + 1


def test_what_is_only_told_is_not_in_the_hash() -> None:
    told = replace(toy(), variant="2025-08-28", report=lambda _: {"a": 1}, build=lambda: 1)
    assert told.input_hash == toy().input_hash
    assert (told.name, toy().name) == ("toy-2025-08-28", "toy")


def test_the_hash_is_the_same_everywhere() -> None:
    """Worked out once; another value on another machine or Python would make every user sample."""
    fixed = toy(sources=())
    assert fixed.input_hash == "a2d43dc38078c052b06faacecad48461c104ed0a4eacf7e1f703088120d87bcb"


@pytest.mark.parametrize("value", [np.nan, np.inf, object()])
def test_inputs_without_a_canonical_text_are_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        _ = toy(inputs=[value]).input_hash


def test_a_folder_of_shipped_draws_holds_what_its_index_says(tmp_path: Path) -> None:
    shipped = Shipped(tmp_path / "draws")
    assert shipped.entries() == {}
    assert shipped.find("a" * 64) is None
    entry = Entry("a" * 64, "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", {"gate": []})
    shipped.write({"one.nc": (b"0", entry), "two.nc": (b"0", replace(entry, input_hash="b" * 64))})
    assert shipped.entries()["one.nc"] == entry
    assert shipped.find("b" * 64) == b"0"
    shipped.write({"one.nc": (b"0", entry)})
    assert {p.name for p in shipped.folder.iterdir()} == {"one.nc", "index.json"}
    assert shipped.find("b" * 64) is None
