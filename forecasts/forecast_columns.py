"""Read the columns of a forecast file into typed values: probabilities, outcomes, instants. Nothing is guessed.

Every function takes a column of text or of the file's own type and the place of its first row, for messages.
"""

from __future__ import annotations

import polars as pl

from forecasts.scored_rows import INSTANT

EMPTY = ("", "na", "n/a", "nan", "null", "none")
YES = ("1", "1.0", "yes", "true")
NO = ("0", "0.0", "no", "false")
ANNULLED = ("annulled", "ambiguous", "void", "voided", "cancelled", "canceled", "mkt")
OPEN = ("unresolved", "open", "pending")
FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
TIME = "a time like 2026-07-01T09:30:00Z or a day like 2026-07-01"
ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")


class ForecastFileError(ValueError):
    """A forecast file that cannot be scored: one line that names the place, the value and what is allowed."""


def probabilities(column: pl.Series, *, line: int) -> pl.Series:
    """Return probabilities as numbers; null where the cell is empty, the number as it stands where it is out of range.

    Raises
    ------
    ForecastFileError
        For text that is no number, and where most numbers lie above 1 and none above 100: percent.
    """
    if column.dtype == pl.String:
        text = _emptied(column)
        found = text.cast(pl.Float64, strict=False)
        _refuse(text, found, "probability", "a number from 0 to 1", line)
    else:
        found = column.cast(pl.Float64, strict=False)
    found = found.fill_nan(None)
    high, given = int((found > 1).sum()), found.len() - found.null_count()
    top = found.max()
    if 2 * high > given and isinstance(top, float) and 2 <= top <= 100:
        message = f"probability: {high} of {given} values lie above 1 (highest {top:g})"
        raise ForecastFileError(f"{message}: these look like percent; divide them by 100")
    return found.alias("probability")


def outcomes(column: pl.Series, *, line: int) -> pl.DataFrame:
    """Return outcomes: `outcome` (0, 1, null), `annulled`, and `kind`: `price` or `out of range` where it is a number.

    Raises
    ------
    ForecastFileError
        For words that name no outcome.
    """
    if column.dtype == pl.Boolean or column.dtype.is_integer() or column.dtype.is_float():
        number = column.cast(pl.Float64).fill_nan(None)
        word = pl.repeat("", column.len(), eager=True)
    else:
        word = column.cast(pl.String).str.strip_chars().str.to_lowercase().fill_null("")
        number = _from_words(word, line)
    table = pl.DataFrame({"number": number, "word": word})
    value = pl.col("number")
    return table.select(
        outcome=pl.when(value.is_in([0.0, 1.0])).then(value).cast(pl.Int8),
        annulled=pl.col("word").is_in(ANNULLED),
        kind=pl.when((value > 0) & (value < 1))
        .then(pl.lit("price"))
        .when(~value.is_in([0.0, 1.0]))
        .then(pl.lit("out of range")),
    )


def _from_words(word: pl.Series, line: int) -> pl.Series:
    number = word.cast(pl.Float64, strict=False).fill_nan(None)
    plain = pl.DataFrame({"word": word, "number": number}).select(
        pl.when(pl.col("word").is_in(YES))
        .then(1.0)
        .when(pl.col("word").is_in(NO))
        .then(0.0)
        .otherwise(pl.col("number"))
        .alias("outcome")
    )["outcome"]
    silent = word.is_in([*EMPTY, *OPEN, *ANNULLED])
    allowed = f"0, 1, empty (unresolved), {', '.join(ANNULLED[:2])}"
    _refuse(word.set(silent, None), plain, "outcome", allowed, line)
    return plain


def instants(column: pl.Series, *, name: str, line: int) -> tuple[pl.Series, bool]:
    """Return instants in UTC and whether any of them came without a zone (and was read as UTC; a day as its start).

    Raises
    ------
    ForecastFileError
        For a cell that is neither a day nor an ISO time.
    """
    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), bool(column.len() - column.null_count())
    if isinstance(column.dtype, pl.Datetime):
        return _from_datetimes(column)
    if column.dtype != pl.String:
        raise ForecastFileError(f"{name}: a column of {column.dtype}; times like 2026-07-01T09:30:00Z are needed")
    distinct = column.unique()
    if 2 * distinct.len() < column.len():
        read, plain = _from_text(distinct, whole=column, name=name, line=line)
        table = pl.DataFrame({"text": distinct, "at": read})
        every = column.to_frame("text").join(table, on="text", how="left", nulls_equal=True, maintain_order="left")
        return every["at"], plain
    return _from_text(column, whole=column, name=name, line=line)


def _from_text(column: pl.Series, *, whole: pl.Series, name: str, line: int) -> tuple[pl.Series, bool]:
    """Return the instants of a column, or of its distinct cells; a mistake is named by its row in the whole column."""
    text = _emptied(column).str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T").str.replace(r"\s*UTC$", "Z")
    found = pl.repeat(None, text.len(), dtype=INSTANT, eager=True)
    plain = 0
    for form in (*FORMATS, *ZONED):
        if found.null_count() == text.null_count():
            break
        read = text.str.to_datetime(form, time_unit="us", strict=False, exact=True)
        read = read if form in ZONED else read.dt.replace_time_zone("UTC")
        before = found.null_count()
        found = pl.select(pl.coalesce(found, read.dt.convert_time_zone("UTC"))).to_series()
        plain += before - found.null_count() if form in FORMATS else 0
    unread = column.filter(text.is_not_null() & found.is_null())
    if unread.len():
        wrong = whole.is_in(unread.implode())
        _refuse(whole, pl.select(pl.when(~wrong).then(whole)).to_series(), name, TIME, line)
    return found, plain > 0


def _from_datetimes(column: pl.Series) -> tuple[pl.Series, bool]:
    naive = getattr(column.dtype, "time_zone", None) is None
    micro = column.cast(pl.Datetime("us", getattr(column.dtype, "time_zone", None)))
    found = micro.dt.replace_time_zone("UTC") if naive else micro.dt.convert_time_zone("UTC")
    return found, naive and column.null_count() < column.len()


def _emptied(column: pl.Series) -> pl.Series:
    """Return the text without surrounding space, null where it says that there is nothing."""
    text = column.str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(EMPTY), None)


def _refuse(text: pl.Series, found: pl.Series, name: str, allowed: str, line: int) -> None:
    """Raise for cells that hold something but could not be read."""
    bad = (text.is_not_null() & found.is_null()).arg_true()
    if bad.len():
        first = int(bad[0])
        more = f" ({bad.len()} such cells)" if bad.len() > 1 else ""
        raise ForecastFileError(f"row {first + line}: {name}: {str(text[first])[:40]!r}: {allowed} is needed{more}")
