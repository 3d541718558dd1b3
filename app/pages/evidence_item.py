"""One item of evidence under its own address: what it says, what it did, every version, and what can be done to it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app import data, evidence_address, evidence_data, evidence_words, frame, links, marks
from app.look import literal, words
from app.pages import evidence_saved
from app.pages.evidence_preview import preview_section
from app.spec import points, spoken_day
from app.view import BoardView
from forecasts import likelihood, merging
from forecasts.domain import Entry, Retraction
from forecasts.errors import ConflictError
from forecasts.evidence_book import Item, evidence_of
from forecasts.measured import Move

OTHERS = 8
"""Moves on other questions that are listed."""


def draw(view: BoardView, entry: str) -> None:
    """Draw the item of an id."""
    item = find(view, entry)
    if item is None:
        return
    head(view, item, f"Evidence {item.id}")
    evidence_saved.draw_refusal()
    evidence_saved.draw(view)
    names = evidence_data.names((item,))
    st.html(evidence_words.quoted(item.evidence))
    st.html(f'<p class="tx tx-small tx-muted">{evidence_words.about(item, names)}</p>')
    _retracted(view, item, names)
    _actions(view, item)
    moves = evidence_data.moves(view).get(item.id, ()) if item.retraction is None else ()
    _effects(view, item, moves)
    _others(view, item, moves)
    _versions(view, item, names)


def find(view: BoardView, entry: str) -> Item | None:
    """Return the item of an id, or None after saying that there is none."""
    item = evidence_data.item(view, entry)
    if item is None:
        frame.headline(view, "No such item")
        st.html(
            f'<section class="tx tx-empty"><h2>Nothing under this id</h2><p>{words(entry[:60])} is no evidence of this '
            "board. Ids look like E012.</p></section>"
        )
        back(view)
    return item


def head(view: BoardView, item: Item, title: str) -> None:
    """Draw the heading of a page about one item, with the way back to the list and to its story."""
    frame.headline(view, title)
    with st.container(horizontal=True, gap="medium"):
        back(view)
        st.page_link(
            links.target("evidence"),
            label=literal(f"Its story: {evidence_words.spoken_thread(item.evidence.thread)}"),
            query_params=evidence_address.of_story(view.board.id, item.evidence.thread),
        )


def back(view: BoardView) -> None:
    """Draw the way back to the list as it was."""
    st.page_link(
        links.target("evidence"),
        label="Back to the list",
        query_params=evidence_address.of_list(view.board.id),
        icon=":material/arrow_back:",
    )


def go(view: BoardView, entry: str, *, do: str = "") -> None:
    """Show another view of an item."""
    st.query_params.from_dict(evidence_address.of_item(view.board.id, entry, do=do))
    st.rerun()


def _retracted(view: BoardView, item: Item, names: Mapping[str, str]) -> None:
    row = item.retraction
    if row is None or not isinstance(row.record, Retraction):
        return
    by = {**names, **evidence_data.people_named((row.recorded_by,))}
    st.warning(literal(f"Retracted ({row.entry}, {evidence_words.written(row, by)}): {row.record.reason}"))
    if data.may("retract") and st.button("Let it count again", key="restore"):
        try:
            evidence_saved.remember(evidence_data.restore(view, row.entry, item.id))
        except ConflictError as error:
            st.session_state["evidence_not_undone"] = str(error)
        st.rerun()
    preview_section(view, item.evidence, title="If it counted again")


def _actions(view: BoardView, item: Item) -> None:
    if item.retraction is not None or not frame.allowed("evidence", "edit or retract evidence"):
        return
    with st.container(horizontal=True):
        if st.button("Edit", key="edit", help="Saves a new version; this one stays in the record."):
            go(view, item.id, do="edit")
        if st.button("Retract", key="retract", help="Takes it back, with a reason; it stays in the record."):
            go(view, item.id, do="retract")


def _effects(view: BoardView, item: Item, moves: Sequence[Move]) -> None:
    st.header("What it says", anchor=False)
    if not item.evidence.effects:
        frame.note("It was judged not diagnostic: it is kept and moves nothing.")
        return
    short, did = {q.id: q.short for q in view.board.questions}, {m.question: m for m in moves}
    rows = []
    for e in item.evidence.effects:
        move = did.get(e.question)
        added = f"{points(move.points)}, by {move.deadline.year}" if move else "–"
        rows.append(
            [
                words(short.get(e.question, e.question)),
                spoken_day(e.deadline),
                f"<b>{e.lr:g}</b>",
                f"{e.low:g} to {e.high:g}",
                words(likelihood.in_words(e.lr)),
                words(added),
            ]
        )
    head = ["Question", "By", "Ratio", "90 % range", "In words", "Did, points"]
    st.html(marks.table(head, rows, numeric=(2, 3)))
    frame.note(
        "The ratio says how much more likely such a report is if YES by the date than if NO. What it did is measured: "
        "the shown board with and without it, at the date where the question moves most."
    )


def _others(view: BoardView, item: Item, moves: Sequence[Move]) -> None:
    said = {e.question for e in item.evidence.effects}
    others = [m for m in moves if m.question not in said][:OTHERS]
    if not others:
        return
    st.header("What it moved beyond that", anchor=False)
    rows = evidence_words.move_rows(view, others)
    st.html(marks.table(["Question", "By", "Without it", "With it", "Points"], rows, numeric=(2, 3, 4)))
    frame.note("Through the edges of the board and the levels of a series; the report itself does not speak of these.")


def _versions(view: BoardView, item: Item, names: Mapping[str, str]) -> None:
    st.header("Versions", anchor=False)
    rows = [
        [f"{row.version}", words(evidence_words.written(row, names)), _changes(view, before, row)]
        for before, row in zip((None, *item.versions), item.versions, strict=False)
    ]
    st.html(marks.table(["Version", "Written", "What changed"], rows[::-1]))


def _changes(view: BoardView, before: Entry | None, row: Entry) -> str:
    if before is None:
        return "entered"
    found = merging.changed(evidence_of(before), evidence_of(row))
    return (
        "<br>".join(
            f"{words(evidence_words.part_name(view, d.part))}: <del>{words(evidence_words.part_words(d.theirs))}</del> "
            f"→ <ins>{words(evidence_words.part_words(d.mine))}</ins>"
            for d in found
        )
        or "nothing"
    )
