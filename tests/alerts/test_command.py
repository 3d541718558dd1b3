"""`twixt alerts`: from adding a subscriber to a signed message at a real receiver; secrets are shown once only."""

import json
import os
import sqlite3
import stat
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from forecasts.alerts import outbox
from tests.alerts import scene
from tests.alerts.scene import NOW, publish
from tests.cli.conftest import Place, complaint, run_at

PATH = "secret-path"


@pytest.fixture
def place(tmp_path) -> Place:
    home = scene.open_home(tmp_path / "home")
    publish(home, NOW)
    home.store.close()
    return Place(tmp_path / "home")


def twixt(place, *arguments, input=None, now=NOW):  # noqa: A002
    return run_at(place, *arguments, input=input, now=now)


def publish_in(place, at, **values) -> None:
    home = scene.open_home_again(place.root)
    publish(home, at, **values)
    home.store.close()


def looked_at(place, now) -> tuple[str, str]:
    found = json.loads(twixt(place, "doctor", "--json", now=now).stdout)["findings"]
    return next((f["state"], f["text"]) for f in found if f["subject"] == "alerts")


def test_the_doctor_tells_of_messages_that_do_not_arrive(place, receiver) -> None:
    assert looked_at(place, NOW) == ("ok", "no message waits to be sent")
    twixt(place, "alerts", "add", "desk", "--private", "--rule", "move 5 truce", input=f"{receiver.url}\n")
    publish_in(place, NOW + timedelta(hours=1), truce=0.4)
    receiver.answers = [(503, {})] * 20
    first = NOW + timedelta(hours=2)
    twixt(place, "alerts", "send", now=first)
    since = f"1 waiting to be sent, the oldest since {first:%Y-%m-%d %H:%M} UTC; 0 given up"
    assert looked_at(place, first + timedelta(minutes=59)) == ("ok", since)
    state, text = looked_at(place, first + timedelta(minutes=61))
    assert (state, text.startswith(since), "`twixt alerts send`" in text) == ("warn", True, True)
    for _ in range(outbox.MOST_ATTEMPTS):
        twixt(place, "alerts", "send", "--now", now=first)
    state, text = looked_at(place, first)
    assert (state, text[:33]) == ("warn", "0 waiting to be sent; 1 given up;")


def test_a_subscriber_is_added_tried_told_and_removed(place, receiver) -> None:
    added = twixt(
        place, "alerts", "add", "desk", "--private", "--rule", "move 5 truce", "--json", input=f"{receiver.url}\n"
    )
    assert added.exit_code == 0, added.stderr
    secret = json.loads(added.stdout)["secret"]
    now = datetime.now(UTC)
    tried = twixt(place, "alerts", "test", "desk", now=now)
    assert (tried.exit_code, tried.stdout) == (
        0,
        f"desk at {receiver.url.split('/')[2]}: the test has arrived: HTTP 204\n",
    )
    assert twixt(place, "alerts", "send").stdout == "0 new, 0 delivered\n"
    publish_in(place, NOW + timedelta(hours=1), truce=0.4)
    sent = twixt(place, "alerts", "send", "--json", now=NOW + timedelta(hours=2))
    assert json.loads(sent.stdout) | {"attempts": 0} == {"queued": 1, "delivered": 1, "attempts": 0}
    for headers, body in receiver.got:
        Webhook(secret).verify(body, headers)
    assert [json.loads(b)["data"]["events"][0]["kind"] for _, b in receiver.got] == ["test", "move"]
    assert "1" in twixt(place, "alerts", "list").stdout
    assert twixt(place, "alerts", "remove", "desk").exit_code == 0
    assert json.loads(twixt(place, "alerts", "list", "--json").stdout)["subscribers"] == []


