"""Somebody else saved first: both versions side by side, part by part, and a merged one in which nothing is lost.

What a person typed stays in their session until it is saved or put aside by themselves.
"""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from app import data, evidence_data, evidence_words, frame
from app.look import literal, words
from app.pages import evidence_item, evidence_saved
from app.pages.evidence_preview import preview_section
from app.view import BoardView
from forecasts import evidence_check, merging
from forecasts.domain import Entry, Evidence
from forecasts.errors import ConflictError
from forecasts.evidence_book import Item, evidence_of
from forecasts.merging import Difference, Side


@dataclass(frozen=True)
class Base:
    """What an open form of an edit began from."""

    item: Evidence
    """What its fields held at first."""
    version: int
    """The version that it is to follow."""
    scope: str
    """Beginning of its widgets' keys."""


@dataclass(frozen=True)
class Mine:
    """A version that could not be saved, kept until its writer decides."""

    item: Evidence
    base: Entry
    """The row it was made from."""
    theirs: int
    """The version that it was last compared with; 0 before the first time."""


def _kept(view: BoardView, kind: str, entry: str) -> str:
    return f"evidence_{kind}:{view.board.id}:{entry}"


def base_of(view: BoardView, item: Item) -> Base:
    """Return what the form of an edit began from: the newest version when it was opened, whatever came since."""
    name = _kept(view, "base", item.id)
    if name not in st.session_state:
        _begin(view, item.evidence, item.newest.version)
    base: Base = st.session_state[name]
    return base


def _begin(view: BoardView, start: Evidence, version: int) -> None:
    number = st.session_state["evidence_edits"] = st.session_state.get("evidence_edits", 0) + 1
    st.session_state[_kept(view, "base", start.id)] = Base(start, version, f"ed{number}")


def keep(view: BoardView, mine: Evidence, *, base: Entry) -> None:
    """Keep a version that somebody else's stands in the way of."""
    st.session_state[_kept(view, "mine", mine.id)] = Mine(mine, base, 0)


def waiting(view: BoardView, entry: str) -> bool:
    """Tell whether a version of the item waits for its writer's decision."""
    return _kept(view, "mine", entry) in st.session_state


def forget(view: BoardView, entry: str) -> None:
    """Put the open form and the waiting version aside."""
    for kind in ("mine", "base"):
        st.session_state.pop(_kept(view, kind, entry), None)


def draw(view: BoardView, entry: str) -> None:
    """Draw the comparison, or the item where nothing waits."""
    item = evidence_item.find(view, entry)
    if item is None:
        return
    mine: Mine | None = st.session_state.get(_kept(view, "mine", entry))
    if mine is None:
        evidence_item.draw(view, entry)
        return
    frame.headline(view, f"Two versions of {item.id}")
    if item.retraction is not None:
        _retracted(view, item, mine)
    else:
        _compare(view, item, mine)


def _retracted(view: BoardView, item: Item, mine: Mine) -> None:
    row = item.retraction
    assert row is not None
    who = evidence_words.written(row, evidence_data.people_named((row.recorded_by,)))
    reason = getattr(row.record, "reason", "")
    st.warning(literal(f"While you were editing, it was retracted ({who}): {reason}"))
    st.html(evidence_words.quoted(mine.item))
    frame.note("This is your version. It can enter the record as a new item of its own.")
    with st.container(horizontal=True):
        if st.button("Save mine as a new item", type="primary", key="save_apart"):
            act = evidence_data.save_new(view, replace(mine.item, id=evidence_data.DRAFT))
            forget(view, item.id)
            evidence_saved.remember(act)
            evidence_item.go(view, act.entry)
        _discard(view, item)


def _compare(view: BoardView, item: Item, mine: Mine) -> None:
    theirs = item.newest
    fresh = mine.theirs == theirs.version
    st.session_state[_kept(view, "mine", item.id)] = replace(mine, theirs=theirs.version)
    names = evidence_data.names((item,))
    st.warning(
        literal(
            f"You began with version {mine.base.version}. Meanwhile version {theirs.version} was saved "
            f"({evidence_words.written(theirs, names)}). Nothing is lost: choose for each part, or put yours aside."
        )
    )
    found = merging.differences(evidence_of(mine.base), evidence_of(theirs), mine.item)
    if not found:
        st.info("Both versions say the same: nothing of yours is left to save.")
        _discard(view, item)
        return
    picks = {d.part: _choice(view, d, theirs.version) for d in found}
    whole = {part: side for part, side in picks.items() if side is not None}
    ready = len(whole) == len(picks)
    merged = merging.merged(evidence_of(theirs), mine.item, whole) if ready else None
    problems = _problems(view, item, merged)
    if merged is not None and not problems:
        preview_section(view, merged)
    else:
        frame.note("The preview appears when every part has a choice.")
    for problem in problems:
        st.error(literal(f"{problem.field}: {problem.message}"))
    with st.container(horizontal=True):
        save = st.button("Save the merged version", type="primary", key="save_merged", disabled=not ready)
        if st.button("Go on editing with these choices", key="edit_merged", disabled=not ready) and merged:
            forget(view, item.id)
            _begin(view, merged, theirs.version)
            evidence_item.go(view, item.id, do="edit")
        _discard(view, item)
    if save and merged is not None and not problems:
        _save(view, item, merged, theirs=theirs, fresh=fresh)


def _problems(view: BoardView, item: Item, merged: Evidence | None) -> list[Any]:
    if merged is None:
        return []
    opened = item.versions[0].recorded_at.date()
    return list(evidence_check.check(merged, view.board, today=data.now().date(), open_on=opened))


def _choice(view: BoardView, difference: Difference, version: int) -> Side | None:
    """Draw one part with what it was, what they made of it and what the reader did; return whose is taken."""
    sides: list[Side] = ["theirs", "mine"]
    names: dict[Side, str] = {"theirs": "Theirs", "mine": "Mine"}
    with st.container(border=True):
        name = evidence_words.part_name(view, difference.part)
        st.subheader(literal(name), anchor=False)
        parts = (("Was", difference.base), ("Theirs", difference.theirs), ("Mine", difference.mine))
        for place, (label, part) in zip(st.columns(3), parts, strict=True):
            place.html(
                f'<p class="tx tx-small"><span class="tx-muted">{label}</span><br>'
                f"{words(evidence_words.part_words(part))}</p>"
            )
        return st.radio(
            f"Which for {literal(name)}?",
            sides,
            index=None if difference.pick is None else sides.index(difference.pick),
            format_func=names.__getitem__,
            key=f"pick_{version}_{difference.part}",
            horizontal=True,
        )


def _discard(view: BoardView, item: Item) -> None:
    if st.button("Put mine aside", key="discard", help="Leaves the record as it is and forgets what you typed."):
        forget(view, item.id)
        evidence_item.go(view, item.id)


def _save(view: BoardView, item: Item, merged: Evidence, *, theirs: Entry, fresh: bool) -> None:
    """Save the merged version, unless yet another one came between the look and the press."""
    if not fresh:
        st.error("Not saved: another version has come meanwhile and is shown now. Look at it and save again.")
        return
    if not merging.changed(evidence_of(theirs), merged):
        st.info("Nothing of yours is left to save: the version in the record says the same.")
        return
    try:
        act = evidence_data.save_edit(view, merged, seen=theirs)
    except ConflictError:
        st.rerun()
    forget(view, item.id)
    evidence_saved.remember(act)
    evidence_item.go(view, item.id)
