"""What changed on the board: since one's last visit or over some days, the most important first."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from app import address, changes_data, frame, links, marks
from app.changes import Change, Changes, Happening, from_to
from app.changes_data import MINUTE, Span
from app.explainers import explain
from app.look import literal, words
from app.spec import points, spoken_day
from app.view import BoardView
from forecasts.definition import Question

SHOWN = 5
"""Moves drawn at once; the smaller ones stand behind a word to press."""
SPANS = (1, 7, 30)
"""Days over which changes are told."""
USUAL = "30d"


def choose_span(board: str) -> Span:
    """Return since when changes are told: what the address says, else one's last visit, else a month.

    The address names the instant of a visit, so that a colleague who is sent it sees the same changes.
    """
    mine = changes_data.my_last_visit(board)
    options = _options(mine, changes_data.read_instant(st.query_params.get("since", "")))
    asked = address.one("since", list(options), f"{mine:{MINUTE}}" if mine else USUAL)
    key = f"span-{board}"
    address.follow(key, "since", asked)
    if st.session_state[key] not in options:  # a visit ended while the page stood open
        st.session_state[key] = asked
    picked = (
        st.segmented_control(
            "Changes since", list(options), format_func=options.__getitem__, key=key, on_change=address.catch_up
        )
        or asked
    )
    address.write(key, "since", [picked])
    instant = changes_data.read_instant(picked)
    return Span(since=instant) if instant else Span(days=int(picked.removesuffix("d")))


def _options(mine: datetime | None, given: datetime | None) -> dict[str, str]:
    """Return what can be chosen, each with its words: one's own visit, the instant of the address, some days."""
    found = {f"{mine:{MINUTE}}": "My last visit"} if mine else {}
    if given and given != mine:
        found[f"{given:{MINUTE}}"] = frame.spoken_instant(given)
    return found | {f"{days}d": "1 day" if days == 1 else f"{days} days" for days in SPANS}


def since_words(span: Span, found: Changes | None) -> str:
    """Return in words what changes are told since: the instant of a visit, or the day of the older snapshot."""
    if span.since:
        return frame.spoken_instant(span.since)
    return spoken_day(found.before.as_of.date()) if found else ""


def changes_section(view: BoardView, span: Span, found: Changes | None) -> None:
    """Draw what changed: outcomes, then moves, then how many reports came in."""
    if found is None:
        if span.since:
            frame.note("Nothing had been published when you were last here, so there is nothing to compare with.")
        return
    st.header(f"What changed since {since_words(span, found)}", anchor=False)
    if found.nothing_new:
        frame.note(
            f"Nothing has been published since; the newest numbers are of {frame.spoken_instant(found.now.as_of)}."
        )
        return
    if found.now.mode == "retrospective":
        frame.note("In the retrospective history; the live one does not reach back that far.")
    with st.container(gap=None, key="moved"):
        for place, happening in enumerate(found.happened):
            _happening(view, happening, place)
        first = [c for c in found.moved if c.clear][:SHOWN]
        _moves(view, first)
    if not first and not found.happened:
        frame.note("No number moved by more than the simulation error.")
    _smaller(found.moved[len(first) :])
    _came_in(found)
    explain("importance", key="changes")


def _smaller(moved: Sequence[Change]) -> None:
    if not moved:
        return
    with st.expander(f"{len(moved)} smaller {'change' if len(moved) == 1 else 'changes'}"):
        st.html(marks.table(["What", "From", "To", "Points"], [_cells(c) for c in moved], numeric=(1, 2, 3)))
        if not all(c.clear for c in moved):
            frame.note("In brackets: within the simulation error, so that it may be no change at all.")


def _cells(change: Change) -> list[str]:
    title = change.title if change.question else f"Scenario: {change.title}"
    moved = points(change.points) if change.clear else f"({points(change.points)})"
    return [words(title), *from_to(change.before, change.now), moved]


def _happening(view: BoardView, happening: Happening, place: int) -> None:
    with st.container(key=f"row-happened-{place}"):
        left, right = st.columns([6, 5], gap="medium", vertical_alignment="center")
        with left:
            if happening.question:
                _link(view, happening.question)
            else:
                st.html(f'<p class="tx"><b>{words(happening.title)}</b></p>')
        right.html(f'<div class="tx tx-step"><b>{words(happening.what)}</b></div>')


def _moves(view: BoardView, moved: Sequence[Change]) -> None:
    for change in moved:
        with st.container(key=f"row-moved-{change.subject}"):
            left, right = st.columns([6, 5], gap="medium", vertical_alignment="center")
            with left:
                if change.question:
                    _link(view, change.question)
                else:
                    _scenario_link(view, change)
            right.html(step(change))


def _link(view: BoardView, question: Question) -> None:
    st.page_link(
        links.target("question"),
        label=literal(question.title),
        query_params=links.address(view.board.id, question=question.id, deadline=question.headline_deadline),
    )


def _scenario_link(view: BoardView, change: Change) -> None:
    st.page_link(
        links.target("scenarios"),
        label=f"Scenario: {literal(change.title)}",
        query_params=links.address(view.board.id),
    )


def step(change: Change) -> str:
    """Return a move as HTML: the change, from where to where, and by when."""
    by = spoken_day(change.question.headline_deadline) if change.question else ""
    until = f'<span class="tx-muted">by {by}</span>' if by else ""
    before, now = from_to(change.before, change.now)
    was_now = f'<span><span class="tx-muted">{before} →</span> <b>{now}</b></span>'
    return f'<div class="tx tx-step">{marks.change(change.points, "points")}{was_now}{until}</div>'


def _came_in(found: Changes) -> None:
    reports = found.reports
    if not reports:
        return
    one = len(reports) == 1
    with st.expander(f"{len(reports)} new {'report' if one else 'reports'} in that time"):
        items = "".join(
            f"<li>{words(r.id)} · {spoken_day(r.published_on)} · {words(r.statement)} "
            f'<span class="tx-muted">{words(r.source)}</span></li>'
            for r in reversed(reports)
        )
        st.html(f'<ul class="tx">{items}</ul>')
