"""Read `[question.duration]`: the table of cases to which a question's pace is fitted, and the effects of features.

The cases stand in a CSV table that is named: beside the definition, or among the reference tables that come with twixt.
What was read becomes part of the definition.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from forecasts.board_files import CsvRow, Problem, read_csv, table_path
from forecasts.board_rows import Row, csv_row
from forecasts.definition import Effect, FittedDuration, Spell
from forecasts.fields import shown

COLUMNS = ("case", "start", "end", "ended", "comparability", "source", "verification", "note")
"""Columns of the table, beside one for each feature; `years` may stand there and must agree with the days."""
VERIFICATIONS = ("verified", "recalled", "unverified")
FEWEST = 5
"""Cases needed, and ends among them."""
_YEARS_AGREE = 0.01


def duration(row: Row, *, directory: Path) -> FittedDuration | None:
    """Read the table `[question.duration]`; every mistake of it and of its cases is reported through the row."""
    effects = tuple(e for inner in row.inners("effect") if (e := _effect(inner)) is not None)
    ended = row.text("ended", limit=60) if row.given("ended") else "ended"
    path = _table(row, directory)
    record = FittedDuration(
        level=row.elicited("five_years", low=1e-4, high=1 - 1e-4),
        coarse_days=row.integer("coarse_days", low=0, high=3650),
        effects=effects,
        spells=() if path is None else _spells(row, path, effects=effects, ended=ended),
    )
    if path is not None and row.ok():
        _check(row, record)
    return record if row.ok() else None


def _effect(row: Row) -> Effect | None:
    """Read an effect: of an edge (`parent`), or with a prior of its own (`name` and `ratio`)."""
    parent = row.given("parent")
    name = row.name("parent" if parent else "name")
    if parent and (row.given("ratio") or row.given("name")):
        row.refuse("ratio" if row.given("ratio") else "name", "an effect with a parent takes the prior of that edge")
    ratio = None if parent else row.elicited("ratio", low=0.01, high=100.0)
    features = row.names("features")
    if not features:
        row.refuse("features", "is empty; columns of the table are needed")
    return Effect(name, features, ratio) if row.ok() else None


def _table(row: Row, directory: Path) -> Path | None:
    name = row.text("table", limit=90)
    path = table_path(directory, name) if name else None
    if name and path is None:
        message = "the name of a .csv file is needed, beside the definition or among the reference tables"
        row.refuse("table", f"{shown(name)}: {message}")
    return path


def _spells(row: Row, path: Path, *, effects: Sequence[Effect], ended: str) -> tuple[Spell, ...]:
    features = tuple(dict.fromkeys(f for effect in effects for f in effect.features))
    problems: list[Problem] = []
    cells = read_csv(path, (*COLUMNS, *features), problems, optional=("years",), renamed={ended: "ended"})
    found = [_spell(cell, features, problems) for cell in cells]
    for problem in problems:
        row.refuse("table", str(problem))
    return tuple(spell for spell in found if spell is not None)


def _spell(cells: CsvRow, features: Sequence[str], problems: list[Problem]) -> Spell | None:
    row = csv_row(cells, what=f"case {cells.values['case'][:48]}", problems=problems)
    marks = {name: row.choice(name, ("0", "1")) for name in ("ended", *features)}
    record = Spell(
        name=row.text("case", limit=200),
        start=row.day("start"),
        end=row.day("end"),
        ended=marks["ended"] == "1",
        features=tuple(name for name in features if marks[name] == "1"),
        comparability=row.number("comparability", low=0.0, high=1.0, open_low=True),
        source=row.text("source", limit=1000),
        verification=row.choice("verification", VERIFICATIONS),
        note=row.text("note", required=False),
    )
    if date.min not in (record.start, record.end):
        _check_days(row, record)
    return record if row.ok() else None


def _check_days(row: Row, spell: Spell) -> None:
    days = (spell.end - spell.start).days
    if days < 0:
        row.refuse("end", f"{spell.end} lies before the start {spell.start}")
    elif days == 0 and not spell.ended:
        row.refuse("end", f"{spell.end} is the start: a case that holds must have been seen for a day")
    if row.given("years"):
        years = row.number("years", low=0.0, high=1e4)
        if abs(years - days / 365.25) > _YEARS_AGREE:
            row.refuse("years", f"{years:g}; from {spell.start} to {spell.end} it is {days / 365.25:.4f}")


def _check(row: Row, record: FittedDuration) -> None:
    """Report effects and cases that stand twice, effects that no case shows, and too few cases."""
    for what, names in (("effect", [e.name for e in record.effects]), ("case", [s.name for s in record.spells])):
        for name in _twice(names):
            row.refuse("effect" if what == "effect" else "table", f"the {what} {shown(name)} stands more than once")
    for effect in record.effects:
        if not any(set(effect.features) & set(s.features) for s in record.spells):
            row.refuse("effect", f"no case shows {effect.name!r}: none has {' or '.join(effect.features)}")
    ends = sum(s.ended for s in record.spells)
    if min(ends, len(record.spells)) < FEWEST:
        row.refuse("table", f"{len(record.spells)} cases, {ends} of them ended; at least {FEWEST} ends are needed")


def _twice(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, times in seen.items() if times > 1]
