"""Who may not write is told so once at each form, gets no button, and is refused at the write itself all the same."""

import ast
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from app import data, evidence_data, login, people_data, refit_job, votes_data, what_if_data
from forecasts import ledger
from forecasts.domain import Entry, Forecast, Statement
from forecasts.errors import ForbiddenError
from forecasts.people import ANONYMOUS, Actor
from forecasts.people_forecasts import Issued
from forecasts.reading_list import Link, Pasted
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.jobs import small_home, voting_home

APP = Path(__file__).resolve().parents[2] / "app"
DAY = date(2026, 4, 8)
VIEWERS = {"anonymous": ANONYMOUS, "viewer": Actor("p0123456789abcdef", "viewer")}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[small_home.Home]:
    """Give a small board with a fitted vote, one statement and one real live snapshot; nobody may write to it."""
    opened = voting_home.open_home(tmp_path_factory.mktemp("gating") / "home")
    opened.add(voting_home.statement("S001", "m40", "for_firm"), small_home.evidence("E1"))
    assert opened.refit().kind == "published"
    yield opened
    opened.store.close()


@pytest.fixture
def seen_by(page, home, monkeypatch) -> Callable:
    """Give a function that draws a page as somebody, and fails the test when that wrote anything."""

    def draw(name: str, actor: Actor, **address: str):
        test = page(name, home.artefacts.root.parent, at=SMALL_VIEWED, **address)
        monkeypatch.setattr(login, "actor", lambda *_: actor)
        return test

    return draw


FORMS = [
    ("add_evidence", "To save evidence you need", "Save"),
    ("my_forecasts", "To enter forecasts of your own you need", "Save"),
    ("senate", "To save a statement you need", "Save the statement"),
    ("runs", "To ask for a run you need", "Refit now"),
    ("evidence?view=links", "To change the reading list you need", "Keep for later"),
    ("evidence?item=E1", "To edit or retract evidence you need", "Edit"),
    ("what_if?if=truce by 2028-12-31", "To keep a what-if under a name you need", "Keep this what-if"),
]


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize(("name", "told", "button"), FORMS)
def test_a_viewer_gets_one_explanation_and_no_button(seen_by, name: str, told: str, button: str, who: str) -> None:
    page, _, query = name.partition("?")
    test = seen_by(page, VIEWERS[who], **dict([query.split("=")] if query else [])).run()
    assert not test.exception
    assert html(test).count(told) == 1
    assert "one of these roles: forecaster, admin" in html(test)
    assert button not in [b.label for b in test.button]
    assert "Take it back" not in [b.label for b in test.button]


@pytest.mark.parametrize(("name", "told", "button"), FORMS)
def test_a_forecaster_gets_the_button_and_no_explanation(seen_by, name: str, told: str, button: str) -> None:
    page, _, query = name.partition("?")
    test = seen_by(page, Actor("p1", "forecaster"), **dict([query.split("=")] if query else [])).run()
    assert not test.exception
    assert told not in html(test)
    assert button in [b.label for b in test.button]


def a_forecast() -> Forecast:
    return Forecast("F1", "truce", date(2028, 12, 31), "p0123456789abcdef", 0.3, small_home.NOW, DAY, "", "", "")


def a_row(board: str) -> Entry:
    """Return the newest version of the evidence item E1."""
    return ledger.history(data.workspace().store, board, entry="E1")[-1]


def a_link(board: str) -> Link:
    return Link(
        board,
        1,
        "example.org/x",
        "https://example.org/x",
        "",
        "open",
        None,
        "p1",
        small_home.NOW,
        "p1",
        small_home.NOW,
        1,
    )


