"""Tables for spreadsheets: what stands in the record comes back from them, and nothing in them is run as a formula."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.domain import Effect, Entry, Forecast, LedgerView, Occurrence
from forecasts.exchange import csv_tables
from forecasts.snapshots import HISTORY
from forecasts.spreadsheet import FORMULA, safe
from tests.forecasts import small_board
from tests.forecasts.records import evidence, rows, snapshot

BY = date(2026, 12, 31)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1+cmd|' /C calc'!A0",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "a\r\n=1",
    "\uff1d1",
    "x;=1",
    '"=1"',
]
EMPTY = pl.DataFrame(schema=HISTORY)


def view(*records) -> LedgerView:
    entries = tuple(Entry("small", n, r.id, 1, AT, "p1", r, "0" * 64) for n, r in enumerate(records, 1))
    return LedgerView("small", AT, "live", len(entries), "0" * 64, AT, entries)


def read(records=(), *, history=EMPTY, newest=None, board=small_board.BOARD) -> dict[str, list[dict[str, str]]]:
    """Return each table as a program that knows nothing of us reads its bytes."""
    found = csv_tables.files(board, view(*records), history, newest=newest)
    text = {n: io.StringIO(content.decode("utf-8-sig"), newline="") for n, content in found}
    return {n: list(csv.DictReader(t)) for n, t in text.items()}


def test_evidence_has_a_row_for_each_effect_and_one_without():
    two = (Effect("truce", BY, 2.0, 1.0, 4.5), Effect("pact", BY, 0.5, 0.25, 1.0))
    found = read([evidence("E1", effects=two), evidence("E2", effects=(), kind="intent", half_life_days=90.0)])
    table = found["evidence.csv"]
    assert [(r["entry"], r["question"], r["lr"], r["high"]) for r in table] == [
        ("E1", "truce", "2.0", "4.5"),
        ("E1", "pact", "0.5", "1.0"),
        ("E2", "", "", ""),
    ]
    assert table[0]["grade"] == "B2"
    assert table[0]["published_on"] == "2026-03-01"
    assert table[2]["half_life_days"] == "90.0"


def test_forecasts_stand_as_issued_and_outcomes_as_decided():
    crowd = Forecast("F1", "truce", BY, "crowd:fair", 0.4, AT, AT.date(), "a hunch", "Fair", "https://example.org")
    gone = replace(crowd, id="F2", probability=None)
    found = read([crowd, gone, Occurrence("O1", "truce", date(2026, 3, 1), date(2026, 3, 1), "", "", "verified", "")])
    assert [(r["entry"], r["probability"], r["live"]) for r in found["forecasts.csv"]] == [
        ("F1", "0.4", "true"),
        ("F2", "", "true"),
    ]
    assert found["forecasts.csv"][0]["issued_at"] == "2026-03-02T09:30:00+00:00"
    assert found["outcomes.csv"][0] == {
        "question": "truce",
        "deadline": "2026-12-31",
        "outcome": "yes",
        "on": "2026-03-01",
        "basis": "occurrence",
        "entry": "O1",
    }


def test_numbers_are_those_of_the_snapshot_with_titles():
    asked = replace(small_board.QUESTIONS[0], id="q", title="=A question?", criteria="Said by both.")
    found = read(newest=snapshot(as_of=AT, rows=rows()), board=replace(small_board.BOARD, questions=(asked,)))
    first = found["numbers.csv"][0]
    assert (first["subject"], first["deadline"], first["value"]) == ("q", "2026-12-31", "0.1")
    assert (first["title"], first["criteria"]) == ("'=A question?", "Said by both.")
    assert first["as_of"] == "2026-03-02T09:30:00+00:00"
    assert found["numbers.csv"][3]["title"] == "Spending"
    assert "numbers.csv" not in read()


def test_the_history_comes_back_to_the_digit():
    history = pl.DataFrame(
        {
            "snapshot": ["s1"], "as_of": [AT], "mode": ["live"], "subject": ["q"], "group": ["question"],
            "deadline": [BY], "measure": ["probability"], "value": [0.1 + 0.2], "low50": [1e-17], "high50": [0.5],
            "low90": [None], "high90": [1 / 3], "mcse": [0.001], "band_resolved": [True], "state": ["open"],
        },
        schema=HISTORY,
    )  # fmt: skip
    (line,) = read(history=history)["history.csv"]
    assert float(line["value"]) == 0.1 + 0.2
    assert float(line["low50"]) == 1e-17
    assert float(line["high90"]) == 1 / 3
    assert line["low90"] == ""
    assert line["band_resolved"] == "true"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_the_record_begins_a_formula(text):
    crowd = Forecast("F1", "truce", BY, "crowd:fair", 0.4, AT, AT.date(), text, text, "")
    found = read([evidence("E1", statement=text, source=text), crowd])
    cells = [c for table in found.values() for r in table for c in r.values() if c]
    assert safe(text) != text, "the cell would be left as it is: nothing is tested"
    assert not [c for c in cells if c.lstrip(" \t\r\n\"'")[:1] in FORMULA and not c.lstrip(' \t\r\n"').startswith("'")]
    assert [r["statement"] for r in found["evidence.csv"]] == [safe(text)]
    assert [r["rationale"] for r in found["forecasts.csv"]] == [safe(text)]


@settings(max_examples=60)
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
def test_text_comes_back_as_it_was_but_for_the_apostrophe(text):
    (line,) = read([evidence("E1", statement=text)])["evidence.csv"]
    assert line["statement"] == safe(text)
    if text == safe(text):
        assert line["statement"] == text
