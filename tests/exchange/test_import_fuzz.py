"""Whatever a file holds, its import ends in a report or one line: no traceback, no wait, nothing that is not kept."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasts.codec import encode
from forecasts.domain import LedgerView
from forecasts.exchange import formats
from forecasts.exchange.import_report import Choices, Import, ImportRefusedError, prepare
from forecasts.exchange.outside import FORM, OutsideQuestion, Reading, merged
from forecasts.exchange.safe_reading import UnsafeFileError
from forecasts.forms import canonical, parse, read_fields, write_fields
from tests.exchange.mutations import mangled
from tests.exchange.published_formats import FILES
from tests.forecasts.small_board import BOARD

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VIEW = LedgerView("small", NOW, "live", 0, "", None)
DEADLINE = date(2026, 12, 31)
EXAMPLES, EACH = 255, 10
"""Draws of each of the eight formats, and mangled files of each draw: 20,400 in all."""
LONGEST = 2.0
"""Seconds that one file may take."""


def refusal(kind: str, contents: list[bytes]) -> str:
    """Read files and take all that they hold; returns the line that refuses them, or nothing.

    Everything that is taken is written as the record would, and read back.
    """
    try:
        reading = merged(formats.read(kind, content, "file", saved_at=NOW) for content in contents)
        found = prepared(kind, reading)
    except (UnsafeFileError, ImportRefusedError) as error:
        return str(error)
    for question in reading.questions:
        text = canonical(write_fields(question, FORM))
        assert read_fields(parse(text), OutsideQuestion, FORM) == question
    for record in found.accepted:
        encode(replace(record, id="F001"))
    for told in (*found.notes, *(e for s in found.skipped for e in s.examples)):
        assert told.isprintable(), ascii(told)
    return ""


def prepared(kind: str, reading: Reading) -> Import:
    pairs = {q.id: ("truce", DEADLINE) for q in reading.questions[:1]}
    return prepare(kind, reading, pairs, Choices("change"), board=BOARD, view=VIEW, known=(), now=NOW)


def imported(kind: str, contents: list[bytes]) -> None:
    began = time.perf_counter()
    line = refusal(kind, contents)
    took = time.perf_counter() - began
    assert took < LONGEST, f"{took:.1f} seconds"
    assert "\n" not in line
    assert len(line) < 1_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", formats.FORMATS)
def test_no_mangled_file_gets_through_or_stands_in_the_way(kind: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(seed=st.integers(0, 2**40))
    def mangle(seed: int) -> None:
        random = Random(seed)
        for _ in range(EACH):
            imported(kind, [mangled(c, random) if random.random() < 0.7 else c for c in FILES[kind]])

    mangle()


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_a_few_mangled_files_of_each_format(kind: str) -> None:
    for seed in range(40):
        random = Random(seed)
        imported(kind, [mangled(c, random) for c in FILES[kind]])


@pytest.mark.parametrize("kind", formats.FORMATS)
@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf", b"{", b"[]", b"{}", b"null", b"0", b'""', b"a,b\n1,2\n", b"\n" * 1000]
)
def test_files_that_hold_nothing(kind: str, content: bytes) -> None:
    imported(kind, [content])
