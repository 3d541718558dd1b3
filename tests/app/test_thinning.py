"""A long history is drawn from fewer of its days, and never without its ends."""

import polars as pl
import pytest

from app.thinning import evenly, month_ends, thinned


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [(3, 5, [0, 1, 2]), (5, 5, [0, 1, 2, 3, 4]), (9, 3, [0, 4, 8]), (10, 4, [0, 3, 6, 9]), (0, 4, [])],
)
def test_places_are_even_and_hold_both_ends(count, most, places):
    assert evenly(count, most) == places


def test_one_place_cannot_hold_both_ends():
    with pytest.raises(ValueError, match="1 of 7 places"):
        evenly(7, 1)


def history(days: int) -> pl.DataFrame:
    first = pl.date(2025, 1, 1)
    on = pl.select(pl.date_range(first, first + pl.duration(days=days - 1))).to_series().cast(pl.String)
    frame = pl.DataFrame({"on": on, "value": range(days)})
    return pl.concat([frame.with_columns(title=pl.lit(t)) for t in ("a", "b")])


def test_all_lines_are_thinned_to_the_same_days():
    drawn = thinned(history(731), most=100)
    assert drawn["on"].n_unique() == 100
    assert drawn.height == 200
    assert {drawn["on"].min(), drawn["on"].max()} == {"2025-01-01", "2027-01-01"}
    assert thinned(history(90), most=100).height == 180


def test_the_last_day_of_each_month_stands_for_it():
    ends = month_ends(history(70)).filter(pl.col("title") == "a")["on"].to_list()
    assert ends == ["2025-01-31", "2025-02-28", "2025-03-11"]
