"""Add evidence: the report, the two likelihoods, at once the whole board as it would become; then save, undo, refit."""

from collections.abc import Mapping

import streamlit as st

from app import data, evidence_data, frame
from app.look import literal
from app.pages import evidence_effects, evidence_form, evidence_saved
from app.pages.evidence_form import Form, Start
from app.pages.evidence_preview import belief_helper, preview_section
from app.view import BoardView
from forecasts.domain import Evidence
from forecasts.duplicates import likely_duplicates
from forecasts.reading_list import Link

SAVE_KEYS = "Ctrl+Enter"
"""Saves from anywhere on the page."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Add evidence")
    evidence_saved.draw_refusal()
    evidence_saved.draw(view)
    st.html(
        '<p class="tx tx-lead">Evidence is a dated report and how likely it would be in either world. That nothing has '
        "happened is not evidence: the passing of time is already counted, up to the day through which the board is "
        "known.</p>"
    )
    link = _link(view)
    today = data.now().date()
    form = Form(evidence_form.new_scope() + (f"L{link.number}" if link else ""), start_of(link))
    left, right = st.columns([6, 5], gap="large")
    with left:
        evidence_form.draw_report(form, view, today=today)
        evidence_effects.draw(form, view, today=today)
    draft, problems = evidence_data.parse(form.fields, form.effects, view, today=today)
    shown = draft or evidence_data.parse(stand_ins(form.fields), form.effects, view, today=today)[0]
    with right, st.container(key="preview_side"):
        duplicates(view, form)
        preview_section(view, shown)
        belief_helper(view, form, shown)
        allowed = frame.allowed("evidence", "save evidence")
        save = allowed and st.button("Save", type="primary", key=form.key("save"), shortcut=SAVE_KEYS)
        form.complain(problems, pressed=save)
    if save and draft is not None:
        _save(view, draft, link)
    data.warm_preview(view)


def _link(view: BoardView) -> Link | None:
    """Return the open link of the reading list that the address names, after saying where the draft comes from."""
    asked = st.query_params.get("link", "")
    if not asked.isdecimal():
        return None
    link = next((k for k in evidence_data.links(view.board.id) if k.number == int(asked)), None)
    if link is None or link.state != "open":
        st.info(literal(f"Link {asked[:12]} is not open on the reading list; the form starts empty."))
        return None
    st.info(literal(f"From the reading list: {link.url}. When it is saved, the link is done."))
    return link


def start_of(link: Link | None) -> Start:
    """Return what the form holds at first: nothing, or what a link of the reading list says."""
    return Start({"url": link.url, "statement": link.note}) if link else Start()


def stand_ins(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with words that move no number put in where they are missing, so that a preview comes early."""
    return dict(fields) | {name: fields[name].strip() or "draft" for name in ("statement", "source", "thread")}


def duplicates(view: BoardView, form: Form, *, but: str = "") -> None:
    """Point out items in force on the same page or in nearly the same words; `but` is the item that is edited."""
    recorded = view.moment.view.records(Evidence)
    found = likely_duplicates(form.fields.get("statement", ""), form.fields.get("url", ""), recorded, but=but)
    statements = {e.id: e.statement for e in recorded}
    for hint in found[:3]:
        st.warning(literal(f"{hint.entry} has {hint.reason}: {statements[hint.entry]}"))


def _save(view: BoardView, draft: Evidence, link: Link | None) -> None:
    evidence_saved.remember(evidence_data.save_new(view, draft, link=link))
    evidence_form.start_anew()
    if link is not None:
        del st.query_params["link"]
    st.rerun()
