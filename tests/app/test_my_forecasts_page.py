"""My forecasts: typed ones are kept as issued, mistakes write nothing, contradictions are shown; the question page."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from app.pages import my_forecasts
from forecasts import ledger
from forecasts.artefacts import Artefacts
from forecasts.coherence import Bounds
from forecasts.domain import Forecast
from forecasts.skill import Skill
from forecasts.store import open_store
from models.resampling import Interval
from tests.app.conftest import SMALL_VIEWED, VIEWED
from tests.app.test_board_page import html
from tests.app.test_question_page import specs
from tests.jobs import small_home

D26, D28 = date(2026, 12, 31), date(2028, 12, 31)
NOW = small_home.NOW


def forecast(entry: str, p: float | None, *, who: str = "owner", day: int = 0, deadline: date = D26, q: str = "truce"):
    at = NOW + timedelta(minutes=1) - timedelta(days=day)
    return Forecast(entry, q, deadline, who, p, at, at.date(), "Talks go on.", "", "")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """Give the folder of a small home that was refitted once; copy it, never write to it."""
    home = small_home.open_home(tmp_path_factory.mktemp("people") / "home")
    home.add(small_home.evidence("E1"))
    assert home.refit().kind == "published"
    home.store.close()
    return home.artefacts.root.parent


@pytest.fixture
def small(published, tmp_path) -> Iterator[small_home.Home]:
    """Give a home of this test alone with one live snapshot."""
    root = shutil.copytree(published, tmp_path / "home")
    with open_store(f"sqlite:///{root / 'twixt.sqlite'}") as store:
        yield small_home.Home(store, Artefacts(root / "artefacts"), small_home.small())


@pytest.fixture
def drawn(page, small):
    """Give a function that draws a page of the small board after records were added, and tells what it wrote."""

    def draw(*records: Forecast, name: str = "my_forecasts", at: datetime = SMALL_VIEWED, **address: str):
        if records:
            small.add(*records, at=NOW + timedelta(minutes=2))
        before = ledger.tail(small.store, small.board.id).position
        test = page(name, small.artefacts.root.parent, at=at, **address).run()
        assert not test.exception

        def written() -> list[object]:
            return [row.record for row in ledger.history(small.store, small.board.id) if row.position > before]

        return test, written

    return draw


def errors(test) -> list[str]:
    return [e.proto.body.split(">")[1].split("<")[0] for e in test.get("html") if "tx-err" in e.proto.body]


def test_an_empty_page_is_quiet(drawn) -> None:
    test, written = drawn()
    assert test.title[0].value == "My forecasts"
    assert [h.value for h in test.header] == ["Enter or update", "In force", "Your record"]
    assert errors(test) == []
    assert "nobody yet" in html(test)
    assert "None of your forecasts is decided yet" in html(test)
    test.button(key="mf0_save").click().run()
    assert len(errors(test)) == 1
    assert written() == []


def test_what_is_typed_is_kept_as_issued_updated_and_withdrawn(drawn) -> None:
    test, written = drawn()
    test.text_input(key="mf0_probability").set_value("1:3")
    test.text_area(key="mf0_rationale").set_value("Both gain from waiting.")
    test.button(key="mf0_save").click().run()
    assert not test.exception
    (record,) = written()
    assert (record.id, record.question, record.deadline, record.probability) == (
        "F001",
        "truce",
        date(2030, 12, 31),
        0.25,
    )
    assert (record.forecaster, record.rationale, record.issued_at) == ("owner", "Both gain from waiting.", SMALL_VIEWED)
    assert "F001 is in the record" in test.success[0].value
    assert "Both gain from waiting." in html(test)
    assert test.text_input(key="mf1_probability").value == "", "the next one starts empty"
    assert "<dd>25 %</dd>" in html(test), "one's own number stands beside the board's"

    test.text_input(key="mf1_probability").set_value("40%")
    test.button(key="mf1_save").click().run()
    assert [r.probability for r in written()] == [0.25, 0.4]

    test.button(key="mf2_withdraw").click().run()
    assert not test.exception
    assert [r.probability for r in written()] == [0.25, 0.4, None]
    assert "withdrawn from now on" in test.success[0].value
    assert "no forecast in force" in html(test)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("25", "write 25% if percent are meant"),
        ("likely", "a percentage (25%)"),
        ("0:0", "odds are two numbers"),
        ("-3%", "outside"),
    ],
)
def test_a_mistake_stands_beside_the_field_and_nothing_is_written(drawn, text, said) -> None:
    test, written = drawn()
    test.text_input(key="mf0_probability").set_value(text).run()
    assert any(said in e for e in errors(test))
    test.button(key="mf0_save").click().run()
    assert written() == []


def test_contradictions_are_shown_before_and_after_and_saved_all_the_same(drawn) -> None:
    test, written = drawn(forecast("F1", 0.6), question="truce", deadline="2028-12-31")
    assert "fits your others" in html(test)
    assert "<dd>60 % to 100 %</dd>" in html(test)
    test.text_input(key="mf0_probability").set_value("30%").run()
    assert "Does not fit your other forecasts" in test.warning[0].value
    test.button(key="mf0_save").click().run()
    assert [r.probability for r in written()] == [0.3]
    assert "do not fit together" in test.warning[0].value


def test_old_forecasts_ask_for_a_look_and_the_pool_is_told(drawn) -> None:
    test, _ = drawn(
        forecast("F1", 0.6, day=60, who="crowd:x"),
        forecast("F2", 0.3),
        question="truce",
        deadline="2026-12-31",
        at=SMALL_VIEWED + timedelta(days=50),
    )
    assert "1 older than 45 days" in html(test)
    assert "still so?" in html(test)
    assert "Pool of 2 voices: mean" in html(test)
    assert "hierarchical pool needs" in html(test)


def test_the_question_page_draws_people_and_their_weights(drawn) -> None:
    records = (forecast("F1", 0.6, day=30, who="crowd:x"), forecast("F2", 0.3), forecast("F3", 0.2, who="bea"))
    test, _ = drawn(*records, name="question", question="truce", deadline="2026-12-31")
    assert "What people say" in [h.value for h in test.header]
    assert "<b>The pool</b>" in html(test)
    chart = str(specs(test)[0])
    for name in ("you 30 %", "crowd:x 60 %", "bea 20 %", "the pool"):
        assert name in chart, name
    assert "Steps: people" in html(test)


def test_a_question_page_without_people_says_so(drawn) -> None:
    test, _ = drawn(name="question", question="truce", deadline="2026-12-31")
    assert "Nobody has a forecast of this in force." in html(test)
    assert "step-after" not in str(specs(test)[0])


def test_after_the_outcome_the_question_page_shows_what_evidence_was_worth(page, shipped_home) -> None:
    test = page("question", shipped_home, question="eu_joint_borrowing", deadline="2025-12-31").run()
    assert not test.exception
    assert "What the evidence was worth" in [h.value for h in test.header]
    assert "It happened on 27 May 2025 by 31 Dec 2025" in html(test)
    assert "Bits" in html(test)


def test_the_shipped_board_has_a_page_for_a_new_reader(page, shipped_home) -> None:
    test = page("my_forecasts", shipped_home, at=VIEWED, question="settlement").run()
    assert not test.exception
    assert test.selectbox(key="forecast_question").value == "settlement"
    days = test.selectbox(key="forecast_deadline_settlement").options
    assert days[0] == "31 Dec 2026", "what has passed cannot be forecast"


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (Bounds(0.1, 0.45, None, None), "10 % to 45 %"),
        (Bounds(0.6, 0.2, None, None), "nothing: they contradict each other"),
        (Bounds(0.0, 1.0, None, None), "0 % to 100 %"),
    ],
)
def test_what_fits_is_said_in_words(room, said) -> None:
    assert my_forecasts.fits(room) == said


def test_a_record_says_how_many_questions_are_missing() -> None:
    nan = float("nan")
    short = Interval(0.02, nan, nan, nan, 3)
    few = Skill("owner", "model", 9, 3, 0, 0.2, 0.22, short, short, 40)
    table = my_forecasts.record_table([few])
    assert "40 more questions" in table
    assert "+0.020</td>" in table
    sure = Skill("owner", "base rate", 90, 30, 0, 0.2, 0.3, Interval(0.1, 0.02, 0.06, 0.14, 30), short, 0)
    assert "+0.100 (+0.060 to +0.140)" in my_forecasts.record_table([sure])
    assert "better" in my_forecasts.record_table([sure])
