"""One question: what is asked, the trend and its evidence, when it happens, what it hangs on, and why it moved."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from app import address, charts, charts_of_moves, data, frame, look, marks
from app.look import literal, words
from app.pages import question_filter
from app.pages.board import band_words
from app.pages.question_class import class_section
from app.pages.question_evidence import evidence_section
from app.pages.question_move import move_section
from app.pages.question_outside import outside_section
from app.pages.question_people import people_section, post_mortem_section
from app.pages.question_trend import trend_section
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts.definition import Question

ORIGINS = {
    "elicited": ("warn", "elicited: judged, not fitted"),
    "fitted": ("plain", "fitted to what has happened"),
    "fitted class rate x elicited": ("plain", "class rate fitted, adjustment elicited"),
    "fitted to its cases x elicited": ("plain", "fitted to its cases, adjustment elicited"),
}
"""Label of a question's inputs -> kind and words of the tag that says where its numbers come from."""
FLAGS = {
    "outside_class": "the adjustment leads outside what the class has seen",
    "driven_by_adjustment": "driven by the adjustment more than by the cases",
    "cases_differ": "the cases differ more than one rate explains",
    "hazard_check": "far from the pace first judged",
    "cliff": "evidence ends at a deadline: the pace breaks there",
}
"""Kind of a flag in a snapshot's detail -> what it says to a reader."""

DRIVERS = 8
"""Other questions shown under what the chance hangs on."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    question, deadline = choose(view)
    frame.headline(view, question.title)
    _asked(view, question)
    row = view.row(question.id, deadline)
    if row is None:
        frame.no_snapshot(view)
        return
    _hero(view, question, deadline, row)
    colours = look.palette(st.context.theme.type)
    items = view.evidence_on(question.id)
    marked = question_filter.kept(items, question_filter.current(question, items))
    trend_section(view, question, deadline, items=marked, colours=colours)
    if row["state"] == "open":
        _series(view, question, colours)
        _when(view, question, colours)
        _hangs_on(view, question, colours)
    evidence_section(view, question, deadline, colours)
    if row["state"] in {"occurred", "passed"}:
        post_mortem_section(view, question, deadline)
    else:
        people_section(view, question, deadline)
    move_section(view, question, deadline, colours)
    label = view.detail.get("inputs", {}).get(question.id, {}).get("label", "")
    class_section(view, question, colours, origin=ORIGINS.get(label, ("", ""))[1])
    _criteria(question)
    outside_section(view, question)


def choose(view: BoardView) -> tuple[Question, date]:
    """Return the question and deadline of the address, or those picked; the address follows the choice."""
    titles = {q.id: q.title for q in view.board.questions}
    asked = st.query_params.get("question", next(iter(titles)))
    address.follow("question_picker", "question", asked if asked in titles else next(iter(titles)))
    left, right = st.columns([3, 2], gap="medium")
    picked = left.selectbox(
        "Question", list(titles), format_func=titles.__getitem__, key="question_picker", on_change=address.catch_up
    )
    question = view.board.question(picked)
    days, key = [d.isoformat() for d in question.deadlines], f"deadline_picker_{question.id}"
    address.follow(key, "deadline", address.one("deadline", days, question.headline_deadline.isoformat()))
    chosen = right.selectbox(
        "By the end of",
        days,
        format_func=lambda d: spoken_day(date.fromisoformat(d)),
        key=key,
        on_change=address.catch_up,
    )
    address.write("board_of_question", "board", [view.board.id])
    address.write("question_picker", "question", [picked])
    address.write(key, "deadline", [chosen])
    if asked not in titles:
        st.warning(literal(f"No question {asked!r} on this board; showing {question.id}."))
    return question, date.fromisoformat(chosen)


def _asked(view: BoardView, question: Question) -> None:
    if question.essay_quote:
        st.html(
            f'<blockquote class="tx tx-quote">“{words(question.essay_quote)}”<footer>The essay’s claim, not a finding '
            "of this board</footer></blockquote>"
        )
    st.html(marks.tags(provenance(view, question)))


def provenance(view: BoardView, question: Question) -> list[tuple[str, str]]:
    """Return where the numbers come from as tags: fitted or elicited, and what a reader should distrust."""
    inputs = view.detail.get("inputs", {}).get(question.id, {})
    label = str(inputs.get("label", "elicited" if question.kind != "event" else ""))
    tags = [ORIGINS.get(label, ("plain", label))] if label else []
    flags = {f["kind"] for f in view.detail.get("flags", ()) if f.get("question") == question.id}
    return tags + [("warn", FLAGS.get(kind, kind.replace("_", " "))) for kind in sorted(flags)]


def _hero(view: BoardView, question: Question, deadline: date, row: Mapping[str, Any]) -> None:
    if row["state"] in {"occurred", "passed"}:
        st.html(f'<div class="tx tx-hero">{_outcome(view, question, row)}</div>')
        return
    week, month = view.change(question.id, deadline)
    kind = " (retrospective)" if view.changes_mode == "retrospective" else ""
    facts = [
        _fact("90 % band", band_words(row) or "not resolved"),
        _fact(f"7 days{kind}", points(week)),
        _fact(f"30 days{kind}", points(month)),
        _fact("as likely as not by", median_words(view, question)),
    ]
    chance = f'<div class="tx-big">{percent(row["value"])}</div><div class="tx-muted">by {spoken_day(deadline)}</div>'
    st.html(f'<div class="tx tx-hero"><div>{chance}</div><dl>{"".join(facts)}</dl></div>')
    if row["state"] == "awaiting":
        st.html(marks.tags([("warn", "the date has passed; awaiting confirmation")]))


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{words(name)}</dt><dd>{words(value)}</dd></div>"


def median_words(view: BoardView, question: Question) -> str:
    """Return by when a question is as likely as not to have happened."""
    median = view.detail.get("timing", {}).get(question.id, {}).get("median")
    return spoken_day(date.fromisoformat(median)) if median else f"after {view.board.horizon.year}"


def _outcome(view: BoardView, question: Question, row: Mapping[str, Any]) -> str:
    if row["state"] == "passed":
        return '<div class="tx-big">Did not happen</div>'
    day = view.occurred_on(question.id)
    return (
        f'<div class="tx-big">Happened</div><dl>{_fact("on", spoken_day(day) if day else "a day in the record")}</dl>'
    )


def _series(view: BoardView, question: Question, colours: look.Palette) -> None:
    """Draw the number behind a threshold question, year by year."""
    series = next((s for s in view.board.series if question.id in {level.question for level in s.levels}), None)
    years = view.series_years(series.id) if series else pl.DataFrame()
    if series is None or years.is_empty():
        return
    st.header("The number behind it", anchor=False)
    levels = [level.value for level in series.levels]
    spec = data.cached_spec(
        f"{view.key}:series:{series.id}",
        colours,
        lambda: charts.series_fan(years, levels=levels, unit=series.unit, colours=colours),
    )
    spoken = "; ".join(f"{r['year']} {r['value']:.2f}" for r in years.to_dicts())
    st.vega_lite_chart(
        spec, theme=None, width="stretch", alt=f"{series.title}, {series.unit}, median by year: {spoken}."
    )
    frame.note(f"{series.title}, {series.unit}: median, 50 % and 90 % band by year; dashed: the levels asked about.")
    with st.expander("By year as a table"):
        st.dataframe(years, hide_index=True, width="stretch", alt="The series by year.")


def _when(view: BoardView, question: Question, colours: look.Palette) -> None:
    table = view.detail.get("timing", {}).get(question.id)
    if not table:
        return
    st.header("When it happens", anchor=False)
    known = view.moment.known_through
    cdf = pl.DataFrame({"on": [known.isoformat(), *table["months"]], "value": [0.0, *table["cdf"]]})
    mine = pl.col("subject") == question.id
    rows = view.questions().filter(mine & (pl.col("deadline") > known)).sort("deadline")
    ends = rows.select(pl.col("deadline").cast(pl.String).alias("on"), "value")
    spec = data.cached_spec(
        f"{view.key}:timing:{question.id}", colours, lambda: charts.timing(cdf, deadlines=ends, colours=colours)
    )
    spoken = ", ".join(f"{percent(r['value'])} by {r['on']}" for r in ends.to_dicts())
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Chance that it has happened by each month: {spoken}.")
    with st.expander("All deadlines as a table"):
        st.html(deadline_table(rows))


def deadline_table(rows: pl.DataFrame) -> str:
    """Return a question's deadlines as a table: chance, band, simulation error, state."""
    cells = [
        [
            spoken_day(r["deadline"]),
            percent(r["value"]),
            words(band_words(r)),
            "" if r["mcse"] is None else f"{100 * r['mcse']:.2f}",
            words(r["state"]),
        ]
        for r in rows.to_dicts()
    ]
    return marks.table(["By", "Chance", "90 % band", "± simulation, points", "State"], cells, numeric=(1, 2, 3))


