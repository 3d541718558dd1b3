"""Read a file of forecasts that came from elsewhere: CSV or Parquet in, scored rows out, every row left out counted."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from forecasts import foreign_parquet, scored_rows
from forecasts.forecast_columns import ForecastFileError, instants, outcomes, probabilities
from forecasts.scored_rows import INSTANT, MODES

NEEDED = ("question", "probability", "outcome")
TIMES = ("at", "opened_at", "closes_at", "resolved_at")
LIFE = ("opened_at", "closes_at")
KNOWN = (*NEEDED, "forecaster", *TIMES, "mode")
EVERYBODY = "all"
"""The one forecaster of a file that names none."""
SEPARATORS = ",;\t"
LISTED = 8
"""Names that a message lists before it only counts."""


@dataclass(frozen=True, slots=True)
class ForecastFile:
    """What a file holds."""

    rows: pl.DataFrame
    """Scored rows (forecasts/scored_rows.py), unresolved and annulled ones included."""
    dropped: dict[str, int]
    """Reason -> rows left out while reading."""
    notes: tuple[str, ...]
    """What a reader of the scores should know, each one sentence."""
    anonymous: bool
    """True when rows name neither forecaster nor time: each is a voice of its own."""


def read(path: Path) -> ForecastFile:
    """Read a forecast file; the format is told by its first bytes.

    Raises
    ------
    ForecastFileError
        For a file without rows, without a needed column, with a cell or a type that cannot be read, with percentages
        for probabilities, with two outcomes for one question, or with live and retrospective rows mixed.
    OSError
        When it cannot be opened.
    """
    try:
        table, line = _table(path)
        return _typed(table, line=line)
    except (ForecastFileError, pl.exceptions.PolarsError) as error:
        raise ForecastFileError(f"{path.name}: {str(error).splitlines()[0]}") from None


def _table(path: Path) -> tuple[pl.DataFrame, int]:
    """Return the file's columns, names in lower case, and the number of its first row."""
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        raise ForecastFileError("the file is empty")
    if head == b"PAR1":
        table, line = _parquet(path), 1
    else:
        table, line = _csv(path), 2
    names = [_plain(name) for name in table.columns]
    _refuse_twice(names)
    found = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise ForecastFileError(f"column {' and '.join(map(repr, missing))} missing; found: {found}")
    if not table.height:
        raise ForecastFileError("no rows below the header")
    table.columns = [n if names.count(n) == 1 else f"{n}_{i}" for i, n in enumerate(names)]
    return table, line


def _plain(name: str) -> str:
    return name.removeprefix("\ufeff").strip().lower()


def _refuse_twice(names: Sequence[str]) -> None:
    twice = [name for name in KNOWN if names.count(name) > 1]
    if twice:
        raise ForecastFileError(f"column {twice[0]!r} stands there {names.count(twice[0])} times")


def _parquet(path: Path) -> pl.DataFrame:
    try:
        return foreign_parquet.read(path.read_bytes())
    except foreign_parquet.ParquetError as error:
        raise ForecastFileError(f"not a readable Parquet file: {error}") from None


