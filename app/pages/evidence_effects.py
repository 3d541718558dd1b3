"""What an evidence item says of questions, as widgets: question, deadline, and the ratio in one of two ways."""

import math
from datetime import date, timedelta

import streamlit as st

from app import frame
from app.look import words
from app.pages.evidence_form import Form
from app.spec import spoken_day
from app.view import BoardView
from forecasts import likelihood
from forecasts.definition import Question
from forecasts.evidence_entry import default_range

TWO_LIKELIHOODS, DIRECT = "Two likelihoods", "The ratio itself"


def draw(form: Form, view: BoardView, *, today: date) -> None:
    """Draw the effects and put what they hold into the form."""
    st.header("What it says", anchor=False)
    first = range(1 if form.start.effects is None else len(form.start.effects))
    rows: list[int] = st.session_state.setdefault(form.key("effect_rows"), list(first))
    frame.note(
        "Suppose the report is true as told. How likely would it be in a world where the event "
        "happens by the date, and in one where it does not? Judge each question with the others held fixed."
    )
    for i, row in enumerate(rows):
        with st.container(border=True, key=form.key(f"effect_{row}")):
            form.effects.append(_effect(form, view, i, row, today=today))
    if not rows:
        frame.note("It bears on no question: it is kept as judged not diagnostic and moves nothing.")
    form.slot("effects")
    left, right = st.columns(2)
    if left.button("Add another question", key=form.key("add_effect")):
        rows.append(max(rows, default=-1) + 1)
        st.rerun()
    if rows and right.button("Remove the last one", key=form.key("drop_effect")):
        rows.pop()
        st.rerun()


def _first(form: Form, row: int) -> dict[str, str]:
    """Return the effect with which a row begins; empty for one that was added since."""
    given = form.start.effects or ()
    return dict(given[row]) if row < len(given) else {}


def _effect(form: Form, view: BoardView, i: int, row: int, *, today: date) -> dict[str, str]:
    first = _first(form, row)
    names = {
        q.id: q.title for q in view.board.questions if view.occurred_on(q.id) is None or q.id == first.get("question")
    }
    asked = first.get("question") or (st.query_params.get("question", "") if row == 0 else "")
    picked = st.selectbox(
        "Question",
        list(names),
        index=list(names).index(asked) if asked in names else 0,
        format_func=names.__getitem__,
        key=form.key(f"question_{row}"),
    )
    form.slot(f"effects[{i}].question")
    question = view.board.question(picked)
    day = _deadline(form, question, first if picked == first.get("question") else {}, row, today=today)
    form.slot(f"effects[{i}].deadline")
    ratio = _ratio(form, row, first)
    form.slot(f"effects[{i}].lr")
    low, high = _range(form, row, ratio, first)
    form.slot(f"effects[{i}].low")
    form.slot(f"effects[{i}].high")
    return {"question": picked, "deadline": day, "lr": ratio, "low": low, "high": high}


def _deadline(form: Form, question: Question, first: dict[str, str], row: int, *, today: date) -> str:
    days = [d.isoformat() for d in question.deadlines if d >= (form.start.open_on or today)]
    proposed = first.get("deadline") or propose_deadline(question, today=today).isoformat()
    day = st.selectbox(
        "By the end of",
        days,
        index=days.index(proposed) if proposed in days else None,
        format_func=lambda d: spoken_day(date.fromisoformat(d)),
        key=form.key(f"deadline_{row}_{question.id}"),
        help="A date at least a year ahead is proposed: the item says nothing about the time after it.",
    )
    return day or ""


def propose_deadline(question: Question, *, today: date) -> date:
    """Return the first deadline at least a year ahead, else the last one."""
    ahead = (d for d in question.deadlines if d >= today + timedelta(days=365))
    return next(ahead, question.deadlines[-1])


def take_over(form: Form, ratio: str) -> None:
    """Put a ratio that was found elsewhere into the first effect at the next drawing."""
    row = st.session_state[form.key("effect_rows")][0]
    st.session_state[form.key(f"take_{row}")] = ratio


def _ratio(form: Form, row: int, first: dict[str, str]) -> str:
    """Draw the way the ratio is given and return it as text; a ratio that was taken over elsewhere comes first."""
    taken = st.session_state.pop(form.key(f"take_{row}"), None)
    if taken is not None:
        st.session_state[form.key(f"how_{row}")] = DIRECT
        st.session_state[form.key(f"lr_{row}")] = taken
    ways = [TWO_LIKELIHOODS, DIRECT]
    how = st.radio("Judge by", ways, index=1 if first else 0, key=form.key(f"how_{row}"), horizontal=True)
    if how == DIRECT:
        text = st.text_input(
            "Likelihood ratio",
            value=first.get("lr", "1"),
            key=form.key(f"lr_{row}"),
            help="2 means twice as likely if YES.",
        )
        _say(text)
        return text
    left, right = st.columns(2, gap="medium")
    label = "chance of such a report (%)"
    yes = left.number_input(f"If YES, {label}", 0.0, 100.0, 50.0, 1.0, "%g", key=form.key(f"yes_{row}"))
    no = right.number_input(f"If NO, {label}", 0.0, 100.0, 50.0, 1.0, "%g", key=form.key(f"no_{row}"))
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


def _range(form: Form, row: int, ratio: str, first: dict[str, str]) -> tuple[str, str]:
    if not st.checkbox("Give my own 90 % range", value=bool(first), key=form.key(f"own_range_{row}")):
        return "", ""
    low, high = _usual_range(ratio)
    left, right = st.columns(2, gap="medium")
    return (
        left.text_input("From", value=first.get("low", f"{low:.3g}"), key=form.key(f"low_{row}")),
        right.text_input("To", value=first.get("high", f"{high:.3g}"), key=form.key(f"high_{row}")),
    )


def _usual_range(ratio: str) -> tuple[float, float]:
    """Return the range that is taken for a ratio, or that of 1 where the text is no ratio."""
    try:
        number = float(ratio)
    except ValueError:
        number = 1.0
    return default_range(number if math.isfinite(number) and number > 0 else 1.0)
