"""The evidence of a question, numbered as on its trend, with what each item measurably did."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import streamlit as st

from app import charts_of_moves, data, frame, links, look, marks
from app.explainers import explain
from app.look import link, words
from app.pages import question_filter
from app.spec import points, spoken_day
from app.view import BoardView, NumberedEvidence
from forecasts import likelihood
from forecasts.definition import Question

SHOWN = 12
"""Items in the chart of contributions, the strongest first."""


def evidence_section(view: BoardView, question: Question, deadline: date, colours: look.Palette) -> None:
    """Draw the contributions and the table of evidence."""
    st.header("Evidence", anchor=False)
    st.page_link(
        links.target("add_evidence"),
        label="Add evidence on this question",
        query_params=links.address(view.board.id, question=question.id, deadline=deadline),
    )
    items = view.evidence_on(question.id)
    if not items:
        frame.note("No evidence bears on this question directly yet.")
        return
    wanted = question_filter.choose(question, items)
    shown = question_filter.kept(items, wanted)
    if not wanted.everything:
        frame.note(f"{len({e.item.id for e in shown})} of {len({e.item.id for e in items})} reports, here and above.")
    if not shown:
        return
    effects = contributions(view, question, deadline)
    if not wanted.everything:
        effects = effects.filter(pl.col("id").is_in([e.item.id for e in shown]))
    if not effects.is_empty():
        _chart(view, question, deadline, effects, colours)
    explain("ratio", key="evidence")
    ends = {
        (e["id"], e["deadline"]): e["days"] for e in view.detail.get("expiring", ()) if e["question"] == question.id
    }
    st.html(evidence_table(shown, dict(zip(effects["id"], effects["points"], strict=True)), ends))


def contributions(view: BoardView, question: Question, deadline: date) -> pl.DataFrame:
    """Return what each item adds to this deadline's log-odds: id, name, shift, points; the strongest first."""
    listed = view.detail.get("contributions", {}).get(question.id, {}).get(deadline.isoformat(), [])
    numbers = {e.item.id: e.number for e in view.evidence_on(question.id)}
    statements = {e.entry: e.record for e in view.moment.view.entries}
    frame = [
        {
            "id": c["id"],
            "name": _name(c["id"], numbers),
            "shift": float(c["delta_log_odds"]),
            "points": points(likelihood.shifted(c["before"], c["delta_log_odds"]) - c["before"]),
            "statement": getattr(statements.get(c["id"]), "statement", ""),
        }
        for c in listed
    ]
    schema = {"id": pl.String, "name": pl.String, "shift": pl.Float64, "points": pl.String, "statement": pl.String}
    return pl.DataFrame(frame, schema=schema).sort(pl.col("shift").abs(), descending=True, maintain_order=True)


def _name(entry: str, numbers: dict[str, int]) -> str:
    return f"{numbers[entry]} · {entry}" if entry in numbers else f"{entry} (on another question)"


def _chart(view: BoardView, question: Question, deadline: date, effects: pl.DataFrame, colours: look.Palette) -> None:
    strongest = effects.head(SHOWN)
    spec = data.cached_spec(
        f"{view.key}:contributions:{question.id}:{deadline}:{','.join(strongest['id'])}",
        colours,
        lambda: charts_of_moves.contributions(strongest, colours=colours),
    )
    spoken = "; ".join(f"{r['name']} {r['points']} points" for r in strongest.to_dicts())
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=f"What each evidence item adds: {spoken}.")
    frame.note(
        f"What each item adds to the chance by {spoken_day(deadline)}, measured by leaving "
        "it out while all others stay: bars in log-odds, labels in percentage points."
    )


def evidence_table(
    items: Sequence[NumberedEvidence], effects: Mapping[str, str], ends: Mapping[tuple[str, str], int]
) -> str:
    """Return the evidence as a table, newest first; words stay words and links are checked.

    `effects`: item id -> what it adds in points; `ends`: (item id, ISO deadline) -> days after which it is silent.
    """
    rows = [
        _row(e, effects.get(e.item.id, ""), ends.get((e.item.id, e.effect_deadline.isoformat())))
        for e in reversed(items)
    ]
    head = ["", "Published", "Report", "Ratio", "Adds, points"]
    return marks.table(head, rows, numeric=(3, 4))


def _row(shown: NumberedEvidence, effect: str, days: int | None) -> list[str]:
    item = shown.item
    fades = f", fades by half in {item.half_life_days:g} days" if item.half_life_days else ""
    source = link(item.url, item.source) if item.url else words(item.source)
    grade, reach = f"grade {item.grade_source}{item.grade_info}", f"90 % range {shown.low:g} to {shown.high:g}"
    about = f"{words(item.id)} · {source} · " + " · ".join(
        words(part)
        for part in (
            grade,
            item.verification,
            f"story {item.thread}",
            item.kind + fades,
            f"judged by {item.forecaster}",
        )
    )
    end = "" if days is None else f" · <b>speaks for {days} more days</b>"
    inert = " · <b>its deadline has passed: it no longer speaks</b>" if shown.inert else end
    return [
        f'<span class="mark">{shown.number}</span>',
        f'<span style="white-space:nowrap">{spoken_day(item.published_on)}</span>',
        f'{words(item.statement)}<br><span class="tx-muted">{about}{inert}</span>',
        f'<span title="{reach}">{shown.lr:g}</span><br><span class="tx-muted">by {shown.effect_deadline.year}</span>',
        words(effect) or "–",
    ]
