"""`twixt evidence edit`, `links` and the searches of `list`: what is written; a refusal writes nothing."""

import json

import pytest

from tests.cli.conftest import BOARD

NEW = (
    "evidence", "add", "--question", "ceasefire", "--deadline", "2027-12-31", "--lr", "1.5", "--grade", "B2",
    "--kind", "fact", "--thread", "talks_june", "--statement", "Both delegations met again.", "--source", "A gazette",
    "--source", "https://example.org/report", "--published-on", "2026-07-01",
)  # fmt: skip


def document(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def entered(twixt):
    """Give the commands of a home in which E113 was just entered."""
    assert twixt(*NEW).exit_code == 0
    return twixt


def item(twixt, entry="E113"):
    return next(e for e in document(twixt("evidence", "list", "--json"))["evidence"] if e["id"] == entry)


def test_an_edit_changes_what_is_given_and_nothing_else(entered):
    before = item(entered)
    done = entered("evidence", "edit", "E113", "--statement", "They met in Geneva.", "--seen", "1")
    assert "version 2: statement" in done.stdout
    after = item(entered)
    changed = {k for k in after if after[k] != before[k]}
    assert changed == {"statement", "version", "position", "recorded_at"}
    assert after["statement"] == "They met in Geneva."


def test_effects_are_replaced_added_and_dropped_by_question(entered):
    done = entered(
        "evidence", "edit", "E113", "--effect", "ceasefire:2027-12-31:3", "--effect", "settlement:2027-12-31:1.2"
    )
    assert done.exit_code == 0, done.output
    assert {e["question"]: e["lr"] for e in item(entered)["effects"]} == {"ceasefire": 3.0, "settlement": 1.2}
    assert entered("evidence", "edit", "E113", "--drop", "ceasefire").exit_code == 0
    assert {e["question"]: e["lr"] for e in item(entered)["effects"]} == {"settlement": 1.2}


def test_a_source_keeps_its_link_and_a_link_its_words(entered):
    assert entered("evidence", "edit", "E113", "--source", "Another gazette").exit_code == 0
    assert (item(entered)["source"], item(entered)["url"]) == ("Another gazette", "https://example.org/report")
    assert entered("evidence", "edit", "E113", "--source", "https://example.org/2").exit_code == 0
    assert (item(entered)["source"], item(entered)["url"]) == ("Another gazette", "https://example.org/2")


def test_a_kind_changes_with_its_half_life(entered):
    assert entered("evidence", "edit", "E113", "--kind", "intent").exit_code == 0
    assert (item(entered)["kind"], item(entered)["half_life_days"]) == ("intent", 365.0)
    assert entered("evidence", "edit", "E113", "--kind", "fact").exit_code == 0
    assert (item(entered)["kind"], item(entered)["half_life_days"]) == ("fact", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("edit", "E999", "--grade", "A1"), "is no item in force"),
        (("edit", "E113"), "nothing is different"),
        (("edit", "E113", "--grade", "B2"), "nothing is different"),
        (("edit", "E113", "--grade", "Z9"), "--grade: 'Z9'"),
        (("edit", "E113", "--drop", "settlement"), "E113 speaks of ceasefire"),
        (("edit", "E113", "--effect", "ceasefire:2027-12-31:50"), "effect on ceasefire, lr: 50"),
        (("edit", "E113", "--effect", "nowhere:2027-12-31:2"), "effect on nowhere, question"),
        (("edit", "E113", "--statement", ""), "--statement: is empty"),
        (("edit", "E113", "--grade", "A1", "--seen", "x"), "--seen: 'x'"),
        (("edit", "E113", "--grade", "A1", "--seen", "7"), "version 7 was expected to be the newest"),
        (("retract", "E113", "--reason", "x", "--seen", "7"), "version 7 was to be taken back"),
        (("preview", "--without", "E999"), "--without: 'E999' is no item in force"),
        (("list", "--kind", "rumour"), "--kind: 'rumour'"),
        (("list", "--grade", "B22"), "--grade: 'B22'"),
        (("list", "--by", "Nobody"), "nobody is called 'Nobody'"),
        (("list", "--retracted", "--as-of", "2026-07-01"), "--retracted: shows the record as it is now"),
        (("links", "add", "javascript:alert(1)"), "no http:// or https:// link"),
        (("links", "add", "https://user@example.org"), "without a user name"),
        (("links", "mark", "1", "done"), "has no link 1"),
        (("links", "mark", "x", "done"), "NUMBER: 'x'"),
    ],
)
def test_what_is_refused_writes_nothing(entered, home, arguments, message):
    before = home.contents()
    result = entered("evidence", *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr, result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert home.contents() == before


def test_a_retraction_of_the_version_that_was_seen(entered):
    assert entered("evidence", "retract", "E113", "--reason", "Withdrawn", "--seen", "1").exit_code == 0
    (found,) = document(entered("evidence", "list", "--retracted", "--json"))["evidence"]
    assert (found["id"], found["reason"], found["retracted_by"]) == ("E113", "Withdrawn", "X001")


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (("--search", "GENEVE mét"), []),
        (("--search", "delegations MET again"), ["E113"]),
        (("--thread", "talks_june", "--grade", "b"), ["E113"]),
        (("--thread", "talks_june", "--grade", "A"), []),
        (("--thread", "talks_june", "--kind", "intent"), []),
        (("--by", "owner", "--question", "ceasefire", "--thread", "talks_june"), ["E113"]),
    ],
)
def test_a_list_can_be_searched(entered, arguments, ids):
    found = [e["id"] for e in document(entered("evidence", "list", *arguments, "--json"))["evidence"]]
    assert found == ids


def test_what_the_seed_judged_is_found_by_its_name(entered):
    assert len(document(entered("evidence", "list", "--by", "seed", "--json"))["evidence"]) == 87


def test_a_duplicate_is_pointed_out_by_its_page_and_by_its_words(entered):
    again = entered(*NEW[:-3], "https://www.example.org/report/?utm_source=x", *NEW[-2:])
    assert "it looks like E113 (the same link)" in again.stderr


def test_links_are_kept_listed_and_settled(entered):
    board = ["--json"]
    text = "https://example.org/a Talks\nhttp://www.example.org/a\nhttps://b.example/\n"
    assert document(entered("evidence", "links", "add", "-", *board, input=text)) == {
        "board": BOARD,
        "new": [1, 2],
        "known": [],
    }
    assert document(entered("evidence", "links", "add", "https://b.example", *board))["known"] == [2]
    assert entered("evidence", "links", "mark", "1", "done", "--became", "E113").exit_code == 0
    assert entered("evidence", "links", "mark", "2", "read").exit_code == 2
    assert entered("evidence", "links", "mark", "2", "done", "--became", "O001").exit_code == 2
    links = document(entered("evidence", "links", "list", "--all", *board))["links"]
    assert [(k["number"], k["state"], k["evidence"], k["note"]) for k in links] == [
        (1, "done", "E113", "Talks"),
        (2, "open", None, ""),
    ]
    assert [k["number"] for k in document(entered("evidence", "links", "list", *board))["links"]] == [2]
    assert "b.example" in entered("evidence", "links", "list").stdout
