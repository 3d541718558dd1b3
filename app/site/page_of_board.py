"""The first page of a board's site: scenarios, what changed, every question with its band, change and trend."""

from typing import Any

from markupsafe import Markup

from app import board_words, charts, marks
from app.look import words
from app.pages import board as board_page
from app.site import places
from app.site.page_parts import Section, anchor, folded, happenings, move_table, note, plain_table
from app.site.pictures import Drawer
from app.site.reading import SPAN, SiteView
from app.spec import percent, spoken_day
from app.thinning import thinned
from app.view import BoardView

MOVES = 5
"""Moves shown at once."""


def content(found: SiteView, draw: Drawer) -> dict[str, Any]:
    """Return what the page's template draws."""
    view = found.view
    if view.shown is None:
        return {"lead": "No numbers have been published yet.", "summary": "", "sections": []}
    sections = [*_changes(found), *_scenarios(view, draw), *_questions(view), *_overlays(view)]
    sections.append(Section("All numbers", folded("Every question, date and scenario as a table", _all(view))))
    if view.board.description:
        sections.append(Section("About this board", Markup("<p>{}</p>").format(view.board.description)))
    return {
        "lead": board_page.opening_words(view),
        "summary": board_words.paragraph(view, found.changed, _since(found)),
        "sections": sections,
    }


def _since(found: SiteView) -> str:
    return spoken_day(found.changed.before.as_of.date()) if found.changed else ""


def _changes(found: SiteView) -> list[Section]:
    changed = found.changed
    if changed is None:
        return []
    lines = Markup("").join(Markup("<li><b>{}</b></li>").format(line) for line in happenings(changed))
    told = Markup('<ul class="plain">{}</ul>').format(lines) if lines else Markup("")
    moves = move_table(changed, up="", most=MOVES)
    if not (told or moves):
        moves = note("No number moved by more than the simulation error.")
    more = Markup("<p>{}</p>").format(anchor(places.CHANGES, "Everything that was published"))
    kind = note("In the retrospective history.") if changed.now.mode == "retrospective" else Markup("")
    return [Section(f"What changed in {SPAN} days, since {_since(found)}", told + moves + kind + more)]


def _scenarios(view: BoardView, draw: Drawer) -> list[Section]:
    partition = view.scenarios("partition")
    if partition.is_empty():
        return []
    spoken = "; ".join(f"{r['title']} {percent(r['value'])}" for r in partition.to_dicts())
    picture = draw.figure(
        lambda colours: charts.scenario_ribbon(partition, colours=colours),
        f"One bar divided into scenarios: {spoken}.",
        room="whole",
    )
    listed = Markup(board_page.scenario_list(partition, view))  # noqa: S704 - its words are escaped
    parts = [picture, listed]
    history = view.partition_history()
    if history["on"].n_unique() > 1:
        titles, drawn = partition["title"].to_list(), thinned(history)
        chart = draw.figure(
            lambda colours: charts.scenario_history(drawn, titles=titles, colours=colours),
            f"Stacked chances of the scenarios through time. At the end: {spoken}.",
            room="whole",
        )
        rows = [[str(cell) for cell in row] for row in board_page.by_month(history, titles).rows()]
        table = folded(
            "Scenarios by month as a table", plain_table(["Day", "Scenario", "Chance %"], rows, numeric=(2,))
        )
        parts += [chart, note(f"{history['mode'][0].capitalize()} snapshots, colours as in the list."), table]
    return [Section("Scenarios", Markup("").join(parts))]


def _questions(view: BoardView) -> list[Section]:
    head = Markup(board_page.row_head(view))  # noqa: S704
    rows = view.headlines()
    sections = []
    for section in view.board.sections:
        mine = [
            Markup('<div class="question"><div>{}<div class="tx-small tx-muted">by {}</div></div>{}</div>').format(
                anchor(places.question(q.id), q.title),
                spoken_day(q.headline_deadline),
                Markup(board_page.question_marks(view, q, r)),  # noqa: S704
            )
            for q, r in rows
            if q.section == section.id
        ]
        if mine:
            top = Markup('<div class="question head"><div></div>{}</div>').format(head)
            sections.append(Section(section.title, top + Markup("").join(mine)))
    return sections


def _overlays(view: BoardView) -> list[Section]:
    overlays = view.scenarios("overlay")
    if overlays.is_empty():
        return []
    listed = Markup(board_page.overlay_list(overlays, view))  # noqa: S704
    return [Section("Also watched", note("These overlap with the scenarios and with each other.") + listed)]


def _all(view: BoardView) -> str:
    table = view.table()
    rows = [["" if cell is None else words(cell) for cell in row] for row in table.rows()]
    return marks.table(table.columns, rows, numeric=(2, 3, 4, 5), stack=False)
