"""The page of a vote whose members are known: chamber, count, periods, statements with a preview, and its charts."""

import math
from collections.abc import Iterator
from itertools import pairwise

import pytest

from app import charts_of_votes as charts
from app.look import DARK, LIGHT, contrast
from app.pages import senate as page_of
from forecasts import ledger
from forecasts.domain import Retraction, Statement
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.jobs import small_home, voting_home


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Iterator[small_home.Home]:
    """Give the small board with a fitted vote, one statement and one real live snapshot."""
    home = voting_home.open_home(tmp_path_factory.mktemp("votes") / "home")
    home.add(voting_home.statement("S001", "m40", "for_firm"))
    assert home.refit().kind == "published"
    yield home
    home.store.close()


def seats(count: int = 60) -> list[dict]:
    return [
        {
            "name": f"M{i}",
            "party": "R" if i % 2 else "D",
            "chance": 1 - i / count,
            "decides": 1 / count,
            "said": "",
            "leaving": False,
            "member": f"m{i}",
        }
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [1, 7, 60, 100, 435])
def test_every_seat_has_a_place_of_its_own_in_the_half_circle(count: int) -> None:
    places = charts.places(count)
    assert len(set(places)) == count
    for x, y in places:
        assert charts.INNER - 1e-9 <= math.hypot(x, y) <= 1 + 1e-9
        assert y > 0
    angles = [math.atan2(y, x) for x, y in places]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(angles))


def test_the_chamber_is_ordered_and_says_all_beside_the_colour() -> None:
    spec = charts.hemicycle(list(reversed(seats())), parties=["D", "R"], needed=40, colours=LIGHT)
    marks = next(part for part in spec["layer"] if part["mark"]["type"] == "point")
    rows = marks["data"]["values"]
    assert [r["rank"] for r in rows] == list(range(1, 61))
    assert [r["chance"] for r in rows] == sorted((r["chance"] for r in rows), reverse=True)
    assert marks["encoding"]["shape"]["scale"]["range"] == ["circle", "square"]
    assert {t["field"] for t in marks["encoding"]["tooltip"]} >= {"name", "party", "chance", "rank", "said"}
    left, right = (rows[0]["x"], rows[-1]["x"])
    assert left < right


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_every_step_has_a_colour_that_can_be_told_from_the_ground(colours) -> None:
    steps = charts.step_colours(colours)
    assert len(steps) == len(charts.STEPS) == len(charts.STEP_NAMES) == len(set(steps))
    assert all(contrast(step, colours.paper) >= 1.3 for step in steps)


@pytest.mark.parametrize(
    ("chance", "name"), [(1.0, "95 % or more"), (0.9, "90 to 95 %"), (0.5, "50 to 65 %"), (0.0, "below 25 %")]
)
def test_a_chance_belongs_to_the_step_that_its_name_says(chance: float, name: str) -> None:
    assert charts.STEP_NAMES[charts.step_of(chance)] == name


def test_the_count_is_told_by_enough_and_too_few() -> None:
    law = [0.0] * 50 + [0.01] * 51
    spec = charts.yea_counts(law, needed=67, typical=(64, 96), colours=LIGHT)
    bars = next(part for part in spec["layer"] if part["mark"]["type"] == "rect")["data"]["values"]
    assert {r["yeas"]: r["side"] for r in bars}[64] == "enough"
    assert {r["yeas"]: r["side"] for r in bars}[63] == "too few"
    names = [r["name"] for part in spec["layer"] if part["mark"]["type"] == "text" for r in part["data"]["values"]]
    assert names == ["64 of 96", "67 if all 100 vote"]


@pytest.mark.parametrize(("voting", "needed"), [(100, 67), (99, 66), (97, 65), (96, 64), (60, 40)])
def test_two_thirds_of_those_voting(voting: int, needed: int) -> None:
    assert page_of.two_thirds(voting) == needed


def test_quantiles_of_a_law_of_counts() -> None:
    assert page_of.quantiles([0.02, 0.03, 0.45, 0.3, 0.2]) == (1, 2, 4)
    assert page_of.quantiles([0, 0, 1.0]) == (2, 2, 2)


def test_the_legend_counts_every_seat_once_by_step_and_party() -> None:
    text = page_of.legend(seats(), ["D", "R"], LIGHT)
    counts = [int(part.split("</b>")[0]) for part in text.split("<b>")[1:]]
    assert sum(counts) == 60
    assert "● D ■ R" in text


def test_the_page_shows_the_vote_and_what_was_said(page, published) -> None:
    test = page("senate", published.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    text = html(test)
    assert "two thirds consent" in text
    assert "President’s party R" in text
    assert "Member 40 (S20)" in text
    assert "firmly for" in text
    for header in ("The chamber", "How many say yea", "By period", "Who decides", "What members have said"):
        assert header in [h.value for h in test.header]
    assert "20 uncertain" in text
    assert "Knowing" not in text


def test_an_address_names_the_terms(page, published) -> None:
    root = published.artefacts.root.parent
    expected, agreed = (page("senate", root, at=SMALL_VIEWED, terms=t).run() for t in ("expected", "1"))
    assert not agreed.exception
    assert agreed.selectbox(key="terms_picker").value == "1"
    assert html(expected) != html(agreed)
    wrong = page("senate", root, at=SMALL_VIEWED, terms="9").run()
    assert not wrong.exception
    assert wrong.selectbox(key="terms_picker").value == "expected"


def test_a_board_without_a_fitted_vote_says_so(page, small_published) -> None:
    test = page("senate", small_published.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    assert "no vote with known members" in html(test)


def test_a_statement_is_previewed_saved_and_taken_back(page, tmp_path) -> None:
    home = voting_home.open_home(tmp_path / "home")
    assert home.refit().kind == "published"
    test = page("senate", tmp_path / "home", at=SMALL_VIEWED).run()
    test.button(key="st0_save").click().run()
    assert any("Senator" in e.value for e in test.error), "an empty form is refused with its fields"
    test.selectbox(key="st0_member").set_value("m3")
    test.select_slider(key="st0_stance").set_value("against_firm")
    test.text_input(key="st0_source").set_value("A speech").run()
    text = html(test)
    assert "Two thirds, if a vote were held now" in text
    assert "Member 3 (S1, R)" in text
    assert not [e for e in ledger.history(home.store, home.board.id) if isinstance(e.record, Statement)]
    test.button(key="st0_save").click().run()
    assert not test.exception
    rows = ledger.history(home.store, home.board.id)
    assert [(r.record.member, r.record.stance) for r in rows if isinstance(r.record, Statement)] == [
        ("m3", "against_firm")
    ]
    assert "S001 is in the record" in " ".join(s.value for s in test.success)
    test.button(key="statement_retract").click().run()
    assert not test.exception
    taken = [r.record.target for r in ledger.history(home.store, home.board.id) if isinstance(r.record, Retraction)]
    assert taken == ["S001"]
    home.store.close()
