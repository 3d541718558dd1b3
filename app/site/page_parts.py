"""What the pages of a site share: freshness, a change in words, a figure, a table; safe HTML out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from app import marks
from app.changes import Change, Changes, from_to
from app.site import places
from app.site.reading import SiteView
from app.spec import points, spoken_day
from app.view import BoardView


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it."""

    title: str
    body: Markup


def spoken_instant(instant: datetime) -> str:
    """Return an instant in words, in UTC: a page is read in every zone."""
    return f"{spoken_day(instant.date())} {instant:%H:%M} UTC"


def freshness(found: SiteView) -> Markup:
    """Return what a reader must know before any number, as tags."""
    view = found.view
    items = [("", f"known through {spoken_day(view.moment.known_through)}")]
    if view.shown is None:
        return Markup(marks.tags(items))  # noqa: S704 - its words are escaped
    items.insert(0, ("", f"as of {spoken_instant(view.shown.as_of)}"))
    if view.shown.mode == "retrospective":
        items.append(("warn", "retrospective: made with hindsight, no live run yet"))
    if found.stopped is not None:
        items.append(("warn", str(found.stopped)))
    elif view.status.get("stale"):
        items.append(("warn", f"stale: {view.status.get('stale_reason') or 'the newest run did not publish'}"))
    return Markup(marks.tags(items))  # noqa: S704


def move_table(found: Changes, *, up: str, most: int | None = None) -> Markup:
    """Return the moves of some changes as a table, with links; `up` leads to the board's folder."""
    rows = [_move_cells(change, up) for change in found.moved[:most] if change.clear]
    if not rows:
        return Markup("")
    return Markup(marks.table(["What", "By", "From", "To", "Points"], rows, numeric=(2, 3, 4)))  # noqa: S704


def _move_cells(change: Change, up: str) -> list[str]:
    if change.question:
        target, by = places.question(change.subject), spoken_day(change.question.headline_deadline)
        name = anchor(f"{up}{target}", change.title)
    else:
        name, by = anchor(f"{up}{places.SCENARIOS}", f"Scenario: {change.title}"), ""
    return [name, by, *from_to(change.before, change.now), f"<b>{points(change.points)}</b>"]


def anchor(target: str, words: str) -> Markup:
    """Return a link within the site; both are escaped."""
    return Markup('<a href="{}">{}</a>').format(target, words)


def happenings(found: Changes) -> list[str]:
    """Return what happened between two snapshots beside the moves, one line each."""
    return [f"{h.what}: {h.title}" for h in found.happened]


def note(text: str) -> Markup:
    """Return an explanation in the quiet colour."""
    return Markup('<p class="tx-small tx-muted">{}</p>').format(text)


def folded(summary: str, inner: str | Markup) -> Markup:
    """Return something that opens when it is pressed; `inner` is safe HTML."""
    body = Markup(inner)  # noqa: S704 - made of escaped parts
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, body)


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> Markup:
    """Return a table of words and numbers, all escaped here."""
    cells = [[str(Markup.escape(cell)) for cell in row] for row in rows]
    return Markup(marks.table(head, cells, numeric=numeric, stack=False))  # noqa: S704


def footer(view: BoardView) -> str:
    """Return which numbers a page holds."""
    if view.shown is None:
        return f"{view.board.id}, nothing published yet"
    return f"{view.board.id}, snapshot {view.shown.id[:12]}, as of {spoken_instant(view.shown.as_of)}"
