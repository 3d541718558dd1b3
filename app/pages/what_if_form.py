"""The conditions of a what-if: those asked, each with a way out, and the form that adds another one."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import streamlit as st

from app import what_if_data
from app.look import literal, words
from app.spec import spoken_day
from app.view import BoardView
from forecasts.domain import WhatIfMode

_SEEN = {"by": "happens by", "not by": "does not happen by"}
_HOLDS = {"by": "holds", "not by": "does not hold"}
_MADE = {"on": "happens on", "between": "happens between", "never": "never happens"}
SCENARIO = "scenario "
"""How a scenario begins where it is written as a condition."""


def listed(view: BoardView, conditions: Sequence[str]) -> None:
    """Draw the conditions in a reader's words, each with a button that takes it away."""
    for place, condition in enumerate(conditions):
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.html(f'<p class="tx"><b>{words(spoken(view, condition))}</b></p>')
        if right.button("Remove", key=f"drop_{place}", help=literal(f"Remove: {condition}")):
            ask([c for i, c in enumerate(conditions) if i != place])


def ask(conditions: Sequence[str]) -> None:
    """Let the address hold other conditions, and draw the page anew."""
    for name in ("kept", "of", "by"):
        if name in st.query_params:
            del st.query_params[name]
    st.query_params["if"] = list(conditions)
    st.rerun()


def spoken(view: BoardView, condition: str) -> str:
    """Return a condition in a reader's words: short names instead of ids, days that nobody can turn around."""
    names = {q.id: q.short for q in view.board.questions} | {s.id: s.title for s in view.board.scenarios}
    return " ".join(_word(part, names) for part in condition.split())


def _word(part: str, names: Mapping[str, str]) -> str:
    if part in names:
        return f"“{names[part]}”"
    try:
        return spoken_day(date.fromisoformat(part))
    except ValueError:
        return part


def add(view: BoardView, mode: WhatIfMode, conditions: Sequence[str]) -> None:
    """Draw the form that adds a condition; one that cannot be asked is refused here and does not reach the address."""
    names = _subjects(view, mode)
    if not names:
        st.html('<p class="tx">Every question of this board is decided: nothing is left to suppose.</p>')
        return
    subject, verb, day = st.columns([5, 3, 3], gap="medium", vertical_alignment="bottom")
    what = str(
        subject.selectbox(
            "Question" if mode == "do" else "Question or scenario",
            list(names),
            format_func=names.__getitem__,
            key=f"what_{mode}",
        )
    )
    scenario = what.startswith(SCENARIO)
    verbs = _MADE if mode == "do" else (_HOLDS if scenario else _SEEN)
    how = str(verb.selectbox("Condition", list(verbs), format_func=verbs.__getitem__, key=f"how_{mode}_{scenario}"))
    dated = not scenario and how != "never"
    with day:
        days = _days(view, mode, span=how == "between") if dated else ()
    if st.button("Add this condition", type="primary", key=f"add_{mode}"):
        _added(view, mode, conditions, written(what, how, *days) if None not in days else "")


def _subjects(view: BoardView, mode: WhatIfMode) -> dict[str, str]:
    still = {q.id: q.short for q in view.board.questions if view.occurred_on(q.id) is None}
    scenarios = {f"{SCENARIO}{s.id}": f"Scenario: {s.title}" for s in view.board.scenarios}
    return still | (scenarios if mode == "see" else {})


def _days(view: BoardView, mode: WhatIfMode, *, span: bool) -> tuple[date | None, ...]:
    """Return the day that was picked, or the first and the last of a span; None where a field is empty."""
    first, last = view.moment.known_through + timedelta(days=1), view.board.horizon
    when = a_year_on(view)
    labels = ("From", "Until") if span else ("Day",)
    values = (first, when) if span else (when,)
    found = []
    for label, value in zip(labels, values, strict=True):
        picked = st.date_input(
            label,
            value=value,
            min_value=first,
            max_value=last,
            format="YYYY-MM-DD",
            key=f"{label.lower()}_{mode}" if span else f"when_{mode}",
        )
        found.append(picked if isinstance(picked, date) else None)
    return tuple(found)


def _added(view: BoardView, mode: WhatIfMode, conditions: Sequence[str], condition: str) -> None:
    asked = [*conditions, condition]
    wrong = what_if_data.problem(view, asked, mode) if condition else "A day is needed: the field is empty."
    if not wrong and condition in conditions:
        wrong = f"“{spoken(view, condition)}” is asked already."
    if wrong:
        st.error(literal(wrong))
    else:
        ask(asked)


def a_year_on(view: BoardView) -> date:
    """Return the first deadline that lies half a year ahead, the last one where none does."""
    later = [d for d in view.board.deadlines if (d - view.moment.known_through).days >= 180]
    return later[0] if later else view.board.horizon


def written(what: str, how: str, *days: object) -> str:
    """Return a condition as `forecasts.conditions` reads it; a scenario has no day."""
    if what.startswith(SCENARIO):
        return f"not {what}" if how == "not by" else what
    if how == "never":
        return f"never {what}"
    if how == "between":
        return f"{what} between {days[0]} and {days[1]}"
    return f"not {what} by {days[0]}" if how == "not by" else f"{what} {how} {days[0]}"
