"""The reading list: what a paste holds, each page once, who may change what, and two people at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forecasts import ledger, reading_list
from forecasts.errors import ConflictError, ForbiddenError, RecordError, StoreError
from forecasts.people import ANONYMOUS, LOCAL_OWNER, Actor
from forecasts.reading_list import MOST_LINKS, Pasted, pasted_links

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
ADA = Actor("ada", "forecaster")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("https://example.org/a", [("https://example.org/a", "")]),
        ("  - https://example.org/a  Talks in June ", [("https://example.org/a", "Talks in June")]),
        ("[Talks](https://example.org/a).", [("https://example.org/a", "Talks")]),
        ("(see https://example.org/a_(b))", [("https://example.org/a_(b)", "see")]),
        ("Read <https://example.org/a>, please", [("https://example.org/a", "Read, please")]),
        ("https://example.org/a\n\nhttps://www.example.org/a/?utm_source=x", [("https://example.org/a", "")]),
        ("https://a.example/1 https://b.example/2", [("https://a.example/1", ""), ("https://b.example/2", "")]),
        ("https://example.org/новости", [("https://example.org/новости", "")]),
    ],
)
def test_links_are_found_in_what_was_pasted(text, links):
    found, problems = pasted_links(text)
    assert problems == []
    assert [tuple(p) for p in found] == links


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a link on each line is needed"),
        ("  \n ", "a link on each line is needed"),
        ("https://example.org/a\njust words", "line 2: 'just words': no http:// or https:// link"),
        ("javascript:alert(1)", "line 1"),
        ("https://user@example.org/a", "without a user name"),
        ("https://example.org/a no\u202ete", "U+202E"),
        ("https://example.org/" + "a" * 3000, "at most 2000"),
        ("x" * 100_001, "at most 100000 are read"),
        ("\n".join(f"https://example.org/{i}" for i in range(MOST_LINKS + 1)), "at most 200 are taken"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(text, message):
    _, problems = pasted_links(text)
    assert any(message in p.message for p in problems), problems


def test_each_page_stands_on_the_list_once_and_no_run_becomes_due(store):
    first = reading_list.add(store, [Pasted("https://example.org/a", "")], board="b", actor=ADA, now=NOW)
    again = reading_list.add(
        store,
        [Pasted("http://www.example.org/a/?utm_source=x", "new words"), Pasted("https://example.org/b", "")],
        board="b",
        actor=LOCAL_OWNER,
        now=NOW,
    )
    assert [(link.number, link.state, link.added_by) for link in first.new] == [(1, "open", "ada")]
    assert again.known == first.new
    assert [link.number for link in again.new] == [2]
    assert reading_list.read(store, "b") == first.new + again.new
    assert reading_list.read(store, "other") == ()
    assert ledger.tail(store, "b").position == 0


def test_a_link_becomes_evidence_or_is_put_aside_and_comes_back(store):
    (link,) = reading_list.add(store, [Pasted("https://example.org/a", "n")], board="b", actor=ADA, now=NOW).new
    later = NOW + timedelta(hours=1)
    done = reading_list.change(store, link, state="done", evidence="E007", actor=LOCAL_OWNER, now=later)
    assert (done.state, done.evidence, done.changed_by, done.changed_at, done.version) == (
        "done",
        "E007",
        "owner",
        later,
        2,
    )
    back = reading_list.change(store, done, state="open", actor=ADA, now=later)
    assert (back.state, back.evidence, back.version, back.added_at) == ("open", None, 3, NOW)
    assert reading_list.read(store, "b") == (back,)


def test_of_two_changes_of_one_version_the_second_is_refused(store):
    (link,) = reading_list.add(store, [Pasted("https://example.org/a", "")], board="b", actor=ADA, now=NOW).new
    kept = reading_list.change(store, link, state="dismissed", actor=ADA, now=NOW)
    with pytest.raises(ConflictError, match="ada made it 'dismissed' at 2026-04-10"):
        reading_list.change(store, link, state="done", actor=LOCAL_OWNER, now=NOW)
    assert reading_list.read(store, "b") == (kept,)


def test_a_viewer_may_neither_add_nor_change(store):
    (link,) = reading_list.add(store, [Pasted("https://example.org/a", "")], board="b", actor=ADA, now=NOW).new
    with pytest.raises(ForbiddenError):
        reading_list.add(store, [Pasted("https://example.org/b", "")], board="b", actor=ANONYMOUS, now=NOW)
    with pytest.raises(ForbiddenError):
        reading_list.change(store, link, state="done", actor=ANONYMOUS, now=NOW)
    assert reading_list.read(store, "b") == (link,)


@pytest.mark.parametrize(
    "link", [Pasted("javascript:alert(1)", ""), Pasted("https://a.example", "\x07"), Pasted("", "")]
)
def test_of_a_paste_with_one_bad_link_nothing_is_written(store, link):
    with pytest.raises(RecordError):
        reading_list.add(store, [Pasted("https://example.org/a", ""), link], board="b", actor=ADA, now=NOW)
    assert reading_list.read(store, "b") == ()


def test_an_unknown_state_or_link_is_refused(store):
    (link,) = reading_list.add(store, [Pasted("https://example.org/a", "")], board="b", actor=ADA, now=NOW).new
    with pytest.raises(RecordError, match="allowed: open, done, dismissed"):
        reading_list.change(store, link, state="read", actor=ADA, now=NOW)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="there is no link 9"):
        reading_list.change(store, replace(link, number=9), state="done", actor=ADA, now=NOW)
