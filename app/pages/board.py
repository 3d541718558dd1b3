"""The board: every question and scenario at one glance, with its band, its change and its trend."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app import board_words, changes_data, charts, data, frame, links, look, marks
from app.explainers import explain
from app.look import literal, words
from app.pages.board_changes import changes_section, choose_span, since_words
from app.pages.board_filter import choose_questions
from app.spec import percent, points, spoken_day
from app.thinning import month_ends, thinned
from app.view import BoardView
from forecasts.definition import Question, Section


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, view.board.title)
    frame.stopped(view)
    if view.shown is None:
        frame.no_snapshot(view)
        return
    st.html(f'<p class="tx tx-lead">{words(opening_words(view))}</p>')
    explain("band", "modes", key="board")
    span = choose_span(view.board.id)
    found = changes_data.over(view, span)
    st.html(f'<p class="tx tx-summary">{words(board_words.paragraph(view, found, since_words(span, found)))}</p>')
    changes_section(view, span, found)
    _scenarios(view)
    wanted = choose_questions(view)
    rows = [(q, r) for q, r in view.headlines() if q.id in wanted]
    for section in view.board.sections:
        _section(view, section, [(q, r) for q, r in rows if q.section == section.id])
    _also_watched(view)
    _all_numbers(view)
    if view.board.description:
        with st.expander("About this board"):
            st.html(f'<p class="tx">{words(view.board.description)}</p>')


def opening_words(view: BoardView) -> str:
    """Return in plain words what the numbers below are."""
    known = spoken_day(view.moment.known_through)
    text = (
        "Each number is the chance that the event happens by the date beside it; the bar holds 90 % of what the "
        f"models and the evidence leave open. What happened is known through {known}."
    )
    if view.trend_mode == "retrospective":
        text += " Dashed trends are retrospective, computed with hindsight; solid ones were issued live."
    return text


def _scenarios(view: BoardView) -> None:
    partition = view.scenarios("partition")
    if partition.is_empty():
        return
    st.header("Scenarios", anchor=False)
    colours = look.palette(st.context.theme.type)
    spoken = "; ".join(f"{r['title']} {percent(r['value'])}" for r in partition.to_dicts())
    spec = data.cached_spec(f"{view.key}:ribbon", colours, lambda: charts.scenario_ribbon(partition, colours=colours))
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"One bar divided into scenarios: {spoken}.")
    st.html(scenario_list(partition, view))
    through_time = view.partition_history()
    if through_time["on"].n_unique() > 1:
        with st.expander("Scenarios through time"):
            titles = partition["title"].to_list()
            draw_path(view, through_time, titles, colours)
            path_table(through_time, titles)


def _also_watched(view: BoardView) -> None:
    overlays = view.scenarios("overlay")
    if overlays.is_empty():
        return
    st.header("Also watched", anchor=False)
    frame.note("These overlap with the scenarios and with each other.")
    st.html(overlay_list(overlays, view))


def draw_path(view: BoardView, history: pl.DataFrame, titles: Sequence[str], colours: look.Palette) -> None:
    """Draw the partition through time."""
    mode = history["mode"][0]
    drawn = thinned(history)
    spec = data.cached_spec(
        f"{view.key}:scenarios",
        colours,
        lambda: charts.scenario_history(drawn, titles=titles, colours=colours),
    )
    days = history["on"].sort()
    newest = history.filter(pl.col("on") == days[-1])
    spoken = "; ".join(f"{r['title']} {percent(r['value'])}" for r in newest.to_dicts())
    alt = f"Stacked chances of the scenarios from {days[0]} to {days[-1]}, {mode}. At the end: {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(f"{mode.capitalize()} snapshots, colours as in the list, bottom to top; the table has each month's end.")


def path_table(history: pl.DataFrame, titles: Sequence[str]) -> None:
    """Draw the same as a table by month."""
    st.dataframe(by_month(history, titles), hide_index=True, width="stretch", alt="The scenarios by month, percent.")


def by_month(history: pl.DataFrame, titles: Sequence[str]) -> pl.DataFrame:
    """Return the partition at the end of each month, newest first: day, scenario, chance in percent."""
    place = pl.col("title").map_elements(titles.index, return_dtype=pl.Int64)
    ends = month_ends(history).with_columns(place=place).sort(["on", "place"], descending=[True, False])
    percents = (100 * pl.col("value")).round(1)
    return ends.select(pl.col("on").alias("Day"), pl.col("title").alias("Scenario"), percents.alias("Chance %"))


def scenario_list(partition: pl.DataFrame, view: BoardView) -> str:
    """Return the partition as a list: swatch, title, probability, meaning, band and changes."""
    swatches = len(look.LIGHT.categories)
    items = "".join(
        _item(row, view, f'<span class="tx-swatch" style="background:var(--tx-cat{i % swatches})"></span>')
        for i, row in enumerate(partition.to_dicts())
    )
    return f'<ul class="tx-list tx">{items}</ul>'


def _item(row: Mapping[str, Any], view: BoardView, swatch: str) -> str:
    meaning = next((s.description for s in view.board.scenarios if s.id == row["subject"]), "")
    return (
        f'<li>{swatch}<span>{words(row["title"])}</span><span class="value">{percent(row["value"])}</span>'
        f'<span class="more">{words(meaning)}</span>'
        f'<span class="side"><span>{band_words(row)}</span><br>'
        f"<span>{_change_words(view, row['subject'])}</span></span></li>"
    )


def band_words(row: Mapping[str, Any]) -> str:
    """Return the 90 % band of a row in words, or how far it is known where it is not resolved."""
    if row["low90"] is None or row["high90"] is None:
        return ""
    if row.get("band_resolved") is False:
        return f"not resolved, at most {percent(row['high90'])}"
    return f"{100 * row['low90']:.0f} to {100 * row['high90']:.0f} %"


def _change_words(view: BoardView, subject: str) -> str:
    _, month = view.change(subject, None)
    return "" if month is None else f"{points(month)} in 30 days"


def overlay_list(overlays: pl.DataFrame, view: BoardView) -> str:
    """Return the overlays as a list: title, probability, meaning, band and changes."""
    items = "".join(_item(row, view, "<span></span>") for row in overlays.to_dicts())
    return f'<ul class="tx-list tx">{items}</ul>'


def _section(view: BoardView, section: Section, rows: Sequence[tuple[Question, Mapping[str, Any]]]) -> None:
    if not rows:
        return
    st.header(literal(section.title), anchor=False)
    with st.container(gap=None, key=f"section-{section.id}"):
        with st.container(key=f"head-{section.id}"):
            st.columns([4, 7], gap="medium")[1].html(row_head(view))
        for question, row in rows:
            _row(view, question, row)


def _row(view: BoardView, question: Question, row: Mapping[str, Any]) -> None:
    with st.container(key=f"row-{question.id}"):
        left, right = st.columns([4, 7], gap="medium", vertical_alignment="center")
        with left.container(gap=None):
            _link(view, question)
            st.html(f'<div class="tx tx-small tx-muted">by {spoken_day(question.headline_deadline)}</div>')
        right.html(question_marks(view, question, row))


def row_head(view: BoardView) -> str:
    """Return the heads of the columns of a question's marks."""
    kind = "<br>retrospective" if view.changes_mode == "retrospective" else ""
    return (
        f'<div class="tx-row head tx"><div class="tx-change">chance</div>{marks.axis()}'
        f'<div class="tx-change">7 days</div><div class="tx-change">30 days</div><div>trend{kind}</div></div>'
    )


