"""Edit an item: a new version, previewed in the place of the old one before it is saved; nobody is overwritten."""

from datetime import date

import streamlit as st

from app import data, evidence_data, evidence_words, frame, marks
from app.look import literal, words
from app.pages import add_evidence, evidence_conflict, evidence_effects, evidence_form, evidence_item, evidence_saved
from app.pages.evidence_form import Form, Start
from app.pages.evidence_preview import preview_section
from app.view import BoardView
from forecasts import merging
from forecasts.domain import Evidence
from forecasts.errors import ConflictError
from forecasts.evidence_book import Item, evidence_of


def draw(view: BoardView, entry: str) -> None:
    """Draw the form for an item's next version."""
    if evidence_conflict.waiting(view, entry):
        evidence_conflict.draw(view, entry)
        return
    item = evidence_item.find(view, entry)
    if item is None:
        return
    evidence_item.head(view, item, f"Edit {item.id}")
    if not frame.allowed("evidence", "edit evidence"):
        return
    base = evidence_conflict.base_of(view, item)
    seen = item.versions[base.version - 1]
    _hints(item, evidence_of(seen), base.version)
    form = Form(base.scope, Start.of_item(base.item, open_on=open_on(item)))
    left, right = st.columns([6, 5], gap="large")
    today = data.now().date()
    with left:
        evidence_form.draw_report(form, view, today=today)
        evidence_effects.draw(form, view, today=today)
    start = evidence_of(seen)
    found, problems = evidence_data.parse(form.fields, form.effects, view, today=today, of=start, open_on=open_on(item))
    with right, st.container(key="preview_side"):
        add_evidence.duplicates(view, form, but=item.id)
        _changes(view, start, found)
        preview_section(view, found)
        save = st.button("Save as a new version", type="primary", key=form.key("save"), shortcut=add_evidence.SAVE_KEYS)
        form.complain(problems, pressed=save)
        if st.button("Leave it as it is", key=form.key("cancel")):
            evidence_conflict.forget(view, entry)
            evidence_item.go(view, entry)
    if save and found is not None:
        _save(view, item, found, base.version)
    data.warm_preview(view)


def open_on(item: Item) -> date:
    """Return the day on which an item's deadlines must not have passed: that of its entry, so that old ones stay."""
    return item.versions[0].recorded_at.date()


def _hints(item: Item, start: Evidence, version: int) -> None:
    me = data.actor()
    if evidence_data.judge_of(start, me) != start.forecaster:
        name = evidence_data.people_named((start.forecaster,))[start.forecaster]
        st.info(literal(f"{name} judged this item. A version that you save is your judgement."))
    if item.retraction is not None:
        st.warning("It was retracted meanwhile. When you save, you are asked what to do with your version.")
    elif item.newest.version != version:
        st.warning(
            literal(
                f"Version {item.newest.version} was saved while this form was open. "
                "When you save, both are shown side by side, and nothing is lost."
            )
        )


def _changes(view: BoardView, start: Evidence, found: Evidence | None) -> None:
    """List what the new version changes."""
    if found is None:
        return
    rows = [
        [
            words(evidence_words.part_name(view, d.part)),
            words(evidence_words.part_words(d.theirs)),
            words(evidence_words.part_words(d.mine)),
        ]
        for d in merging.changed(start, found)
    ]
    st.header("What you change", anchor=False)
    if rows:
        st.html(marks.table(["", "Was", "Becomes"], rows))
    else:
        frame.note("Nothing yet.")


def _save(view: BoardView, item: Item, found: Evidence, version: int) -> None:
    seen = item.versions[version - 1]
    if not merging.changed(evidence_of(seen), found):
        st.error("Not saved: nothing is different from the version in the record.")
        return
    try:
        act = evidence_data.save_edit(view, found, seen=seen)
    except ConflictError:
        evidence_conflict.keep(view, found, base=seen)
        st.rerun()
    evidence_conflict.forget(view, item.id)
    evidence_saved.remember(act)
    evidence_item.go(view, item.id)
