"""Which questions the board lists: those that hold every word of a search and have one of the chosen tags."""

from collections import Counter
from collections.abc import Collection, Sequence

import streamlit as st

from app import address, frame
from app.look import literal
from app.view import BoardView
from forecasts.definition import Question


def choose_questions(view: BoardView) -> frozenset[str]:
    """Draw the search and the tags, and return the ids of the questions that are wanted; the address keeps both."""
    tags = tags_of(view.board.questions)
    left, right = st.columns([2, 3], gap="medium") if tags else (st.container(), None)
    with left:
        text = _search()
    chosen: list[str] = []
    if right is not None:
        with right:
            chosen = _tags(tags)
    found = matching(view.board.questions, text, tags=chosen)
    if not found:
        frame.note("No question holds all of these words" + (" and has one of these tags." if chosen else "."))
    elif len(found) < len(view.board.questions):
        frame.note(f"{len(found)} of {len(view.board.questions)} questions.")
    return found


def _search() -> str:
    address.follow("find", "find", st.query_params.get("find", ""))
    text = str(
        st.text_input(
            "Find a question",
            placeholder="words of the question",
            key="find",
            on_change=address.catch_up,
            max_chars=200,
        )
    )
    address.write("find", "find", [text] if text else [])
    return text


def _tags(tags: Sequence[str]) -> list[str]:
    address.follow("tags", "tag", address.several("tag", tags))
    picked = st.pills(
        "Tags", tags, selection_mode="multi", format_func=spoken_tag, key="tags", on_change=address.catch_up, wrap=True
    )
    address.write("tags", "tag", picked)
    return list(picked)


def tags_of(questions: Sequence[Question]) -> list[str]:
    """Return the tags of a board, those of most questions first."""
    counts = Counter(tag for question in questions for tag in question.tags)
    return sorted(counts, key=lambda tag: (-counts[tag], tag))


def spoken_tag(tag: str) -> str:
    """Return a tag in words, safe where Markdown is read."""
    return literal(tag.replace("_", " "))


def matching(questions: Sequence[Question], text: str, *, tags: Collection[str] = ()) -> frozenset[str]:
    """Return the ids of questions that hold every word of a text, in any order, and have one of the tags if there are.

    Words are looked for in title, short name, id, criteria and tags, without regard to case.
    """
    parts = text.casefold().split()
    return frozenset(
        q.id
        for q in questions
        if all(part in f"{q.id} {q.title} {q.short} {q.criteria} {' '.join(q.tags)}".casefold() for part in parts)
        and (not tags or not set(tags).isdisjoint(q.tags))
    )
