"""`twixt forecast`: what goes in comes back as issued; updates, withdrawals, crowds, hints; bad input in one line."""

import json
from datetime import timedelta

import pytest

from forecasts import people
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import NOW, Place, complaint

ADD = ["forecast", "add", "ceasefire", "2026-12-31", "0.15"]


def document(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def listed(twixt, *more: str, now=NOW):
    return document(twixt("forecast", "list", "--json", *more, now=now))["forecasts"]


def test_a_forecast_an_update_and_a_withdrawal_are_three_entries(twixt) -> None:
    later = [NOW + timedelta(hours=h) for h in range(4)]
    first = document(twixt(*ADD, "--rationale", "Talks stall.", "--json"))
    assert (first["entry"], first["record"]["probability"], first["before"]) == ("F001", 0.15, None)
    assert first["record"]["issued_at"] == "2026-07-02T12:00:00.000000Z"
    second = document(twixt(*ADD[:-1], "1:4", "--json", now=later[1]))
    assert (second["entry"], second["version"], second["record"]["probability"], second["before"]) == (
        "F002",
        1,
        0.2,
        0.15,
    )
    assert [(f["id"], f["in_force"]) for f in listed(twixt, "--all", now=later[2])] == [("F001", False), ("F002", True)]
    assert "20% withdrawn" in twixt("forecast", "withdraw", *ADD[2:4], now=later[3]).stdout
    assert listed(twixt, now=later[3]) == []
    every = listed(twixt, "--all", now=later[3])
    assert [f["probability"] for f in every] == [0.15, 0.2, None]
    assert every[0]["rationale"] == "Talks stall."
    again = twixt("forecast", "withdraw", *ADD[2:4], now=later[3])
    assert "no forecast of owner in force; there are: none" in complaint(again)


def test_a_new_name_becomes_a_person_and_the_screen_names_them(twixt, home: Place) -> None:
    assert twixt(*ADD, "--by", "Ann").exit_code == 0
    assert twixt("forecast", "add", "settlement", "2027-12-31", "10%", "--by", "Ann").exit_code == 0
    with open_store(Home.from_environment(home.environment).database, migrate=False) as store:
        assert [p.name for p in people.everyone(store)] == ["Ann"]
    screen = twixt("forecast", "list", "--by", "Ann").stdout
    assert [line.split()[:4] for line in screen.splitlines()[1:]] == [
        ["ceasefire", "2026-12-31", "15%", "Ann"],
        ["settlement", "2027-12-31", "10%", "Ann"],
    ]
    assert twixt("forecast", "list", "--question", "territory").stdout == "no forecasts\n"


def test_a_crowd_series_is_entered_with_its_own_times(twixt) -> None:
    crowd = ["--by", "crowd:metaculus", "--source", "https://example.org/q/1"]
    for day, p in (("2026-06-25", "18%"), ("2026-05-01", "25%"), ("2026-07-02T11:00", "0.17")):
        assert twixt(*ADD[:-1], p, *crowd, "--at", day).exit_code == 0
    every = listed(twixt, "--by", "crowd:metaculus", "--all")
    assert [f["issued_at"][:10] for f in every] == ["2026-05-01", "2026-06-25", "2026-07-02"]
    assert [f["live"] for f in every] == [False, False, True]
    assert [f["probability"] for f in listed(twixt)] == [0.17]
    as_known = listed(twixt, "--as-of", "2026-06-30", "--retrospective")
    assert [f["probability"] for f in as_known] == [0.18]
    assert listed(twixt, "--as-of", "2026-06-30") == [], "nobody had entered it by then"


def test_forecasts_that_contradict_each_other_are_entered_and_pointed_out(twixt) -> None:
    twixt("forecast", "add", "ceasefire", "2027-12-31", "0.1")
    found = twixt(*ADD)
    assert found.exit_code == 0
    message = "ceasefire by 2026-12-31 at 15.0% is above the later ceasefire by 2027-12-31 at 10.0%"
    assert message in found.stderr
    listing = document(twixt("forecast", "list", "--json"))
    assert [f["probability"] for f in listing["forecasts"]] == [0.15, 0.1], "nothing is repaired"
    (conflict,) = listing["conflicts"]
    assert (conflict["kind"], conflict["claimed"], conflict["allowed"], conflict["message"]) == (
        "deadline",
        0.15,
        0.1,
        message,
    )
    assert message in twixt("forecast", "list").stdout
    assert document(twixt("forecast", "add", "settlement", "2027-12-31", "0.1", "--json"))["conflicts"] == []


def test_a_forecast_is_not_taken_back(twixt, home: Place) -> None:
    twixt(*ADD)
    before = home.contents()
    refused = twixt("evidence", "retract", "F001", "--reason", "It looks bad")
    assert refused.exit_code == 2
    assert "stays as issued" in complaint(refused)
    assert home.contents() == before


def test_the_record_with_forecasts_goes_out_and_in_again(twixt, tmp_path) -> None:
    from tests.cli.conftest import run_at

    twixt(*ADD)
    twixt(*ADD[:-1], "18%", "--by", "crowd:x", "--at", "2026-06-25")
    twixt("forecast", "withdraw", *ADD[2:4], "--by", "crowd:x")
    out, back = tmp_path / "out.jsonl", tmp_path / "back.jsonl"
    assert twixt("export", "ledger", str(out)).exit_code == 0
    other = Place(tmp_path / "other")
    assert run_at(other, "import", "ledger", str(out)).exit_code == 0
    run_at(other, "export", "ledger", str(back))
    assert back.read_bytes() == out.read_bytes()


BAD = [
    ([*ADD[:-1], "15"], "P: '15' is above 1; write 15% if percent are meant"),
    ([*ADD[:-1], "nan"], "P: 'nan'"),
    ([*ADD[:-1], "3:0:1"], "P: '3:0:1': odds are two numbers"),
    (["forecast", "add", "ceasefir", *ADD[3:]], "QUESTION: 'ceasefir' is no question"),
    (["forecast", "add", "ceasefire", "2026-12-30", "0.1"], "DEADLINE: 2026-12-30: ceasefire has the deadlines"),
    (["forecast", "add", "ceasefire", "2025-12-31", "0.1"], "DEADLINE: 2025-12-31 had passed"),
    (["forecast", "add", "eu_joint_borrowing", "2025-12-31", "0.1"], "2025-12-31 had passed"),
    ([*ADD, "--at", "2026-07-01"], "--at: 2026-07-01 23:59: only a series of crowd:<source>"),
    ([*ADD, "--at", "2026-07-03"], "--at: 2026-07-03 23:59 lies in the future"),
    ([*ADD, "--by", "crowd:x", "--at", "2025-01-01"], "lies before ceasefire opened, 2025-02-15"),
    ([*ADD, "--by", "crowd:x", "--at", "soon"], "--at: 'soon': a day"),
    ([*ADD, "--by", "crowd:"], "--by: 'crowd:': crowd:<source> is needed"),
    ([*ADD, "--by", ""], "--by: name ''"),
    ([*ADD, "--by", "x" * 1_000_000], "--by: name"),
    ([*ADD, "--rationale", "x" * 1_000_000], "--rationale: 'xxx"),
    ([*ADD, "--rationale", "bell \x07"], "U+0007"),
    ([*ADD, "--source", "javascript:alert(1)"], "--source: 'javascript:alert(1)': only http"),
    (["forecast", "withdraw", *ADD[2:4]], "no forecast of owner in force; there are: none"),
    (["forecast", "withdraw", *ADD[2:4], "--by", "Nobody"], "no forecast of Nobody in force"),
    (["forecast", "withdraw", *ADD[2:4], "--rationale", "\x07"], "U+0007"),
    (["forecast", "list", "--question", "peace"], "--question: 'peace' is no question"),
    (["forecast", "list", "--by", "Nobody"], "--by: nobody is called 'Nobody'"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=lambda v: v if isinstance(v, str) else "")
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(twixt, home: Place, arguments, said) -> None:
    before = home.contents()
    result = twixt(*arguments)
    assert result.exit_code == 2
    assert said in complaint(result)
    assert len(complaint(result)) < 600
    assert home.contents() == before
    assert twixt(*arguments, "--json").stdout == ""
