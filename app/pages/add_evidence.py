"""Add evidence: the report, the two likelihoods, at once the whole board as it would become; then save, undo, refit."""

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from app import data, frame, links, refit_job
from app.look import literal
from app.pages import evidence_form
from app.pages.evidence_form import Form
from app.pages.evidence_preview import belief_helper, preview_section
from app.view import BoardView
from forecasts import evidence_check, evidence_entry
from forecasts.domain import Evidence
from forecasts.duplicates import likely_duplicates
from forecasts.fields import FieldProblem

DRAFT = "draft"
"""Id of an item before it is saved."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Add evidence")
    _saved(view)
    st.html(
        '<p class="tx tx-lead">Evidence is a dated report and how likely it would be in either world. That nothing has '
        "happened is not evidence: the passing of time is already counted, up to the day through which the board is "
        "known.</p>"
    )
    today = data.now().date()
    left, right = st.columns([6, 5], gap="large")
    with left:
        form = evidence_form.draw(view, today=today)
    draft, problems = parse(form.fields, form.effects, view, today=today)
    preview = draft or parse(stand_ins(form.fields), form.effects, view, today=today)[0]
    with right, st.container(key="preview_side"):
        _duplicates(view, form)
        preview_section(view, preview)
        belief_helper(view, preview)
        allowed = frame.allowed("evidence", "save evidence")
        save = allowed and st.button("Save", type="primary", key=evidence_form.key("save"))
        _show_problems(form, problems, pressed=save)
    if save and draft is not None:
        _save(view, draft)
    data.warm_preview(view)


def parse(
    fields: Mapping[str, str], effects: Sequence[Mapping[str, str]], view: BoardView, *, today: date
) -> tuple[Evidence | None, list[FieldProblem]]:
    """Return the item that the raw fields hold, or None with every mistake; the checks are the command line's."""
    item, problems = evidence_entry.from_fields(fields, effects, entry=DRAFT, forecaster=data.actor().id)
    if item is None:
        return None, problems
    problems = evidence_check.check(item, view.board, today=today)
    return (None if problems else item), problems


def stand_ins(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with words that move no number put in where they are missing, so that a preview comes early."""
    return dict(fields) | {name: fields[name].strip() or "draft" for name in ("statement", "source", "thread")}


def _show_problems(form: Form, problems: Sequence[FieldProblem], *, pressed: bool) -> None:
    """Show mistakes beside their fields; before anything was typed or saved there is nothing to complain about."""
    shown = problems if pressed else [p for p in problems if _typed(form, p)]
    rest = form.show(shown)
    for problem in rest:
        st.error(literal(f"{problem.field}: {problem.message}"))
    if pressed and problems:
        st.error(literal(f"Not saved: {len(problems)} field{'s need' if len(problems) > 1 else ' needs'} a look."))


def _typed(form: Form, problem: FieldProblem) -> bool:
    """Tell whether the field of a mistake holds something, so that an empty form is quiet."""
    return bool(form.fields.get(problem.field, "").strip()) or problem.field.startswith("effects")


def _duplicates(view: BoardView, form: Form) -> None:
    recorded = view.moment.view.records(Evidence)
    found = likely_duplicates(form.fields.get("statement", ""), form.fields.get("url", ""), recorded)
    statements = {e.id: e.statement for e in recorded}
    for hint in found[:3]:
        st.warning(literal(f"{hint.entry} has {hint.reason}: {statements[hint.entry]}"))


def _save(view: BoardView, draft: Evidence) -> None:
    entry = data.save_evidence(view.board.id, draft)
    st.session_state["evidence_saved"] = (view.board.id, entry.entry)
    evidence_form.start_anew()
    st.rerun()


def _saved(view: BoardView) -> None:
    """Say what was saved last in this session, with the way back and the way on."""
    if undone := st.session_state.pop("evidence_undone", ""):
        st.info(literal(f"{undone} is taken back. The record keeps both rows."))
    board, entry = st.session_state.get("evidence_saved", ("", ""))
    if board != view.board.id:
        return
    st.success(literal(f"{entry} is in the record. The board counts it from the next refit on."))
    left, middle, right = st.columns([2, 2, 5])
    if left.button("Undo", key="undo", help="Takes the entry back; both rows stay in the record."):
        _undo(view, entry)
    with middle:
        refit_job.button(view)
    item = _item(view, entry)
    if item is not None and item.effects:
        effect = item.effects[0]
        right.page_link(
            links.target("question"),
            label="See the question",
            query_params=links.address(view.board.id, question=effect.question, deadline=effect.deadline),
        )


def _item(view: BoardView, entry: str) -> Evidence | None:
    return next((e for e in view.moment.view.records(Evidence) if e.id == entry), None)


def _undo(view: BoardView, entry: str) -> None:
    data.retract(view.board.id, entry, reason="undone in the form right after it was saved")
    del st.session_state["evidence_saved"]
    st.session_state["evidence_undone"] = entry
    st.rerun()
