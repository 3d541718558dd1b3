"""The fields of an evidence item as widgets, and what they hold as raw text. Checks are not made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import streamlit as st

from app import frame
from app.look import literal, words
from app.spec import spoken_day
from app.view import BoardView
from forecasts import likelihood
from forecasts.definition import Question
from forecasts.domain import Evidence
from forecasts.evidence_entry import DEFAULT_HALF_LIFE, STATEMENT_LIMIT, default_range
from forecasts.fields import FieldProblem

NEW_STORY = ""
TWO_LIKELIHOODS, DIRECT = "Two likelihoods", "The ratio itself"
FIRST_DAY = date(1990, 1, 1)


@dataclass
class Form:
    """One drawing of the form: what it holds, and the places beside its fields where mistakes are shown."""

    fields: dict[str, str] = field(default_factory=dict)
    effects: list[dict[str, str]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)

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


def key(name: str) -> str:
    """Return a widget's key; after a save a new generation starts with empty fields."""
    return f"ev{st.session_state.get('evidence_generation', 0)}_{name}"


def start_anew() -> None:
    """Empty the form at the next drawing."""
    st.session_state["evidence_generation"] = st.session_state.get("evidence_generation", 0) + 1


def draw(view: BoardView, *, today: date) -> Form:
    """Draw all fields and return what they hold."""
    form = Form()
    st.header("The report", anchor=False)
    _report(form, today=today)
    st.header("How far to trust it", anchor=False)
    _grade(form)
    _kind(form)
    st.header("Its story", anchor=False)
    _thread(form, view)
    st.header("What it says", anchor=False)
    _effects(form, view, today=today)
    return form


def _slot(form: Form, name: str) -> None:
    form.slots[name] = st.empty()


def _report(form: Form, *, today: date) -> None:
    form.fields["statement"] = st.text_area(
        "What was reported",
        key=key("statement"),
        height=110,
        placeholder="One or two neutral sentences.",
        help=literal(f"At most {STATEMENT_LIMIT} characters."),
    )
    _slot(form, "statement")
    form.fields["source"] = st.text_input("Who says so", key=key("source"), placeholder="Office, paper or person")
    _slot(form, "source")
    form.fields["url"] = st.text_input("Link (optional)", key=key("url"), placeholder="https://")
    _slot(form, "url")
    left, right = st.columns(2, gap="medium")
    for place, name, label in ((left, "occurred_on", "Happened on"), (right, "published_on", "Published on")):
        with place:
            day = st.date_input(label, today, min_value=FIRST_DAY, max_value=None, format="YYYY-MM-DD", key=key(name))
            form.fields[name] = day.isoformat() if isinstance(day, date) else ""
            _slot(form, name)


def _grade(form: Form) -> None:
    left, right = st.columns(2, gap="medium")
    letter = left.selectbox(
        "The source",
        list(likelihood.LETTERS),
        index=1,
        format_func=lambda c: f"{c}: {likelihood.LETTERS[c]}",
        key=key("letter"),
    )
    digit = right.selectbox(
        "The information",
        list(likelihood.DIGITS),
        index=1,
        format_func=lambda c: f"{c}: {likelihood.DIGITS[c]}",
        key=key("digit"),
    )
    form.fields["grade"] = f"{letter}{digit}"
    _slot(form, "grade")


def _kind(form: Form) -> None:
    names = {"fact": "A fact: it stays", "intent": "An intention: it fades"}
    form.fields["kind"] = st.radio("Kind", list(names), format_func=names.__getitem__, key=key("kind"), horizontal=True)
    _slot(form, "kind")
    form.fields["half_life"] = ""
    if form.fields["kind"] == "intent":
        days = st.number_input(
            "Half of its weight is gone after (days)", value=DEFAULT_HALF_LIFE, format="%g", key=key("half_life")
        )
        form.fields["half_life"] = "" if days is None else f"{days:g}"
    _slot(form, "half_life")
    with st.expander("More about it"):
        checks = {"unverified": "not checked yet", "recalled": "from memory", "verified": "seen in the source"}
        form.fields["verification"] = st.selectbox(
            "Checked?", list(checks), format_func=checks.__getitem__, key=key("verification")
        )
        basis = {
            "content": "As if the content were confirmed; the grade then shrinks it",
            "report": "As reported, doubts included; the grade changes nothing",
        }
        form.fields["lr_basis"] = st.selectbox(
            "How you judge below", list(basis), format_func=basis.__getitem__, key=key("lr_basis")
        )
        official = st.checkbox("An official dated record (exempt from the caps)", key=key("official"))
        form.fields["official"] = "yes" if official else ""
    for name in ("verification", "lr_basis", "official"):
        _slot(form, name)


def _thread(form: Form, view: BoardView) -> None:
    stories = threads(view)
    picked = st.selectbox(
        "Story",
        [NEW_STORY, *stories],
        format_func=lambda t: f"{t} ({stories[t]})" if t else "A new story",
        key=key("thread"),
        help="Items of one story share their weight, so that one event told five times does not count five times.",
    )
    form.fields["thread"] = picked or ""
    if picked == NEW_STORY:
        form.fields["thread"] = st.text_input(
            "Its short name", key=key("new_thread"), placeholder="for example talks_in_geneva"
        )
    _slot(form, "thread")


