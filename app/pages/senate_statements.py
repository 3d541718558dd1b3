"""What members have said of a vote: the list, the form with what a statement would change, saving and taking back."""

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from app import data, frame, marks, refit_job, votes_data
from app.look import link, literal, words
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts import bodies, statement_entry
from forecasts.definition import FittedVote, Vote
from forecasts.domain import Entry, Seat, Statement
from forecasts.fields import LINK_LIMIT, FieldProblem
from forecasts.statement_entry import NOTE_LIMIT, SOURCE_LIMIT, STANCE_WORDS, STANCES

DRAFT = "draft"
"""Id of a statement before it is saved."""
MOVED = 6
"""Members listed as moved most by a statement."""
_LABELS = {"member": "Senator", "stance": "How would they vote", "on": "Said on", "source": "Where it was said"}


def statements_section(view: BoardView, vote: Vote, fitted: FittedVote) -> None:
    """Draw the statements in force, and the form for another one."""
    st.header("What members have said", anchor=False)
    held = bodies.compositions(vote, fitted, view.moment.view)
    today = data.now().date()
    seats = bodies.may_speak(held, today)
    _saved(view)
    _list(view, vote, {s.member: s for c in held for s in c.seats})
    st.subheader("Enter a statement", anchor=False)
    frame.note(
        "What a member says in public is a noisy signal of how they would vote. It moves that member and, through what "
        "all members share, the others. Only a member’s newest statements count."
    )
    left, right = st.columns([6, 5], gap="large")
    with left:
        fields = _form(seats, today=today)
    draft, problems = parse(fields, view, vote, seats, today=today)
    with right, st.container(key="preview_side"):
        _preview(view, vote, draft)
        allowed = frame.allowed("statement", "save a statement")
        if allowed and st.button("Save the statement", type="primary", key=_key("save")):
            if draft is None:
                for problem in problems:
                    st.error(literal(f"{_LABELS.get(problem.field, problem.field)}: {problem.message}"))
            else:
                _save(view, draft)


def parse(
    fields: Mapping[str, str], view: BoardView, vote: Vote, seats: Sequence[Seat], *, today: date
) -> tuple[Statement | None, list[FieldProblem]]:
    """Return the statement that the raw fields hold, or None with every mistake; the checks are the command line's."""
    record, problems = statement_entry.statement_from_fields(fields, vote, entry=DRAFT, seats=seats)
    if record is None:
        return None, problems
    problems = statement_entry.check_statement(record, seats, view=view.moment.view, today=today)
    return (None if problems else record), problems


def _key(name: str) -> str:
    return f"st{st.session_state.get('statement_generation', 0)}_{name}"


def _form(seats: Sequence[Seat], *, today: date) -> dict[str, str]:
    names = {s.member: bodies.spoken(s) for s in sorted(seats, key=lambda s: (s.name.split()[-1], s.state))}
    member = st.selectbox(
        "Senator", list(names), index=None, format_func=names.__getitem__, key=_key("member"), placeholder="Choose one"
    )
    scale, named = STANCES[::-1], STANCE_WORDS.__getitem__
    stance = st.select_slider("How would they vote", scale, value="undecided", format_func=named, key=_key("stance"))
    on = st.date_input("Said on", today, max_value=None, format="YYYY-MM-DD", key=_key("on"))
    office = "Office, paper or person"
    source = st.text_input("Where it was said", key=_key("source"), placeholder=office, max_chars=SOURCE_LIMIT)
    url = st.text_input("Link (optional)", key=_key("url"), placeholder="https://", max_chars=LINK_LIMIT)
    note = st.text_input("Note (optional)", key=_key("note"), max_chars=NOTE_LIMIT)
    day = on.isoformat() if isinstance(on, date) else ""
    return {"member": member or "", "stance": str(stance), "on": day, "source": source, "url": url, "note": note}


