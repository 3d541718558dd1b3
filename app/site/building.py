"""All files of a site: path -> bytes, the same for the same record."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from app.look import FAVICON
from app.site import documents, other_pages, page_of_board, page_of_question, page_parts, pictures, places, reading
from app.site.pictures import Drawer
from app.site.reading import SiteView
from forecasts.settings import Workspace

TEMPLATES = Path(__file__).with_name("templates")
APP_STYLE = Path(__file__).parents[1] / "static" / "twixt.css"
_OF_STREAMLIT = re.compile(r"\.st[A-Z]|st-key|data-testid")
"""What marks a rule of the pages' style sheet that speaks of Streamlit's own elements."""


def files(
    opened: Workspace, boards: Sequence[str], *, now: datetime, drawings: Path | None, address: str = ""
) -> dict[str, bytes]:
    """Return every file of a site of some boards: path with `/` -> bytes.

    Parameters
    ----------
    opened
        The record.
    boards
        The boards, each in a folder of its own.
    now
        The clock, aware UTC: the records in force now; nothing that is written depends on it otherwise.
    drawings
        Where drawn charts are kept, so that the same chart is drawn once; None keeps none.
    address
        Where the site will be served, ending with `/`; empty for nowhere in particular.

    Raises
    ------
    StoreError, BoardStoreError, ReplayError
        When a board cannot be read.
    """
    found: dict[str, bytes] = {}
    draw, heads = Drawer(drawings), []
    for board in boards:
        read = reading.read(opened, board, now=now)
        folder = f"{places.named(board)}/"
        inner = _of_board(read, draw, address=f"{address}{folder}" if address else "")
        found |= {f"{folder}{path}": content for path, content in inner.items()}
        heads.append({"folder": folder, "view": read.view, "freshness": page_parts.freshness(read)})
    found[places.BOARD] = _page("first.html", boards=heads, up="", css=style())
    draw.forget()
    return found | {places.MANIFEST: _manifest(found)}


def _of_board(found: SiteView, draw: Drawer, *, address: str) -> dict[str, bytes]:
    view = found.view
    pages = {
        places.BOARD: ("board.html", page_of_board.content(found, draw)),
        places.SCENARIOS: ("plain.html", other_pages.scenarios(view, draw)),
        places.CHANGES: ("plain.html", other_pages.changes(found)),
        places.CALIBRATION: ("plain.html", other_pages.calibration(found, draw)),
        places.SOURCES: ("plain.html", other_pages.sources(view)),
    }
    made = {path: _of(found, template, "", path, content) for path, (template, content) in pages.items()}
    for asked in view.board.questions:
        content = page_of_question.content(view, asked, draw)
        path = places.question(asked.id)
        made[path] = _of(found, "question.html", "../", path, content)
        made[places.question_data(asked.id)] = documents.as_json(documents.question(view, asked))
    return made | {
        "board.json": documents.as_json(documents.board(found)),
        "changes.json": documents.as_json(documents.changes(found)),
        "calibration.json": documents.as_json(documents.calibration(found)),
        places.FEED: documents.feed(found, address=address),
        places.DEADLINES: documents.deadlines(found, address=address),
    }


def _of(found: SiteView, template: str, up: str, path: str, content: Mapping[str, Any]) -> bytes:
    view = found.view
    return _page(
        template,
        up=up,
        path=path,
        css=style(),
        board=view.board,
        freshness=page_parts.freshness(found),
        footer=page_parts.footer(view),
        menu=other_pages.MENU,
        feed=places.FEED,
        calendar=places.DEADLINES,
        **content,
    )


def _page(template: str, **content: Any) -> bytes:
    text = _templates().get_template(template).render(icon=icon(), **content)
    return f"{text.strip()}\n".encode()


@cache
def _templates() -> jinja2.Environment:
    """Return the templates: everything in them is escaped unless it was marked as HTML where it was made."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style() -> str:
    """Return the style sheet of every page: the palette, the pages' marks, and the site's own rules."""
    shared = [
        line
        for line in APP_STYLE.read_text(encoding="utf-8").splitlines()
        if line.strip() and not _OF_STREAMLIT.search(line)
    ]
    own = TEMPLATES.joinpath("site.css").read_text(encoding="utf-8")
    return "\n".join([pictures.style(), *shared, own])


@cache
def icon() -> str:
    """Return the mark of the project as an address that holds it."""
    from urllib.parse import quote

    return f"data:image/svg+xml,{quote(FAVICON.read_text(encoding='utf-8'))}"


def drawings_of(folder: Path) -> str:
    """Return the name under which the drawings of a site are kept: each site has its own."""
    return hashlib.sha256(str(folder.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]


def _manifest(found: Mapping[str, bytes]) -> bytes:
    listed = {path: hashlib.sha256(found[path]).hexdigest() for path in sorted(found)}
    return (json.dumps({"twixt_site": documents.FORMAT, "files": listed}, indent=1) + "\n").encode()
