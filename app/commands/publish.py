"""`twixt publish`: a board as a static site that needs no server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from app.site.swapping import Swapped

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?")


@click.command(
    "publish",
    short_help="Write a static site: pages, numbers, feed, calendar.",
    epilog=examples(
        "twixt publish site",
        "twixt publish /srv/site --url https://board.example.org/",
        "twixt publish site --board indivisible-security --json",
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=True, path_type=Path))
@click.option(
    "--url", metavar="ADDRESS", help="Where the site will be served: feed and calendar then hold whole links."
)
@common
def command(session: Session, folder: Path, *, url: str | None, board_id: str | None, as_json: bool) -> None:
    """Write every board of the record, or --board, to DIR as a site that opens offline and asks nobody for anything.

    A new site takes the old one's place in one step, files that did not change stay untouched, and where nothing
    changed nothing is written. Charts are drawn within the pages; the same numbers lie beside them as JSON.
    """
    done = publish(session, folder, board_id=board_id, url=url)
    if as_json:
        print_json({"folder": str(folder), "files": done.files, "written": done.written, "removed": done.removed})
    elif done.written or done.removed:
        click.echo(f"{folder}: {len(done.written)} of {done.files} files written, {len(done.removed)} removed")
    else:
        click.echo(f"{folder}: nothing has changed")


def publish(session: Session, folder: Path, *, board_id: str | None = None, url: str | None = None) -> Swapped:
    """Write the site; raises CommandError where folder or address cannot be used, StoreError and OSError as met."""
    address = _address(url)
    session.prepare_caches()
    _quiet()
    from app.site import building, swapping
    from forecasts import ledger

    opened = session.workspace()
    boards = ledger.known_boards(opened.store) if board_id is None else (session.board(board_id),)
    if not boards:
        raise CommandError("--board: there is no board yet; `twixt init` enters one")
    swapping.check(folder)
    now = max(session.instant(board) for board in boards)
    drawings = session.home.cache / "drawings" / building.drawings_of(folder)
    return swapping.swap_in(folder, building.files(opened, boards, now=now, drawings=drawings, address=address))


def _quiet() -> None:
    """Let the library of the pages be silent: it warns that no server runs, and none is wanted."""
    from streamlit.logger import get_logger

    get_logger("streamlit.runtime.caching.cache_data_api").setLevel("ERROR")


def _address(url: str | None) -> str:
    if url is None:
        return ""
    if not _ADDRESS.fullmatch(url):
        raise CommandError(f"--url: {url[:80]!r}: an address like https://board.example.org/ is needed")
    return url if url.endswith("/") else f"{url}/"
