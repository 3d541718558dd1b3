"""The rows of a snapshot: their columns, what each may hold, and the check that every published row passes."""

import polars as pl

GROUPS = ("question", "partition", "overlay", "series")
MEASURES = ("probability", "mean", "quantile")
STATES = ("open", "occurred", "passed", "awaiting")
NUMBERS = ("value", "low50", "high50", "low90", "high90", "mcse")
LINE = ("subject", "group", "deadline", "measure")
"""What a number speaks of; one row each in a snapshot."""

ROWS = (
    {"subject": pl.String, "group": pl.String, "deadline": pl.Date, "measure": pl.String}
    | dict.fromkeys(NUMBERS, pl.Float64)
    | {"band_resolved": pl.Boolean, "state": pl.String}
)
"""Column -> type. `deadline` is empty for what has none, 31 December for a year; numbers may be missing, never NaN."""


def check_rows(rows: pl.DataFrame) -> None:
    """Raise ValueError unless rows can be published: columns, types, allowed words, finite numbers, none twice."""
    if dict(rows.schema) != ROWS:
        odd = sorted(str(item) for item in set(rows.schema.items()) ^ set(ROWS.items()))[:4]
        raise ValueError(f"rows of a snapshot have the columns {', '.join(ROWS)}; wrong or missing: {', '.join(odd)}")
    if rows.is_empty():
        raise ValueError("a snapshot without rows says nothing")
    for name, allowed in (("group", GROUPS), ("measure", MEASURES), ("state", STATES)):
        odd = rows.filter(~pl.col(name).is_in(allowed) | pl.col(name).is_null())[name].to_list()
        if odd:
            raise ValueError(f"{name} {odd[0]!r}: allowed: {', '.join(allowed)}")
    _check_numbers(rows)
    twice = rows.filter(pl.struct(LINE).is_duplicated())
    if rows["subject"].null_count() or not twice.is_empty():
        raise ValueError(
            f"every row needs its own subject, group, deadline and measure; found twice: {twice.head(1).rows()}"
        )


def _check_numbers(rows: pl.DataFrame) -> None:
    odd = rows.filter(pl.any_horizontal(pl.col(NUMBERS).is_not_null() & ~pl.col(NUMBERS).is_finite()))
    if not odd.is_empty():
        raise ValueError(f"a number that is not finite: {odd.row(0)}")
    bounded = [name for name in NUMBERS if name != "mcse"]
    outside = pl.any_horizontal(~pl.col(bounded).is_between(0, 1))
    odd = rows.filter((pl.col("measure") == "probability") & (pl.col("value").is_null() | outside))
    if not odd.is_empty():
        raise ValueError(f"a probability is a number from 0 to 1: {odd.row(0)}")
