"""Calibration: what was forecast beside what happened, and how far differences between forecasters are known."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import streamlit as st

from app import calibration_data, charts_of_scores, data, frame, look, marks
from app.look import words
from app.spec import percent
from app.view import BoardView
from forecasts.calibration import JUDGED, Reliability
from forecasts.calibration_report import Report
from forecasts.score_summary import WORTH
from forecasts.scored_rows import MODEL, MODES
from forecasts.skill import Skill

SPOKEN = {"live": "Live", "retrospective": "Retrospective"}
LEAD = {
    "live": "Every number as it was issued, judged once its question's date has passed.",
    "retrospective": (
        "Computed with hindsight by today's models, from what was published at the time. It shows how the models would "
        "have done; it proves less than the live record, and the two are never mixed."
    ),
}


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Calibration")
    choices = calibration_data.choices(view)
    if not choices:
        frame.no_snapshot(view)
        return
    names = calibration_data.names()
    mode, forecaster = _choose(choices, names, first=calibration_data.first_mode(view))
    st.html(f'<p class="tx tx-lead">{words(LEAD[mode])}</p>')
    if mode not in choices:
        frame.note(f"There is no {mode} record yet.")
        return
    found = calibration_data.report(view, mode=mode, forecaster=forecaster)
    _judged(view, found, names)
    _skills(view, found)
    _forecasters(found, names)
    _movements(found, names)
    _timings(found, names)
    _definitions()


def _choose(choices: Mapping[str, Sequence[str]], names: Mapping[str, str], *, first: str) -> tuple[str, str]:
    """Return the mode and the forecaster that the address names or the person picks."""
    asked = st.query_params.get("mode", first)
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    picked = left.segmented_control(
        "Record",
        MODES,
        default=asked if asked in MODES else first,
        format_func=SPOKEN.__getitem__,
        key="calibration_mode",
        required=True,
    )
    mode = str(picked or first)
    known = choices.get(mode, (MODEL,))
    wanted = st.query_params.get("forecaster", known[0])
    forecaster = right.selectbox(
        "Forecaster",
        known,
        index=known.index(wanted) if wanted in known else 0,
        format_func=lambda who: look.literal(names.get(who, who)),
        key=f"calibration_forecaster_{mode}",
    )
    st.query_params["mode"] = mode
    return mode, str(forecaster)


def _judged(view: BoardView, found: Report, names: Mapping[str, str]) -> None:
    st.header("Forecast and happened", anchor=False)
    part = found.reliability
    if part is None:
        frame.note(
            f"{found.issued:,} probabilities issued; no question with one of them has come to its scheduled close yet. "
            "Until then nothing here can be judged, and nothing is."
        )
        return
    st.html(marks.tags(counted(found, part)))
    colours, key = look.palette(st.context.theme.type), chart_key(view, found)
    left, right = st.columns([3, 2], gap="large")
    with left:
        spec = data.cached_spec(
            f"{key}:reliability",
            colours,
            lambda: charts_of_scores.reliability(part.bins, part.curve, colours=colours),
        )
        st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Reliability diagram. {spoken_bins(part)}")
        frame.note(reading(part))
    with right:
        st.html(marks.table(["Brier score", "", ""], parts_cells(part), numeric=(1,), stack=False))
        frame.note(verdict(part))
    st.subheader("Where the forecasts lie", anchor=False)
    spec = data.cached_spec(
        f"{key}:discrimination", colours, lambda: charts_of_scores.discrimination(part.histogram, colours=colours)
    )
    st.vega_lite_chart(spec, theme=None, width="stretch", alt="How many forecasts of each height, by outcome.")
    _tables(found, names)


def chart_key(view: BoardView, found: Report) -> str:
    """Return what the page's charts are cached by."""
    part = found.reliability
    size = (part.forecasts, part.questions, part.parts.brier) if part else ()
    return f"{view.key}:calibration:{found.mode}:{found.forecaster}:{size}"


def counted(found: Report, part: Reliability) -> list[tuple[str, str]]:
    """Return what was judged, as tags: forecasts, questions, independent ones, and what waits."""
    items = [
        ("", f"{part.forecasts:,} forecasts judged of {found.issued:,} issued"),
        ("warn" if part.clusters < JUDGED else "", f"{part.questions} questions, {part.clusters} independent"),
    ]
    if part.waiting:
        items.append(("plain", f"{part.waiting:,} forecasts ended early and wait for their date"))
    return items


def reading(part: Reliability) -> str:
    """Return how the diagram is read, and what its questions allow."""
    text = (
        "The line is the recalibrated chance, the dots are tenths of the scale with their number of questions. "
        "Calibrated forecasts stay in the band nine times out of ten."
    )
    if not (part.bins["n_questions"] >= JUDGED).any():
        text += f" No dot has {JUDGED} questions yet, so the band is wide and little can be told."
    return text