def _hangs_on(view: BoardView, question: Question, colours: look.Palette) -> None:
    found = view.detail.get("drivers", {}).get(question.id, [])[:DRIVERS]
    row = view.row(question.id, question.headline_deadline)
    if not found or row is None:
        return
    st.header("What it hangs on", anchor=False)
    names = {q.id: q.short for q in view.board.questions}
    drivers = pl.DataFrame([f | {"name": names[f["question"]]} for f in found])
    spec = data.cached_spec(
        f"{view.key}:drivers:{question.id}",
        colours,
        lambda: charts_of_moves.drivers(drivers, probability=row["value"], colours=colours),
    )
    spoken = "; ".join(
        f"{d['name']}: {percent(d['p_if_yes'])} if yes, {percent(d['p_if_no'])} if no" for d in drivers.to_dicts()
    )
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Chance if another question happens or not. {spoken}.")
    frame.note(
        f"The chance by {spoken_day(question.headline_deadline)} in the futures where the "
        "other question happens by then (filled) and where it does not (hollow); dashed line: the chance now. This is "
        "what goes together, not what causes what."
    )
    with st.expander("As a table"):
        cells = [[words(d["name"]), percent(d["p_if_yes"]), percent(d["p_if_no"])] for d in drivers.to_dicts()]
        st.html(marks.table(["Other question", "If it happens", "If it does not"], cells, numeric=(1, 2)))


def closed_words(day: date | None) -> str:
    """Return what is said of a question that is closed from a day on; nothing while it is open."""
    return f"; closed on {spoken_day(day)}: no more evidence is taken" if day else ""


def _criteria(question: Question) -> None:
    st.header("What counts", anchor=False)
    st.html(
        f'<div class="tx"><p>{words(question.criteria)}</p>'
        f'<p class="tx-muted"><b>Decided by:</b> {words(question.resolution_source)}. Open since '
        f"{spoken_day(question.opens)}{closed_words(question.closed_on)}.</p></div>"
    )
