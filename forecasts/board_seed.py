"""Read the entries that a new ledger starts with: evidence.csv, occurrences.csv, confirmations.csv of a board.

They pass the same rules as what a person enters, at the day on which they were published.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from forecasts import evidence_check, evidence_entry, status_entry
from forecasts.board_files import CsvRow, Problem, read_csv
from forecasts.definition import Board
from forecasts.domain import Confirmation, Entry, Evidence, LedgerView, Occurrence, Record
from forecasts.fields import FieldProblem, Fields, shown

SEED_FORECASTER = "seed"
"""Opaque id of whose judgement a board's seed evidence is."""

EVIDENCE_COLUMNS = (
    "id", "occurred_on", "published_on", "statement", "source", "url", "grade_source", "grade_info", "lr_basis",
    "kind", "half_life_days", "thread", "verification", "effects",
)  # fmt: skip
OCCURRENCE_COLUMNS = ("id", "question", "occurred_on", "published_on", "source", "url", "verification", "note")
CONFIRMATION_COLUMNS = ("id", "through", "published_on", "questions", "note")

_COLUMN = {"on": "occurred_on", "grade": "grade_source", "half_life": "half_life_days"}
"""Fields of the entry form whose column has another name."""

_DIRECT = ("occurred_on", "published_on", "statement", "source", "url", "lr_basis", "kind", "thread", "verification")


def load(directory: Path, board: Board, *, today: date | None = None) -> tuple[tuple[Record, ...], list[Problem]]:
    """Read a board's seed records.

    Parameters
    ----------
    directory
        The board's directory; files that are not there hold nothing.
    board
        The checked definition.
    today
        The clock's UTC day; without it dates may lie in the future.

    Returns
    -------
    The records without a mistake, in the order of files and rows, and all mistakes.
    """
    problems: list[Problem] = []
    limit = today or date.max
    evidence = _rows(directory / "evidence.csv", EVIDENCE_COLUMNS, problems)
    occurrences = _rows(directory / "occurrences.csv", OCCURRENCE_COLUMNS, problems)
    confirmations = _rows(directory / "confirmations.csv", CONFIRMATION_COLUMNS, problems)
    records: list[Record] = []
    for row in evidence:
        _keep(records, row, _evidence(row, board, today=limit, known=_ids(records)), problems)
    for row in occurrences:
        _keep(records, row, _occurrence(row, board, records, today=limit), problems)
    for row in confirmations:
        _keep(records, row, _confirmation(row, board, records, today=limit), problems)
    return tuple(records), problems


def _rows(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> list[CsvRow]:
    return read_csv(path, columns, problems) if path.is_file() else []


def _keep(
    records: list[Record], row: CsvRow, found: tuple[Record | None, Sequence[FieldProblem]], problems: list[Problem]
) -> None:
    record, wrong = found
    for problem in wrong:
        column = _COLUMN.get(problem.field, problem.field)
        place = f"line {row.line}, {row.values['id'][:40]}, {column}"
        problems.append(Problem(row.file, place, problem.message))
    if record is not None and not wrong:
        records.append(record)


def _ids(records: Sequence[Record]) -> set[str]:
    return {record.id for record in records}


def _entry_id(row: CsvRow) -> list[FieldProblem]:
    read = Fields({"id": row.values["id"]}, known=("id",))
    read.name("id")
    return read.problems


def _evidence(
    row: CsvRow, board: Board, *, today: date, known: set[str]
) -> tuple[Evidence | None, Sequence[FieldProblem]]:
    fields = {name: row.values[name] for name in _DIRECT}
    fields["grade"] = row.values["grade_source"] + row.values["grade_info"]
    fields["half_life"] = row.values["half_life_days"]
    effects, wrong = _effects(row.values["effects"])
    record, problems = evidence_entry.from_fields(fields, effects, entry=row.values["id"], forecaster=SEED_FORECASTER)
    problems = [*_entry_id(row), *wrong, *problems]
    if record is not None:
        problems += evidence_check.check(record, board, today=today, open_on=record.published_on, known=known)
    return record, problems


def _effects(cell: str) -> tuple[list[Mapping[str, str]], list[FieldProblem]]:
    effects: list[Mapping[str, str]] = []
    problems: list[FieldProblem] = []
    for text in filter(None, (part.strip() for part in cell.split(";"))):
        try:
            effects.append(evidence_entry.effect_fields(text))
        except ValueError as error:
            problems.append(FieldProblem("effects", str(error)))
    return effects, problems


def _occurrence(
    row: CsvRow, board: Board, records: Sequence[Record], *, today: date
) -> tuple[Occurrence | None, Sequence[FieldProblem]]:
    names = ("question", "published_on", "source", "url", "verification", "note")
    fields = {"on": row.values["occurred_on"], **{name: row.values[name] for name in names}}
    record, problems = status_entry.occurrence_from_fields(fields, entry=row.values["id"])
    problems = [*_entry_id(row), *_taken(row, records), *problems]
    if record is not None:
        problems += status_entry.check_occurrence(record, board, view=_view(board, records), today=today)
    return record, problems


def _confirmation(
    row: CsvRow, board: Board, records: Sequence[Record], *, today: date
) -> tuple[Confirmation | None, Sequence[FieldProblem]]:
    published = Fields({"published_on": row.values["published_on"]}, known=("published_on",))
    questions = tuple(filter(None, (q.strip() for q in row.values["questions"].split(";"))))
    fields = {"through": row.values["through"], "note": row.values["note"]}
    record, problems = status_entry.confirmation_from_fields(
        fields, questions, entry=row.values["id"], today=published.day("published_on")
    )
    problems = [*_entry_id(row), *_taken(row, records), *published.problems, *problems]
    if record is not None and not published.problems:
        limit = min(today, record.published_on)
        problems += status_entry.check_confirmation(record, board, view=_view(board, records), today=limit)
        if record.published_on > today:
            problems.append(FieldProblem("published_on", f"{record.published_on} lies in the future"))
    return record, problems


def _taken(row: CsvRow, records: Sequence[Record]) -> list[FieldProblem]:
    entry = row.values["id"]
    return [FieldProblem("id", f"{shown(entry)} is the id of another entry")] if entry in _ids(records) else []


def _view(board: Board, records: Sequence[Record]) -> LedgerView:
    """Return the records read so far as a ledger would show them."""
    instant = datetime.min.replace(tzinfo=UTC)
    entries = tuple(Entry(board.id, i, r.id, 1, instant, SEED_FORECASTER, r, "") for i, r in enumerate(records, 1))
    return LedgerView(board.id, instant, "retrospective", len(entries), "", None, entries)
