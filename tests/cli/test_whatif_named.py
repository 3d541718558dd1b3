"""`twixt whatif save|list|trend|fill|remove` on a published board: kept, answered at every snapshot, refused."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import complaint
from tests.cli.test_published import document, garden, open_lines, run

__all__ = ["garden", "run"]


@pytest.fixture
def line(run):
    """Give a question by a deadline that is neither sure nor out of reach."""
    return next(q for q in reversed(open_lines(document(run("status", "--json")))) if 0.1 < q["probability"] < 0.9)


@pytest.fixture
def condition(line) -> str:
    return f"{line['question']} by {line['deadline']}"


def test_one_is_kept_answered_at_once_and_at_the_next_snapshot(run, line, condition) -> None:
    saved = document(run("whatif", "save", "It comes", "--see", condition, "--note", "asked often", "--json"))
    assert saved["entry"] == "W001"
    assert (saved["mode"], saved["conditions"], saved["note"]) == ("see", [condition], "asked often")
    (fact,) = saved["answers"]
    assert fact["reason"] is None
    assert fact["ess"] >= 1000
    assert math.isclose(fact["chance"], line["probability"], abs_tol=1e-9)
    assert document(run("status", "--json"))["stale"] is False, "a question is no news"

    later = datetime.now(UTC) + timedelta(days=1)
    assert run("refit", now=later).exit_code == 0
    other = next(q["question"] for q in document(run("status", "--json"))["questions"] if q != line)
    found = document(run("whatif", "trend", "it COMES", "--question", other, "--json", now=later))
    assert [p["mode"] for p in found["line"]] == ["live", "live"]
    assert found["gaps"] == []
    direct = document(run("whatif", "--see", condition, "--json", now=later))
    after = next(r["after"] for r in direct["results"] if (r["question"], r["deadline"]) == (other, found["deadline"]))
    assert math.isclose(found["line"][-1]["after"], after, abs_tol=1e-6)

    screen = run("whatif", "list", now=later).stdout
    assert screen.startswith("W001  It comes")
    assert "2 snapshots, newest live" in screen
    listed = document(run("whatif", "list", "--json", now=later))["what_ifs"]
    assert [(w["entry"], w["answers"]) for w in listed] == [("W001", 2)]
    assert len(listed[0]["newest"]["moved"]) == 3


def test_a_new_version_and_an_end(run, condition, line) -> None:
    assert run("whatif", "save", "It comes", "--see", condition).exit_code == 0
    changed = document(
        run("whatif", "save", "It never comes", "--do", f"never {line['question']}", "--replaces", "W001", "--json")
    )
    assert (changed["entry"], changed["version"], changed["mode"]) == ("W001", 2, "do")
    assert "It comes" not in run("whatif", "list").stdout
    gone = run("whatif", "remove", "It never comes", "--reason", "settled")
    assert gone.exit_code == 0
    assert "is asked no more" in gone.stdout
    assert run("whatif", "list").stdout.startswith("no what-if is kept")
    assert run("refit", now=datetime.now(UTC) + timedelta(days=1)).exit_code == 0


def test_earlier_snapshots_are_filled(run, condition) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    assert run("refit", now=later).exit_code == 0
    assert document(run("whatif", "save", "It comes", "--see", condition, "--json", now=later))["answers"]
    first = document(run("whatif", "fill", "--last", "1", "--json", now=later))
    assert (first["snapshots"], first["answered"]) == (1, 0)
    assert document(run("whatif", "fill", "--json", now=later))["answered"] == 1
    assert document(run("whatif", "fill", "--json", now=later))["answered"] == 0
    again = run("whatif", "trend", "W001", "--question", condition.split()[0], now=later).stdout
    assert again.count(" live ") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["save", "x"], "--see, --do: neither --see nor --do was given"),
        (["save", "x", "--see", "a by 2030-01-01", "--do", "never a"], "both --see and --do"),
        (["save", " ", "--see", "{c}"], "NAME: is empty; some text is needed"),
        (["save", "x" * 81, "--see", "{c}"], "NAME: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' has 81 characters"),
        (["save", "x", "--see", "nobody by 2030-01-01"], "--see: 'nobody' is no question of this board"),
        (["save", "x", "--do", "scenario nobody"], "--do: 'scenario nobody': a scenario is what events add up to"),
        (["save", "Taken", "--see", "not {c}"], "NAME: 'Taken' is taken by W001"),
        (["save", "x", "--see", "{c}"], "--see: the same question is kept already, as W001 'Taken'"),
        (["save", "x", "--see", "{c}", "--replaces", "nobody"], "NAME: 'nobody' is no what-if kept on garden"),
        (["remove", "nobody", "--reason", "r"], "there are: W001 'Taken'"),
        (["remove", "W001", "--reason", " "], "--reason: is empty"),
        (["trend", "W001"], "--question, --scenario: one of the two is needed"),
        (["trend", "W001", "--question", "nobody"], "--question: 'nobody'"),
        (["trend", "W001", "--scenario", "nobody"], "--scenario: 'nobody' is unknown; allowed: "),
        (["trend", "W001", "--question", "{q}", "--deadline", "1999-01-01"], "--deadline: '1999-01-01' is no deadline"),
        (["fill", "--last", "0"], "--last: '0': a whole number from 1"),
        (["--see", "{c}", "list"], "options before `list` have no effect; write them behind it"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(garden, run, condition, arguments, said) -> None:
    assert run("whatif", "save", "Taken", "--see", condition).exit_code == 0
    before = garden.contents()
    filled = [a.format(c=condition, q=condition.split()[0]) if "{" in a else a for a in arguments]
    refused = run("whatif", *filled)
    assert refused.exit_code == 2, refused.output
    assert said in complaint(refused)
    assert garden.contents() == before