def spoken_bins(part: Reliability) -> str:
    """Return the bins in words, for those who cannot see the diagram."""
    lines = part.bins.to_dicts()
    return " ".join(
        f"Forecast {percent(r['mean'])}, happened {percent(r['observed'])} of {r['n_forecasts']} forecasts."
        for r in lines
    )


def parts_cells(part: Reliability) -> list[list[str]]:
    """Return the decomposition as cells: name, number, meaning."""
    parts = part.parts
    return [
        ["<b>Mean</b>", f"<b>{parts.brier:.4f}</b>", "0 perfect, 0.25 a coin"],
        ["+\N{NO-BREAK SPACE}miscalibration", f"{parts.mcb:.4f}", f"calibrated: below {part.null.mcb95:.4f} in 95 %"],
        ["−\N{NO-BREAK SPACE}discrimination", f"{parts.dsc:.4f}", "gained by telling cases apart"],
        ["+\N{NO-BREAK SPACE}uncertainty", f"{parts.unc:.4f}", "what the base rate alone would score"],
    ]


def verdict(part: Reliability) -> str:
    """Return in words whether the miscalibration is more than luck."""
    if part.parts.mcb > part.null.mcb95:
        return "The miscalibration is more than calibrated forecasters show by luck."
    return "The miscalibration is no more than calibrated forecasters show by luck."


def _tables(found: Report, names: Mapping[str, str]) -> None:
    if found.lead_times.height:
        with st.expander("By lead time, by quarter, by forecaster"):
            st.html(
                marks.table(
                    LEAD_HEAD, [_part_cells(r, {}) for r in found.lead_times.to_dicts()], numeric=(1, 2, 3, 4, 5)
                )
            )
            for first, table in (("Issued in", found.quarters), ("Forecaster", found.everybody)):
                head = [first, *LEAD_HEAD[1:]]
                st.html(marks.table(head, [_part_cells(r, names) for r in table.to_dicts()], numeric=(1, 2, 3, 4, 5)))


LEAD_HEAD = ["Issued before the close", "Forecasts", "Questions", "Brier", "Miscalibration", "95 % below"]


def _part_cells(row: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    return [
        words(names.get(row["group"], row["group"])),
        f"{row['n_forecasts']:,}",
        f"{row['n_questions']}",
        f"{row['brier']:.4f}",
        f"{row['mcb']:.4f}",
        f"{row['mcb_null95']:.4f}",
    ]


def _skills(view: BoardView, found: Report) -> None:
    st.header("Against what a sceptic would use", anchor=False)
    if not found.skills:
        frame.note("No question with a forecast beside a reference has been decided yet.")
        return
    rows = skill_rows(found.skills)
    colours = look.palette(st.context.theme.type)
    key = f"{chart_key(view, found)}:{rows.hash_rows().sum()}"
    spec = data.cached_spec(f"{key}:skill", colours, lambda: charts_of_scores.skill(rows, colours=colours))
    spoken = "; ".join(f"{r['reference']} {r['skill']:+.4f}, {r['said']}" for r in rows.to_dicts())
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"Difference of mean Brier scores: {spoken}.")
    head = ["Against", "Own Brier", "Its Brier", "Better by", "95 % interval", "Questions", "So far"]
    st.html(marks.table(head, [skill_cells(s) for s in found.skills], numeric=(1, 2, 3, 4, 5)))
    frame.note(
        "On the same questions at the same instants, each question counting once, also those that ended early; "
        "intervals by resampling independent questions. "
        f"Until a true difference of {WORTH} could be seen, no winner is named."
    )


