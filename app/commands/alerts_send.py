"""`twixt alerts send`: compare what each subscriber was last told with how the board stands, and deliver what waits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from app.commands.alerts_choice import key
from app.commands.common import board_option, examples, json_option, with_session
from app.failures import OK, REFUSED, one_line
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from forecasts.alerts.telling import Sent


@click.command(
    "send",
    short_help="Tell every subscriber what is new to them.",
    epilog=examples(
        "twixt alerts send                # after each refit, or from cron",
        "twixt alerts send --now          # also what waits for its next attempt",
    ),
)
@click.option("--now", "force", is_flag=True, help="Do not wait for the time of the next attempt.")
@board_option
@json_option
@with_session
def command(session: Session, *, force: bool, board_id: str | None, as_json: bool) -> int:
    """Queue what is new to each subscriber, of all boards or of --board, and deliver what waits.

    What cannot be delivered is tried again for three days, ever more rarely. Exit code 3 when something was not
    delivered in this call.
    """
    board = None if board_id is None else session.board(board_id)
    queued, sent = send(session, board, force=force)
    left = [s for s in sent if s.outcome != "delivered"]
    if as_json:
        print_json(
            {
                "queued": queued,
                **dict(sorted(Counter(s.outcome for s in sent).items())),
                "attempts": [
                    {"id": s.message.id, "subscriber": s.subscriber, "outcome": s.outcome, "answer": s.answer}
                    for s in sent
                ],
            }
        )
    else:
        click.echo(f"{queued} new, {len(sent) - len(left)} delivered")
        for s in left:
            click.echo(
                one_line(f"{s.message.board}: {s.subscriber}: {s.outcome.replace('_', ' ')}: {s.answer}"), err=True
            )
    return REFUSED if left else OK


def send(session: Session, board: str | None, *, force: bool = False) -> tuple[int, list[Sent]]:
    """Queue and deliver; returns how many messages were new, and what became of each attempt.

    Raises
    ------
    CommandError
        When there are subscribers but not the key to their addresses.
    StoreError
        When the record cannot be read or written.
    """
    from forecasts.alerts import outbox, subscribers, telling, wire
    from forecasts.people import JOBS

    opened = session.workspace()
    boards = sorted({s.board for s in subscribers.every(opened.store, board)})
    if not boards:
        return 0, []
    seal = key(session)
    queued = sum(
        telling.queue_news(opened.store, opened.artefacts, b, actor=JOBS, now=session.instant(b)) for b in boards
    )
    sent = telling.deliver(
        opened.store,
        key=seal,
        post=wire.post,
        clock=lambda: datetime.now(UTC),
        actor=JOBS,
        board=board,
        force=force,
    )
    found = list(sent)
    outbox.forget(opened.store, now=session.now)
    return queued, found