def _link(view: BoardView, question: Question) -> None:
    st.page_link(
        links.target("question"),
        label=literal(question.title),
        query_params=links.address(view.board.id, question=question.id, deadline=question.headline_deadline),
    )


def question_marks(view: BoardView, question: Question, row: Mapping[str, Any]) -> str:
    """Return a question's number, dot and bar, changes and trend; or that it has happened or awaits a look."""
    if row["state"] == "passed":
        return (
            '<div class="tx-row tx"><div class="tx-num">–</div><div class="tx-done">Did not happen by then</div></div>'
        )
    if row["state"] == "occurred":
        day = view.occurred_on(question.id)
        on = f" on {spoken_day(day)}" if day else ""
        return f'<div class="tx-row tx"><div class="tx-num">✓</div><div class="tx-done">Happened{on}</div></div>'
    value, low, high = row["value"], row["low90"], row["high90"]
    week, month = view.change(question.id, question.headline_deadline)
    trend = data.cached_mark(
        f"{view.key}:{view.trend_mode}:{question.id}:{question.headline_deadline}", lambda: _sparkline(view, question)
    )
    awaiting = (
        '<div class="tx-done">The date has passed; awaiting confirmation.</div>' if row["state"] == "awaiting" else ""
    )
    spoken = f"{percent(value)}, 90 % band {percent(low)} to {percent(high)}"
    return (
        f'<div class="tx-row tx" role="group" aria-label="{words(spoken)}">{marks.number(value)}'
        f"{marks.dot_and_bar(value, low, high)}{marks.change(week, '7 d')}{marks.change(month, '30 d')}"
        f"{trend}{awaiting}</div>"
    )


def _sparkline(view: BoardView, question: Question) -> str:
    trend = view.trend(question.id, question.headline_deadline, mode=view.trend_mode)
    dashed = view.trend_mode == "retrospective"
    return marks.sparkline(trend["value"].to_list(), dashed=dashed, words_for=_trend_words(trend))


def _trend_words(trend: pl.DataFrame) -> str:
    if trend.height < 2:
        return "no trend yet"
    first, last = trend.row(0, named=True), trend.row(-1, named=True)
    return f"from {percent(first['value'])} on {first['on']} to {percent(last['value'])} on {last['on']}"


def _all_numbers(view: BoardView) -> None:
    with st.expander("All numbers as a table"):
        st.dataframe(view.table(), hide_index=True, width="stretch", alt="Every question, deadline and scenario.")