def threads(view: BoardView) -> dict[str, str]:
    """Return the stories of a board, the latest told first, with how often and when each was last told."""
    told: dict[str, list[date]] = {}
    for item in view.moment.view.records(Evidence):
        told.setdefault(item.thread, []).append(item.published_on)
    latest = sorted(told, key=lambda t: (max(told[t]), t), reverse=True)
    return {t: f"{len(told[t])} reports, last {spoken_day(max(told[t]))}" for t in latest}


def _effects(form: Form, view: BoardView, *, today: date) -> None:
    rows: list[int] = st.session_state.setdefault(key("effect_rows"), [0])
    frame.note(
        "Suppose the report is true as told. How likely would it be in a world where the event "
        "happens by the date, and in one where it does not? Judge each question with the others held fixed."
    )
    for i, row in enumerate(rows):
        with st.container(border=True, key=key(f"effect_{row}")):
            form.effects.append(_effect(form, view, i, row, today=today))
    _slot(form, "effects")
    left, right = st.columns(2)
    if left.button("Add another question", key=key("add_effect")):
        rows.append(max(rows) + 1)
        st.rerun()
    if len(rows) > 1 and right.button("Remove the last one", key=key("drop_effect")):
        rows.pop()
        st.rerun()


def _effect(form: Form, view: BoardView, i: int, row: int, *, today: date) -> dict[str, str]:
    open_questions = [q for q in view.board.questions if view.occurred_on(q.id) is None]
    names = {q.id: q.title for q in open_questions}
    asked = st.query_params.get("question", "") if row == 0 else ""
    picked = st.selectbox(
        "Question",
        list(names),
        index=list(names).index(asked) if asked in names else 0,
        format_func=names.__getitem__,
        key=key(f"question_{row}"),
    )
    _slot(form, f"effects[{i}].question")
    question = view.board.question(picked)
    days = [d.isoformat() for d in question.deadlines if d >= today]
    proposed = propose_deadline(question, today=today).isoformat()
    day = st.selectbox(
        "By the end of",
        days,
        index=days.index(proposed) if proposed in days else None,
        format_func=lambda d: spoken_day(date.fromisoformat(d)),
        key=key(f"deadline_{row}_{picked}"),
        help="A date at least a year ahead is proposed: the item says nothing about the time after it.",
    )
    _slot(form, f"effects[{i}].deadline")
    ratio = _ratio(row)
    _slot(form, f"effects[{i}].lr")
    low, high = _range(row, ratio)
    _slot(form, f"effects[{i}].low")
    _slot(form, f"effects[{i}].high")
    return {"question": picked, "deadline": day or "", "lr": ratio, "low": low, "high": high}


def propose_deadline(question: Question, *, today: date) -> date:
    """Return the first deadline at least a year ahead, else the last one."""
    ahead = (d for d in question.deadlines if d >= today + timedelta(days=365))
    return next(ahead, question.deadlines[-1])


def _ratio(row: int) -> str:
    """Draw the way the ratio is given and return it as text; a ratio that was taken over elsewhere comes first."""
    taken = st.session_state.pop(key(f"take_{row}"), None)
    if taken is not None:
        st.session_state[key(f"how_{row}")] = DIRECT
        st.session_state[key(f"lr_{row}")] = taken
    how = st.radio("Judge by", [TWO_LIKELIHOODS, DIRECT], key=key(f"how_{row}"), horizontal=True)
    if how == DIRECT:
        text = st.text_input(
            "Likelihood ratio", value="1", key=key(f"lr_{row}"), help="2 means twice as likely if YES."
        )
        _say(text)
        return text
    left, right = st.columns(2, gap="medium")
    yes = left.number_input("If YES, chance of such a report (%)", 0.0, 100.0, 50.0, 1.0, "%g", key=key(f"yes_{row}"))
    no = right.number_input("If NO, chance of such a report (%)", 0.0, 100.0, 50.0, 1.0, "%g", key=key(f"no_{row}"))
    text = two_likelihoods(yes, no)
    _say(text)
    return text


def two_likelihoods(yes: float | None, no: float | None) -> str:
    """Return the ratio of two likelihoods in percent as text, or the text of what cannot be read as a ratio."""
    try:
        return f"{likelihood.ratio((yes or 0.0) / 100, (no or 0.0) / 100):.4g}"
    except ValueError:
        return "0"


def _say(text: str) -> None:
    try:
        said = likelihood.in_words(float(text))
    except ValueError:
        return
    st.html(f'<p class="tx">Ratio <b>{words(text)}</b> <span class="tx-muted">({words(said)})</span></p>')


def _range(row: int, ratio: str) -> tuple[str, str]:
    if not st.checkbox("Give my own 90 % range", key=key(f"own_range_{row}")):
        return "", ""
    try:
        low, high = default_range(float(ratio))
    except (ValueError, ZeroDivisionError):
        low, high = 1.0, 1.0
    left, right = st.columns(2, gap="medium")
    return (
        left.text_input("From", value=f"{low:.3g}", key=key(f"low_{row}")),
        right.text_input("To", value=f"{high:.3g}", key=key(f"high_{row}")),
    )


def untouched(fields: Mapping[str, str]) -> bool:
    """Tell whether nothing has been typed yet: then mistakes need no mention."""
    return not any(fields.get(name) for name in ("statement", "source", "url"))
