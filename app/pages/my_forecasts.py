"""My forecasts: enter, update and withdraw, see what stands beside the board and the pool, and one's own record."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isnan
from typing import Any

import streamlit as st

from app import data, frame, links, marks, people_data
from app.look import literal, words
from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts import coherence
from forecasts.coherence import Bounds
from forecasts.definition import Question
from forecasts.domain import Forecast
from forecasts.fields import FieldProblem
from forecasts.forecast_entry import RATIONALE_LIMIT
from forecasts.instants import end_of_day
from forecasts.outcomes import decided
from forecasts.people_forecasts import STALE_AFTER, Issued, Pair, own, stale
from forecasts.people_pool import PoolLine
from forecasts.skill import Skill


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "My forecasts")
    _saved(view)
    st.html(
        '<p class="tx tx-lead">What you believe, beside the board. A forecast is kept as issued and judged when the '
        "question is decided; an update is a new one. It moves no number of the board.</p>"
    )
    if not frame.allowed("forecast", "enter forecasts of your own"):
        return
    mine = standing(view)
    open_pairs = askable(view)
    if open_pairs:
        _form(view, open_pairs, mine)
    else:
        frame.note("Every question of this board is decided; there is nothing left to forecast.")
    _in_force(view, mine)
    _record(view)


def standing(view: BoardView) -> dict[Pair, Issued]:
    """Return the reader's forecasts in force on pairs that are still open, in the order of the board."""
    me = data.actor().id
    force = {i.pair: i for i in people_data.force(view).values() if i.forecast.forecaster == me}
    return {pair: force[pair] for pair in askable(view) if pair in force}


def askable(view: BoardView) -> list[Pair]:
    """Return the pairs that can still be forecast: neither over, decided nor closed."""
    now, known = data.now(), decided(view.board, view.moment.view)
    return [
        (q.id, d)
        for q in view.board.questions
        if q.closed_on is None or now.date() < q.closed_on
        for d in q.deadlines
        if (q.id, d) not in known and end_of_day(d) >= now
    ]


def _key(name: str) -> str:
    """Return a widget's key; after a save a new generation starts with empty fields."""
    return f"mf{st.session_state.get('forecast_generation', 0)}_{name}"


