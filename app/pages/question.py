"""One question: what is asked, the trend and its evidence, when it happens, what it hangs on, and why it moved."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from app import charts, charts_of_moves, data, frame, links, look, marks, people_data
from app.look import literal, words
from app.pages.board import band_words
from app.pages.question_class import class_section
from app.pages.question_evidence import evidence_section
from app.pages.question_move import move_section
from app.pages.question_people import people_section, post_mortem_section
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts.definition import Question

SHORTEST_DRIFT = timedelta(days=200)

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
    _trend(view, question, deadline, colours)
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


def choose(view: BoardView) -> tuple[Question, date]:
    """Return the question and deadline of the address, or those picked; the address follows the choice."""
    ids = [q.id for q in view.board.questions]
    asked = st.query_params.get("question", ids[0])
    _follow_address("question_picker", asked if asked in ids else ids[0])
    titles = {q.id: q.title for q in view.board.questions}
    left, right = st.columns([3, 2], gap="medium")
    picked = left.selectbox("Question", ids, format_func=titles.__getitem__, key="question_picker")
    question = view.board.question(picked)
    days = [d.isoformat() for d in question.deadlines]
    day = st.query_params.get("deadline", "")
    key = f"deadline_picker_{question.id}"
    _follow_address(key, day if day in days else question.headline_deadline.isoformat())
    chosen = right.selectbox("By the end of", days, format_func=lambda d: spoken_day(date.fromisoformat(d)), key=key)
    _write_address(view, question, date.fromisoformat(chosen))
    if asked not in ids:
        st.warning(literal(f"No question {asked!r} on this board; showing {question.id}."))
    return question, date.fromisoformat(chosen)


def _follow_address(key: str, wanted: str) -> None:
    """Set a picker to what the address says, whenever the address was changed by something else than the picker."""
    written = st.session_state.get("question_address")
    if key not in st.session_state or written != _address_now():
        st.session_state[key] = wanted


def _address_now() -> tuple[str, str]:
    return st.query_params.get("question", ""), st.query_params.get("deadline", "")


def _write_address(view: BoardView, question: Question, deadline: date) -> None:
    wanted = links.address(view.board.id, question=question.id, deadline=deadline)
    if _address_now() != (wanted["question"], wanted["deadline"]):
        st.query_params.from_dict(dict(wanted))
    st.session_state["question_address"] = (wanted["question"], wanted["deadline"])


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
        _fact("as likely as not by", _median(view, question)),
    ]
    chance = f'<div class="tx-big">{percent(row["value"])}</div><div class="tx-muted">by {spoken_day(deadline)}</div>'
    st.html(f'<div class="tx tx-hero"><div>{chance}</div><dl>{"".join(facts)}</dl></div>')
    if row["state"] == "awaiting":
        st.html(marks.tags([("warn", "the date has passed; awaiting confirmation")]))


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{words(name)}</dt><dd>{words(value)}</dd></div>"


def _median(view: BoardView, question: Question) -> str:
    median = view.detail.get("timing", {}).get(question.id, {}).get("median")
    return spoken_day(date.fromisoformat(median)) if median else f"after {view.board.horizon.year}"


def _outcome(view: BoardView, question: Question, row: Mapping[str, Any]) -> str:
    if row["state"] == "passed":
        return '<div class="tx-big">Did not happen</div>'
    day = view.occurred_on(question.id)
    return (
        f'<div class="tx-big">Happened</div><dl>{_fact("on", spoken_day(day) if day else "a day in the record")}</dl>'
    )


def _trend(view: BoardView, question: Question, deadline: date, colours: look.Palette) -> None:
    st.header("Trend", anchor=False)
    history = view.trend(question.id, deadline).with_columns(on=pl.col("on").cast(pl.String))
    if history.is_empty():
        frame.note("No snapshot holds this deadline yet.")
        return
    drift = drift_frame(view, question, deadline, since=history["on"].min())
    numbered = evidence_frame(view, question)
    people = people_data.steps(view, question.id, deadline)
    spoken = f":{view.moment.view.digest}:{data.now().date()}" if people.height else ""
    spec = data.cached_spec(
        f"{view.key}:trend:{question.id}:{deadline}{spoken}",
        colours,
        lambda: charts.probability_history(
            history,
            evidence=numbered,
            drift=drift,
            known_through=view.moment.known_through,
            deadline=deadline,
            colours=colours,
            people=people,
        ),
    )
    last, days = history.row(-1, named=True), history["on"].sort()
    alt = (
        f"Chance by {spoken_day(deadline)} through time: {history.height} snapshots from {days[0]} to "
        f"{days[-1]}, last {percent(last['value'])}; {numbered.height} evidence items are marked."
    )
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        "Dark band 50 %, light band 90 %. Dashed: retrospective, with hindsight. Solid: "
        "issued live. Numbers mark evidence by its day of publication, listed below. Dotted: how the chance would run "
        "if it were confirmed day after day that nothing on this board happens."
        + (" Steps: people, crowds (dots) and their pool (long strokes), as issued." if people.height else "")
    )
    with st.expander("The trend as a table"):
        shown = history.select("on", "mode", *[(pl.col(c) * 100).round(2) for c in ("value", *_BANDS)])
        st.dataframe(shown, hide_index=True, width="stretch", alt="The trend's numbers in percent.")


_BANDS = ("low50", "high50", "low90", "high90")


def drift_frame(view: BoardView, question: Question, deadline: date, *, since: Any) -> pl.DataFrame:
    """Return the expected path if nothing happens: on (ISO day), value; it leaves the chance now at the known day.

    A distant deadline's path is cut so that it takes a third of the width beside the trend that began at `since`.
    """
    known = view.moment.known_through.isoformat()
    path = view.detail.get("drift", {}).get(question.id, {}).get(deadline.isoformat(), [])
    schema = {"on": pl.String, "value": pl.Float64}
    frame = pl.DataFrame({"on": [str(p[0]) for p in path], "value": [float(p[1]) for p in path]}, schema=schema)
    if frame.is_empty():
        return frame
    frame = frame.with_columns(on=pl.when(pl.col("on") == frame["on"][0]).then(pl.lit(known)).otherwise("on"))
    begun, start = date.fromisoformat(str(since)), date.fromisoformat(frame["on"][0])
    last = start + max((start - begun) / 2, SHORTEST_DRIFT)
    return frame.filter(pl.col("on") <= last.isoformat())


def evidence_frame(view: BoardView, question: Question) -> pl.DataFrame:
    """Return the marks of a question's evidence, each report once: number, on (ISO day), day, statement."""
    seen = {e.number: e for e in view.evidence_on(question.id)}
    return pl.DataFrame(
        {
            "number": [str(n) for n in seen],
            "on": [e.item.published_on.isoformat() for e in seen.values()],
            "day": [spoken_day(e.item.published_on) for e in seen.values()],
            "statement": [e.item.statement for e in seen.values()],
        },
        schema=dict.fromkeys(("number", "on", "day", "statement"), pl.String),
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
