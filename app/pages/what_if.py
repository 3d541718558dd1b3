"""What if: the whole board given that something is seen, or made, to happen. The address holds the question."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_moves, data, frame, look, marks
from app.look import literal, words
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts.conditions import MOST
from forecasts.domain import WhatIfMode

SHOWN = 10
"""Movers in the chart; the table holds all."""
SMALLEST = 0.0005
"""Differences below are not drawn."""
KINDS: Mapping[WhatIfMode, str] = {
    "see": "See: suppose we learn that …",
    "do": "Do: suppose somebody makes it happen that …",
}
EXPLAINED: Mapping[WhatIfMode, str] = {
    "see": "Seeing is learning: what usually comes before the event becomes likelier too, not only what follows "
    "from it.",
    "do": "Doing is intervening: what would have caused or prevented the event is cut off, so only what follows "
    "changes. Every simulated future keeps its luck.",
}
_SEEN = {"by": "happens by", "not by": "does not happen by"}
_MADE = {"on": "happens on", "never": "never happens"}


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "What if")
    if view.shown is None:
        frame.no_snapshot(view)
        return
    mode = _mode()
    frame.note(EXPLAINED[mode])
    conditions = st.query_params.get_all("if")
    _listed(view, conditions)
    if len(conditions) < MOST:
        _add(view, mode)
    if conditions:
        _answer(view, conditions, mode)
    else:
        st.html(
            '<p class="tx">Add a condition; its answer stands below, and its address can be sent to a colleague.</p>'
        )


def _mode() -> WhatIfMode:
    asked = st.query_params.get("mode", "see")
    kinds: list[WhatIfMode] = list(KINDS)
    index = kinds.index(asked) if asked in kinds else 0
    picked = st.radio("Kind of question", kinds, index=index, format_func=KINDS.__getitem__, key="whatif_mode")
    if picked != asked:
        st.query_params["mode"] = picked
        if "if" in st.query_params:
            del st.query_params["if"]
    return picked


def _listed(view: BoardView, conditions: Sequence[str]) -> None:
    for place, condition in enumerate(conditions):
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.html(f'<p class="tx"><b>{words(spoken(view, condition))}</b></p>')
        if right.button("Remove", key=f"drop_{place}", help=literal(f"Remove: {condition}")):
            st.query_params["if"] = [c for i, c in enumerate(conditions) if i != place]
            st.rerun()


def spoken(view: BoardView, condition: str) -> str:
    """Return a condition in a reader's words: short names instead of ids, days that nobody can turn around."""
    names = {q.id: q.short for q in view.board.questions} | {s.id: s.title for s in view.board.scenarios}
    return " ".join(_word(part, names) for part in condition.split())


def _word(part: str, names: Mapping[str, str]) -> str:
    if part in names:
        return f"“{names[part]}”"
    try:
        return spoken_day(date.fromisoformat(part))
    except ValueError:
        return part


def _add(view: BoardView, mode: WhatIfMode) -> None:
    known = view.moment.known_through
    still = [q for q in view.board.questions if view.occurred_on(q.id) is None]
    titles = {q.id: q.short for q in still}
    scenarios = {f"scenario {s.id}": f"Scenario: {s.title}" for s in view.board.scenarios} if mode == "see" else {}
    with st.form(f"add_{mode}", border=False):
        subject, verb, day = st.columns([5, 3, 3], gap="medium", vertical_alignment="bottom")
        names = titles | scenarios
        what = subject.selectbox("Question", list(names), format_func=names.__getitem__, key=f"what_{mode}")
        verbs = _SEEN if mode == "see" else _MADE
        how = verb.selectbox("Condition", list(verbs), format_func=verbs.__getitem__, key=f"how_{mode}")
        when = day.date_input(
            "Day",
            value=_a_year_on(view),
            min_value=date.fromordinal(known.toordinal() + 1),
            max_value=view.board.horizon,
            format="YYYY-MM-DD",
            key=f"when_{mode}",
        )
        if st.form_submit_button("Add this condition", type="primary"):
            st.query_params["if"] = [*st.query_params.get_all("if"), written(str(what), str(how), when)]
            st.rerun()


def _a_year_on(view: BoardView) -> date:
    """Return the first deadline that lies half a year ahead, the last one where none does."""
    later = [d for d in view.board.deadlines if (d - view.moment.known_through).days >= 180]
    return later[0] if later else view.board.horizon


