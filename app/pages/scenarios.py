"""The scenarios: through time, what each means, two of them side by side, and what each hangs on."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_moves, data, frame, look, marks
from app.look import literal, words
from app.pages.board import draw_path, path_table, scenario_list
from app.spec import percent, points
from app.view import BoardView
from forecasts.definition import Scenario

SHOWN = 12
"""Questions drawn; the tables hold all."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Scenarios")
    if view.shown is None:
        frame.no_snapshot(view)
        return
    partition = view.scenarios("partition")
    if partition.is_empty():
        frame.note("This board defines no scenarios.")
        return
    colours = look.palette(st.context.theme.type)
    st.html(
        '<p class="tx tx-lead">Exactly one of the scenarios holds in each simulated future, so their chances sum to '
        "100 %.</p>"
    )
    _through_time(view, partition["title"].to_list(), colours)
    st.html(scenario_list(partition, view))
    first, second = _pair(view)
    _side_by_side(view, first, second, colours)
    _hangs_on(view, first, colours)


def _through_time(view: BoardView, titles: Sequence[str], colours: look.Palette) -> None:
    history = view.partition_history()
    if history["on"].n_unique() < 2:
        return
    draw_path(view, history, titles, colours)
    with st.expander("By month as a table"):
        path_table(history, titles)


def _pair(view: BoardView) -> tuple[Scenario, Scenario]:
    """Return the two scenarios that the address names, or those picked; the address follows the choice."""
    scenarios = view.board.scenarios
    titles = {s.id: s.title for s in scenarios}
    ids = list(titles)
    ranked = view.scenarios("partition").sort("value", descending=True)["subject"].to_list()
    st.header("Two scenarios side by side", anchor=False)
    left, right = st.columns(2, gap="medium")
    picked = []
    for side, key, label, fallback in (
        (left, "scenario", "Scenario", ranked[0]),
        (right, "with", "beside", ranked[1] if len(ranked) > 1 else ids[-1]),
    ):
        asked = st.query_params.get(key, fallback)
        index = ids.index(asked if asked in ids else fallback)
        picked.append(side.selectbox(label, ids, index=index, format_func=titles.__getitem__, key=f"pick_{key}"))
        if picked[-1] != asked or key not in st.query_params:
            st.query_params[key] = picked[-1]
    by_id = {s.id: s for s in scenarios}
    return by_id[picked[0]], by_id[picked[1]]


def _side_by_side(view: BoardView, first: Scenario, second: Scenario, colours: look.Palette) -> None:
    rows = beside(view, first.id, second.id)
    if not rows:
        frame.note("This snapshot holds no such table, or a scenario is too rare to say what it goes with.")
        return
    shown = pl.DataFrame(rows[:SHOWN])
    spec = charts_of_moves.two_sides(shown, names=(first.title, second.title), colours=colours)
    spoken = "; ".join(f"{r['name']}: {percent(r['first'])} against {percent(r['second'])}" for r in rows[:SHOWN])
    alt = f"Chance of each question by its headline date within {first.title} and within {second.title}. {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        f"Each question by its headline date in the futures of {first.title} (filled) and of {second.title} (hollow), "
        "the widest apart first."
    )
    with st.expander("All questions as a table"):
        cells = [
            [words(r["name"]), percent(r["first"]), percent(r["second"]), points(r["first"] - r["second"])]
            for r in rows
        ]
        head = ["Question", first.title, second.title, "Points"]
        st.html(marks.table(head, cells, numeric=(1, 2, 3), stack=False))


def beside(view: BoardView, first: str, second: str) -> list[dict[str, Any]]:
    """Return each open question's chance within two scenarios, the widest apart first; empty where one is too rare."""
    found: Mapping[str, Any] = view.detail.get("scenarios", {})
    one, other = (found.get(s, {}).get("questions", {}) for s in (first, second))
    names = {q.id: q.short for q in view.board.questions}
    rows = [{"name": names[q], "first": p, "second": other[q]} for q, p in one.items() if q in other and q in names]
    return sorted(rows, key=lambda r: -abs(r["first"] - r["second"]))


def _hangs_on(view: BoardView, scenario: Scenario, colours: look.Palette) -> None:
    found = view.detail.get("scenarios", {}).get(scenario.id, {}).get("drivers", [])
    rows = view.shown.rows.filter(pl.col("subject") == scenario.id) if view.shown is not None else pl.DataFrame()
    if not found or rows.is_empty():
        return
    st.header(literal(f"What “{scenario.title}” hangs on"), anchor=False)
    names = {q.id: q.short for q in view.board.questions}
    drivers = pl.DataFrame([d | {"name": names.get(d["question"], d["question"])} for d in found])
    shown, now = drivers.head(SHOWN), float(rows["value"][0])
    spec = data.cached_spec(
        f"{view.key}:scenario:{scenario.id}",
        colours,
        lambda: charts_of_moves.drivers(shown, probability=now, colours=colours),
    )
    spoken = "; ".join(
        f"{d['name']}: {percent(d['p_if_yes'])} if yes, {percent(d['p_if_no'])} if no" for d in shown.to_dicts()
    )
    alt = f"Chance of {scenario.title} if a question happens or not. {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        f"The chance of the scenario in the futures where a question happens by its headline date (filled) and where "
        f"it does not (hollow); dashed line: the chance now, {percent(now)}. What goes together, not what causes what."
    )
    with st.expander("As a table"):
        cells = [[words(d["name"]), percent(d["p_if_yes"]), percent(d["p_if_no"])] for d in drivers.to_dicts()]
        st.html(marks.table(["Question", "If it happens", "If it does not"], cells, numeric=(1, 2), stack=False))
    with st.expander("How it is defined"):
        st.html(f'<p class="tx">{words(scenario.description)}</p>')
        st.code(scenario.definition, language="sql")
