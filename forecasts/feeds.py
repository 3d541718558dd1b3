"""A board's news for readers of feeds (Atom, RFC 4287) and its deadlines for calendars (iCalendar, RFC 5545). Pure.

Ids never change: a reader who has seen an entry or an event does not see it again as another one. Nothing reads the
clock, so the same record gives the same bytes.
"""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree as ET

from forecasts.instants import utc

if TYPE_CHECKING:
    from icalendar import Event

ATOM = "http://www.w3.org/2005/Atom"
NAMESPACE = uuid.UUID("5f2c9a53-6d4e-5b21-9d1c-2f6f0e3f8a10")
"""Of all ids made here; it never changes."""

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed."""

    key: str
    """What it is of, for ever: a snapshot, an input that was given up."""
    title: str
    at: datetime
    lines: tuple[str, ...]
    """What it says, as plain text."""
    link: str
    """Where to read more; relative to the feed where the site's address is not known."""


@dataclass(frozen=True, slots=True)
class Day:
    """One deadline of a question."""

    question: str
    title: str
    deadline: date
    state: Literal["open", "yes", "no", "other"]
    """`other`: judged ambiguous, or annulled."""
    criteria: str
    source: str
    link: str


def permanent_id(board: str, kind: str, key: str) -> str:
    """Return the id of something of a board: a name-based UUID (RFC 9562, version 5)."""
    return str(uuid.uuid5(NAMESPACE, f"{board}\n{kind}\n{key}"))


def atom(board: str, title: str, items: Sequence[Item], *, begun_at: datetime, page: str, own: str) -> bytes:
    """Return a feed, newest entry first.

    Parameters
    ----------
    board, title
        The board's id and title.
    items
        Entries in any order; the newest comes first, those of one instant by key.
    begun_at
        When the board's record begins: the feed's date while there is no entry.
    page, own
        Address of the board's page and of the feed itself.
    """
    newest_first = sorted(items, key=lambda i: (i.at, i.key), reverse=True)
    feed = ET.Element("feed", {"xmlns": ATOM})
    _add(feed, "id", f"urn:uuid:{permanent_id(board, 'feed', '')}")
    _add(feed, "title", title)
    _add(feed, "updated", _instant(newest_first[0].at if newest_first else begun_at))
    _add(feed, "link", href=page, rel="alternate", type="text/html")
    _add(feed, "link", href=own, rel="self", type="application/atom+xml")
    _add(_add(feed, "author"), "name", f"{title} (twixt)")
    _add(feed, "generator", "twixt")
    for item in newest_first:
        entry = _add(feed, "entry")
        _add(entry, "id", f"urn:uuid:{permanent_id(board, 'entry', item.key)}")
        _add(entry, "title", item.title)
        _add(entry, "updated", _instant(item.at))
        _add(entry, "published", _instant(item.at))
        _add(entry, "link", href=item.link, rel="alternate", type="text/html")
        _add(entry, "content", "\n".join(item.lines) or item.title, type="text")
    ET.indent(feed)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, {k: _plain(v) for k, v in attributes.items()})
    if text:
        element.text = _plain(text)
    return element


def _plain(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return _NOT_IN_XML.sub("", text)


def _instant(at: datetime) -> str:
    return utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


_OUTCOME = {"yes": "Happened: ", "no": "Did not happen: ", "other": "Closed: "}


def calendar(board: str, title: str, days: Iterable[Day], *, stamp: datetime) -> bytes:
    """Return a board's deadlines as a calendar of whole days, which say how far each has come.

    `stamp` is the instant of the record from which they are read.
    """
    from icalendar import Calendar, vText

    made = Calendar()
    made.add("prodid", f"-//twixt//{board}//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", vText(f"{title}: deadlines"))  # nothing in a name of ours is escaped by itself
    for day in sorted(days, key=lambda d: (d.deadline, d.question)):
        made.add_component(_event(board, day, stamp))
    return bytes(made.to_ical())


def _event(board: str, day: Day, stamp: datetime) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", f"{permanent_id(board, 'deadline', f'{day.question} {day.deadline}')}@twixt")
    event.add("dtstamp", utc(stamp).replace(microsecond=0))
    event.add("dtstart", day.deadline)
    event.add("dtend", day.deadline + timedelta(days=1))
    event.add("summary", f"{_OUTCOME.get(day.state, 'Last day: ')}{day.title}")
    event.add("description", f"{day.criteria}\nDecided by: {day.source}")
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED")
    if day.link.startswith(("https://", "http://")):
        event.add("url", day.link)
    return event