WRITES: dict[str, Callable[[str], object]] = {
    "data.save_evidence": lambda b: data.save_evidence(b, small_home.evidence("E9")),
    "data.retract": lambda b: data.retract(b, "E1", reason="a mistake"),
    "evidence_data._append": lambda b: evidence_data.save_edit(
        data.board_view(b), small_home.evidence("E1", lr=2.0), seen=a_row(b)
    ),
    "evidence_data._take_back": lambda b: evidence_data.retract(data.board_view(b), a_row(b), reason="a mistake"),
    "evidence_data.add_links": lambda b: evidence_data.add_links(b, [Pasted("https://example.org/x", "")]),
    "evidence_data.change_link": lambda b: evidence_data.change_link(a_link(b), "done"),
    "people_data.save": lambda b: people_data.save(b, a_forecast()),
    "people_data.withdraw": lambda b: people_data.withdraw(b, Issued(a_forecast(), a_row(b))),
    "votes_data.save_statement": lambda b: votes_data.save_statement(
        b, Statement("S9", "consent", "m3", "for_firm", DAY, DAY, "A speech", "", "")
    ),
    "what_if_data.save": lambda b: what_if_data.save(
        data.board_view(b), {"name": "A truce", "note": ""}, ["truce by 2028-12-31"], "see"
    ),
    "refit_job.start": refit_job.start,
}
"""What the pages call to write, by the function that asks for the right."""
ELSEWHERE = {"roles_data.add", "roles_data.change", "roles_data.erase"}
"""Tested with their page in test_people_page.py."""
OF_THEMSELVES = {"changes_data.my_last_visit"}
"""When somebody was last here, noted for everybody who has logged in: no part of the record."""


def functions_that_act() -> set[str]:
    """Return the functions between the pages and the store that name an actor, or ask for a right themselves."""
    found = set()
    for path in APP.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and acts(node) and node.name != "write":
                found.add(f"{path.stem}.{node.name}")
    return found


def acts(function: ast.FunctionDef) -> bool:
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    named = "actor" in {k.arg for c in calls for k in c.keywords}
    return named or "authorise" in {getattr(c.func, "attr", "") for c in calls}


def test_every_function_of_the_app_that_writes_is_tried_here() -> None:
    assert functions_that_act() - ELSEWHERE - OF_THEMSELVES == set(WRITES) - {"people_data.withdraw"}


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_by_a_viewer_is_refused_where_it_is_made(seen_by, home, write: str, who: str) -> None:
    seen_by("board", VIEWERS[who])
    before = ledger.tail(home.store, home.board.id)
    with pytest.raises(ForbiddenError, match="has the role viewer and may not"):
        WRITES[write](home.board.id)
    assert ledger.tail(home.store, home.board.id) == before
    assert not refit_job.under_way(home.board.id)


def test_a_role_that_is_taken_away_in_a_session_stops_the_next_write(seen_by, home, monkeypatch) -> None:
    """The press itself arrives with the old page: it writes nothing, and the page says why in plain words."""
    monkeypatch.setattr(login, "configured", lambda _root: True)
    monkeypatch.setattr(login.st, "user", type("User", (dict,), {"is_logged_in": True})())
    seen_by("my_forecasts", Actor("p1", "forecaster"))

    def script() -> None:
        from app import data, login
        from app.pages import my_forecasts

        login.draw(data.actor(), data.home().root, store=data.workspace().store, now=data.now())
        my_forecasts.render()

    from streamlit.testing.v1 import AppTest

    test = AppTest.from_function(script, default_timeout=60).run()
    assert not test.warning
    test.text_input(key="mf0_probability").set_value("40%").run()
    before = ledger.tail(home.store, home.board.id)
    monkeypatch.setattr(login, "actor", lambda *_: Actor("p1", "viewer"))
    test.button(key="mf0_save").click().run()
    assert not test.exception
    assert [w.value.replace("\\", "") for w in test.warning] == [
        "Your role was changed from forecaster to viewer. What needs the old role was not written just now."
    ]
    assert "To enter forecasts of your own you need one of these roles" in html(test)
    assert ledger.tail(home.store, home.board.id) == before
    test.run()
    assert not test.warning, "it is said once"


def names_in(path: Path) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Name)}


def test_on_a_page_nobody_acts_as_the_owner_or_as_the_jobs() -> None:
    """A page writes as the actor of app/login.py; the command line is run by whoever owns the files."""
    modules = [p for p in APP.rglob("*.py") if "commands" not in p.parts and p != APP / "login.py"]
    assert len(modules) > 40
    assert not [str(p) for p in modules if {"LOCAL_OWNER", "JOBS"} & names_in(p)]


def test_what_is_typed_is_limited_where_it_is_typed(seen_by) -> None:
    for name, keys in {"my_forecasts": 2, "senate": 3}.items():
        test = seen_by(name, Actor("p1", "forecaster")).run()
        fields = [f.proto.max_chars for f in (*test.text_input, *test.text_area)]
        assert len(fields) >= keys
        assert all(0 < limit <= 4000 for limit in fields), (name, fields)
