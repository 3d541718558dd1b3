"""What people say of a question beside the board, and after its outcome what every item and voice was worth."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from app import frame, links, marks, people_data
from app.look import words
from app.pages.my_forecasts import pool_words
from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts.definition import Question
from forecasts.people_pool import PoolLine
from forecasts.post_mortem import ItemReview, PostMortem, Sum, Voice

SHOWN = 40
"""Items of a post-mortem listed, the strongest first."""


def people_section(view: BoardView, question: Question, deadline: date) -> None:
    """Draw who stands where, with the weights of the pool; nothing but a way in while nobody has forecast."""
    line = people_data.pooled(view).get((question.id, deadline))
    st.header("What people say", anchor=False)
    if line is None:
        frame.note("Nobody has a forecast of this in force.")
    else:
        st.html(voices_table(line, people_data.names([v.forecaster for v in line.voices])))
        frame.note(f"{pool_words(line)} The board's own number does not depend on it.")
    st.page_link(
        links.target("my_forecasts"),
        label="Enter your forecast",
        query_params=links.address(view.board.id, question=question.id, deadline=deadline),
    )


def voices_table(line: PoolLine, names: dict[str, str]) -> str:
    """Return the voices in a pool as a table: who, what, since when, with which weight."""
    rows = [
        [
            words(names[v.forecaster]),
            percent(v.probability),
            spoken_day(v.issued_at.date()),
            f"{100 * v.weight:.0f} %",
        ]
        for v in line.voices
    ]
    rows.append(["<b>The pool</b>", f"<b>{percent(line.best)}</b>", "", ""])
    return marks.table(["Who", "Chance", "Issued", "Weight"], rows, numeric=(1, 3), stack=False)


def post_mortem_section(view: BoardView, question: Question, deadline: date) -> None:
    """Draw what came of a decided question; nothing while it is open."""
    found = people_data.what_came_of(view, question.id, deadline)
    if found is None:
        return
    st.header("What the evidence was worth", anchor=False)
    st.html(f'<p class="tx">{words(outcome_words(found))}</p>')
    counted = [i for i in found.items if not i.late]
    if counted:
        st.html(sums_table("Story", found.threads))
        with st.expander(f"{len(found.items)} items, one by one"):
            st.html(items_table(found.items[:SHOWN]))
            frame.note(
                "Bits: log2 of the ratio for what happened, as it was read when the question was settled. An item of 2 "
                "that pointed the right way is worth one bit."
            )
    else:
        frame.note("No evidence item spoke of it before it was settled.")
    names = people_data.names([*(v.forecaster for v in found.voices), *(s.name for s in found.judges)])
    if len(found.judges) > 1:
        st.html(sums_table("Judged by", [Sum(names[s.name], s.bits, s.items, s.right) for s in found.judges]))
    if note := view.detail.get("readings", {}).get("note"):
        frame.note(f"{note[0].upper()}{note[1:]}.")
    if found.voices:
        st.html(forecasters_table(found.voices, names))
        frame.note("Bits over the outside view: the mean gain of log2 chance of what happened, while both stood.")


def outcome_words(found: PostMortem) -> str:
    """Return the outcome in a sentence, with the bits of all evidence together."""
    one = found.decided
    happened = f"It happened on {spoken_day(one.on)}" if one.outcome == "yes" else "It did not happen"
    right = sum(i.right is True for i in found.items)
    wrong = sum(i.right is False for i in found.items)
    bits = sum(t.bits for t in found.threads)
    told = f" {right} items pointed at it, {wrong} away: {bits:+.1f} bits in all." if right + wrong else ""
    return f"{happened} by {spoken_day(one.deadline)} (decided by {one.basis}).{told}"


def sums_table(head: str, sums: Sequence[Sum]) -> str:
    """Return bits by story or by judge."""
    rows = [[words(s.name.replace("_", " ")), f"{s.bits:+.2f}", f"{s.right} of {s.items}"] for s in sums]
    return marks.table([head, "Bits", "Right"], rows, numeric=(1, 2), stack=False)


def items_table(items: Sequence[ItemReview]) -> str:
    """Return the items of a post-mortem: verdict, bits, judged and read ratio, the report."""
    verdict = {True: "right", False: "wrong", None: "neither"}
    rows = [
        [
            words("too late" if i.late else verdict[i.right]),
            f"{i.bits:+.2f}",
            f"{i.lr:g}",
            f"{i.read:.2f}",
            f'{words(i.statement)}<br><span class="tx-muted">{words(about(i))}</span>',
        ]
        for i in items
    ]
    return marks.table(["", "Bits", "Judged", "Read", "Report"], rows, numeric=(1, 2, 3))


def about(item: ItemReview) -> str:
    """Return an item's id, day of publication and story."""
    return f"{item.entry} · {spoken_day(item.published_on)} · {item.thread.replace('_', ' ')}"


def forecasters_table(voices: Sequence[Voice], names: dict[str, str]) -> str:
    """Return who forecast: first and last chance before the outcome, gain over the outside view, time covered."""
    rows = [
        [
            f'{words(names[v.forecaster])}<br><span class="tx-muted tx-small">{words(v.mode)}</span>',
            percent(v.first),
            percent(v.last),
            "–" if v.bits is None else f"{v.bits:+.2f}",
            f"{100 * v.share:.0f} %",
        ]
        for v in voices
    ]
    return marks.table(["Forecaster", "First", "Last", "Bits", "Of the time"], rows, numeric=(1, 2, 3, 4), stack=False)