def skill_rows(skills: Sequence[Skill]) -> pl.DataFrame:
    """Return what the chart of skill draws."""
    return pl.DataFrame(
        [
            {
                "reference": s.reference,
                "skill": s.difference.mean,
                "low": _known(s.difference.low),
                "high": _known(s.difference.high),
                "said": said(s),
            }
            for s in skills
        ],
        schema={"reference": pl.String, "skill": pl.Float64, "low": pl.Float64, "high": pl.Float64, "said": pl.String},
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def skill_cells(found: Skill) -> list[str]:
    """Return one comparison as cells."""
    low, high = _known(found.difference.low), _known(found.difference.high)
    return [
        words(found.reference),
        f"{found.brier:.4f}",
        f"{found.brier_reference:.4f}",
        f"{found.difference.mean:+.4f}".replace("-", "−"),
        "too few" if low is None or high is None else f"{low:+.3f} to {high:+.3f}".replace("-", "−"),
        f"{found.questions} ({found.difference.clusters} independent)",
        words(said(found)),
    ]


def said(found: Skill) -> str:
    """Return what can be said of a comparison so far, in words."""
    if found.verdict == "too few questions":
        return "too few questions" if found.more is None else f"{found.more:,} more questions needed"
    return found.verdict


def _forecasters(found: Report, names: Mapping[str, str]) -> None:
    table = found.forecasters
    if table.height < 2:
        return
    st.header("Forecasters", anchor=False)
    lines, order = ordered(table)
    head = ["Forecaster", "Questions", "Brier", "Log", "Peer score", "Against the others", "More questions needed"]
    st.html(marks.table(head, [forecaster_cells(r, names) for r in lines.to_dicts()], numeric=(1, 2, 3, 4, 5, 6)))
    frame.note(order)


def ordered(table: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Return forecasters by name, or by skill where every one has the questions that this takes; and which it is."""
    if table.filter(pl.col("more_questions").is_null() | (pl.col("more_questions") > 0)).height:
        return table.sort("forecaster"), "Not ranked: too few shared questions to tell them apart."
    said = "By Brier score against the others on the same questions; an interval that holds 0 tells nobody apart."
    return table.sort("versus_others", descending=True), said


def forecaster_cells(row: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Return one forecaster as cells."""
    versus = "–" if row["versus_others"] is None else f"{row['versus_others']:+.4f}"
    bounds = "" if row["low"] is None else f" ({row['low']:+.3f} to {row['high']:+.3f})"
    return [
        words(names.get(row["forecaster"], row["forecaster"])),
        f"{row['n_questions']}",
        f"{row['brier']:.4f}",
        f"{row['log']:.4f}",
        "–" if row["peer"] is None else f"{row['peer']:.1f}".replace("-", "−"),
        f"{versus}{bounds}".replace("-", "−"),
        "–" if row["more_questions"] is None else f"{row['more_questions']:,}",
    ]


def _movements(found: Report, names: Mapping[str, str]) -> None:
    if not found.movements:
        return
    st.header("Movement", anchor=False)
    head = ["Forecaster", "Updates", "Movement", "Uncertainty lost", "Excess", "z"]
    rows = [
        [
            words(names.get(m.forecaster, m.forecaster)),
            f"{m.updates:,}",
            f"{m.movement:.4f}",
            f"{m.reduction:.4f}",
            f"{m.excess.mean:+.4f}".replace("-", "−"),
            "–" if np.isnan(m.z) else f"{m.z:+.1f}".replace("-", "−"),
        ]
        for m in found.movements
    ]
    st.html(marks.table(head, rows, numeric=(1, 2, 3, 4, 5)))
    frame.note(
        "Who updates as Bayes' rule says moves, on average, exactly as much as uncertainty falls. z above 2: "
        "overreacts, or adds noise; below −2: moves too little. This needs no outcomes."
    )


def _timings(found: Report, names: Mapping[str, str]) -> None:
    lines = [t for t in found.timings if t.instants]
    if not lines:
        return
    st.header("When", anchor=False)
    rows = [
        [words(names.get(t.forecaster, t.forecaster)), small(t.crps.mean), f"{t.crps.clusters}", f"{t.instants:,}"]
        for t in lines
    ]
    st.html(marks.table(["Forecaster", "Restricted CRPS", "Questions", "Instants"], rows, numeric=(1, 2, 3)))
    frame.note(
        "The mean Brier score over all deadlines that have passed: how well the forecasts said when. 0 is perfect."
    )


def small(value: float) -> str:
    """Return a score with four digits after the point; one that is not 0 never reads as 0."""
    return "under 0.0001" if 0 < value < 0.00005 else f"{value:.4f}"


def _definitions() -> None:
    with st.expander("How this is judged"):
        st.html(
            '<div class="tx"><p>Each forecast is scored as it was issued: (p − outcome)², from 0 to 1. A question '
            "joins when its scheduled date has passed, also when it happened early: an early end is always a YES.</p>"
            "<p>The line is the isotonic regression of outcomes on forecasts (CORP). The band and the 95 % mark show "
            "calibrated forecasters with the same forecasts: 1,000 draws of outcomes, one stroke of luck for each "
            "question, shared by all its updates and deadlines.</p>"
            "<p>The command <code>twixt calibrate</code> prints the same numbers, <code>twixt score</code> "
            "judges any file of forecasts by the same rules.</p></div>"
        )


__all__ = [
    "counted",
    "forecaster_cells",
    "parts_cells",
    "reading",
    "render",
    "said",
    "skill_cells",
    "skill_rows",
    "verdict",
]
