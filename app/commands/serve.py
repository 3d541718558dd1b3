"""`twixt app`: everything from nothing to the board in the browser; the second start is quick."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

import app
from app.commands.backfill import lock_file
from app.commands.common import common, examples
from app.commands.init import initialise
from app.commands.refit import run
from app.failures import CommandError, one_line
from app.session import Session
from app.terminal import ProgressLine, print_json
from app.web.local_mode import LOCAL, LOCALHOST
from app.web.login_file import LOGIN_FILE, LoginFileError, read
from forecasts.file_lock import is_held

if TYPE_CHECKING:
    from forecasts.refit import Outcome

HERE = "localhost"
FIRST_PORT, LAST_PORT = 8501, 8520
EVERY_DAYS = 7


@click.command(
    "app",
    short_help="Serve the board in the browser.",
    epilog=examples(
        "twixt app",
        "twixt app --port 8600 --no-browser",
        "twixt app --address 0.0.0.0 --no-browser   # with a login.toml in the home",
        "twixt app --read-only",
    ),
)
@click.option("--port", metavar="N", help=f"Port to listen on.  [default: the first free one from {FIRST_PORT}]")
@click.option(
    "--address", metavar="IP", default=HERE, show_default=True, help="Address to listen on; others need a login."
)
@click.option("--read-only", is_flag=True, help="Nobody can write, not even you.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser window.")
@common
def command(
    session: Session,
    *,
    port: str | None,
    address: str,
    read_only: bool,
    no_browser: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Set up what is missing, publish the board when something is new, and serve it until Ctrl-C.

    The first start fits the models (a few minutes with cold caches); the weekly history is then filled by a process
    of its own while the app is already there. With --json one document is printed before the server starts.

    Without a login.toml in the home you own the record, and the app answers on localhost only.
    """
    local = _has_an_owner(session.home.root, address, read_only=read_only)
    chosen = _port(port, address)
    entered = [done.board for done in initialise(session, None)]
    boards = [session.board(board_id)] if board_id is not None else entered
    outcomes = {board: _publish(session, board, quiet=as_json) for board in boards}
    filling = next((board for board in boards if _fill_history(session, board)), None)
    url = f"http://{f'[{address}]' if ':' in address else address}:{chosen}"
    if as_json:
        refits = {board: outcome.kind for board, outcome in outcomes.items()}
        print_json({"url": url, "refit": refits, "filling_history": filling})
    else:
        for outcome in outcomes.values():
            click.echo(one_line(outcome.message), err=outcome.kind == "refused")
        if filling:
            click.echo(f"{filling}: the weekly history is being filled; progress in {_history_log(session)}")
        click.echo(f"serving {url} (Ctrl-C ends it)")
    session.close()
    os.environ[LOCAL] = "1" if local else ""
    _serve(address, chosen, browser=not no_browser, stdout_taken=as_json)


def _has_an_owner(home: Path, address: str, *, read_only: bool) -> bool:
    """Tell whether the person who starts the server owns the record; raises CommandError where others could too."""
    try:
        login = bool(read(home / LOGIN_FILE))
    except LoginFileError as error:
        raise CommandError(str(error)) from error
    if login and read_only:
        raise CommandError(f"--read-only: {home / LOGIN_FILE} lets people log in and write; move it away first")
    if not login and not read_only and address not in LOCALHOST:
        raise CommandError(
            f"--address: {address[:60]!r}: without a login the app answers on {', '.join(LOCALHOST)} only; "
            f"{home / LOGIN_FILE} lets people log in, --read-only lets nobody write"
        )
    return not login and not read_only


def _publish(session: Session, board: str, *, quiet: bool) -> Outcome:
    """Refit when something is new; after a refusal the last good snapshot is served."""
    session.prepare_caches()
    from forecasts.refit import Wanted

    with ProgressLine(quiet=quiet) as progress:
        return run(session, board, wanted=Wanted(), progress=progress)


def _fill_history(session: Session, board: str) -> bool:
    """Start the weekly backfill as a process of its own when weeks are missing; it ends with this process.

    Returns whether one is running.
    """
    from forecasts import snapshots

    moment = session.moment(board)
    if is_held(lock_file(session, board)):
        return True
    opens, last = moment.board.opens, moment.known_through
    weeks = {opens + timedelta(days=k) for k in range(0, (last - opens).days + 1, EVERY_DAYS)}
    published = snapshots.index(session.workspace().store, board, mode="retrospective")
    if weeks <= {as_of.date() for as_of in published["as_of"]}:
        return False
    arguments = ["backfill", "--board", board, "--from", opens.isoformat(), "--every", f"{EVERY_DAYS}d"]
    log = _history_log(session)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
            [sys.executable, "-m", "app.cli", *arguments, "--progress", "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return True


def _history_log(session: Session) -> Path:
    return session.home.logs / "backfill.log"


def _serve(address: str, port: int, *, browser: bool, stdout_taken: bool) -> None:
    """Become the server: this process is replaced, so that signals reach it."""
    script = Path(app.__file__).parent / "web" / "asgi.py"
    options = [f"--server.address={address}", f"--server.port={port}", "--server.showEmailPrompt=false"]
    if not browser:
        options.append("--server.headless=true")
    sys.stdout.flush()
    if stdout_taken:
        os.dup2(2, 1)
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(script), *options])  # noqa: S606


def _port(text: str | None, address: str) -> int:
    """Return the wanted port, or the first free one; raises CommandError when there is none."""
    if not _is_free(address, 0):
        raise CommandError(f"--address: {address[:60]!r} is no address of this machine")
    if text is None:
        free = next((p for p in range(FIRST_PORT, LAST_PORT + 1) if _is_free(address, p)), None)
        if free is None:
            raise CommandError(f"--port: {FIRST_PORT} to {LAST_PORT} are all taken; name another one")
        return free
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 65535):
        raise CommandError(f"--port: {text[:40]!r}: a port from 1 to 65535 is needed")
    if not _is_free(address, int(text)):
        raise CommandError(f"--port: {text} is taken or not allowed; another one is needed")
    return int(text)


def _is_free(address: str, port: int) -> bool:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except (OSError, UnicodeError):
        return False
    return True
