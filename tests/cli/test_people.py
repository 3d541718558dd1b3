"""`twixt people`: who is added comes back, a role changes, an erased person leads to nobody; bad input in one line."""

import json
from datetime import timedelta

import pytest

from tests.cli.conftest import NOW, Place, complaint

ANN = ("people", "add", "Ann", "--email", "Ann@Example.org")


def document(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def listed(twixt, *more: str) -> list[dict]:
    return document(twixt("people", "list", "--json", *more))["people"]


def test_a_person_is_added_given_a_role_and_erased(twixt) -> None:
    assert twixt("people", "list").stdout == "nobody yet; `twixt people add NAME --email ADDRESS` adds somebody\n"
    ann = document(twixt(*ANN, "--json"))
    assert (ann["name"], ann["email"], ann["role"], ann["erased_at"]) == ("Ann", "ann@example.org", "forecaster", None)
    assert ann["added_at"] == "2026-07-02T12:00:00.000000Z"
    later = NOW + timedelta(minutes=1)
    assert "cannot log in without" in twixt("people", "add", "Bob Berg", "--role", "viewer", now=later).stdout
    assert [(p["name"], p["role"]) for p in listed(twixt)] == [("Ann", "forecaster"), ("Bob Berg", "viewer")]
    screen = twixt("people", "list").stdout.splitlines()
    assert screen[0].split() == ["id", "name", "e-mail", "role", "added"]
    assert screen[1].split() == [ann["id"], "Ann", "ann@example.org", "forecaster", "2026-07-02"]

    for person, role, was in (("Bob Berg", "admin", "viewer"), ("ANN@example.org", "viewer", "forecaster")):
        assert f"is a {role} (was {was})" in twixt("people", "role", person, role).stdout
    assert document(twixt("people", "role", ann["id"], "forecaster", "--json"))["role"] == "forecaster"

    gone = document(twixt("people", "erase", "Ann", "--yes", "--json"))
    assert (gone["id"], gone["name"], gone["email"], gone["role"]) == (ann["id"], "(erased)", None, "viewer")
    assert [p["name"] for p in listed(twixt)] == ["Bob Berg"]
    assert [p["name"] for p in listed(twixt, "--erased")] == ["(erased)", "Bob Berg"]


def test_the_last_admin_may_go_from_here_and_it_is_said(twixt) -> None:
    twixt("people", "add", "Ann", "--role", "admin")
    told = "nobody is an admin now, `twixt people role PERSON admin` names one"
    assert told in twixt("people", "role", "Ann", "viewer").stdout
    twixt("people", "role", "Ann", "admin")
    assert told in twixt("people", "erase", "Ann", "--yes").stdout


BAD = [
    (["people", "add", "  "], "NAME: '': a name of one line is needed"),
    (["people", "add", "a\nb"], "NAME: 'a\\nb': one line is needed"),
    (["people", "add", "x" * 201], "at most 200 are allowed"),
    (["people", "add", "Eve", "--email", "nowhere"], "--email: 'nowhere': an address like name@example.org"),
    (["people", "add", "Eve", "--email", "ann@example.org"], "e-mail 'ann@example.org' belongs to person p"),
    (["people", "add", "Eve", "--role", "owner"], "--role: 'owner': allowed: viewer, forecaster, admin"),
    (["people", "role", "Ann", "jobs"], "ROLE: 'jobs'; allowed: viewer, forecaster, admin"),
    (["people", "role", "Zoe", "admin"], "PERSON: 'Zoe' is nobody's id, e-mail or name"),
    (["people", "role", "Twin", "admin"], "PERSON: 2 people are called 'Twin'; use one of p"),
    (["people", "erase", "Ann"], "--yes is needed: p"),
    (["people", "erase", "nobody@example.org", "--yes"], "PERSON: 'nobody@example.org' is nobody's"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD)
def test_bad_input_is_one_line_and_nothing_is_written(twixt, home: Place, arguments, said) -> None:
    twixt(*ANN)
    for _ in range(2):
        twixt("people", "add", "Twin")
    before = home.contents()
    result = twixt(*arguments)
    assert result.exit_code == 2
    assert said in complaint(result)
    assert home.contents() == before


def test_who_was_erased_stays_erased(twixt) -> None:
    ann = document(twixt(*ANN, "--json"))["id"]
    twixt("people", "erase", ann, "--yes")
    assert f"{ann} was erased already" in complaint(twixt("people", "erase", ann, "--yes"))
    assert f"{ann} was erased and cannot have a role" in complaint(twixt("people", "role", ann, "admin"))
    assert document(twixt(*ANN, "--json"))["id"] != ann, "added anew, under another id"
