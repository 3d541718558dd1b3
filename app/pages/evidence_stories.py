"""Threads as stories: what was reported one after the other, and what each report did to the board."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app import address, evidence_address, evidence_data, evidence_words, frame, links
from app.look import literal, words
from app.pages import evidence_list
from app.pages.evidence_preview import without_section
from app.spec import points, spoken_day
from app.view import BoardView
from forecasts import evidence_book
from forecasts.duplicates import folded
from forecasts.evidence_book import Item
from forecasts.measured import Move

ROWS = 20
"""Stories on one page."""


def draw(view: BoardView) -> None:
    """Draw the story that the address names, or all stories."""
    told = evidence_book.stories(evidence_data.items(view))
    asked = evidence_address.read()["story"]
    if asked in told:
        evidence_address.write(view="stories", story=asked)
        _story(view, asked, told[asked])
        return
    if asked:
        st.info(literal(f"There is no story {asked[:60]} with items in force."))
    _all(view, told)


def _all(view: BoardView, told: Mapping[str, Sequence[Item]]) -> None:
    q = st.text_input(
        "Search",
        evidence_address.read()["q"],
        key=evidence_address.key("story_q"),
        on_change=address.catch_up,
        placeholder="Words of a story's name or of its reports",
    )
    evidence_address.write(view="stories", q=q.strip(), story="")
    asked = folded(q).split()
    found = {t: items for t, items in told.items() if all(w in _text(t, items) for w in asked)}
    frame.note(
        f"{len(found)} of {len(told)} stories, the one told last first. Reports of one story share their weight."
    )
    moves = evidence_data.moves(view)
    shown = st.session_state.get("stories_shown", ROWS)
    for thread, items in list(found.items())[:shown]:
        with st.container(key=f"row-story-{thread}", gap="xxsmall"):
            st.page_link(
                links.target("evidence"),
                label=literal(evidence_words.spoken_thread(thread)),
                query_params=evidence_address.of_story(view.board.id, thread),
            )
            st.html(f'<div class="tx tx-small tx-muted">{words(summary(view, items, moves))}</div>')
    if len(found) > shown and st.button("Show more stories"):
        st.session_state["stories_shown"] = shown + ROWS
        st.rerun()


def _text(thread: str, items: Sequence[Item]) -> str:
    return folded(" ".join((thread.replace("_", " "), *(i.evidence.statement for i in items))))


def summary(view: BoardView, items: Sequence[Item], moves: Mapping[str, Sequence[Move]]) -> str:
    """Return a story in one line of plain text: how many reports, from when to when, what moved most."""
    count = f"{len(items)} report{'s' if len(items) > 1 else ''}, {evidence_words.span(items)}"
    largest = max(
        ((i, m) for i in items for m in moves.get(i.id, ())), key=lambda found: abs(found[1].points), default=None
    )
    if largest is None:
        return f"{count}; moved nothing by as much as 0.05 points"
    item, move = largest
    short = {q.id: q.short for q in view.board.questions}
    place = f"{short.get(move.question, move.question)} by {move.deadline.year}"
    return f"{count}; most by {item.id}: {place} {points(move.points)} points"


def _story(view: BoardView, thread: str, items: Sequence[Item]) -> None:
    st.page_link(
        links.target("evidence"),
        label="All stories",
        query_params={**links.address(view.board.id), "view": "stories"},
        icon=":material/arrow_back:",
    )
    st.header(literal(f"Story: {evidence_words.spoken_thread(thread)}"), anchor=False)
    moves, names = evidence_data.moves(view), evidence_data.names(items)
    st.html(f'<p class="tx">{words(summary(view, items, moves))}.</p>')
    frame.note(
        "In the order in which it happened. What each report did is measured by leaving it out while all others stay; "
        "the other reports of its story then weigh more, so the parts do not add up to the whole."
    )
    for item in items:
        with st.container(key=f"row-told-{item.id}", gap="xxsmall"):
            st.html(f'<div class="tx tx-small"><b>{spoken_day(item.evidence.occurred_on)}</b></div>')
            evidence_list.draw_row(view, item, names=names, moves=moves)
    if st.toggle("Show the board without this story", key=f"without_{thread}"):
        without_section(view, tuple(i.id for i in items), title="The board without this story")
