"""Where a question's rate comes from: its cases, what was known before and after them, what other events do to it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_classes, data, frame, look, marks
from app.charts_of_classes import AFTER, BEFORE
from app.look import words
from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts.definition import Case, FittedDuration, Question

LEARNED = ((0.05, "next to nothing"), (0.3, "little"), (1.0, "something"), (float("inf"), "much"))
"""Bits learned about a ratio, up to which a word applies."""
FEW_CLAIMS = 5
"""So many are shown at once."""

type Range = Sequence[float]
"""Median, 5 and 95 % point."""


def class_section(view: BoardView, question: Question, colours: look.Palette, *, origin: str) -> None:
    """Draw the reference class; `origin` says in words where the numbers of a question without one come from."""
    inputs = view.detail.get("inputs", {}).get(question.id, {})
    found = view.detail.get("classes", {}).get(question.id)
    st.header("Where the rate comes from", anchor=False)
    if inputs.get("hazard"):
        _rate(view, question, inputs, found, colours)
    elif origin:
        frame.note(f"{origin}.")
    st.html(
        f'<div class="tx"><p><b>Outside view.</b> {words(question.reference_class)}</p>'
        f"<p><b>Reasoning.</b> {words(question.rationale)}</p></div>"
    )
    if found and question.duration is not None and "curve" in found:
        _durations(view, question, found, colours)
    _cases(view, question, colours)
    _edges(view, question)


def _rate(
    view: BoardView,
    question: Question,
    inputs: Mapping[str, Any],
    found: Mapping[str, Any] | None,
    colours: look.Palette,
) -> None:
    own_clock = question.clock == "since_enabled"
    name = "Class, first year" if own_clock else "Class, a year"
    stages = [(name, BEFORE, found["prior"])] if found else []
    stages += [(name, AFTER, inputs["class_rate"]), ("This question", AFTER, inputs["hazard"])]
    ranges, unit = ranges_frame(stages), "cumulative rate of the first year" if own_clock else "events a year"
    spec = data.cached_spec(
        f"{view.key}:class:{question.id}",
        colours,
        lambda: charts_of_classes.before_and_after(ranges, title=unit, one=False, colours=colours),
    )
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=spoken_ranges(stages))
    known = "what the literature says" if question.duration else "next to nothing is known (drawn as far as fits)"
    frame.note(
        f"Median and 90 % range. Hollow: before any case was counted, {known}. "
        "Filled: after the cases, and with the adjustment for this question, before any other event."
    )
    rows = [*stages, ("Adjustment (inside view, elicited)", "", inputs["factor"])]
    if found and "shape" in found:
        rows += [("Shape of the clock", BEFORE, found["shape"]["prior"]), ("", AFTER, found["shape"]["posterior"])]
    st.html(range_table(rows))


def ranges_frame(stages: Sequence[tuple[str, str, Range]]) -> pl.DataFrame:
    """Return ranges as a frame: name, stage, median, low, high."""
    return pl.DataFrame(
        [{"name": n, "stage": s, "median": r[0], "low": r[1], "high": r[2]} for n, s, r in stages],
        schema={"name": pl.String, "stage": pl.String} | dict.fromkeys(("median", "low", "high"), pl.Float64),
    )


def spoken_ranges(stages: Sequence[tuple[str, str, Range]]) -> str:
    """Return ranges in words, for those who hear a chart."""
    return "; ".join(f"{name}, {stage}: {r[0]:.3g} ({r[1]:.3g} to {r[2]:.3g})" for name, stage, r in stages) + "."


def range_table(rows: Sequence[tuple[str, str, Range]]) -> str:
    """Return ranges as a table: what, when, median, 90 % range."""
    cells = [[words(n), words(s), f"{r[0]:.3g}", f"{r[1]:.3g} to {r[2]:.3g}"] for n, s, r in rows]
    return marks.table(["", "", "Median", "90 % range"], cells, numeric=(2, 3))


def _durations(view: BoardView, question: Question, found: Mapping[str, Any], colours: look.Palette) -> None:
    st.subheader("How long it holds", anchor=False)
    curve, steps = found["curve"], found["steps"]
    spec = data.cached_spec(
        f"{view.key}:lasting:{question.id}",
        colours,
        lambda: charts_of_classes.lasting(curve, steps, colours=colours),
    )
    held = dict(zip(curve["years"], curve["value"], strict=True))
    spoken = ", ".join(f"{percent(held[y])} after {y:g} years" for y in (1.0, 2.0, 5.0, 10.0) if y in held)
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Share still in force: {spoken}.")
    frame.note(
        "The average case without any of the effects that are edges of this board, before the adjustment. Line and "
        "bands: fitted; dashed: what those cases did (Kaplan and Meier, weighted)."
    )
    effects = found["effects"].items()
    names = effect_names(view, question)
    stages = [(names[n], stage, e[key]) for n, e in effects for stage, key in ((BEFORE, "prior"), (AFTER, "posterior"))]
    if stages:
        spec = data.cached_spec(
            f"{view.key}:effects:{question.id}",
            colours,
            lambda: charts_of_classes.before_and_after(
                ranges_frame(stages), title="hazard ratio", one=True, colours=colours
            ),
        )
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Hazard ratios. {spoken_ranges(stages)}")
        frame.note("What features of the cases do to the hazard: before (hollow) and after the cases (filled).")
        with st.expander("The effects as a table"):
            st.html(range_table(stages))


def effect_names(view: BoardView, question: Question) -> dict[str, str]:
    """Return what each effect is called: the label of the question whose edge it is, or its own words."""
    assert question.duration is not None
    labels = {q.id: q.short for q in view.board.questions}
    return {
        e.name: labels.get(e.name, e.name) if e.ratio is None else e.name.replace("_", " ").capitalize()
        for e in question.duration.effects
    }


def _cases(view: BoardView, question: Question, colours: look.Palette) -> None:
    rows = case_rows(view, question)
    if not rows:
        return
    with st.expander(f"{len(rows)} cases of the reference class"):
        frame_of_cases = pl.DataFrame(rows, infer_schema_length=None).drop("source", "verification", "note")
        spec = data.cached_spec(
            f"{view.key}:cases:{question.id}",
            colours,
            lambda: charts_of_classes.cases(frame_of_cases, colours=colours),
        )
        ended = sum(1 for r in rows if r["events"] > 0)
        alt = (
            f"{len(rows)} cases by the years each was watched; in {ended} of them it happened. The table has them all."
        )
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
        frame.note(
            "Bar: years watched; diamond: it happened. Fainter cases resemble the question less and count for less."
        )
        st.html(case_table(rows))


def case_rows(view: BoardView, question: Question) -> list[dict[str, Any]]:
    """Return a question's cases: name, time, years, events, outcome, weight, source, verification, note.

    A name that two cases share has its time beside it.
    """
    if question.duration is not None:
        rows = duration_rows(question.duration)
    else:
        rows = [_row_of(c) for c in view.board.cases if c.question == question.id]
    shared = {r["name"] for r in rows if sum(o["name"] == r["name"] for o in rows) > 1}
    return [r | {"name": f"{r['name']} ({r['time']})"} if r["name"] in shared else r for r in rows]


def duration_rows(fitted: FittedDuration) -> list[dict[str, Any]]:
    """Return the cases of a question that is fitted to durations."""
    return [
        {
            "name": s.name,
            "time": f"{_shown(s.start)} – {_shown(s.end)}",
            "years": (s.end - s.start).days / 365.25,
            "events": float(s.ended),
            "outcome": "ended" if s.ended else "in force when last seen",
            "weight": s.comparability,
            "source": s.source,
            "verification": s.verification,
            "note": ", ".join([*(f.replace("_", " ") for f in s.features), *([s.note] if s.note else [])]),
        }
        for s in fitted.spells
    ]


def _row_of(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "time": f"{case.start} – {case.end}",
        "years": case.exposure_years,
        "events": float(case.events),
        "outcome": f"{case.events:g} times" if case.events else "did not happen",
        "weight": case.comparability,
        "source": case.source,
        "verification": case.verification,
        "note": case.note,
    }


def _shown(day: date) -> str:
    return spoken_day(day)


def case_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the cases as a table; what is recalled and not yet checked says so."""
    cells = [
        [
            f'{words(r["name"])}<br><span class="tx-muted">{words(r["note"])}</span>',
            words(r["time"]),
            f"{r['years']:.2f}",
            f"{r['events']:g}",
            f"{r['weight']:g}",
            f'{words(r["source"])} · <span class="tx-muted">{words(r["verification"])}</span>',
        ]
        for r in rows
    ]
    return marks.table(["Case", "Time", "Years", "Events", "Weight", "Source"], cells, numeric=(2, 3, 4))