def _form(view: BoardView, pairs: Sequence[Pair], mine: Mapping[Pair, Issued]) -> None:
    st.header("Enter or update", anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        question, deadline = _choose(view, pairs)
        fields = {"question": question.id, "deadline": deadline.isoformat()}
        fields["probability"] = st.text_input(
            "Your chance that it happens by then",
            key=_key("probability"),
            placeholder="25%, 0.25 or 1:3",
            max_chars=40,
            help="A percentage, a probability or odds for it. A bare number above 1 is refused.",
        )
        wrong = st.empty()
        fields["rationale"] = st.text_area(
            "Why (optional)",
            key=_key("rationale"),
            height=110,
            placeholder="What would change your mind?",
            max_chars=RATIONALE_LIMIT,
        )
        record, problems = people_data.parse(fields, view)
        save = st.button("Save", type="primary", key=_key("save"))
        _complain(wrong, problems, pressed=save, typed=bool(fields["probability"].strip()))
    with right:
        _beside(view, question, deadline, mine)
        if record is not None:
            _hints(view, record, mine)
    if save and record is not None:
        _save(view, record)


def _choose(view: BoardView, pairs: Sequence[Pair]) -> tuple[Question, date]:
    """Draw the choice of question and deadline; an address that names one comes first."""
    ids = list(dict.fromkeys(q for q, _ in pairs))
    titles = {q.id: q.title for q in view.board.questions}
    asked = st.query_params.get("question", "")
    first = ids.index(asked) if asked in ids else 0
    picked = st.selectbox("Question", ids, index=first, format_func=titles.__getitem__, key="forecast_question")
    question = view.board.question(picked)
    days = [d for q, d in pairs if q == picked]
    wanted = st.query_params.get("deadline", "") if picked == asked else ""
    headline = [d for d in days if d.isoformat() == wanted] or [d for d in days if d >= question.headline_deadline]
    day = st.selectbox(
        "By the end of",
        days,
        index=days.index((headline or days)[0]),
        format_func=spoken_day,
        key=f"forecast_deadline_{picked}",
    )
    return question, day


def _complain(slot: Any, problems: Sequence[FieldProblem], *, pressed: bool, typed: bool) -> None:
    """Show mistakes once something was typed or saved; an empty form is quiet."""
    if not (pressed or typed):
        return
    for problem in problems:
        if problem.field == "probability":
            slot.html(f'<div class="tx tx-err" role="alert">{words(problem.message)}</div>')
        else:
            st.error(literal(f"{problem.field}: {problem.message}"))


def _beside(view: BoardView, question: Question, deadline: date, mine: Mapping[Pair, Issued]) -> None:
    """Draw what already stands on a question and deadline: one's own, the board's, the pool's; and what fits."""
    pair = (question.id, deadline)
    row, line = view.row(question.id, deadline), people_data.pooled(view).get(pair)
    held = mine.get(pair)
    facts = [
        ("yours now", percent(held.forecast.probability) if held else "none"),
        ("the board", percent(row["value"]) if row else "n/a"),
        ("the pool", percent(line.best) if line else "nobody yet"),
    ]
    said = own(people_data.force(view), data.actor().id)
    room = coherence.bounds(view.board, said, pair)
    if room.binding:
        facts.append(("fits your others", fits(room)))
    cells = "".join(f"<div><dt>{words(name)}</dt><dd>{words(value)}</dd></div>" for name, value in facts)
    st.html(f'<div class="tx tx-hero"><dl>{cells}</dl></div>')
    if line:
        st.html(f'<p class="tx tx-small tx-muted">{words(pool_words(line))}</p>')
    st.page_link(
        links.target("question"),
        label="See the question",
        query_params=links.address(view.board.id, question=question.id, deadline=deadline),
    )


def fits(room: Bounds) -> str:
    """Return in words where a forecast fits a person's other ones."""
    if room.low > room.high + coherence.TOLERANCE:
        return "nothing: they contradict each other"
    return f"{percent(room.low)} to {percent(room.high)}"


def pool_words(line: PoolLine) -> str:
    """Return in words how a pool was made and what kept it on its rung."""
    steps = [f"mean {percent(line.mean)}"]
    if line.recalibrated is not None:
        steps.append(f"recalibrated around a base rate of {percent(line.base_rate)}: {percent(line.recalibrated)}")
    if line.hierarchical is not None:
        steps.append(f"hierarchical {percent(line.hierarchical)}")
    count = f"{len(line.voices)} voice{'s' if len(line.voices) > 1 else ''}"
    return f"Pool of {count}: {', '.join(steps)}{f'. {line.note[0].upper()}{line.note[1:]}.' if line.note else '.'}"


def _hints(view: BoardView, record: Forecast, mine: Mapping[Pair, Issued]) -> None:
    """Point out what a forecast that is being typed would contradict; nothing is repaired."""
    assert record.probability is not None
    pair = (record.question, record.deadline)
    said = {p: float(i.forecast.probability or 0.0) for p, i in mine.items()} | {pair: record.probability}
    for conflict in coherence.conflicts(view.board, said):
        if pair in {conflict.rule.less, *conflict.rule.more}:
            st.warning(literal(f"Does not fit your other forecasts: {conflict}. You can save it all the same."))
    if record.probability in {0.0, 1.0}:
        st.warning("A certainty: if it turns out wrong, the logarithmic score is as bad as it gets.")


def _save(view: BoardView, record: Forecast) -> None:
    entry = people_data.save(view.board.id, record)
    st.session_state["forecast_saved"] = (view.board.id, f"{entry.entry} is in the record, as issued.")
    st.session_state["forecast_generation"] = st.session_state.get("forecast_generation", 0) + 1
    st.rerun()


def _saved(view: BoardView) -> None:
    board, told = st.session_state.pop("forecast_saved", ("", ""))
    if board == view.board.id:
        st.success(literal(told))


def _in_force(view: BoardView, mine: Mapping[Pair, Issued]) -> None:
    st.header("In force", anchor=False)
    if not mine:
        frame.note("You have no forecast in force on this board.")
        return
    now = data.now()
    old = [i for i in mine.values() if stale(i, now=now)]
    if old:
        st.html(marks.tags([("warn", f"{len(old)} older than {STALE_AFTER.days} days: still what you believe?")]))
    for conflict in coherence.conflicts(view.board, {p: float(i.forecast.probability or 0) for p, i in mine.items()}):
        st.warning(literal(f"Your forecasts do not fit together: {conflict}."))
    st.html(standing_table(view, mine, pooled=people_data.pooled(view)))
    _withdraw(view, mine)


def standing_table(view: BoardView, mine: Mapping[Pair, Issued], *, pooled: Mapping[Pair, PoolLine]) -> str:
    """Return one's forecasts as a table: question, date, chance, the board's, the pool's, when it was issued."""
    short = {q.id: q.short for q in view.board.questions}
    now, rows = data.now(), []
    for pair, held in mine.items():
        row, line = view.row(*pair), pooled.get(pair)
        days = (now - held.at).days
        age = f'{spoken_day(held.at.date())}<br><span class="tx-muted">{_ago(days)}'
        age += " · <b>still so?</b></span>" if stale(held, now=now) else "</span>"
        why = f'<br><span class="tx-muted">{words(held.forecast.rationale)}</span>' if held.forecast.rationale else ""
        rows.append(
            [
                f"{words(short[pair[0]])}{why}",
                spoken_day(pair[1]),
                f"<b>{percent(held.forecast.probability)}</b>",
                percent(row["value"]) if row else "–",
                percent(line.best) if line else "–",
                age,
            ]
        )
    return marks.table(["Question", "By", "You", "Board", "Pool", "Issued"], rows, numeric=(2, 3, 4))


def _ago(days: int) -> str:
    return "today" if days <= 0 else f"{days} day{'s' if days > 1 else ''} ago"


def _withdraw(view: BoardView, mine: Mapping[Pair, Issued]) -> None:
    with st.expander("Withdraw a forecast"):
        pairs = list(mine)
        short = {q.id: q.short for q in view.board.questions}
        picked = st.selectbox(
            "Which",
            pairs,
            format_func=lambda p: f"{short[p[0]]} by {spoken_day(p[1])}",
            key=_key("withdraw_which"),
        )
        frame.note("From now on you have no forecast of it. What was in force until now stays in the record.")
        if st.button("Withdraw", key=_key("withdraw")):
            entry = people_data.withdraw(view.board.id, mine[picked])
            told = f"{entry.entry}: withdrawn from now on; what was in force stays in the record."
            st.session_state["forecast_saved"] = (view.board.id, told)
            st.session_state["forecast_generation"] = st.session_state.get("forecast_generation", 0) + 1
            st.rerun()


def _record(view: BoardView) -> None:
    st.header("Your record", anchor=False)
    found = people_data.record_of(view, data.actor().id)
    if not found:
        frame.note("None of your forecasts is decided yet. Each is judged as it was issued, once its question is.")
        return
    st.html(record_table(found))
    frame.note(
        "Mean Brier losses on the same questions at the same instants (0 is perfect); above 0 the difference is in "
        "your favour. Where too few questions tell the two apart, it says how many more are needed, and ranks nobody."
    )
    st.page_link(links.target("calibration"), label="All of the record, with its calibration")


def record_table(found: Sequence[Skill]) -> str:
    """Return a record as a table: the reference, both losses, the difference with its interval, what can be said."""
    rows = [
        [
            words(s.reference),
            f"{s.questions}",
            f"{s.brier:.3f}",
            f"{s.brier_reference:.3f}",
            difference(s),
            words(s.verdict if s.more is None or s.more == 0 or s.difference.resolved else f"{s.more} more questions"),
        ]
        for s in found
    ]
    head = ["Beside", "Questions", "Your loss", "Its loss", "Difference, 95 %", "What can be said"]
    return marks.table(head, rows, numeric=(1, 2, 3, 4))


def difference(found: Skill) -> str:
    """Return the difference of two losses with its interval, or alone where there is none."""
    mean = f"{found.difference.mean:+.3f}"
    low, high = found.difference.low, found.difference.high
    if isnan(low) or isnan(high):
        return mean
    return f"{mean} ({low:+.3f} to {high:+.3f})"
