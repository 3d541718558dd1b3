"""`twixt explain`: why a probability moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from app.commands import explain_edge
from app.commands.common import common, day_option, examples, mode, refuse, replay_options
from app.failures import CommandError
from app.session import Session
from app.terminal import percent, points, print_json, shorten, table
from forecasts.fields import Fields

if TYPE_CHECKING:
    from forecasts.definition import Board, Question


@click.command(
    "explain",
    short_help="Why did a question move?",
    epilog=examples(
        "twixt explain ceasefire",
        "twixt explain settlement --deadline 2027-12-31 --from 2025-11-01 --to 2026-02-01 --retrospective",
        "twixt explain settlement --as-of 2026-02-01 --retrospective --json",
        "twixt explain eu_joint_borrowing --post-mortem",
        "twixt explain resumption --edge rearmament_3pct",
    ),
)
@click.argument("question")
@click.option("--deadline", metavar="DAY", help="By when.  [default: the question's headline deadline]")
@click.option(
    "--from", "start", metavar="DAY", help="From the snapshot in force on this day.  [default: a week before]"
)
@click.option(
    "--to", "end", metavar="DAY", help="To the snapshot in force on this day.  [default: --as-of, or the newest]"
)
@click.option(
    "--post-mortem",
    "decided",
    is_flag=True,
    help="After an outcome: which items pointed the right way, by how many bits.",
)
@click.option("--edge", metavar="PARENT", help="Instead of a move: the effect of this question on QUESTION.")
@replay_options
@common
def command(
    session: Session,
    question: str,
    *,
    deadline: str | None,
    start: str | None,
    end: str | None,
    decided: bool,
    edge: str | None,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Take the move of QUESTION apart: time passing, fading, occurrences, each evidence item, refit, corrections.

    The parts are in log-odds and sum to the move exactly. With --post-mortem, and a question that is decided: what each
    item, story, judge and forecaster was worth. With --edge: a hazard ratio as it was judged and as it is now, the
    chance that it is above 1, and how many bits the record has taught about it.
    """
    if edge is not None:
        _refuse_with("--edge", {"--deadline": deadline, "--from": start, "--to": end, "--post-mortem": decided})
        until = day_option("--as-of", as_of, session)
        found = explain_edge.report(
            session, question, edge, board_id=board_id, as_of=until, mode=mode(retrospective=retrospective)
        )
        explain_edge.show(found, as_json=as_json)
        return
    if decided:
        if start or end or as_of or retrospective:
            raise CommandError(
                "--post-mortem: speaks of the outcome; --from, --to, --as-of and --retrospective of a move"
            )
        _post_mortem(session, question, deadline, board_id=board_id, as_json=as_json)
        return
    first, last = day_option("--from", start, session), _end(session, end, as_of)
    if first is not None and last is not None and first >= last:
        raise CommandError(f"--to: {last:%Y-%m-%d} must lie after --from, {first:%Y-%m-%d}")
    session.prepare_caches()
    moment = session.moment(board_id)
    chosen = _question(question, moment.board)
    from forecasts import attribution

    opened = session.workspace()
    found = attribution.explain(
        opened.store,
        opened.artefacts,
        moment.board.id,
        question=chosen.id,
        deadline=_deadline(deadline, chosen),
        start=first,
        end=last,
        mode=mode(retrospective=retrospective),
    )
    if as_json:
        print_json(found)
    else:
        click.echo(_screen(found))


def _post_mortem(session: Session, question: str, deadline: str | None, *, board_id: str | None, as_json: bool) -> None:
    from app.commands.post_mortem import post_mortem_of, screen

    moment = session.moment(board_id)
    chosen = _question(question, moment.board)
    found = post_mortem_of(session, moment, chosen, _deadline(deadline, chosen) if deadline else None)
    if as_json:
        print_json(found)
    else:
        click.echo(screen(found))


def _refuse_with(option: str, given: Mapping[str, object]) -> None:
    if wrong := [name for name, value in given.items() if value]:
        raise CommandError(f"{wrong[0]}: says nothing with {option}; leave it out")


def _end(session: Session, end: str | None, as_of: str | None) -> datetime | None:
    if end is not None and as_of is not None:
        raise CommandError("--as-of: says the same as --to; give one of them")
    return day_option("--to", end, session) or day_option("--as-of", as_of, session)


def _question(question: str, board: Board) -> Question:
    from forecasts.status_entry import unknown_question

    found = next((q for q in board.questions if q.id == question), None)
    if found is None:
        raise CommandError(f"QUESTION: {unknown_question(question, board)}")
    return found


def _deadline(text: str | None, question: Question) -> date:
    """Return the deadline that is meant; raises CommandError when the question does not have it."""
    if text is None:
        return question.headline_deadline
    read = Fields({"--deadline": text}, known=("--deadline",))
    day = read.day("--deadline")
    refuse(read.problems)
    if day not in question.deadlines:
        allowed = ", ".join(map(str, question.deadlines))
        raise CommandError(f"--deadline: {day} is not listed for {question.id}; allowed: {allowed}")
    return day


def _screen(found: Mapping[str, Any]) -> str:
    before, after = (f"{percent(found[p])} on {found[day][:10]}" for p, day in (("from", "start"), ("to", "end")))
    head = f"{found['question']} by {found['deadline']} ({found['mode']}): {before}, {after}"
    in_odds = found["unit"] == "log_odds"
    measure = "log_odds" if in_odds else "probability"
    total = sum(part[measure] for part in found["parts"])
    rows = [_part(part, measure) for part in found["parts"]] + [("sum", "", "", *_amount(total, in_odds=in_odds))]
    title = "log-odds" if in_odds else "points"
    return f"{head}\n\n{table(('part', 'entry', 'what', title), rows, right='3')}"


def _part(part: Mapping[str, Any], measure: str) -> tuple[str, ...]:
    amount = _amount(part[measure], in_odds=measure == "log_odds")
    return part["kind"].replace("_", " "), part["entry"] or "", shorten(part["name"], 70), *amount


def _amount(value: float, *, in_odds: bool) -> tuple[str]:
    return (f"{value:+.3f}" if in_odds else points(value),)
