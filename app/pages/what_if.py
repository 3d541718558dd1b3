"""What if: the whole board given that something is seen, or made, to happen. The address holds the question."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_moves, data, frame, look, marks, what_if_data
from app.look import literal, words
from app.pages import what_if_form, what_if_kept
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


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "What if")
    if view.shown is None:
        frame.no_snapshot(view)
        return
    _opened(view)
    mode = _mode()
    frame.note(EXPLAINED[mode])
    conditions = st.query_params.get_all("if")
    if record := what_if_data.same(view, conditions, mode):
        st.html(marks.tags([("", f"{record.id}: {record.name}")]))
    what_if_form.listed(view, conditions)
    if len(conditions) < MOST:
        what_if_form.add(view, mode, conditions)
    else:
        frame.note(f"{MOST} conditions are the most that can be asked at once.")
    if conditions:
        _answer(view, conditions, mode)
    else:
        st.html(
            '<p class="tx">Add a condition; its answer stands below, and its address can be sent to a colleague.</p>'
        )
        what_if_kept.told(view)
        what_if_kept.all_kept(view)


def _opened(view: BoardView) -> None:
    """Let an address that names a kept what-if hold its conditions, so that they can be changed from there."""
    entry = st.query_params.get("kept", "")
    record = what_if_data.by_entry(view, entry)
    if entry and record is None:
        st.warning(literal(f"{entry[:40]} is no what-if that is kept on this board; it may have been taken back."))
    elif record is not None and "if" not in st.query_params:
        st.query_params["mode"], st.query_params["if"] = record.mode, list(record.conditions)


def _mode() -> WhatIfMode:
    """Return the kind of question that the address holds; another one begins anew, without conditions."""
    asked = st.query_params.get("mode", "see")
    kinds: list[WhatIfMode] = list(KINDS)
    st.session_state["whatif_mode"] = asked if asked in kinds else "see"
    picked = st.radio(
        "Kind of question", kinds, format_func=KINDS.__getitem__, key="whatif_mode", on_change=_begin_anew
    )
    return picked or "see"


def _begin_anew() -> None:
    st.query_params["mode"] = st.session_state["whatif_mode"]
    for name in ("if", "kept", "of", "by"):
        if name in st.query_params:
            del st.query_params[name]


def _answer(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> None:
    with st.spinner("Asking the simulated futures"):
        found = data.what_if(view, tuple(conditions), mode)
    if "refused" in found:
        st.warning(literal(found["refused"]))
        what_if_kept.section(view, conditions, mode)
        return
    st.header("What it would mean", anchor=False)
    st.html(marks.tags(_sizes(found)))
    moved = movers(view, found)
    if moved.is_empty():
        st.html('<p class="tx">Nothing differs by more than a twentieth of a point.</p>')
    else:
        _chart(moved, mode)
    with st.expander("The whole board as a table"):
        st.dataframe(whole_board(view, found), hide_index=True, width="stretch", alt="Every question before and after.")
    _scenarios(view, found)
    what_if_kept.share(view, conditions, mode)
    what_if_kept.section(view, conditions, mode)


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
