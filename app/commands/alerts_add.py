"""`twixt alerts add`: a webhook or chat that is told what happens on a board."""

from __future__ import annotations

import sys

import click

from app import alert_key
from app.commands.alerts_choice import document
from app.commands.common import common, examples
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json

LONGEST_ADDRESS = 4_000


@click.command(
    "add",
    short_help="Add a webhook or chat.",
    epilog=examples(
        "twixt alerts add desk                # the address on standard input stays out of the shell's history",
        "twixt alerts add team --slack --rule 'move 5' --rule 'cross 50 ceasefire'",
        "twixt alerts add pager --rule failed --rule 'stale 30' --url https://hooks.example.org/board",
    ),
)
@click.argument("name")
@click.option("--url", metavar="ADDRESS", help="Where messages go; without it, the first line of standard input.")
@click.option("--slack", is_flag=True, help="Send the text that Slack and other chats read, instead of a document.")
@click.option(
    "--rule", "rules", metavar="RULE", multiple=True, help="What they are told; can be repeated. [default: all below]"
)
@click.option("--private", is_flag=True, help="The address may lie in this machine's own network, and be plain http.")
@common
def command(
    session: Session,
    name: str,
    *,
    url: str | None,
    slack: bool,
    rules: tuple[str, ...],
    private: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Add a subscriber called NAME, print the secret that their messages are signed with, once, and never again.

    Rules: `move 5` (points since what they were last told), `cross 50` (per cent), `stale 36` (hours for which a run
    has been due), `failed` (a run did not publish, or is not tried again), `due 14` (days before an outcome waits for a
    person). A question or scenario may follow `move` and `cross`, a question `due`. Without --rule: move 5, failed,
    stale 36, due 14.
    """
    from forecasts.alerts import rules as rule_texts
    from forecasts.alerts import standing, subscribers, telling
    from forecasts.alerts.sealing import Address, new_secret
    from forecasts.errors import RecordError
    from forecasts.people import LOCAL_OWNER

    opened, board = session.workspace(), session.board(board_id)
    address = Address(_address(url), new_secret(), private)
    here = standing.read(opened.store, opened.artefacts, board, now=session.instant(board))
    kind = "slack" if slack else "webhook"
    try:
        subscribers.check(name, kind=kind, address=address)
        wanted = rule_texts.read(rules, board=here.board)
        added = subscribers.add(
            opened.store,
            name,
            board=board,
            kind=kind,
            address=address,
            rules=wanted,
            seen=telling.beginning(wanted, here),
            key=alert_key.read_or_make(session.environment, session.home.root),
            actor=LOCAL_OWNER,
            now=session.now,
        )
    except RecordError as error:
        raise CommandError(str(error)) from error
    if as_json:
        print_json({**document(added, {}), "secret": address.secret})
        return
    told = ", ".join(map(str, added.rules))
    click.echo(f"{added.id}: {added.name} at {added.host} is told of {board}: {told}")
    click.echo(f"signed with {address.secret}: keep it now, it is not shown again")


def _address(url: str | None) -> str:
    if url is not None:
        return url.strip()
    line = str(sys.stdin.readline(LONGEST_ADDRESS)).strip()
    if not line:
        raise CommandError("--url: an address is needed there, or on the first line of standard input")
    return line
