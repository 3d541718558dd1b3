"""The fields of an evidence item as widgets, and what they hold as raw text. Checks are not made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st

from app.look import literal, words
from app.spec import spoken_day
from app.view import BoardView
from forecasts import evidence_entry, likelihood
from forecasts.domain import Evidence
from forecasts.evidence_entry import DEFAULT_HALF_LIFE, STATEMENT_LIMIT
from forecasts.fields import FieldProblem

NEW_STORY = ""
FIRST_DAY = date(1990, 1, 1)


@dataclass(frozen=True)
class Start:
    """What a form holds before anybody types: nothing, a link that was read, or the item that is edited."""

    fields: Mapping[str, str] = field(default_factory=dict)
    effects: Sequence[Mapping[str, str]] | None = None
    """None begins with one empty effect."""
    open_on: date | None = None
    """Deadlines from this day on are offered; by default from today on."""

    @classmethod
    def of_item(cls, item: Evidence, *, open_on: date) -> "Start":
        """Return the beginning of an edit."""
        fields, effects = evidence_entry.to_fields(item)
        return cls(fields, effects, open_on)


@dataclass
class Form:
    """One drawing of the form: what it holds, and the places beside its fields where mistakes are shown."""

    scope: str
    """Beginning of its widgets' keys: another scope is another form with fields of its own."""
    start: Start = field(default_factory=Start)
    fields: dict[str, str] = field(default_factory=dict)
    effects: list[dict[str, str]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """Return a widget's key."""
        return f"{self.scope}_{name}"

    def slot(self, name: str) -> None:
        """Keep the place below the field just drawn for its mistakes."""
        self.slots[name] = st.empty()

    def first(self, name: str, otherwise: str = "") -> str:
        """Return what a field holds at first."""
        return self.start.fields.get(name) or otherwise

    def show(self, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
        """Write each mistake beside its field and return those that have no field of their own."""
        rest = []
        for problem in problems:
            slot = self.slots.get(problem.field)
            if slot is None:
                rest.append(problem)
            else:
                slot.html(f'<div class="tx tx-err" role="alert">{words(problem.message)}</div>')
        return rest

    def complain(self, problems: Sequence[FieldProblem], *, pressed: bool) -> None:
        """Show mistakes beside their fields; before anything was typed or saved there is nothing to complain about."""
        for problem in self.show(problems if pressed else [p for p in problems if self._typed(p)]):
            st.error(literal(f"{problem.field}: {problem.message}"))
        if pressed and problems:
            st.error(literal(f"Not saved: {len(problems)} field{'s need' if len(problems) > 1 else ' needs'} a look."))

    def _typed(self, problem: FieldProblem) -> bool:
        """Tell whether the field of a mistake holds something, so that an empty form is quiet."""
        return bool(self.fields.get(problem.field, "").strip()) or problem.field.startswith("effects")


def new_scope() -> str:
    """Return the scope of the form for new items; after a save a new generation starts with empty fields."""
    return f"ev{st.session_state.get('evidence_generation', 0)}"


def start_anew() -> None:
    """Empty the form for new items at the next drawing."""
    st.session_state["evidence_generation"] = st.session_state.get("evidence_generation", 0) + 1


def draw_report(form: Form, view: BoardView, *, today: date) -> None:
    """Draw the fields of the report itself: what, who, when, how far to trust it, its story."""
    st.header("The report", anchor=False)
    _report(form, today=today)
    st.header("How far to trust it", anchor=False)
    _grade(form)
    _kind(form)
    st.header("Its story", anchor=False)
    _thread(form, view)


def _report(form: Form, *, today: date) -> None:
    form.fields["statement"] = st.text_area(
        "What was reported",
        value=form.first("statement"),
        key=form.key("statement"),
        height=110,
        placeholder="One or two neutral sentences.",
        help=literal(f"At most {STATEMENT_LIMIT} characters."),
    )
    form.slot("statement")
    form.fields["source"] = st.text_input(
        "Who says so", form.first("source"), key=form.key("source"), placeholder="Office, paper or person"
    )
    form.slot("source")
    form.fields["url"] = st.text_input(
        "Link (optional)", form.first("url"), key=form.key("url"), placeholder="https://"
    )
    form.slot("url")
    left, right = st.columns(2, gap="medium")
    for place, name, label in ((left, "occurred_on", "Happened on"), (right, "published_on", "Published on")):
        with place:
            first = date.fromisoformat(form.first(name, today.isoformat()))
            low = min(first, FIRST_DAY)
            day = st.date_input(label, first, min_value=low, max_value=None, format="YYYY-MM-DD", key=form.key(name))
            form.fields[name] = day.isoformat() if isinstance(day, date) else ""
            form.slot(name)


def _grade(form: Form) -> None:
    grade = form.first("grade", "B2")
    left, right = st.columns(2, gap="medium")
    with left:
        letter = _graded(form, "letter", "The source", likelihood.LETTERS, grade[0])
    with right:
        digit = _graded(form, "digit", "The information", likelihood.DIGITS, grade[1])
    form.fields["grade"] = f"{letter}{digit}"
    form.slot("grade")


def _graded(form: Form, name: str, label: str, known: Mapping[str, str], first: str) -> str:
    marks = list(known)
    return st.selectbox(
        label, marks, index=marks.index(first), format_func=lambda m: f"{m}: {known[m]}", key=form.key(name)
    )


def _kind(form: Form) -> None:
    names = {"fact": "A fact: it stays", "intent": "An intention: it fades"}
    form.fields["kind"] = st.radio(
        "Kind",
        list(names),
        index=list(names).index(form.first("kind", "fact")),
        format_func=names.__getitem__,
        key=form.key("kind"),
        horizontal=True,
    )
    form.slot("kind")
    form.fields["half_life"] = ""
    if form.fields["kind"] == "intent":
        days = st.number_input(
            "Half of its weight is gone after (days)",
            value=float(form.first("half_life", f"{DEFAULT_HALF_LIFE}")),
            format="%g",
            key=form.key("half_life"),
        )
        form.fields["half_life"] = "" if days is None else f"{days!r}"
    form.slot("half_life")
    with st.expander("More about it"):
        _more(form)
    for name in ("verification", "lr_basis", "official"):
        form.slot(name)


def _more(form: Form) -> None:
    checks = {"unverified": "not checked yet", "recalled": "from memory", "verified": "seen in the source"}
    basis = {
        "content": "As if the content were confirmed; the grade then shrinks it",
        "report": "As reported, doubts included; the grade changes nothing",
    }
    for name, label, known in (("verification", "Checked?", checks), ("lr_basis", "How you judge below", basis)):
        form.fields[name] = st.selectbox(
            label,
            list(known),
            index=list(known).index(form.first(name, next(iter(known)))),
            format_func=known.__getitem__,
            key=form.key(name),
        )
    was = form.first("official") == "yes"
    official = st.checkbox("An official dated record (exempt from the caps)", value=was, key=form.key("official"))
    form.fields["official"] = "yes" if official else ""


def _thread(form: Form, view: BoardView) -> None:
    stories = threads(view)
    first = form.first("thread")
    if first and first not in stories:
        stories = {first: "no other report"} | stories
    choices = [NEW_STORY, *stories]
    picked = st.selectbox(
        "Story",
        choices,
        index=choices.index(first),
        format_func=lambda t: f"{t} ({stories[t]})" if t else "A new story",
        key=form.key("thread"),
        help="Items of one story share their weight, so that one event told five times does not count five times.",
    )
    form.fields["thread"] = picked or ""
    if picked == NEW_STORY:
        form.fields["thread"] = st.text_input(
            "Its short name", key=form.key("new_thread"), placeholder="for example talks_in_geneva"
        )
    form.slot("thread")


def threads(view: BoardView) -> dict[str, str]:
    """Return the stories of a board, the latest told first, with how often and when each was last told."""
    told: dict[str, list[date]] = {}
    for item in view.moment.view.records(Evidence):
        told.setdefault(item.thread, []).append(item.published_on)
    latest = sorted(told, key=lambda t: (max(told[t]), t), reverse=True)
    return {t: f"{len(told[t])} reports, last {spoken_day(max(told[t]))}" for t in latest}
