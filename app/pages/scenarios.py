"""The scenarios: through time, what each means, two of them side by side, and how they hang on each question."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_scenarios, data, frame, links, look, marks
from app.look import literal, words
from app.pages.board import band_words, path_table
from app.spec import percent, points
from app.thinning import thinned
from app.view import BoardView
from forecasts.definition import Scenario
from forecasts.influence import Influence, influences

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
    _meanings(view, partition)
    first, second = _pair(view)
    _side_by_side(view, first, second, colours)
    _hangs_on(view, first, colours)
    _strength(view, partition, colours)


def _through_time(view: BoardView, titles: Sequence[str], colours: look.Palette) -> None:
    history = view.partition_history()
    if history["on"].n_unique() < 2:
        return
    drawn = thinned(history)
    spec = data.cached_spec(
        f"{view.key}:stack",
        colours,
        lambda: charts_of_scenarios.labelled_history(drawn, titles=titles, colours=colours),
    )
    mode, days = history["mode"][0], history["on"].sort()
    newest = history.filter(pl.col("on") == days[-1])
    spoken = "; ".join(f"{r['title']} {percent(r['value'])}" for r in newest.to_dicts())
    alt = f"Stacked chances of the scenarios from {days[0]} to {days[-1]}, {mode}. At the end: {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(f"{mode.capitalize()} snapshots; colours from top to bottom as in the table below.")
    with st.expander("By month as a table"):
        path_table(history, titles)


def _meanings(view: BoardView, partition: pl.DataFrame) -> None:
    st.header("What each means", anchor=False)
    swatches = len(look.LIGHT.categories)
    head = ["Scenario", "Meaning", "Chance", "90 % band", "30 days"]
    cells = [
        meaning_cells(view, r, f'<span class="tx-swatch" style="background:var(--tx-cat{i % swatches})"></span> ')
        for i, r in enumerate(partition.to_dicts())
    ]
    st.html(marks.table(head, cells, numeric=(2, 3, 4)))
    overlays = view.scenarios("overlay")
    if not overlays.is_empty():
        frame.note("Also watched. These overlap with the scenarios and with each other.")
        st.html(marks.table(head, [meaning_cells(view, r, "") for r in overlays.to_dicts()], numeric=(2, 3, 4)))


def meaning_cells(view: BoardView, row: Mapping[str, Any], swatch: str) -> list[str]:
    """Return a scenario as the cells of a table."""
    meaning = next((s.description for s in view.board.scenarios if s.id == row["subject"]), "")
    _, month = view.change(row["subject"], None)
    return [
        f"{swatch}{words(row['title'])}",
        f'<span class="tx-muted">{words(meaning)}</span>',
        f"<b>{percent(row['value'])}</b>",
        words(band_words(row)),
        points(month),
    ]


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
    shown = pl.DataFrame(rows[:SHOWN], schema_overrides={"now": pl.Float64})
    spec = charts_of_scenarios.two_sides(shown, names=(first.title, second.title), colours=colours)
    spoken = "; ".join(f"{r['name']}: {percent(r['first'])} against {percent(r['second'])}" for r in rows[:SHOWN])
    alt = f"Chance of each question by its headline date within {first.title} and within {second.title}. {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        f"Each question by its headline date in the futures of {first.title} (filled) and of {second.title} (hollow), "
        "the widest apart first; the tick is its chance now."
    )
    with st.expander("Every question as a table"):
        head = ["Question", "Now", first.title, second.title, "Points apart"]
        st.html(marks.table(head, [_beside_cells(r) for r in rows], numeric=(1, 2, 3, 4), stack=False))
    for scenario in dict.fromkeys((first, second)):
        st.page_link(
            links.target("what_if"),
            label=literal(f"What if: {scenario.title}"),
            query_params={**links.address(view.board.id), "mode": "see", "if": f"scenario {scenario.id}"},
        )


def _beside_cells(row: Mapping[str, Any]) -> list[str]:
    apart = points(row["first"] - row["second"])
    return [words(row["name"]), percent(row["now"]), percent(row["first"]), percent(row["second"]), apart]


def beside(view: BoardView, first: str, second: str) -> list[dict[str, Any]]:
    """Return each open question's chance within two scenarios and now, the widest apart first; empty where too rare."""
    found: Mapping[str, Any] = view.detail.get("scenarios", {})
    one, other = (found.get(s, {}).get("questions", {}) for s in (first, second))
    names = {q.id: f"{q.short}, {q.headline_deadline.year}" for q in view.board.questions}
    now = chances(view)
    rows = [
        {"name": names[q], "first": p, "second": other[q], "now": now.get(q)}
        for q, p in one.items()
        if q in other and q in names
    ]
    return sorted(rows, key=lambda r: -abs(r["first"] - r["second"]))