def _csv(path: Path) -> pl.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
    except UnicodeDecodeError:
        raise ForecastFileError("the text is not UTF-8") from None
    separator = max(SEPARATORS, key=header.count)
    _refuse_twice([_plain(name) for name in next(csv.reader([header], delimiter=separator), [])])
    try:
        return pl.read_csv(path, separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise ForecastFileError(_why(path, separator) or str(error).splitlines()[0]) from None


def _why(path: Path, separator: str) -> str:
    """Return which line of a CSV has more fields than its header, empty when none has."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=separator)
            width = len(next(reader, []))
            for row in reader:
                if len(row) > width:
                    return f"row {reader.line_num}: {len(row)} fields; the header names {width}"
    except UnicodeDecodeError:
        return "the text is not UTF-8"
    except csv.Error as error:
        return str(error)
    return ""


def _typed(table: pl.DataFrame, *, line: int) -> ForecastFile:
    """Return the rows with their types, and what had to be left out or said."""
    notes = _extra(table.columns)
    p = probabilities(table["probability"], line=line)
    y = outcomes(table["outcome"], line=line)
    times, zones = _times(table, line)
    notes += [f"Times without a zone were read as UTC: {', '.join(zones)}."] if zones else []
    prices = int((y["kind"] == "price").sum())
    if prices:
        notes.append(f"Outcomes between 0 and 1 are prices, counted as unresolved: {prices} rows.")
    named = "forecaster" in table.columns
    rows = pl.DataFrame(
        {
            "question": table["question"].cast(pl.String),
            "forecaster": table["forecaster"].cast(pl.String) if named else None,
            "probability": p,
            "outcome": y["outcome"],
            "annulled": y["annulled"],
            "bad": (y["kind"] == "out of range").fill_null(value=False),
            "mode": _mode(table),
            **times,
        },
        schema_overrides={"forecaster": pl.String} | dict.fromkeys(times, INSTANT),
    ).with_columns(pl.col("forecaster").fill_null(EVERYBODY if not named else "(no name)"))
    rows, dropped = _without_unusable(rows, timed=rows["at"].null_count() < rows.height, named=named)
    _refuse_two(rows)
    rows, more = _with_lives(rows, opened="opened_at" in table.columns)
    rows = rows.with_columns(cluster=pl.col("question"))
    anonymous = not named and bool(rows["at"].null_count())
    found = tuple(notes + more)
    return ForecastFile(scored_rows.checked(rows), dropped, found, anonymous)


def _extra(columns: Sequence[str]) -> list[str]:
    extra = [name for name in columns if name not in KNOWN]
    if not extra:
        return []
    listed = ", ".join(extra[:LISTED]) + (" and others" if len(extra) > LISTED else "")
    return [f"Columns not read ({len(extra)}): {listed}."]


def _times(table: pl.DataFrame, line: int) -> tuple[dict[str, pl.Series | None], list[str]]:
    """Return the columns of instants, None for those that the file lacks, and the names of those without zone."""
    found: dict[str, pl.Series | None] = {}
    zones = []
    for name in TIMES:
        if name not in table.columns:
            found[name] = None
            continue
        found[name], plain = instants(table[name], name=name, line=line)
        zones += [name] if plain else []
    return found, zones


def _mode(table: pl.DataFrame) -> str:
    """Return the one mode of all rows; a column `mode` with other words is somebody's own and not read."""
    if "mode" not in table.columns:
        return "live"
    counts = dict(table["mode"].cast(pl.String).value_counts().iter_rows())
    if not set(counts) <= set(MODES):
        return "live"
    if len(counts) > 1:
        raise ForecastFileError(
            f"mode: {counts['live']} live and {counts['retrospective']} retrospective rows; they are never scored "
            "together: put them into two files"
        )
    return str(next(iter(counts)))


def _without_unusable(rows: pl.DataFrame, *, timed: bool, named: bool) -> tuple[pl.DataFrame, dict[str, int]]:
    """Leave out what cannot be scored for reasons of the file itself: each row by the first reason that holds."""
    no_time = pl.col("at").is_null() if timed else pl.lit(value=False)
    no_probability = pl.col("probability").is_null() & (pl.lit(not timed) | pl.col("at").is_null())
    known = ["question", "forecaster", "at", "probability", "outcome"]
    twice = ~pl.struct(known).is_first_distinct()
    tests = {
        "no question": pl.col("question").fill_null("").str.strip_chars() == "",
        "out of range": ~pl.col("probability").is_between(0, 1).fill_null(value=True) | pl.col("bad"),
        "no probability": no_probability,
        "no time": no_time,
        "duplicate": twice if timed or named else pl.lit(value=False),
    }
    reason: pl.Expr = pl.lit(None, pl.String)
    for name, test in reversed(tests.items()):
        reason = pl.when(test).then(pl.lit(name)).otherwise(reason)
    marked = rows.with_columns(reason=reason)
    gone = marked["reason"].drop_nulls().value_counts()
    return marked.filter(pl.col("reason").is_null()).drop("reason", "bad"), dict(gone.iter_rows())


def _refuse_two(rows: pl.DataFrame) -> None:
    """Raise where a question has two outcomes."""
    both = rows.group_by("question").agg(pl.col("outcome").min().alias("low"), pl.col("outcome").max().alias("high"))
    both = both.filter(pl.col("low") != pl.col("high")).sort("question")
    if both.height:
        more = f" ({both.height} such questions)" if both.height > 1 else ""
        name = both["question"][0][:60]
        raise ForecastFileError(f"outcome: question {name!r} has both 0 and 1{more}; a question has one outcome")


def _with_lives(rows: pl.DataFrame, *, opened: bool) -> tuple[pl.DataFrame, list[str]]:
    """Complete each question's life where it can be told; without one there is no time average, and a note says so."""
    if rows["at"].null_count() == rows.height:
        return rows.with_columns(pl.lit(None, INSTANT).alias(name) for name in LIFE), []
    notes = []
    decided = pl.col("outcome").is_not_null()
    rows = rows.with_columns(pl.when(decided).then(pl.col("resolved_at")).alias("resolved_at"))
    lives = rows.group_by("question").agg(
        pl.col("at").min(),
        *(pl.col(name).max() for name in TIMES[1:]),
        two=pl.any_horizontal(pl.col(name).min() != pl.col(name).max() for name in TIMES[1:]),
    )
    if lives["opened_at"].null_count():
        lives = lives.with_columns(pl.col("opened_at").fill_null(pl.col("at")))
        why = "" if opened else " (there is no column opened_at)"
        notes.append(f"Questions without opening count as opened with their first forecast{why}.")
    reasons = {
        "have no scheduled close (closes_at)": pl.col("closes_at").is_null(),
        "have more than one opening, close or resolution": pl.col("two"),
        "close no later than they open": pl.col("opened_at") >= pl.col("closes_at"),
    }
    unknown = pl.lit(value=False)
    for words, test in reasons.items():
        count = lives.filter(test.fill_null(value=False) & ~unknown).height
        notes += [f"No time average where questions {words}: {count} of {lives.height}."] if count else []
        unknown |= test.fill_null(value=False)
    known = lives.select("question", *(pl.when(~unknown).then(pl.col(n)).alias(n) for n in LIFE), end="resolved_at")
    rows = rows.drop(LIFE).join(known, on="question", how="left", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("resolved_at", "end").alias("resolved_at"))
    late = rows.filter((pl.col("at") > pl.col("closes_at")) & pl.col("probability").is_not_null()).height
    if late:
        notes.append(f"Forecasts after the scheduled close, scored without a part in time averages: {late}.")
    return rows, notes
