"""The scales of probabilities: places, labels and room, worked by hand."""

import math

import polars as pl
import pytest

from app.probability_scale import EDGE, LEAST, MOST_TICKS, log_odds, scale_for


def test_linear_begins_at_zero_and_keeps_its_columns():
    scale = scale_for("linear", [0.2, None, 0.5])
    assert (scale.low, scale.high) == (0.0, pytest.approx(0.55))
    frame = pl.DataFrame({"value": [0.2]})
    assert scale.placed(frame, ("value",)) is frame
    assert scale.field("value") == "value"
    assert scale.share(0.275) == pytest.approx(0.5)


def test_log_odds_places_equal_factors_at_equal_heights():
    scale = scale_for("logit", [0.01, 0.5])
    # odds 1:99 to 1:1; the odds 1:9.95 lie half way
    half = 1 / (1 + math.sqrt(99))
    assert scale.share(half) == pytest.approx(0.5)
    assert scale.share(0.01) > 0
    assert scale.share(0.5) < 1
    frame = scale.placed(pl.DataFrame({"value": [0.5, None, 0.2]}), ("value",))
    assert frame["value_odds"].to_list() == [0.0, None, pytest.approx(math.log(0.25))]


def test_certainty_is_drawn_at_the_edge():
    assert log_odds(0.0) == log_odds(EDGE) == pytest.approx(-log_odds(1.0))
    assert math.isfinite(scale_for("logit", [0.0, 1.0]).high)


def test_a_small_move_does_not_fill_the_scale():
    scale = scale_for("logit", [0.30, 0.301])
    assert scale.high - scale.low == pytest.approx(LEAST)
    assert scale_for("logit", []).low == pytest.approx(-LEAST / 2)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((0.0005, 0.9995), [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999]),
        ((0.011, 0.49), [0.02, 0.05, 0.1, 0.2]),
        ((0.3, 0.302), [0.25, 0.3, 0.35, 0.4]),
    ],
)
def test_the_labels_are_round_and_have_room(values, labels):
    found = scale_for("logit", values).ticks()
    assert len(found) <= MOST_TICKS
    assert set(labels) <= set(found), found


def test_the_axis_names_percent():
    axis = scale_for("logit", [0.1, 0.9]).axis("value", roof=1.2, title="chance")
    low, high = axis["scale"]["domain"]
    assert axis["field"] == "value_odds"
    assert high - low == pytest.approx(1.2 * (2 * log_odds(0.9)) * 1.12)
    assert "exp(-datum.value)" in axis["axis"]["labelExpr"]
