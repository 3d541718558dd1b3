"""The page of a fitted panel: drawn from a snapshot of a real run; its charts and tables say the same."""

import json

import polars as pl
import pytest

from app import charts_of_panels, look, panel_marks
from app.pages import rearmament
from tests.app.conftest import SMALL_VIEWED
from tests.forecasts.panel_draws import keep_draws
from tests.jobs.small_home import NOW, open_home, small
from tests.jobs.test_panel_runs import fitted, moment


@pytest.fixture(scope="module")
def panelled(tmp_path_factory):
    """Give a home whose board has a fitted panel, published once."""
    home = open_home(tmp_path_factory.mktemp("panelled"), small(series=(fitted(),)))
    keep_draws(home.artefacts, moment(home))
    outcome = home.refit(as_of=NOW)
    assert outcome.kind == "published", outcome.message
    yield home, json.loads(home.artefacts.get(outcome.snapshot.detail_hash))["panels"]["spending"]
    home.store.close()


@pytest.fixture
def drawn(panelled, page):
    home, _ = panelled
    test = page("rearmament", home.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception, test.exception
    return test


def text_of(test) -> str:
    return "\n".join(h.proto.body for h in test.get("html"))


def test_every_part_is_there(drawn) -> None:
    assert drawn.title[0].value == "Rearmament"
    assert [h.value for h in drawn.header] == [
        "The aggregate",
        "Each member",
        "Who stands above a line, and when",
        r"How many stand at 3\.5 % or above".replace("\\", ""),
        "On the straight line to 3.5 % at the 2028 review",
        "What was printed",
    ]
    assert len(drawn.expander) >= 5, "a table behind every chart"


def test_every_chart_has_words(drawn) -> None:
    charts = drawn.get("vega_lite_chart") or drawn.get("arrow_vega_lite_chart")
    assert len(charts) == 4
    pictures = text_of(drawn)
    assert pictures.count("<img alt=") == 8
    assert "A: " in pictures


def test_the_editions_and_the_estimates_are_named(drawn) -> None:
    text = text_of(drawn)
    assert "Table of 2025-09-03" in text
    assert "Estimates of 2025, which later editions may revise: all 8 members." in text


def test_the_line_follows_the_address(panelled, page) -> None:
    home, panel = panelled
    test = page("rearmament", home.artefacts.root.parent, at=SMALL_VIEWED, line="2").run()
    assert not test.exception
    assert test.session_state["panel_line"] == "2"
    assert rearmament.above_frame(panel, "2").height == 8 * len(panel["years"])


def test_a_board_without_a_panel_says_so(small, page) -> None:
    test = page("rearmament", small.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    assert "no fitted panel" in text_of(test)


def test_the_frames_hold_what_the_snapshot_says(panelled) -> None:
    _, panel = panelled
    fan = rearmament.fan_frame(panel)
    assert fan["year"].to_list() == [2025, *panel["years"]]
    assert fan["value"].to_list()[1:] == panel["aggregate"]["fan"]["value"]
    printed = rearmament.printed_frame(panel)
    assert printed.filter(pl.col("estimate"))["year"].to_list() == [2024, 2025]
    line = rearmament.line_frame(panel)
    assert line["value"].to_list() == sorted(panel["on_line"]["chances"], reverse=True)
    ranked = rearmament.ranked_names(panel, "3.5")
    sums = {m["name"]: sum(m["at"]["3.5"]) for m in panel["members"]}
    assert [sums[n] for n in ranked] == sorted(sums.values(), reverse=True)


@pytest.mark.parametrize("colours", [look.LIGHT, look.DARK], ids=["light", "dark"])
def test_cells_can_be_read_on_their_ground(panelled, colours) -> None:
    _, panel = panelled
    rows = rearmament.above_frame(panel, "2")
    spec = charts_of_panels.chances_by_year(rows, order=rearmament.ranked_names(panel, "2"), colours=colours)
    cells = spec["layer"][0]["data"]["values"]
    assert len(cells) == rows.height
    assert all(look.contrast(c["colour"], c["text"]) >= 4.5 for c in cells)
    assert {c["label"] for c in cells} <= {str(n) for n in range(101)}


@pytest.mark.parametrize("part", [-0.1, 1.1, float("nan")])
def test_a_colour_outside_its_two_ends_is_refused(part) -> None:
    with pytest.raises(ValueError, match="no part of 1"):
        charts_of_panels.blended("#000000", "#ffffff", part)


def test_a_blend_lies_between() -> None:
    assert charts_of_panels.blended("#000000", "#ff8000", 0.5) == "#804000"


def test_small_multiples_escape_names_and_share_their_scale(panelled) -> None:
    _, panel = panelled
    odd = panel["members"][0] | {"name": '<b>"A"</b>'}
    html = panel_marks.multiples([odd, *panel["members"][1:]], panel=panel)
    assert "<b>" not in html
    assert html.count("data:image/svg+xml") == 8
    for colour in (panel_marks.PAST, panel_marks.AHEAD, panel_marks.LINE):
        assert min(look.contrast(colour, p.paper) for p in (look.LIGHT, look.DARK)) >= 3
