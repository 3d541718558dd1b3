"""What the What-if page reads and writes of kept what-ifs: those in force, their answers through time, saving one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from app import data
from app.view import BoardView
from forecasts import kept_answers, named_what_ifs, new_entry, what_if_entry
from forecasts.conditions import ConditionError, made_from, seen_from
from forecasts.domain import Entry, NamedWhatIf, WhatIfMode
from forecasts.fields import FieldProblem
from forecasts.kept_answers import Answers

FRESH_FOR = 120
"""Seconds after which kept answers are read again: another process may have filled earlier snapshots."""


def kept(view: BoardView) -> tuple[NamedWhatIf, ...]:
    """Return the what-ifs in force on a board."""
    return what_if_entry.in_force(view.moment)


def by_entry(view: BoardView, entry: str) -> NamedWhatIf | None:
    """Return the what-if in force of an entry id, or None."""
    return next((w for w in kept(view) if w.id == entry), None)


def same(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> NamedWhatIf | None:
    """Return the kept what-if that asks the same question, or None; the order of conditions does not matter."""
    asked = {" ".join(c.split()) for c in conditions}
    return next((w for w in kept(view) if w.mode == mode and set(w.conditions) == asked), None)


def problem(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> str:
    """Return why conditions cannot be asked together on a board, or an empty text."""
    known, settled = view.moment.known_through, view.moment.occurrences
    try:
        if mode == "see":
            seen_from(conditions, view.board, known=known, settled=settled)
        else:
            made_from(conditions, view.board, known=known, settled=settled)
    except ConditionError as error:
        return str(error)
    return ""


def answers(view: BoardView, what_if: NamedWhatIf) -> Answers:
    """Return the kept answers of a what-if at every snapshot."""
    words = (what_if.mode, what_if.conditions)
    return _answers(view.board.id, view.key, data.home().database, words, what_if)


@st.cache_resource(show_spinner=False, max_entries=32, ttl=FRESH_FOR)
def _answers(
    board: str,
    key: str,  # noqa: ARG001 - the cache's key
    database: str,  # noqa: ARG001 - the cache's key
    words: tuple[WhatIfMode, tuple[str, ...]],  # noqa: ARG001 - the cache's key
    _what_if: NamedWhatIf,
) -> Answers:
    opened = data.workspace()
    return kept_answers.answers(opened.store, opened.artefacts, board, _what_if)


def save(
    view: BoardView, fields: Mapping[str, str], conditions: Sequence[str], mode: WhatIfMode
) -> tuple[Entry | None, list[FieldProblem]]:
    """Keep a what-if and answer it at the shown snapshot; returns its row, or None with every mistake.

    Raises
    ------
    ConflictError, StoreError, RecordError, ForbiddenError
        When the record refuses; nothing is written.
    """
    opened, now = data.workspace(), data.now()
    record, problems = what_if_entry.from_fields(
        fields, conditions, mode, entry="new", moment=view.moment, today=now.date()
    )
    if record is None:
        return None, problems
    entry = new_entry.append_new(
        opened.store,
        lambda identifier: replace(record, id=identifier),
        letter=new_entry.WHAT_IF,
        board=view.board.id,
        actor=data.actor(),
        now=now,
    )
    if view.shown is not None:
        named_what_ifs.fill(opened.store, opened.artefacts, view.shown, now=now)
        _answers.clear()
    return entry, []
