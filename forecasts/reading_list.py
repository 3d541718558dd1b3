"""The reading list of a board: links that somebody wants to read before they become evidence, or are put aside.

A link is no knowledge yet, so it stands beside the ledger and makes no run due. Each page stands on a board's list
once, in whatever way its address is written; every change names the version it was made from.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

import sqlalchemy as sa

from forecasts.errors import ConflictError, RecordError, StoreError
from forecasts.fields import FieldProblem, Fields, shown
from forecasts.forms import (
    COUNT,
    ID,
    INSTANT,
    TEXT,
    URL,
    Form,
    check_address,
    check_identifier,
    check_text,
    choice,
    optional,
)
from forecasts.instants import to_text, utc
from forecasts.people import Actor, authorise
from forecasts.schema import reading_list
from forecasts.store import Store, lock_board
from forecasts.web_pages import page_of

LinkState = Literal["open", "done", "dismissed"]

MOST_LINKS = 200
"""Links that are taken from one paste."""
LONGEST_PASTE = 100_000
"""Characters of one paste."""
NOTE_LIMIT = 300

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_BRACKETED = re.compile(r"(?<![<(\[])[<(\[]*https?://[^\s<>\"]+>?", re.IGNORECASE)
_AROUND = " \t\r\n-*•·–—|:;,()[]<>\"'"


class Pasted(NamedTuple):
    """One link as it was pasted."""

    url: str
    note: str
    """The other words of its line."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a board's reading list."""

    board: str
    number: int
    """1, 2, 3, ... in the order of entry."""
    page: str
    """The comparable form of the address (`web_pages.page_of`), once on each list."""
    url: str
    note: str
    state: LinkState
    evidence: str | None
    """Entry id of the evidence that came of it."""
    added_by: str
    added_at: datetime
    changed_by: str
    changed_at: datetime
    version: int
    """1 when it is added, one more with each change."""


class Added(NamedTuple):
    """What came of a paste."""

    new: tuple[Link, ...]
    known: tuple[Link, ...]
    """Links whose page stood on the list already; they stay as they were."""


FORM: dict[str, Form] = {
    "board": ID,
    "number": COUNT,
    "page": TEXT,
    "url": URL,
    "note": TEXT,
    "state": choice(get_args(LinkState)),
    "evidence": optional(ID),
    "added_by": ID,
    "added_at": INSTANT,
    "changed_by": ID,
    "changed_at": INSTANT,
    "version": COUNT,
}
"""The form of each field of a link in a dump."""


