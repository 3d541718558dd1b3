"""Hostile words in the record, in log lines and in tables stay words, on either database; statements hold none."""

import ast
import csv
import io
import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from app.failures import explain_failure, one_line
from app.job_log import FORMS, JobLog
from forecasts import ledger, people, reading_list
from forecasts.errors import StoreError
from forecasts.people import LOCAL_OWNER
from forecasts.reading_list import Pasted
from forecasts.spreadsheet import FORMULA, csv_text
from tests.browser.injection_corpus import CORPUS
from tests.browser.injection_corpus import one_line as flat
from tests.forecasts.records import evidence
from tests.security.sources import calls

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEXTS = list(CORPUS.values())


def test_every_string_comes_back_as_it_was_written_and_nothing_else_happened(store) -> None:
    items = [evidence(f"E{i:03d}", statement=text, source=text) for i, text in enumerate(TEXTS)]
    ledger.append(store, items, board="b", actor=LOCAL_OWNER, now=NOW)
    names = [f"{i} {flat(text)}"[:190] for i, text in enumerate(TEXTS)]
    for name in names[:20]:
        people.add(store, name, actor=LOCAL_OWNER, now=NOW)
    links = [Pasted(f"https://example.org/{i}", flat(text)[:400]) for i, text in enumerate(TEXTS[:40])]
    reading_list.add(store, links, board="b", actor=LOCAL_OWNER, now=NOW)
    assert [e.record.statement for e in ledger.history(store, "b")] == TEXTS
    assert {p.name for p in people.everyone(store)} == {name.strip() for name in names[:20]}
    assert [k.note for k in reading_list.read(store, "b")] == [k.note for k in links]
    assert ledger.verify(store, "b").position == len(TEXTS)


@pytest.mark.parametrize("board", ["'; DROP TABLE ledger; --", 'x" OR "1"="1', "%", "_", "b' --", "\\"])
def test_a_name_in_a_query_is_a_name(store, board: str) -> None:
    ledger.append(store, [evidence("E1")], board="b", actor=LOCAL_OWNER, now=NOW)
    assert ledger.history(store, board) == ()
    assert people.by_email(store, board) is None
    assert people.find(store, board) is None
    assert ledger.verify(store, "b").position == 1


STATEMENTS = frozenset({"text", "exec_driver_sql", "DDL", "literal_column", "executescript"})
MADE_OF_OURS = {
    "forecasts/jobs/queue_tables.py": "the name of the queue's schema, a constant",
    "forecasts/store.py": "names of tables to be locked, from the sources",
    "forecasts/schema.py": "triggers, from names of tables in the sources",
    "forecasts/schema_check.py": "names of triggers, from the sources",
}
"""Modules that put a statement together, and of what; words of people are always bound."""


def test_no_statement_is_put_together_from_words() -> None:
    made = {}
    for path, found in calls().items():
        for name, call in found:
            if name in STATEMENTS and call.args and is_of_sql(call) and not isinstance(call.args[0], ast.Constant):
                made[path] = f"line {call.lineno}: {ast.unparse(call)[:80]}"
    assert {path: line for path, line in made.items() if path not in MADE_OF_OURS} == {}


def is_of_sql(call: ast.Call) -> bool:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return owner is not None and (getattr(owner, "id", "") in {"sa", "sqlalchemy"} or call.func.attr != "text")


@pytest.mark.parametrize("form", FORMS)
def test_no_word_breaks_a_line_of_the_log(form: str) -> None:
    out = io.StringIO()
    log = JobLog(out, form=form, clock=lambda: NOW)
    for text in TEXTS:
        log("event", text, board=text)
    lines = out.getvalue().split("\n")
    assert len(lines) == len(TEXTS) + 1
    assert all(line.isprintable() for line in lines)
    if form == "json":
        assert [json.loads(line)["board"] for line in lines[:-1]] == TEXTS


def test_no_word_breaks_a_message_of_a_command() -> None:
    for text in TEXTS:
        line, _ = explain_failure(StoreError(text), logs=None, now=NOW)
        assert line == one_line(text)
        assert line.isprintable()
        assert len(line) <= 800


def test_tables_are_written_by_one_function_that_makes_no_formula() -> None:
    writers = {
        path for path, found in calls().items() if {"write_csv", "DictWriter", "write_excel"} & {n for n, _ in found}
    }
    assert writers <= {"forecasts/exchange/hubverse.py"}, "CSV goes through forecasts.spreadsheet.csv_text"
    frame = pl.DataFrame({"text": TEXTS, "on": [date(2026, 7, 1)] * len(TEXTS)})
    rows = list(csv.reader(io.StringIO(csv_text(frame).removeprefix("\ufeff"), newline="")))
    assert len(rows) == len(TEXTS) + 1
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in set(FORMULA)]
