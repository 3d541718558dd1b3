"""CSV for spreadsheets: no text can begin a formula, whichever separator a program reads; numbers stay numbers."""

import csv
import io
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.spreadsheet import FORMULA, csv_text, safe

# what somebody wrote -> what stands in the cell
TEXTS = [
    ("A truce was signed.", "A truce was signed."),
    ("=1+1", "'=1+1"),
    ("+1 point", "'+1 point"),
    ("-5 degrees", "'-5 degrees"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("  =cmd|' /C calc'!A0", "  '=cmd|' /C calc'!A0"),
    ("\t=1", "\t'=1"),
    ("\ufeff=1", "\ufeff'=1"),
    ("\uff1d1", "'\uff1d1"),
    ('"=1', "\"'=1"),
    ("'=1", "''=1"),
    ("x;=HYPERLINK(1)", "x;'=HYPERLINK(1)"),
    ("x\n=1", "x\n'=1"),
    ("x\r\n @1", "x\r\n '@1"),
    ("a\x00b\x1b[31mc", "ab[31mc"),
    ("a - b = c, 2 + 2", "a - b = c, 2 + 2"),
    ("\x00=1", "'=1"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "wanted"), TEXTS)
def test_a_text_stays_text(text, wanted):
    assert safe(text) == wanted


def read(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator))


def test_a_table_keeps_numbers_days_and_gaps():
    frame = pl.DataFrame(
        {
            "=name": ["a", "=b", None],
            "value": [-0.1, 1e-9, float("nan")],
            "count": [1, None, -3],
            "on": [date(2026, 7, 1), None, date(2026, 7, 3)],
            "at": [datetime(2026, 7, 1, 8, tzinfo=UTC)] * 3,
            "live": [True, False, None],
        }
    )
    text = csv_text(frame)
    assert text.startswith('\ufeff"\'=name",')
    assert text.endswith("\r\n")
    at = "2026-07-01T08:00:00+00:00"
    assert read(text)[1:] == [
        ["a", "-0.1", "1", "2026-07-01", at, "true"],
        ["'=b", "1e-09", "", "", at, "false"],
        ["", "", "-3", "2026-07-03", at, ""],
    ]


def test_a_column_that_has_no_cell_is_refused_by_name():
    with pytest.raises(TypeError, match="column 'parts' of type List"):
        csv_text(pl.DataFrame({"parts": [[1, 2]]}))


@given(st.lists(st.text(alphabet=st.sampled_from("=+-@;,\t\r\n|\"' \ufeff\uff1da1"), max_size=12), min_size=1))
def test_no_cell_of_any_reading_begins_a_formula(texts):
    frame = pl.DataFrame({"number": [1] * len(texts), "text": texts})
    for separator in (",", ";", "\t", "|"):
        for row in read(csv_text(frame), separator):
            for cell in row:
                first = cell.lstrip(" \ufeff\u200b\"'\r\n\t")[:1]
                plain = cell.lstrip(' \ufeff\u200b"\r\n\t')
                assert first not in tuple(FORMULA) or plain.startswith("'"), (separator, cell)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=20), min_size=1, max_size=5))
def test_every_row_comes_back_as_one_row(texts):
    rows = read(csv_text(pl.DataFrame({"text": texts, "n": list(range(len(texts)))})))
    assert [row[1] for row in rows[1:]] == [str(i) for i in range(len(texts))]
    assert [row[0] for row in rows[1:]] == [safe(t) for t in texts]
