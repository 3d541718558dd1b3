"""Visits: one row for each person and board, a pause begins a new one, and nothing is left of who was erased."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from forecasts import dump, ledger, people, visits
from forecasts.artefacts import Artefacts
from forecasts.errors import ForbiddenError
from forecasts.people import ANONYMOUS, JOBS, LOCAL_OWNER, Actor
from forecasts.visits import Visit
from tests.forecasts.records import evidence

NOW = datetime(2026, 7, 1, 8, 15, tzinfo=UTC)


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


# what was known, when somebody is seen -> their visit
SEEN = [
    (None, NOW, Visit(NOW, None)),
    (Visit(NOW, None), after(minutes=59), Visit(after(minutes=59), None)),
    (Visit(NOW, None), after(minutes=60), Visit(after(minutes=60), NOW)),
    (Visit(NOW, after(days=-1)), after(minutes=1), Visit(after(minutes=1), after(days=-1))),
    (Visit(NOW, after(days=-9)), after(days=1), Visit(after(days=1), NOW)),
    (Visit(NOW, after(days=-1)), after(hours=-5), Visit(NOW, after(days=-1))),
]


@pytest.mark.parametrize(("last", "now", "wanted"), SEEN)
def test_a_pause_begins_a_new_visit(last, now, wanted):
    assert visits.seen(last, now) == wanted


def rows(store) -> int:
    with store.reading() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM visits")).scalar_one())


def test_a_person_has_one_visit_for_each_board(store):
    ada, bob = Actor("p1", "viewer"), Actor("p2", "forecaster")
    assert visits.note(store, "b", actor=ada, now=NOW) == Visit(NOW, None)
    assert visits.note(store, "other", actor=ada, now=NOW) == Visit(NOW, None)
    assert visits.note(store, "b", actor=bob, now=after(days=1)) == Visit(after(days=1), None)
    assert visits.note(store, "b", actor=ada, now=after(days=1)) == Visit(after(days=1), NOW)
    assert visits.find(store, "b", person="p1") == Visit(after(days=1), NOW)
    assert visits.find(store, "other", person="p1") == Visit(NOW, None)
    assert visits.find(store, "b", person="p3") is None
    assert rows(store) == 3


def test_looking_again_within_minutes_writes_nothing(store, monkeypatch):
    visits.note(store, "b", actor=LOCAL_OWNER, now=NOW)
    assert visits.note(store, "b", actor=LOCAL_OWNER, now=after(minutes=4)) == Visit(NOW, None)
    assert visits.find(store, "b", person="owner") == Visit(NOW, None), "not yet written anew"
    assert visits.note(store, "b", actor=LOCAL_OWNER, now=after(minutes=5)) == Visit(after(minutes=5), None)
    assert visits.find(store, "b", person="owner") == Visit(after(minutes=5), None)


@pytest.mark.parametrize("actor", [ANONYMOUS, JOBS])
def test_who_has_no_id_of_their_own_leaves_no_row(store, actor):
    with pytest.raises(ForbiddenError, match=f"{actor.id} has no visits of their own"):
        visits.note(store, "b", actor=actor, now=NOW)
    assert rows(store) == 0


def test_an_erased_person_leaves_no_visit_and_can_leave_none(store):
    ada = people.add(store, "Ada", actor=LOCAL_OWNER, now=NOW)
    bob = people.add(store, "Bob", actor=LOCAL_OWNER, now=NOW)
    for person in (ada, bob):
        visits.note(store, "b", actor=Actor(person.id, "viewer"), now=NOW)
    people.erase(store, ada.id, actor=LOCAL_OWNER, now=after(days=1))
    assert visits.find(store, "b", person=ada.id) is None
    assert visits.find(store, "b", person=bob.id) == Visit(NOW, None), "nobody else's is touched"
    visits.note(store, "b", actor=Actor(ada.id, "viewer"), now=after(days=2))
    assert visits.find(store, "b", person=ada.id) is None, "an open page of theirs brings none back"


def test_a_visit_is_no_part_of_the_record(store, tmp_path):
    artefacts = Artefacts(tmp_path / "artefacts")
    ledger.append(store, [evidence("E1")], board="b", actor=LOCAL_OWNER, now=NOW)
    before = list(dump.dump(store, artefacts, "b", with_people=True)), ledger.tail(store, "b")
    visits.note(store, "b", actor=LOCAL_OWNER, now=after(days=1))
    assert (list(dump.dump(store, artefacts, "b", with_people=True)), ledger.tail(store, "b")) == before
