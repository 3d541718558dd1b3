"""`twixt jobs cancel`: take tasks back, waiting or running."""

from __future__ import annotations

import click

from app.commands.common import common, examples, whole
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "cancel",
    short_help="Take tasks back.",
    epilog=examples("twixt jobs cancel 118", "twixt jobs cancel --history --board harvest"),
)
@click.argument("tasks", nargs=-1, metavar="[TASK]...")
@click.option("--history", is_flag=True, help="Every task of a backfill (of --board, or of all boards).")
@common
def command(session: Session, *, tasks: tuple[str, ...], history: bool, board_id: str | None, as_json: bool) -> None:
    """Take tasks back by number (`twixt jobs list`): a waiting one at once, a running one within seconds.

    What a running task has computed is thrown away; nothing of it is published.
    """
    from forecasts.errors import StoreError
    from forecasts.jobs import queue
    from forecasts.people import LOCAL_OWNER

    if bool(tasks) == history:
        raise CommandError("TASK: numbers of tasks are needed, or --history")
    store = session.workspace().store
    numbers = [whole("TASK", text, 1, 2**63 - 1) or 0 for text in tasks]
    if history:
        board = None if board_id is None else session.board(board_id)
        active = queue.read(store, states=queue.ACTIVE, board=board, limit=1_000_000)
        numbers = [job.number for job in active if job.priority < queue.Priority.DUE - 1]
    found = {}
    for number in numbers:
        try:
            found[number] = queue.cancel(store, number, actor=LOCAL_OWNER)
        except StoreError:
            if not history:  # of a whole history, some may end while it is taken back
                raise
    if as_json:
        print_json({"cancelled": [{"task": n, "was": state} for n, state in found.items()]})
    else:
        running = sum(state == "doing" for state in found.values())
        click.echo(f"cancelled: {len(found)}, {running} of them while running")