def _edges(view: BoardView, question: Question) -> None:
    found = [e for e in view.detail.get("edges", ()) if e["child"] == question.id]
    if not found:
        return
    names = {q.id: q.short for q in view.board.questions}
    st.subheader("What other events do to it", anchor=False)
    st.html(edge_table(found, names))
    frame.note(
        "Hazard ratio from the day the other event happens: as judged at first, and after all that is on record. Bits "
        "say how far the two differ: one bit is a move by 1.2 standard deviations. “Cases” marks ratios that were "
        "fitted together with the cases above; the others can only learn from what happens on this board."
    )
    claims = [(e, quote) for e in found if (quote := _quote(view, e))]
    if claims:
        with st.expander(
            "The essay’s claims beside what the board can say of them", expanded=len(claims) <= FEW_CLAIMS
        ):
            st.html("".join(claim(e, quote, names[e["parent"]]) for e, quote in claims))


def _quote(view: BoardView, edge: Mapping[str, Any]) -> str:
    key = (edge["parent"], edge["child"])
    return next(
        (e.essay_quote for e in view.board.edges if e.kind == "hazard_ratio" and (e.parents[0], e.child) == key), ""
    )


def edge_table(edges: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """Return edges into a question: ratio and chance that it is above 1, before and after, and bits learned."""
    cells = [
        [
            words(names[e["parent"]]) + (' · <span class="tx-muted">cases</span>' if e["fitted"] else ""),
            _ratio(e["prior"]),
            _ratio(e["posterior"]),
            f"{percent(e['prior']['above_one'])} → {percent(e['posterior']['above_one'])}",
            f"{e['bits']:.2f}",
        ]
        for e in edges
    ]
    head = ["If this happens", "Ratio as judged", "Ratio now", "Chance that it is above 1", "Bits"]
    return marks.table(head, cells, numeric=(1, 2, 3, 4))


def claim(edge: Mapping[str, Any], quote: str, parent: str) -> str:
    """Return a claim of the essay beside what the board can say of it."""
    before, after = edge["prior"]["above_one"], edge["posterior"]["above_one"]
    return (
        f'<blockquote class="tx tx-quote">“{words(quote)}”<footer>The essay on {words(parent)}. Chance that it raises '
        f"the hazard: {percent(before)} as judged, {percent(after)} now. The data say {learned(edge['bits'])} about it "
        f"({edge['bits']:.2f} bits).</footer></blockquote>"
    )


def learned(bits: float) -> str:
    """Return how much was learned, in words."""
    return next(word for limit, word in LEARNED if bits < limit)


def _ratio(found: Mapping[str, float]) -> str:
    return f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
