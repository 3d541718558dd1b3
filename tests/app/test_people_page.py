"""The page of people: admins add, change and erase; nobody else sees a name; the last admin stays."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from app import login
from app.pages.people import roles_table
from forecasts import people
from forecasts.errors import ForbiddenError
from forecasts.people import ALLOWED, ANONYMOUS, GIVEN_ROLES, LOCAL_OWNER, WORDS, Actor
from forecasts.store import Store, open_store
from tests.app.conftest import VIEWED
from tests.app.test_board_page import html

HOSTILE = "<img src=x onerror=alert(1)> **Ann** [a](javascript:alert(1)) :material/delete: $x$"


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}") as opened:
        yield opened


@pytest.fixture
def drawn(page, tmp_path, monkeypatch) -> Callable[..., AppTest]:
    """Give a function that draws the page as somebody."""

    def draw(actor: Actor = LOCAL_OWNER) -> AppTest:
        test = page("people", tmp_path, at=VIEWED)
        monkeypatch.setattr(login, "actor", lambda *_: actor)
        test.run()
        assert not test.exception
        return test

    return draw


def add(store: Store, name: str, **changes: str) -> people.Person:
    return people.add(store, name, actor=LOCAL_OWNER, now=VIEWED, **changes)


def kept(store: Store) -> list[tuple[str, str | None, str]]:
    return [(p.name, p.email, p.role) for p in people.everyone(store)]


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor("p1", "viewer"), Actor("p1", "forecaster")], ids=lambda a: a.role)
def test_only_admins_see_anybody(drawn, store, actor) -> None:
    add(store, "Zanzibar", email="zanzibar@example.org")
    test = drawn(actor)
    assert "To see people and give roles you need one of these roles: admin" in html(test)
    assert "anzibar" not in html(test)
    assert not test.button
    assert not test.text_input


def test_a_person_is_added_changed_and_erased(drawn, store) -> None:
    test = drawn()
    assert "Nobody is in the record yet" in html(test)
    assert "Nobody can log in yet" in html(test)
    test.text_input(key="pp0_name").set_value("Ann")
    test.text_input(key="pp0_email").set_value("Ann@Example.org")
    test.button(key="pp0_add").click().run()
    assert "Ann is added as forecaster" in test.success[0].value
    assert kept(store) == [("Ann", "ann@example.org", "forecaster")]
    assert "Nobody is an admin" in html(test)

    ann = people.everyone(store)[0]
    test.selectbox(key="pp1_who").set_value(ann).run()
    test.selectbox(key=f"pp1_role_{ann.id}").set_value("admin")
    test.button(key="pp1_save").click().run()
    assert kept(store) == [("Ann", "ann@example.org", "admin")]
    assert "Nobody is an admin" not in html(test)

    test.selectbox(key="pp2_who").set_value(replace(ann, role="admin")).run()
    test.button(key="pp2_erase").click().run()
    assert "to confirm; nothing was erased" in test.error[0].value
    assert kept(store) == [("Ann", "ann@example.org", "admin")]
    test.text_input(key=f"pp2_sure_{ann.id}").set_value("Ann")
    test.button(key="pp2_erase").click().run()
    assert not test.exception
    assert kept(store) == [("(erased)", None, "viewer")]
    assert "Ann is erased" in test.success[0].value


@pytest.mark.parametrize(
    ("name", "email", "said"),
    [
        ("", "", "a name of one line is needed"),
        ("Eve", "nowhere", "an address like name@example.org"),
        ("Eve", "ann@example.org", "belongs to person"),
        ("(erased)", "", "a name of one line is needed"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_written(drawn, store, name: str, email: str, said: str) -> None:
    add(store, "Ann", email="ann@example.org")
    test, before = drawn(), kept(store)
    test.text_input(key="pp0_name").set_value(name)
    test.text_input(key="pp0_email").set_value(email)
    test.button(key="pp0_add").click().run()
    assert not test.exception
    assert said in test.error[0].value.replace("\\", "").replace("\u2060", "")
    assert kept(store) == before


def test_the_last_admin_can_neither_step_down_nor_be_erased(drawn, store) -> None:
    ann = add(store, "Ann", role="admin")
    test = drawn(Actor(ann.id, "admin"))
    assert "(you)" in html(test)
    test.selectbox(key="pp0_who").set_value(ann).run()
    test.selectbox(key=f"pp0_role_{ann.id}").set_value("viewer")
    test.button(key="pp0_save").click().run()
    assert "is the last admin" in test.error[0].value
    test.text_input(key=f"pp0_sure_{ann.id}").set_value("Ann")
    test.button(key="pp0_erase").click().run()
    assert "is the last admin" in test.error[0].value
    assert kept(store) == [("Ann", None, "admin")]


def test_an_admin_whose_role_is_taken_away_while_the_page_is_open_writes_nothing(drawn, store, monkeypatch) -> None:
    test = drawn(Actor("p1", "admin"))
    test.text_input(key="pp0_name").set_value("Eve").run()
    monkeypatch.setattr(login, "actor", lambda *_: Actor("p1", "viewer"))
    test.button(key="pp0_add").click().run()
    assert not test.exception
    assert "you need one of these roles: admin" in html(test)
    assert kept(store) == []


def test_a_write_past_the_page_is_refused(drawn, store) -> None:
    from app import roles_data

    ann = add(store, "Ann")
    drawn(Actor("p1", "forecaster"))
    for write in (
        lambda: roles_data.add("Eve", email="", role="admin"),
        lambda: roles_data.change(ann, name="Ann", email="", role="admin"),
        lambda: roles_data.erase(ann),
    ):
        with pytest.raises(ForbiddenError, match="may not add people and give roles"):
            write()
    assert kept(store) == [("Ann", None, "forecaster")]


def test_a_person_that_somebody_else_has_changed_is_chosen_anew(drawn, store) -> None:
    """The page reads who there is at each action: what was changed meanwhile is not written over."""
    ann = add(store, "Ann")
    test = drawn()
    test.selectbox(key="pp0_who").set_value(ann).run()
    people.correct(store, replace(ann, name="Ann Berg"), actor=LOCAL_OWNER)
    test.selectbox(key=f"pp0_role_{ann.id}").set_value("admin")
    test.button(key="pp0_save").click().run()
    assert not test.exception
    assert kept(store) == [("Ann Berg", None, "forecaster")]


def test_a_hostile_name_stays_words(drawn, store) -> None:
    add(store, HOSTILE)
    test = drawn()
    assert "<img src=x" not in html(test)
    assert "&lt;img src=x" in html(test)


def test_the_table_of_roles_says_what_is_allowed() -> None:
    table = roles_table()
    rows = table.split("<tr>")[2:]
    assert len(rows) == len([a for a in WORDS if any(a in ALLOWED[r] for r in GIVEN_ROLES)])
    assert sum(row.count(">yes<") for row in rows) == sum(len(ALLOWED[r]) for r in GIVEN_ROLES)
    assert "publish numbers" not in table, "that is nobody's whom an admin could name"
