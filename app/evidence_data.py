"""What the pages read and write of evidence: the book, what items did, edits, retractions, undo, the reading list.

Cached by the ledger's end and by the snapshot's detail; every write is authorised where it is made.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from app import data
from app.view import BoardView
from forecasts import evidence_book, evidence_check, evidence_entry, ledger, measured, new_entry, people, reading_list
from forecasts.domain import Entry, Evidence, Retraction
from forecasts.errors import ConflictError
from forecasts.evidence_book import Item
from forecasts.fields import FieldProblem
from forecasts.measured import Move
from forecasts.people import Actor
from forecasts.reading_list import Added, Link, LinkState, Pasted

DRAFT = "draft"
"""Id of an item before it is saved."""
KEPT = 8
"""Books and tables of moves kept in memory."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was written last in this session, with what it takes to undo it."""

    board: str
    kind: str
    """`added`, `edited`, `retracted`, `restored`, or `undone`."""
    entry: str
    """The item it was done to."""
    row: str
    """Entry id of the row that was written."""
    before: Evidence | None = None
    """What an edit replaced."""
    version: int = 1
    """Version that was written."""


def items(view: BoardView) -> tuple[Item, ...]:
    """Return all items of the board, the latest published first."""
    end = ledger.tail(data.workspace().store, view.board.id)
    return _items(view.board.id, end.digest, data.home().database)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _items(board: str, digest: str, database: str) -> tuple[Item, ...]:  # noqa: ARG001 - the cache's key
    return evidence_book.book(ledger.history(data.workspace().store, board))


def item(view: BoardView, entry: str) -> Item | None:
    """Return one item by its id, or None."""
    return next((i for i in items(view) if i.id == entry), None)


def moves(view: BoardView) -> Mapping[str, tuple[Move, ...]]:
    """Return what each item did to the shown snapshot, by item id, the largest moves first."""
    return _moves(view.shown.detail_hash, view.detail) if view.shown else {}


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _moves(detail_hash: str, _detail: Mapping[str, Any]) -> Mapping[str, tuple[Move, ...]]:  # noqa: ARG001 - the key
    return measured.moves(_detail.get("contributions", {}))


def names(found: Sequence[Item]) -> dict[str, str]:
    """Return opaque id -> name of everybody who judged or wrote one of the items."""
    return people.names(data.workspace().store, sorted({p for i in found for p in evidence_book.people_of(i)}))


def people_named(ids: Sequence[str]) -> dict[str, str]:
    """Return opaque id -> name."""
    return people.names(data.workspace().store, ids)


def parse(
    fields: Mapping[str, str],
    effects: Sequence[Mapping[str, str]],
    view: BoardView,
    *,
    today: date,
    of: Evidence | None = None,
    open_on: date | None = None,
) -> tuple[Evidence | None, list[FieldProblem]]:
    """Return the item that raw fields hold, or None with every mistake; the checks are the command line's.

    `of` is the item that is edited: the new version keeps its id and, where the actor may write in another's name, its
    forecaster. `open_on` is the day on which its deadlines must not have passed, by default today.
    """
    actor = data.actor()
    forecaster = judge_of(of, actor)
    found, problems = evidence_entry.from_fields(fields, effects, entry=of.id if of else DRAFT, forecaster=forecaster)
    if found is None:
        return None, problems
    problems = evidence_check.check(found, view.board, today=today, open_on=open_on)
    return (None if problems else found), problems


def judge_of(edited: Evidence | None, actor: Actor) -> str:
    """Return whose judgement a saved item is: the writer's, unless they may write in the name of who judged it."""
    if edited is not None and "evidence_of_others" in people.ALLOWED[actor.role]:
        return edited.forecaster
    return actor.id


def preview(view: BoardView, draft: Evidence | None, *, remove: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return the board with a draft (which stands in for the item of its id), or without items.

    The words of a report move no number, so that one weighing serves while they are typed. `{"refused": why}` where
    there are no stored futures, or they cannot show it.
    """
    silent = draft and replace(draft, statement="draft", source="draft", url="", verification="unverified")
    try:
        return data.preview(view, silent, remove=remove)
    except (KeyError, ValueError) as error:
        return {"refused": str(error.args[0] if error.args else error)}


def save_new(view: BoardView, draft: Evidence, *, link: Link | None = None) -> Act:
    """Append an item under the next free id; a link of the reading list that it came from is then done.

    Raises
    ------
    ConflictError, StoreError, RecordError, ForbiddenError
        When the record refuses; nothing is written.
    """
    row = data.save_evidence(view.board.id, draft)
    if link is not None:
        with suppress(ConflictError):  # somebody settled the link meanwhile; the item is saved all the same
            change_link(link, "done", evidence=row.entry)
    return Act(view.board.id, "added", row.entry, row.entry)


def save_edit(view: BoardView, edited: Evidence, *, seen: Entry) -> Act:
    """Append an item's next version, made from the one that was seen; raises as `save_new`."""
    row = _append(view.board.id, edited, seen=seen.version)
    return Act(view.board.id, "edited", edited.id, edited.id, evidence_book.evidence_of(seen), row.version)


def retract(view: BoardView, seen: Entry, *, reason: str) -> Act:
    """Take the version of an item that was seen back; raises as `save_new`, a conflict when there is a newer one."""
    row = _take_back(view.board.id, seen.entry, seen=seen.version, reason=reason)
    return Act(view.board.id, "retracted", seen.entry, row.entry)


def restore(view: BoardView, retraction: str, entry: str) -> Act:
    """Take a retraction back, so that its item counts again; raises as `save_new`."""
    row = _take_back(view.board.id, retraction, seen=1, reason="the retraction is taken back")
    return Act(view.board.id, "restored", entry, row.entry)


def undo(act: Act) -> Act:
    """Undo what was written last; the record keeps every row. Raises as `save_new`, a conflict when it was changed."""
    if act.kind == "edited" and act.before is not None:
        row = _append(act.board, act.before, seen=act.version)
    else:
        row = _take_back(act.board, act.row, seen=act.version, reason="undone right after it was written")
    return Act(act.board, "undone", act.entry, row.entry)


def _take_back(board: str, entry: str, *, seen: int, reason: str) -> Entry:
    instant = data.now()
    return new_entry.append_new(
        data.workspace().store,
        lambda row: Retraction(row, entry, reason, instant.date()),
        letter=new_entry.RETRACTION,
        board=board,
        actor=data.actor(),
        now=instant,
        expected_version={entry: seen},
    )


def _append(board: str, record: Evidence, *, seen: int) -> Entry:
    store, actor, now = data.workspace().store, data.actor(), data.now()
    return ledger.append(store, [record], board=board, actor=actor, now=now, expected_version={record.id: seen})[0]


def links(board: str) -> tuple[Link, ...]:
    """Return the reading list of a board in the order of entry."""
    return reading_list.read(data.workspace().store, board)


def add_links(board: str, pasted: Sequence[Pasted]) -> Added:
    """Put links on the reading list; raises StoreError, RecordError, ForbiddenError with nothing written."""
    return reading_list.add(data.workspace().store, pasted, board=board, actor=data.actor(), now=data.now())


def change_link(link: Link, state: LinkState, *, evidence: str | None = None) -> Link:
    """Set the state of a link; raises ConflictError when somebody changed it since, else as `add_links`."""
    store = data.workspace().store
    return reading_list.change(store, link, state=state, actor=data.actor(), now=data.now(), evidence=evidence)