def chances(view: BoardView) -> dict[str, float]:
    """Return the chance now of each question by its headline date."""
    return {q.id: float(row["value"]) for q, row in view.headlines()}


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
        f"{view.key}:tornado:{scenario.id}",
        colours,
        lambda: charts_of_scenarios.tornado(shown, probability=now, colours=colours),
    )
    spoken = "; ".join(
        f"{d['name']}: {percent(d['p_if_yes'])} if yes, {percent(d['p_if_no'])} if no" for d in shown.to_dicts()
    )
    alt = f"Chance of {scenario.title} if a question happens or not. {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        f"From the chance now, {percent(now)}, to that in the futures where a question happens by its headline date "
        "(full) and where it does not (hollow). What goes together, not what causes what: the page What if can also do."
    )
    with st.expander("As a table"):
        cells = [[words(d["name"]), percent(d["p_if_yes"]), percent(d["p_if_no"])] for d in drivers.to_dicts()]
        st.html(marks.table(["Question", "If it happens", "If it does not"], cells, numeric=(1, 2), stack=False))
    with st.expander("How it is defined"):
        st.html(f'<p class="tx">{words(scenario.description)}</p>')
        st.code(scenario.definition, language="sql")


def _strength(view: BoardView, partition: pl.DataFrame, colours: look.Palette) -> None:
    ids, titles = partition["subject"].to_list(), partition["title"].to_list()
    found = influences(view.detail.get("scenarios", {}), ids, chances(view))
    if not found:
        return
    st.header("How strongly they hang on each question", anchor=False)
    names = {q.id: q.short for q in view.board.questions}
    shown = pl.DataFrame([{"name": names[i.question], "shift": i.shift, "bits": i.bits} for i in found[:SHOWN]])
    spec = data.cached_spec(
        f"{view.key}:strength", colours, lambda: charts_of_scenarios.strength(shown, colours=colours)
    )
    spoken = "; ".join(f"{r['name']} {100 * r['shift']:.0f} points" for r in shown.to_dicts())
    alt = f"Points of probability that change places between the scenarios with each question's answer. {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        "How many points of probability change places between the scenarios when a question goes from no to yes. "
        "The table has each scenario’s part, and how many bits the answer is expected to tell: a strong question that "
        "is all but decided has little left to say."
    )
    with st.expander("Every question and scenario as a table"):
        table = strength_table(found, names, dict(zip(ids, titles, strict=True)))
        st.dataframe(table, hide_index=True, width="stretch", alt="Points by question and scenario.")


def strength_table(found: Sequence[Influence], names: Mapping[str, str], titles: Mapping[str, str]) -> pl.DataFrame:
    """Return the influence of every question on every scenario in points, the strongest first."""
    rows = [
        {"Question": names[i.question], "Points": round(100 * i.shift, 1), "Bits": round(i.bits, 3)}
        | {titles[s]: round(100 * i.moves[s], 1) for s in titles}
        for i in found
    ]
    return pl.DataFrame(rows)