def pasted_links(text: str) -> tuple[tuple[Pasted, ...], list[FieldProblem]]:
    """Read pasted text, one or more links a line, and return the links with every line that cannot be used.

    The other words of a line become the note of its links; each page is taken once. Markdown links, bullets, brackets
    and closing punctuation around an address do not belong to it.
    """
    if len(text) > LONGEST_PASTE:
        return (), [FieldProblem("links", f"{len(text)} characters; at most {LONGEST_PASTE} are read at once")]
    found: dict[str, Pasted] = {}
    problems: list[FieldProblem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            for pasted in _of_line(line, number, problems):
                found.setdefault(page_of(pasted.url), pasted)
    if not found and not problems:
        problems.append(FieldProblem("links", "is empty; a link on each line is needed"))
    if len(found) > MOST_LINKS:
        problems.append(FieldProblem("links", f"{len(found)} links; at most {MOST_LINKS} are taken at once"))
    return tuple(found.values()), problems


def _of_line(line: str, number: int, problems: list[FieldProblem]) -> list[Pasted]:
    addresses = [_trimmed(match) for match in _LINK.findall(line)]
    rest = " ".join(_BRACKETED.sub(" ", line).split()).replace(" ,", ",").strip(_AROUND)
    note = unicodedata.normalize("NFC", rest)
    if not addresses:
        problems.append(FieldProblem("links", f"line {number}: {shown(line.strip())}: no http:// or https:// link"))
    found = []
    for address in addresses:
        read = Fields({"link": address, "note": note[:NOTE_LIMIT]}, known=("link", "note"))
        pasted = Pasted(read.link("link"), read.text("note", limit=NOTE_LIMIT, required=False))
        problems.extend(FieldProblem("links", f"line {number}: {p.message}") for p in read.problems)
        if not read.problems:
            found.append(pasted)
    return found


def _trimmed(address: str) -> str:
    """Return an address without what closes the sentence or the bracket around it."""
    while address:
        last = address[-1]
        if last in ".,;:!?'*|" or (last in ")]}" and address.count(last) > address.count("([{"[")]}".index(last)])):
            address = address[:-1]
        else:
            break
    return address


def add(store: Store, links: Sequence[Pasted], *, board: str, actor: Actor, now: datetime) -> Added:
    """Put links on a board's list in one transaction; those that stand there already stay as they are.

    Raises
    ------
    ForbiddenError
        When the actor may not enter evidence.
    RecordError
        When a link cannot be kept; nothing is written.
    StoreError
        When the database refuses.
    """
    authorise(actor, "evidence", board)
    check_identifier(board)
    now = utc(now)
    wanted = [_checked(link) for link in links]
    new: list[Link] = []
    known: list[Link] = []
    with store.writing() as connection:
        lock_board(connection, board)
        there = {link.page: link for link in _read(connection, board)}
        number = max((link.number for link in there.values()), default=0)
        for page, pasted in wanted:
            if page in there:
                known.append(there[page])
                continue
            number += 1
            there[page] = Link(
                board, number, page, pasted.url, pasted.note, "open", None, actor.id, now, actor.id, now, 1
            )
            connection.execute(reading_list.insert().values(_columns(there[page])))
            new.append(there[page])
    return Added(tuple(new), tuple(known))


def change(
    store: Store, link: Link, *, state: LinkState, actor: Actor, now: datetime, evidence: str | None = None
) -> Link:
    """Set a link's state, as the next version of the one that was seen; `evidence` names the item that came of it.

    Raises
    ------
    ConflictError
        When somebody changed the link since; it says who, when and to what.
    ForbiddenError, RecordError, StoreError
        As `add`.
    """
    authorise(actor, "evidence", link.board)
    if state not in get_args(LinkState):
        raise RecordError(f"state {state!r:.40}: allowed: {', '.join(get_args(LinkState))}")
    changed = replace(
        link,
        state=state,
        evidence=evidence if evidence is None else check_identifier(evidence),
        changed_by=actor.id,
        changed_at=utc(now),
        version=link.version + 1,
    )
    same = sa.and_(reading_list.c.board == link.board, reading_list.c.number == link.number)
    with store.writing() as connection:
        done = connection.execute(
            reading_list.update().where(same, reading_list.c.version == link.version).values(_columns(changed))
        )
        if done.rowcount != 1:
            row = connection.execute(sa.select(reading_list).where(same)).mappings().first()
            raise _overtaken(link, Link(**row) if row else None)
    return changed


def _overtaken(link: Link, newest: Link | None) -> StoreError:
    if newest is None:
        return StoreError(f"{link.board}: there is no link {link.number} on the reading list")
    who = f"{newest.changed_by} made it {newest.state!r} at {to_text(newest.changed_at)}"
    return ConflictError(f"{link.board}: link {link.number} was changed meanwhile: {who}")


def check(link: Link, *, board: str) -> None:
    """Raise ValueError unless a link that was kept elsewhere can stand on a board's list."""
    if link.board != board:
        raise ValueError(f"a link of board {link.board} among those of {board}")
    if not link.page or link.page != page_of(link.url):
        raise ValueError(f"link {link.number}: page {link.page!r:.80} is not that of {link.url!r:.80}")
    if link.version < 1 or len(link.note) > NOTE_LIMIT:
        raise ValueError(
            f"link {link.number}: a version from 1 and a note of at most {NOTE_LIMIT} characters are needed"
        )


def insert(connection: sa.Connection, links: Sequence[Link]) -> None:
    """Write links as they are; the caller holds the board's lock."""
    for link in links:
        connection.execute(reading_list.insert().values(_columns(link)))


def read(store: Store, board: str) -> tuple[Link, ...]:
    """Return a board's links in the order of entry."""
    with store.reading() as connection:
        return _read(connection, board)


def _read(connection: sa.Connection, board: str) -> tuple[Link, ...]:
    rows = connection.execute(
        sa.select(reading_list).where(reading_list.c.board == board).order_by(reading_list.c.number)
    )
    return tuple(Link(**row) for row in rows.mappings())


def _checked(link: Pasted) -> tuple[str, Pasted]:
    try:
        page = page_of(check_address(link.url))
        note = check_text(link.note, longest=NOTE_LIMIT)
    except (TypeError, ValueError) as error:
        raise RecordError(f"link {link.url!r:.80}: {error}") from error
    if not page:
        raise RecordError(f"link {link.url!r:.80}: an address that begins with http:// or https:// is needed")
    return page, Pasted(link.url, note)


def _columns(link: Link) -> dict[str, Any]:
    return {c.name: getattr(link, c.name) for c in reading_list.columns}
