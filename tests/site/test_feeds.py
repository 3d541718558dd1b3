"""The feed and the calendar by themselves: stable ids, valid forms, the same bytes."""

from datetime import UTC, date, datetime, timedelta

from defusedxml import ElementTree
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from forecasts import feeds
from forecasts.feeds import Day, Item

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def atom(*items: Item, title: str = "A board") -> bytes:
    return feeds.atom("b", title, items, begun_at=AT, page="index.html", own="changes.atom")


def item(key: str, hours: int = 0, **changes) -> Item:
    return Item(**{"key": key, "title": key, "at": AT + timedelta(hours=hours), "lines": ("x",), "link": "p"} | changes)


def test_the_newest_entry_is_first_and_dates_the_feed() -> None:
    feed = ElementTree.fromstring(atom(item("old"), item("new", 5), item("same", 5)))
    assert [e.findtext(f"{ATOM}title") for e in feed.findall(f"{ATOM}entry")] == ["same", "new", "old"]
    assert feed.findtext(f"{ATOM}updated") == "2026-07-01T14:00:00Z"


def test_its_elements_have_their_plain_names() -> None:
    assert b'<feed xmlns="http://www.w3.org/2005/Atom">' in atom(item("k"))
    assert b"<entry>" in atom(item("k"))


def test_an_empty_feed_has_the_date_at_which_the_record_begins() -> None:
    feed = ElementTree.fromstring(atom())
    assert feed.findtext(f"{ATOM}updated") == "2026-07-01T09:00:00Z"
    assert feed.findall(f"{ATOM}entry") == []


def test_ids_depend_on_board_and_key_only_and_are_written_down_here_for_ever() -> None:
    assert feeds.permanent_id("b", "entry", "k") == feeds.permanent_id("b", "entry", "k")
    ids = {feeds.permanent_id(b, kind, k) for b in "ab" for kind in ("entry", "deadline") for k in "xy"}
    assert len(ids) == 8
    assert feeds.permanent_id("indivisible-security", "feed", "") == "a76cc0ed-8ee3-5960-a692-6be59a180839"
    first, second = (ElementTree.fromstring(atom(item("k", title=t))) for t in ("one", "two"))
    assert first.find(f"{ATOM}entry").findtext(f"{ATOM}id") == second.find(f"{ATOM}entry").findtext(f"{ATOM}id")


words = st.text(max_size=40)


@given(words, st.lists(words, max_size=3))
def test_any_words_give_a_feed_that_can_be_read(title: str, lines: list[str]) -> None:
    feed = ElementTree.fromstring(atom(item("k", title=title, lines=tuple(lines)), title=title))
    found = feed.find(f"{ATOM}entry").findtext(f"{ATOM}title") or ""
    assert set(found.split()) <= set(title.split()) or not title.isprintable()


def day(question: str, deadline: date, **changes) -> Day:
    values = {"title": question, "state": "open", "criteria": "c", "source": "s", "link": ""} | changes
    return Day(question, deadline=deadline, **values)


def test_a_deadline_is_one_whole_day_whose_uid_outlives_its_outcome() -> None:
    last = date(2027, 12, 31)
    found = []
    for state in ("open", "yes"):
        calendar = Calendar.from_ical(feeds.calendar("b", "B", [day("q", last, state=state)], stamp=AT))
        (event,) = calendar.walk("VEVENT")
        assert (event["dtstart"].dt, event["dtend"].dt) == (last, date(2028, 1, 1))
        found.append((str(event["uid"]), str(event["summary"])))
    assert found[0][0] == found[1][0]
    assert [s for _, s in found] == ["Last day: q", "Happened: q"]


@given(words, words)
@example("\n", "")
@example("a\r\nBEGIN:VEVENT", "b;c,d\\n")
def test_any_words_give_a_calendar_that_can_be_read(title: str, criteria: str) -> None:
    made = feeds.calendar("b", title, [day("q", date(2027, 1, 1), title=title, criteria=criteria)], stamp=AT)
    assert len(Calendar.from_ical(made).walk("VEVENT")) == 1
    assert made == feeds.calendar("b", title, [day("q", date(2027, 1, 1), title=title, criteria=criteria)], stamp=AT)
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
