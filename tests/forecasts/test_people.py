"""People can be corrected and erased; the ledger, which knows ids only, stays as it is; every write asks for a role."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from forecasts import ledger, people
from forecasts.domain import Forecast
from forecasts.errors import ConflictError, ForbiddenError, RecordError, StoreError
from forecasts.people import ALLOWED, ANONYMOUS, JOBS, LOCAL_OWNER, Action, Actor, Role
from tests.forecasts.records import evidence

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)

# role by action: what each may write
TABLE = """
                    viewer  forecaster  admin  owner  jobs
evidence            no      yes         yes    yes    no
evidence_of_others  no      no          yes    yes    no
retract             no      yes         yes    yes    no
occurrence          no      yes         yes    yes    no
confirm             no      yes         yes    yes    no
statement           no      yes         yes    yes    no
observe             no      yes         yes    yes    no
forecast            no      yes         yes    yes    no
forecast_of_others  no      no          yes    yes    no
what_if             no      yes         yes    yes    no
resolve             no      no          yes    yes    no
define_board        no      no          yes    yes    no
refit               no      yes         yes    yes    no
publish             no      no          no     yes    yes
people              no      no          yes    yes    no
load                no      no          yes    yes    no
alerts              no      no          yes    yes    no
"""
ROLES, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [(role, row[0], word == "yes") for row in ROWS for role, word in zip(ROLES, row[1:], strict=True)]


def test_the_table_covers_every_role_and_action():
    assert set(ROLES) == set(get_args(Role)) == set(ALLOWED)
    assert {row[0] for row in ROWS} == set(get_args(Action)) == set(people.WORDS)
    assert len(set(people.WORDS.values())) == len(people.WORDS), "each action has words of its own"


@pytest.mark.parametrize(("role", "action", "allowed"), CASES)
def test_roles_by_actions(role, action, allowed):
    actor = Actor("p1", role)
    if allowed:
        people.authorise(actor, action, "b")
    else:
        with pytest.raises(ForbiddenError) as caught:
            people.authorise(actor, action, "b")
        needed = ", ".join(r for r in ROLES if (r, action, True) in CASES)
        assert str(caught.value) == f"b: p1 has the role {role} and may not {people.WORDS[action]}; needed: {needed}"


def test_an_unknown_role_or_action_lets_nothing_pass():
    with pytest.raises(ForbiddenError):
        people.authorise(Actor("p1", "root"), "evidence", "b")
    with pytest.raises(ValueError, match="unknown action 'everything'; allowed: evidence"):
        people.authorise(LOCAL_OWNER, "everything", "b")


def add(store, name="Ada", **changes):
    return people.add(store, name, actor=LOCAL_OWNER, now=NOW, **changes)


def test_a_person_is_added_found_and_acts_with_the_role_they_have_now(store):
    ada = add(store, " Ada Lovelace ", email="Ada@Example.org")
    assert (ada.name, ada.email, ada.role) == ("Ada Lovelace", "ada@example.org", "forecaster")
    assert people.find(store, ada.id) == people.by_email(store, " ADA@example.org") == ada
    assert people.by_name(store, "Ada Lovelace") == (ada,)
    assert people.actor_for(store, ada.id) == Actor(ada.id, "forecaster")
    people.correct(store, replace(ada, role="admin", name="A. Lovelace"), actor=LOCAL_OWNER)
    assert people.actor_for(store, ada.id) == Actor(ada.id, "admin")
    assert people.everyone(store) == (replace(ada, role="admin", name="A. Lovelace"),)


def test_names_are_not_unique_and_ids_are(store):
    one, two = add(store), add(store)
    assert one.id != two.id
    assert set(people.by_name(store, "Ada")) == {one, two}
    assert people.names(store, [one.id, "owner"]) == {one.id: "Ada", "owner": "owner"}


def test_strangers_are_viewers(store):
    assert people.find(store, "nobody") is None
    assert people.by_email(store, "nobody@example.org") is None
    assert people.actor_for(store, "nobody") == Actor("nobody", "viewer")
    assert ANONYMOUS.role == "viewer"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "  "}, "name '': a name of one line"),
        ({"name": "two\nlines"}, "one line is needed"),
        ({"name": "(erased)"}, "a name of one line"),
        ({"name": "nul\0"}, "control character"),
        ({"name": "x" * 201}, "201 characters; at most 200"),
        ({"email": "nowhere"}, "e-mail 'nowhere': an address like"),
        ({"email": "a b@c"}, "an address like"),
        ({"role": "owner"}, "role 'owner': allowed: viewer, forecaster, admin"),
        ({"role": "jobs"}, "allowed: viewer, forecaster, admin"),
        ({"role": "root"}, "allowed: viewer"),
    ],
)
def test_what_cannot_be_kept_of_a_person_is_refused(store, changes, said):
    with pytest.raises(RecordError) as caught:
        add(store, **{"name": "Ada"} | changes)
    assert said in str(caught.value)
    ada = add(store)
    with pytest.raises(RecordError):
        people.correct(store, replace(ada, **changes), actor=LOCAL_OWNER)
    assert people.everyone(store) == (ada,)


def test_one_login_belongs_to_one_person(store):
    ada, bob = add(store, email="ada@example.org"), add(store, "Bob")
    with pytest.raises(ConflictError, match=f"e-mail 'ADA@example.org' belongs to person {ada.id}"):
        people.correct(store, replace(bob, email="ADA@example.org"), actor=LOCAL_OWNER)
    with pytest.raises(ConflictError):
        add(store, "Eve", email="ada@example.org")
    people.correct(store, replace(ada, name="Ada L."), actor=LOCAL_OWNER)
    assert {p.name: p.email for p in people.everyone(store)} == {"Ada L.": "ada@example.org", "Bob": None}


@pytest.mark.parametrize("actor", [Actor("p1", "forecaster"), Actor("p1", "viewer"), JOBS], ids=lambda a: a.role)
def test_only_those_who_may_change_people(store, actor):
    ada = add(store)
    for change in (
        lambda: people.add(store, "Eve", actor=actor, now=NOW),
        lambda: people.correct(store, replace(ada, role="admin"), actor=actor),
        lambda: people.erase(store, ada.id, actor=actor, now=NOW),
    ):
        with pytest.raises(ForbiddenError):
            change()
    assert people.everyone(store) == (ada,)


def test_erasing_a_person_leaves_the_ledger_and_its_digests(store):
    ada = add(store, "Zanzibar Quux", email="zanzibar.quux@example.org")
    ledger.append(store, [evidence("E1", forecaster=ada.id)], board="b", actor=Actor(ada.id, "forecaster"), now=NOW)
    before = ledger.history(store, "b")
    people.erase(store, ada.id, actor=LOCAL_OWNER, now=NOW)
    assert ledger.history(store, "b") == before
    assert ledger.verify(store, "b").digest == before[-1].digest
    erased = people.find(store, ada.id)
    assert (erased.name, erased.email, erased.role, erased.erased_at) == ("(erased)", None, "viewer", NOW)
    assert people.by_name(store, "Zanzibar Quux") == people.by_name(store, "(erased)") == ()
    assert people.by_email(store, "zanzibar.quux@example.org") is None
    with pytest.raises(StoreError, match="unknown or erased"):
        people.correct(store, replace(ada), actor=LOCAL_OWNER)
    if store.engine.dialect.name == "sqlite":
        files = Path(store.label).parent.glob("twixt.sqlite*")
        assert not any(b"uux" in file.read_bytes() for file in files)


def test_erasing_a_stranger_is_refused(store):
    with pytest.raises(StoreError, match="person 'nobody' is unknown"):
        people.erase(store, "nobody", actor=LOCAL_OWNER, now=NOW)


def test_a_forecast_in_another_name_needs_the_right_to_it(store):
    issued = Forecast("F1", "q", NOW.date(), "p2", 0.3, NOW, NOW.date(), "", "", "")
    with pytest.raises(ForbiddenError, match="may not enter forecasts in another person's name"):
        ledger.append(store, [issued], board="b", actor=Actor("p1", "forecaster"), now=NOW)
    assert ledger.tail(store, "b").position == 0
    ledger.append(store, [issued], board="b", actor=Actor("p2", "forecaster"), now=NOW)
    ledger.append(store, [replace(issued, id="F2")], board="b", actor=Actor("p1", "admin"), now=NOW)
    assert ledger.tail(store, "b").position == 2


def test_the_last_admin_cannot_go(store):
    ada, bob = add(store, role="admin"), add(store, "Bob", role="admin")
    as_ada, as_bob = Actor(ada.id, "admin"), Actor(bob.id, "admin")
    people.correct(store, replace(bob, role="viewer"), actor=as_ada)
    for change in (
        lambda: people.correct(store, replace(ada, role="forecaster"), actor=as_ada),
        lambda: people.erase(store, ada.id, actor=as_ada, now=NOW),
        lambda: people.correct(store, replace(ada, role="viewer"), actor=as_bob),  # bob's role was taken a moment ago
    ):
        with pytest.raises(StoreError, match=f"{ada.id} is the last admin; make somebody else an admin first"):
            change()
    assert people.admins(store) == (ada.id,)
    people.correct(store, replace(ada, name="Ada L."), actor=as_ada)
    people.correct(store, replace(ada, role="viewer"), actor=LOCAL_OWNER)
    assert people.admins(store) == (), "the owner of the files may: they can name another"