def test_what_does_not_arrive_is_said_with_exit_code_3(place, receiver) -> None:
    twixt(place, "alerts", "add", "desk", "--private", "--url", receiver.url, "--rule", "move 5")
    publish_in(place, NOW + timedelta(hours=1), truce=0.4)
    receiver.answers = [(500, {}), (500, {})]
    sent = twixt(place, "alerts", "send", now=NOW + timedelta(hours=2))
    assert sent.exit_code == 3
    assert sent.stderr.strip() == "small: desk: put off: HTTP 500"
    tried = twixt(place, "alerts", "test", "desk")
    assert tried.exit_code == 3
    assert "has not arrived" in complaint(tried)


def test_neither_address_nor_secret_nor_key_is_found_anywhere(place, receiver) -> None:
    """Not in what commands print, not in the database, not in the record's export, not in logs."""
    added = twixt(place, "alerts", "add", "desk", "--slack", "--private", "--url", receiver.url, "--json")
    secret, key = json.loads(added.stdout)["secret"], (place.root / "alerts.key").read_text().strip()
    receiver.answers = [(500, {})]
    publish_in(place, NOW + timedelta(hours=1), truce=0.4)
    said = [
        twixt(place, "alerts", "list"),
        twixt(place, "alerts", "list", "--json"),
        twixt(place, "alerts", "send", now=NOW + timedelta(hours=2)),
        twixt(place, "alerts", "test", "desk", "--json"),
        twixt(place, "export", "ledger", "-"),
        twixt(place, "alerts", "remove", "nobody"),
    ]
    texts = [s.stdout + s.stderr for s in said]
    with sqlite3.connect(place.root / "twixt.sqlite") as database:
        texts.append("\n".join(database.iterdump()))
    database.close()
    texts += [p.read_text(errors="replace") for p in place.root.rglob("*") if p.is_file() and p.name != "alerts.key"]
    for word in (PATH, secret, secret.removeprefix("whsec_"), key):
        assert not [t[:300] for t in texts if word in t]
    mode = stat.S_IMODE((place.root / "alerts.key").stat().st_mode)
    assert os.name != "posix" or mode == 0o600


def test_without_its_key_nothing_is_sent_and_it_is_said(place, receiver) -> None:
    twixt(place, "alerts", "add", "desk", "--private", "--url", receiver.url)
    (place.root / "alerts.key").unlink()
    assert "TWIXT_ALERTS_KEY: is not set" in complaint(twixt(place, "alerts", "send"))
    (place.root / "alerts.key").write_text("no key\n")
    line = complaint(twixt(place, "alerts", "send"))
    assert "is no key" in line
    assert "no key:" not in line.replace("is no key:", "")
    (place.root / "alerts.key").write_text(scene.KEY)
    tried = twixt(place, "alerts", "test", "desk")
    assert "was sealed with another key" in complaint(tried)
    assert receiver.got == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("add", "x", "--url", "http://topsecret.example.org/y"), "http only together with leave"),
        (
            ("add", "x", "--url", "https://hooks.example.org/y", "--rule", "move 500"),
            "move takes a number from 0.1 to 100",
        ),
        (("add", "", "--url", "https://hooks.example.org/y"), "name: a few words are needed"),
        (("add", "x" * 81, "--url", "https://hooks.example.org/y"), "81 characters; at most 80"),
        (("add", "x"), "an address is needed"),
        (("remove", "x"), "there is no subscriber 'x'; known: none"),
        (("test", "x"), "there is no subscriber 'x'"),
        (("send", "--board", "other"), "'other' is unknown"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(place, arguments, line) -> None:
    before = json.loads(twixt(place, "alerts", "list", "--json").stdout)
    found = twixt(place, "alerts", *arguments, input="")
    assert found.exit_code == 2
    assert line in complaint(found)
    assert json.loads(twixt(place, "alerts", "list", "--json").stdout) == before
    assert not (place.root / "alerts.key").exists()


def test_a_name_is_taken_once(place) -> None:
    arguments = ("alerts", "add", "desk", "--url", "https://hooks.example.org/y")
    assert twixt(place, *arguments).exit_code == 0
    assert "has a subscriber of this name" in complaint(twixt(place, *arguments))