def _preview(view: BoardView, vote: Vote, draft: Statement | None) -> None:
    st.subheader("What it would change", anchor=False)
    member = st.session_state.get(_key("member"))
    if not member:
        frame.note("Choose a member to see what the statement would change.")
        return
    shown = draft or _stand_in(view, vote, member)
    with st.spinner("Computing the vote with it"):
        found = votes_data.preview(view, vote.question, shown)
    if isinstance(found, str):
        st.warning(literal(found))
        return
    two_thirds, consent, now, then = found
    headline = view.board.question(vote.question).headline_deadline.isoformat()
    rows = [("Two thirds, if a vote were held now", two_thirds)]
    rows += [(f"Consent by {spoken_day(date.fromisoformat(d))}", m) for d, m in consent.items() if d >= headline]
    cells = [[words(n), percent(m.before), percent(m.after), points(m.after - m.before)] for n, m in rows]
    st.html(marks.table(["", "Now", "With it", "Points"], cells, numeric=(1, 2, 3), stack=False))
    _moved_members(view, vote, now.tally["members"], then.tally["members"], first=member)
    frame.note("Computed on a part of the draws; the next refit counts it on all, and on what hangs on consent.")


def _stand_in(view: BoardView, vote: Vote, member: str) -> Statement:
    """Return a statement of the chosen stance, so that a preview comes before source and link are typed."""
    stance, today = st.session_state.get(_key("stance"), "undecided"), view.moment.day
    return Statement(DRAFT, vote.question, member, stance, today, today, "draft", "", "")


def _moved_members(view: BoardView, vote: Vote, before: Sequence[float], after: Sequence[float], *, first: str) -> None:
    seats = view.detail["votes"][vote.question]["now"]["seats"]
    names = [f"{s['name']} ({s['state']}, {s['party']})" for s in seats]
    order = sorted(range(len(seats)), key=lambda i: (seats[i]["member"] != first, -abs(after[i] - before[i])))
    cells = [
        [words(names[i]), percent(before[i]), percent(after[i]), points(after[i] - before[i])] for i in order[:MOVED]
    ]
    st.html(marks.table(["Member", "Now", "With it", "Points"], cells, numeric=(1, 2, 3), stack=False))


def _list(view: BoardView, vote: Vote, seats: Mapping[str, Seat]) -> None:
    entries = view.moment.view.entries
    made = [e for e in entries if isinstance(e.record, Statement) and e.record.question == vote.question]
    if not made:
        frame.note("Nobody's statement is in the record.")
        return
    speaking = {s.id for s in bodies.statements(vote.question, view.moment.view)}
    head = ["Entry", "Senator", "Would vote", "Said on", "Where", "Counts"]
    st.html(marks.table(head, [_row(e, seats, counts=e.entry in speaking) for e in made]))
    if not data.may("retract"):
        return
    with st.expander("Take a statement back"):
        picked = st.selectbox("Entry", [e.entry for e in made], key="statement_back")
        if st.button("Take it back", key="statement_retract", help="Both rows stay in the record."):
            data.retract(view.board.id, picked, reason="taken back on the page")
            st.session_state["statement_undone"] = picked
            st.rerun()


def _row(entry: Entry, seats: Mapping[str, Seat], *, counts: bool) -> list[str]:
    record = entry.record
    assert isinstance(record, Statement)
    seat = seats.get(record.member)
    return [
        words(entry.entry),
        words(bodies.spoken(seat) if seat else record.member),
        words(STANCE_WORDS[record.stance]),
        words(spoken_day(record.made_on)),
        link(record.url, record.source),
        "yes" if counts else "superseded",
    ]


def _save(view: BoardView, draft: Statement) -> None:
    entry = votes_data.save_statement(view.board.id, draft)
    st.session_state["statement_saved"] = (view.board.id, entry.entry)
    st.session_state["statement_generation"] = st.session_state.get("statement_generation", 0) + 1
    st.rerun()


def _saved(view: BoardView) -> None:
    """Say what was saved or taken back last in this session, with the way on."""
    if undone := st.session_state.pop("statement_undone", ""):
        st.info(literal(f"{undone} is taken back. The record keeps both rows; the next refit counts without it."))
        refit_job.button(view)
    board, entry = st.session_state.get("statement_saved", ("", ""))
    if board == view.board.id and entry in {e.entry for e in view.moment.view.entries}:
        st.success(literal(f"{entry} is in the record. The board counts it from the next refit on."))
        refit_job.button(view)