def written(what: str, how: str, when: object) -> str:
    """Return a condition as `forecasts.conditions` reads it; a scenario has no day."""
    if what.startswith("scenario "):
        return f"not {what}" if how == "not by" else what
    if how == "never":
        return f"never {what}"
    return f"not {what} by {when}" if how == "not by" else f"{what} {how} {when}"


def _answer(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> None:
    with st.spinner("Asking the simulated futures"):
        found = data.what_if(view, tuple(conditions), mode)
    if "refused" in found:
        st.warning(literal(found["refused"]))
        return
    st.header("What it would mean", anchor=False)
    st.html(marks.tags(_sizes(found)))
    moved = movers(view, found)
    if moved.is_empty():
        st.html('<p class="tx">Nothing differs by more than a twentieth of a point.</p>')
    else:
        _chart(moved, mode)
    _scenarios(view, found)
    with st.expander("The whole board as a table"):
        st.dataframe(whole_board(view, found), hide_index=True, width="stretch", alt="Every question before and after.")


def _sizes(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    sizes = [("plain", f"effective futures {found['ess']:,.0f}"), ("plain", f"draws {found['ess_draws']:,.0f}")]
    if found["chance"] is not None:
        sizes.insert(0, ("", f"chance of the condition {percent(found['chance'])}"))
    if found["attempts"] > 1:
        sizes.append(("", "more futures were simulated towards it"))
    return sizes


def movers(view: BoardView, found: Mapping[str, Any]) -> pl.DataFrame:
    """Return each question at its headline date, biggest difference first: name, before, after, label."""
    headline = {q.id: (q.short, q.headline_deadline.isoformat()) for q in view.board.questions}
    rows = [r for r in found["results"] if headline[r["question"]][1] == r["deadline"] and _size(r) > SMALLEST]
    return pl.DataFrame(
        [
            {
                "name": f"{headline[r['question']][0]}, {r['deadline'][:4]}",
                "before": r["before"],
                "after": r["after"],
                "label": f"{percent(r['before'])} → {percent(r['after'])}",
            }
            for r in sorted(rows, key=lambda r: -_size(r))[:SHOWN]
        ]
    )


def _size(row: Mapping[str, Any]) -> float:
    return abs(float(row["after"]) - float(row["before"]))


def _chart(moved: pl.DataFrame, mode: WhatIfMode) -> None:
    said = "; ".join(f"{r['name']} {r['label']}" for r in moved.to_dicts())
    spec = charts_of_moves.preview_moves(moved, colours=look.palette(st.context.theme.type))
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Without and under the condition. {said}.")
    given = "given that it is seen" if mode == "see" else "when it is made to happen"
    frame.note(f"Hollow: now. Arrow: {given}; each question at its headline date.")


def _scenarios(view: BoardView, found: Mapping[str, Any]) -> None:
    titles = {s.id: s.title for s in view.board.scenarios}
    cells = [
        [
            words(titles[r["scenario"]]),
            percent(r["before"]),
            percent(r["after"]),
            points(r["after"] - r["before"]),
            f"{100 * r['low']:.0f} to {100 * r['high']:.0f} %",
        ]
        for r in sorted(found["scenarios"], key=lambda r: -_size(r))
    ]
    st.header("The scenarios", anchor=False)
    head = ["Scenario", "Now", "Then", "Points", "90 % band then"]
    st.html(marks.table(head, cells, numeric=(1, 2, 3, 4), stack=False))


def whole_board(view: BoardView, found: Mapping[str, Any]) -> pl.DataFrame:
    """Return every question and deadline without and under the condition, in percent."""
    titles = {q.id: q.title for q in view.board.questions}
    rows = sorted(found["results"], key=lambda r: -_size(r))
    return pl.DataFrame(
        {
            "Question": [titles[r["question"]] for r in rows],
            "By": [spoken_day(date.fromisoformat(r["deadline"])) for r in rows],
            "Now %": [round(100 * r["before"], 2) for r in rows],
            "Then %": [round(100 * r["after"], 2) for r in rows],
            "90 % from": [round(100 * r["low"], 1) for r in rows],
            "90 % to": [round(100 * r["high"], 1) for r in rows],
        }
    )
