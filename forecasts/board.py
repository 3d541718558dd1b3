"""Load a board definition from its directory: files -> rows -> records -> a checked `Board`.

A directory holds board.toml and questions.toml, and as needed scenarios.toml, votes.toml, series.toml, edges.csv,
cases.csv and adjustments.csv. The entries a new ledger starts with (evidence.csv, occurrences.csv, confirmations.csv)
are read by `forecasts.board_seed`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from forecasts import board_check, board_graph, board_tables, board_text
from forecasts.board_files import CsvRow, Problem, Table, near, read_csv, read_toml, tables_named
from forecasts.board_parts import Head, Parts, Placed
from forecasts.board_rows import Row, csv_row
from forecasts.definition import Board

TOML_FILES = {
    "board.toml": ("section", "frailty", "scheduled"),
    "questions.toml": ("question",),
    "scenarios.toml": ("scenario",),
    "votes.toml": ("vote",),
    "series.toml": ("series",),
}
"""Files of tables, and the arrays of tables that each may hold."""

CSV_FILES = ("edges.csv", "cases.csv", "adjustments.csv")
SEED_FILES = ("evidence.csv", "occurrences.csv", "confirmations.csv")
OTHER_FILES = ("resolved.csv",)

REQUIRED_FILES = ("board.toml", "questions.toml")


def find(roots: Iterable[Path]) -> dict[str, Path]:
    """Return the directories of all boards below the given roots by board id (the directory's name), sorted.

    A later root's board replaces an earlier one of the same id; a root that does not exist holds none.
    """
    found: dict[str, Path] = {}
    for root in roots:
        if root.is_dir():
            found.update({path.parent.name: path.parent for path in root.glob("*/board.toml")})
    return dict(sorted(found.items()))


def load(path: Path) -> tuple[Board | None, list[Problem]]:
    """Load and check the board in a directory.

    Parameters
    ----------
    path
        Directory named like the board's id.

    Returns
    -------
    The board (None where there is an error) and every mistake found, in the order of files and lines.
    """
    problems: list[Problem] = []
    if not path.is_dir():
        return None, [Problem(path.name, "", "no such board directory")]
    parts = _read(path, problems)
    if parts is not None:
        board_check.check(parts, directory=path.name)
    problems.sort(key=_order)
    if parts is None or any(problem.severity == "error" for problem in problems):
        return None, problems
    return _assemble(parts), problems


def _check_file_names(path: Path, named: Iterable[str], problems: list[Problem]) -> None:
    """Refuse definition files with unknown names: a misspelled file must not be silently ignored."""
    known = [*TOML_FILES, *CSV_FILES, *SEED_FILES, *OTHER_FILES, *sorted(named)]
    problems.extend(
        Problem(file.name, "", f"unknown file{near(file.name, known)}; known: {', '.join(known)}")
        for file in sorted(path.iterdir())
        if file.suffix in {".toml", ".csv"} and file.name not in known
    )
    missing = (name for name in REQUIRED_FILES if not (path / name).is_file())
    problems.extend(Problem(name, "", "this file is missing") for name in missing)


def _read(path: Path, problems: list[Problem]) -> Parts | None:
    """Return the rows of all files; None where one that all others refer to cannot be read."""
    tables = {name: read_toml(path / name, problems) for name in TOML_FILES if (path / name).is_file()}
    named = frozenset[str]().union(*(tables_named(table.values) for table in tables.values()))
    _check_file_names(path, named, problems)
    if {problem.file for problem in problems} & set(REQUIRED_FILES):
        return None
    head = _head(tables["board.toml"], problems)
    for name, table in tables.items():
        if name != "board.toml":
            _top(table, TOML_FILES[name], problems).ok()

    def rows[T](file: str, key: str, build: Callable[[Row], T | None]) -> list[Placed[T]]:
        return _build(_table_rows(tables[file], key, problems), build) if file in tables else []

    def cells[T](file: str, columns: tuple[str, ...], what: str, build: Callable[[Row], T | None]) -> list[Placed[T]]:
        found = read_csv(path / file, columns, problems) if (path / file).is_file() else []
        return _build((csv_row(row, what=_label(row, what), problems=problems) for row in found), build)

    questions = _table_rows(tables["questions.toml"], "question", problems)
    parts = Parts(
        head=head,
        mentioned={str(row.peek("id")) for row in questions},
        unread=frozenset(),
        sections=rows("board.toml", "section", board_tables.section),
        questions=_build(
            questions,
            lambda row: board_tables.question(row, opens=head.opens, deadlines=head.deadlines, directory=path),
        ),
        edges=cells("edges.csv", board_tables.EDGE_COLUMNS, "edge", board_tables.edge),
        cases=cells("cases.csv", board_tables.CASE_COLUMNS, "case", board_tables.case),
        adjustments=cells("adjustments.csv", board_tables.ADJUSTMENT_COLUMNS, "adjustment", board_tables.adjustment),
        votes=rows("votes.toml", "vote", lambda row: board_tables.vote(row, directory=path)),
        series=rows("series.toml", "series", lambda row: board_tables.series(row, directory=path)),
        frailties=rows("board.toml", "frailty", board_tables.frailty),
        scheduled=rows("board.toml", "scheduled", board_tables.scheduled),
        scenarios=rows("scenarios.toml", "scenario", board_tables.scenario),
    )
    return replace(parts, unread=frozenset(problem.file for problem in problems))


def _top(table: Table, arrays: tuple[str, ...], problems: list[Problem]) -> Row:
    row = Row(table.values, file=table.file, path=(), lines=table.lines, what="", problems=problems)
    for key in arrays:
        row.given(key)
    return row


def _head(table: Table, problems: list[Problem]) -> Head:
    row = _top(table, TOML_FILES["board.toml"], problems)
    settings = row.inner("settings")
    return Head(
        row=row,
        id=row.text("id", limit=60),
        title=row.text("title", limit=200),
        description=row.text("description"),
        opens=row.day("opens"),
        horizon=row.day("horizon"),
        deadlines=row.days("deadlines"),
        settings=None if settings is None else board_tables.settings(settings),
        valid=row.ok(),
    )


def _table_rows(table: Table, key: str, problems: list[Problem]) -> list[Row]:
    top = _top(table, (key,), problems)
    rows = top.inners(key)
    for row in rows:
        row.what = f"{key} {row.peek('id') or row.peek('question') or row.what.rpartition(' ')[2]}"
    return rows


def _label(row: CsvRow, what: str) -> str:
    names = (row.values.get(key, "") for key in ("parents", "child", "question", "name"))
    return " ".join([what, *(name[:48] for name in names if name)])


def _build[T](rows: Iterable[Row], build: Callable[[Row], T | None]) -> list[Placed[T]]:
    return [Placed(record, row) for row in rows if (record := build(row)) is not None]


def _order(problem: Problem) -> tuple[int, int]:
    files = [*TOML_FILES, *CSV_FILES, *SEED_FILES]
    place = problem.place.partition(",")[0].removeprefix("line ")
    return files.index(problem.file) if problem.file in files else -1, int(place) if place.isdigit() else 0


def _records[T](placed: Sequence[Placed[T]]) -> tuple[T, ...]:
    return tuple(item.record for item in placed)


def _assemble(parts: Parts) -> Board:
    head = parts.head
    assert head.settings is not None
    scenarios = _records(parts.scenarios)
    return board_text.sealed(
        Board(
            id=head.id,
            title=head.title,
            description=head.description,
            opens=head.opens,
            horizon=head.horizon,
            sections=_records(parts.sections),
            questions=board_graph.parents_first(parts),
            edges=_records(parts.edges),
            cases=_records(parts.cases),
            adjustments=_records(parts.adjustments),
            votes=_records(parts.votes),
            series=_records(parts.series),
            frailties=_records(parts.frailties),
            scheduled=_records(parts.scheduled),
            scenarios=tuple(sorted(scenarios, key=lambda s: s.group == "overlay")),
            settings=head.settings,
            content_hash="",
        )
    )
