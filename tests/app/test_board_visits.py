"""The board since one's last visit: of a person, of somebody anonymous, and of a colleague who was sent the address."""

import re
from datetime import timedelta

import pytest
import streamlit as st

from app import changes_data
from forecasts import visits
from forecasts.people import LOCAL_OWNER
from forecasts.visits import Visit
from tests.app.test_board_page import html
from tests.jobs import small_home

FIRST = small_home.NOW + timedelta(hours=1)
LATER = small_home.NOW + timedelta(days=8)


@pytest.fixture
def root(small):
    return small.artefacts.root.parent


@pytest.fixture
def moved(small):
    """Give a small home where a report came in and was published a week after the first numbers."""
    small.add(small_home.evidence("E3", "truce", lr=4.0), at=LATER - timedelta(hours=2))
    assert small.refit(now=LATER - timedelta(hours=1)).kind == "published"
    return small


def headings(test) -> list[str]:
    return [h.value for h in test.header]


def options(test) -> list[str]:
    (control,) = [g for g in test.get("button_group") if "Changes since" in g.label]
    return [o.content for o in control.proto.options]


def test_the_first_visit_has_no_last_one_and_is_noted(page, small, root):
    test = page("board", root, at=FIRST).run()
    assert not test.exception
    assert "My last visit" not in options(test)
    assert test.query_params["since"] in ("30d", ["30d"])
    assert visits.find(small.store, small.board.id, person=LOCAL_OWNER.id) == Visit(FIRST, None)


def test_who_comes_back_sees_what_changed_since_and_what_did_it(page, small, root, moved):
    visits.note(small.store, small.board.id, actor=LOCAL_OWNER, now=FIRST)
    test = page("board", root, at=LATER).run()
    assert not test.exception
    assert headings(test)[0] == "What changed since 10 Apr 2026 10:00 UTC"
    assert test.query_params["since"] in ("2026-04-10T10:00Z", ["2026-04-10T10:00Z"])
    assert options(test)[0] == "My last visit"
    summary = re.search(r'tx-summary">(.*?)</p>', html(test)).group(1)
    assert "Since 10 Apr 2026 10:00 UTC" in summary
    assert re.search(r"What did (it|most): E3 \(.*\) raised truce by \d", summary), summary
    assert "1 new report in that time" in [e.label for e in test.expander]
    assert visits.find(small.store, small.board.id, person=LOCAL_OWNER.id) == Visit(LATER, FIRST)


def test_within_one_visit_the_last_one_stays(page, small, root, moved):
    visits.note(small.store, small.board.id, actor=LOCAL_OWNER, now=FIRST)
    page("board", root, at=LATER).run()
    test = page("board", root, at=LATER + timedelta(minutes=50)).run()
    assert headings(test)[0] == "What changed since 10 Apr 2026 10:00 UTC"


def test_where_nothing_was_published_since_it_says_so(page, small, root):
    visits.note(small.store, small.board.id, actor=LOCAL_OWNER, now=FIRST)
    test = page("board", root, at=LATER).run()
    assert not test.exception
    assert "Nothing has been published since 10 Apr 2026 10:00 UTC." in html(test)
    assert 'class="tx tx-step"' not in html(test)


def test_a_colleague_sees_the_changes_of_the_address(page, small, root, moved, monkeypatch):
    test = page("board", root, at=LATER, since="2026-04-10T10:00Z")
    monkeypatch.delenv("TWIXT_LOCAL")  # nobody is known
    test.run()
    assert not test.exception
    assert headings(test)[0] == "What changed since 10 Apr 2026 10:00 UTC"
    assert options(test)[0] == "10 Apr 2026 10:00 UTC"
    assert visits.find(small.store, small.board.id, person="anonymous") is None


def test_somebody_anonymous_has_theirs_from_the_cookie(page, root, moved, monkeypatch):
    cookies = {"twixt_seen": "20260418T085500Z", "twixt_since": "20260410T100000Z"}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _self: cookies))
    test = page("board", root, at=LATER)
    monkeypatch.delenv("TWIXT_LOCAL")
    test.run()
    assert not test.exception
    assert options(test)[0] == "My last visit"
    assert headings(test)[0] == "What changed since 10 Apr 2026 10:00 UTC"


@pytest.mark.parametrize("since", ["2026-04-10", "<script>", "2999-01-01T00:00Z", "9999d", "-1d", "2026-13-01T00:00Z"])
def test_an_address_that_names_no_instant_is_passed_over(page, small_published, since):
    test = page("board", small_published.artefacts.root.parent, at=LATER, since=since).run()
    assert not test.exception
    assert test.query_params["since"] in ("30d", ["30d"])
    assert "<script" not in html(test)


def test_before_anything_was_published_there_is_nothing_to_compare_with(page, small_published):
    test = page("board", small_published.artefacts.root.parent, at=LATER, since="2020-01-01T00:00Z").run()
    assert not test.exception
    assert "Nothing had been published when you were last here" in html(test)


def test_a_record_that_cannot_be_written_to_is_still_read(page, small, root, moved, monkeypatch):
    from forecasts.errors import StoreError

    visits.note(small.store, small.board.id, actor=LOCAL_OWNER, now=LATER - timedelta(minutes=10))

    def refuse(*_given, **_named):
        raise StoreError("twixt.sqlite: is read-only")

    monkeypatch.setattr(changes_data.visits, "note", refuse)
    test = page("board", root, at=LATER).run()
    assert not test.exception
    assert headings(test)[0] == "Scenarios", "its first visit is still going on, and a month has no earlier number"
