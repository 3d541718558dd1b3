"""What the item on the form would change: every question and scenario before and after, biggest mover first."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_moves, data, evidence_data, frame, look, marks
from app.look import literal, words
from app.pages import evidence_effects
from app.pages.evidence_form import Form
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts import likelihood
from forecasts.domain import Evidence

SHOWN = 8
"""Movers in the chart; the table holds all."""
SMALLEST = 0.0005
"""Moves below are not drawn."""


def preview_section(view: BoardView, draft: Evidence | None, *, title: str = "What it would change") -> None:
    """Draw what a draft would change, or say what the preview waits for."""
    st.header(title, anchor=False)
    if draft is None:
        frame.note("The preview appears as soon as the dates and ratios on the left can be read.")
        return
    _draw(view, draft, (), "Hollow: now. Arrow: with this report, each question at the date where it moves most.")


def without_section(view: BoardView, entries: tuple[str, ...], *, title: str) -> None:
    """Draw what the board would be without items in force."""
    st.header(title, anchor=False)
    what = "this report" if len(entries) == 1 else "these reports"
    _draw(view, None, entries, f"Hollow: now. Arrow: without {what}, each question at the date where it moves most.")


def _draw(view: BoardView, draft: Evidence | None, remove: tuple[str, ...], caption: str) -> None:
    with st.spinner("Weighing the stored futures"):
        found = evidence_data.preview(view, draft, remove=remove)
    if "refused" in found:
        st.warning(literal(found["refused"]))
        return
    _inert(found)
    moved = movers(view, found)
    if moved.is_empty():
        st.html('<p class="tx">Nothing moves by more than a twentieth of a point.</p>')
    else:
        _chart(moved, caption)
    _scenarios(view, found)
    with st.expander("The whole board as a table"):
        st.dataframe(whole_board(view, found), hide_index=True, width="stretch", alt="Every question before and after.")
    frame.note(
        f"The stored futures weighed again, with an effective {found['ess']:,.0f} futures "
        f"and {found['ess_draws']:,.0f} draws; nothing is saved yet."
    )


def _inert(found: Mapping[str, Any]) -> None:
    for effect in found.get("inert", ()):
        st.warning(literal(f"{effect['question']} by {effect['deadline']}: the date has passed, so it moves nothing."))


def movers(view: BoardView, found: Mapping[str, Any]) -> pl.DataFrame:
    """Return each question at the deadline where it moves most, biggest mover first: name, before, after, label."""
    short = {q.id: q.short for q in view.board.questions}
    best: dict[str, Mapping[str, Any]] = {}
    for row in found["questions"]:
        kept = best.get(row["question"])
        if kept is None or _size(row) > _size(kept):
            best[row["question"]] = row
    rows = sorted((r for r in best.values() if _size(r) > SMALLEST), key=lambda r: -_size(r))
    return pl.DataFrame(
        [
            {
                "name": f"{short[r['question']]}, {r['deadline'][:4]}",
                "before": r["before"],
                "after": r["after"],
                "label": moved_words(r["before"], r["after"]),
            }
            for r in rows[:SHOWN]
        ]
    )


def moved_words(before: float, after: float) -> str:
    """Return a move in words; where both ends read the same, with the points between them."""
    start, end = percent(before), percent(after)
    return f"{start} → {end}" if start != end else f"{start}, {points(after - before)} points"


def _size(row: Mapping[str, Any]) -> float:
    return abs(float(row["after"]) - float(row["before"]))


def _chart(moved: pl.DataFrame, caption: str) -> None:
    spoken = "; ".join(f"{r['name']} {r['label']}" for r in moved.to_dicts())
    spec = charts_of_moves.preview_moves(moved, colours=look.palette(st.context.theme.type))
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Before and after. {spoken}.")
    frame.note(caption)


def _scenarios(view: BoardView, found: Mapping[str, Any]) -> None:
    titles = {s.id: s.title for s in view.board.scenarios}
    rows = sorted(found["scenarios"], key=lambda r: -_size(r))
    cells = [
        [words(titles[r["scenario"]]), percent(r["before"]), percent(r["after"]), points(r["after"] - r["before"])]
        for r in rows
    ]
    with st.expander("The scenarios"):
        st.html(marks.table(["Scenario", "Before", "After", "Points"], cells, numeric=(1, 2, 3), stack=False))


def whole_board(view: BoardView, found: Mapping[str, Any]) -> pl.DataFrame:
    """Return every question and deadline before and after in percent, with the ratio the report implies for it."""
    titles = {q.id: q.title for q in view.board.questions}
    rows = sorted(found["questions"], key=lambda r: -_size(r))
    return pl.DataFrame(
        {
            "Question": [titles[r["question"]] for r in rows],
            "By": [r["deadline"] for r in rows],
            "Before %": [round(100 * r["before"], 2) for r in rows],
            "After %": [round(100 * r["after"], 2) for r in rows],
            "90 % from": [round(100 * r["low"], 1) for r in rows],
            "90 % to": [round(100 * r["high"], 1) for r in rows],
            "Total ratio": [r["total_ratio"] for r in rows],
        },
        schema_overrides={"Total ratio": pl.Float64},
    )


def belief_helper(view: BoardView, form: Form, draft: Evidence | None) -> None:
    """Offer to start from a belief: what the report must have said for the chance to be what is now believed."""
    with st.expander("This is what I now believe"):
        frame.note(
            "A belief is not evidence. Here it is turned into the ratio that this report would "
            "need, given its grade, its story and everything else in the record, so that you can judge that ratio."
        )
        if draft is None or not draft.effects:
            frame.note("Fill in the report first.")
            return
        effect = draft.effects[0]
        row = view.row(effect.question, effect.deadline)
        now = percent(row["value"]) if row else "not known"
        short = view.board.question(effect.question).short
        st.html(f'<p class="tx"><b>{words(short)}</b> by {spoken_day(effect.deadline)}: now {now}.</p>')
        target = st.number_input(
            "I now believe (%)",
            0.0,
            100.0,
            value=None,
            step=1.0,
            format="%g",
            key=form.key("belief"),
            placeholder="percent",
        )
        if target is not None:
            _implied(view, form, draft, target / 100)


def _implied(view: BoardView, form: Form, draft: Evidence, target: float) -> None:
    effect = draft.effects[0]
    found = data.implied_ratio(view, draft, effect.question, effect.deadline, target=target)
    if isinstance(found, str):
        st.html(f'<div class="tx tx-err" role="alert">{words(found)}</div>')
        return
    st.html(
        f'<p class="tx">It would need a ratio of <b>{found:.3g}</b> '
        f'<span class="tx-muted">({likelihood.in_words(found)})</span>. '
        "Is the report really so much more likely in one world than in the other?</p>"
    )
    if st.button("Use this ratio", key=form.key("use_ratio")):
        evidence_effects.take_over(form, f"{found:.4g}")
        st.rerun()


__all__ = ["belief_helper", "movers", "preview_section", "whole_board", "without_section"]
