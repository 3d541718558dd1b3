"""Why a question moved between two snapshots: the parts of the move, which sum to it exactly."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_moves, data, frame, look, marks
from app.look import literal, words
from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts.definition import Question
from forecasts.domain import Mode

SHOWN = 14
"""Parts drawn one by one; the smallest beyond that are summed."""
SMALLEST = 0.005
"""Log-odds of a part that is drawn by itself; the table lists all."""


def move_section(view: BoardView, question: Question, deadline: date, colours: look.Palette) -> None:
    """Draw the choice of two days and, once asked for, the parts of the move between them."""
    mode = view.trend_mode
    trend = view.trend(question.id, deadline, mode=mode)
    st.header("Why it moved", anchor=False)
    if trend.height < 2:
        frame.note(f"There is one {mode} snapshot so far; a move needs two.")
        return
    days = sorted(set(trend["on"].to_list()))
    start, end = _two_days(days, question, mode)
    if start >= end:
        st.html('<p class="tx tx-err">The first day must lie before the second.</p>')
        return
    if not st.button("Explain this move", key=f"explain_{question.id}") and not _asked(question, deadline, start, end):
        return
    st.session_state["move_asked"] = (question.id, deadline, start, end)
    with st.spinner("Taking the move apart"):
        found = data.explain(view, question.id, deadline, start=start, end=end, mode=mode)
    _draw(found, question, deadline, mode, colours)


def _asked(question: Question, deadline: date, start: date, end: date) -> bool:
    return bool(st.session_state.get("move_asked") == (question.id, deadline, start, end))


def _two_days(days: Sequence[date], question: Question, mode: Mode) -> tuple[date, date]:
    month = max((i for i, d in enumerate(days) if d <= days[-1] - timedelta(days=30)), default=0)
    left, right = st.columns(2, gap="medium")
    start = left.selectbox(
        f"From ({mode})",
        days[:-1],
        index=min(month, len(days) - 2),
        format_func=spoken_day,
        key=f"move_from_{question.id}",
    )
    end = right.selectbox("To", days[1:], index=len(days) - 2, format_func=spoken_day, key=f"move_to_{question.id}")
    return start, end


def _draw(found: Mapping[str, Any], question: Question, deadline: date, mode: Mode, colours: look.Palette) -> None:
    if "refused" in found:
        st.warning(literal(found["refused"]))
        return
    st.html(
        f'<p class="tx">From <b>{percent(found["from"])}</b> to <b>{percent(found["to"])}</b> by '
        f"{spoken_day(deadline)}, {mode}.</p>"
    )
    if found["unit"] == "log_odds":
        stairs = staircase(found)
        spoken = "; ".join(f"{r['name']} {r['label']}" for r in stairs.to_dicts())
        spec = charts_of_moves.attribution(stairs, colours=colours)
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Parts of the move in {question.short}: {spoken}.")
    with st.expander("The parts as a table", expanded=found["unit"] != "log_odds"):
        st.html(parts_table(found["parts"]))


def parts_table(parts: Sequence[Mapping[str, Any]]) -> str:
    """Return the parts as a table: name, change in log-odds (where that is the unit) and in percentage points."""
    cells = [
        [
            words(part_name(p)),
            "–" if p["log_odds"] is None else f"{p['log_odds']:+.4f}",
            f"{100 * p['probability']:+.2f}",
        ]
        for p in parts
    ]
    return marks.table(["Part", "Log-odds", "Points"], cells, numeric=(1, 2), stack=False)


def part_name(part: Mapping[str, Any]) -> str:
    """Return what a part is called: the evidence item's id, then in words."""
    return f"{part['entry']} {part['name']}" if part.get("entry") else str(part["name"])


def staircase(found: Mapping[str, Any]) -> pl.DataFrame:
    """Return the steps from the first probability to the last: name, start, end, shift (log-odds), label.

    `found`: from, to (probabilities), from_log_odds, parts (entry, name, log_odds). The smallest steps beyond `SHOWN`
    are summed, so the last step always ends where the move ends.
    """
    parts = [(_short(p), float(p["log_odds"])) for p in found["parts"]]
    largest = sorted(range(len(parts)), key=lambda i: -abs(parts[i][1]))
    kept = {i for i in largest[:SHOWN] if abs(parts[i][1]) >= SMALLEST}
    small = [i for i in largest if i not in kept]
    steps = [p for i, p in enumerate(parts) if i in kept]
    if small:
        steps.append((f"{len(small)} smaller parts", sum(parts[i][1] for i in small)))
    at = float(found["from_log_odds"])
    rows = [_step("from", at, 0.0, percent(found["from"]))]
    for name, shift in steps:
        rows.append(_step(name, at, shift, f"{shift:+.2f}".replace("-", "\N{MINUS SIGN}")))
        at += shift
    return pl.DataFrame([*rows, _step("to", at, 0.0, percent(found["to"]))])


_KINDS = {
    "survival": "time passed, nothing happened",
    "fading": "older intentions fade",
    "monte_carlo": "simulation error",
    "residual": "another model version",
}
"""Kind of a part -> its name beside a bar; the table has the whole one."""


def _short(part: Mapping[str, Any]) -> str:
    return str(part.get("entry") or _KINDS.get(part.get("kind", ""), part["name"]))


def _step(name: str, start: float, shift: float, label: str) -> dict[str, object]:
    return {"name": name, "start": start, "end": start + shift, "shift": shift, "label": label}
