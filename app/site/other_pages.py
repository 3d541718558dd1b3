"""The other pages of a board's site: scenarios, published changes, calibration, sources."""

from typing import Any

import polars as pl
from markupsafe import Markup

from app import charts_of_scenarios, charts_of_scores, look, marks, shipped_sources
from app.look import link, words
from app.pages import calibration as calibration_page
from app.pages import scenarios as scenarios_page
from app.pages import sources as sources_page
from app.site import places
from app.site.page_parts import Section, folded, happenings, move_table, note, spoken_instant
from app.site.pictures import Drawer
from app.site.reading import SiteView
from app.spec import percent
from app.thinning import thinned
from app.view import BoardView
from forecasts.calibration_report import Report


def scenarios(view: BoardView, draw: Drawer) -> dict[str, Any]:
    """Return what the page of scenarios draws."""
    partition = view.scenarios("partition")
    if partition.is_empty():
        return {"title": "Scenarios", "lead": "This board defines no scenarios.", "sections": []}
    sections = [*_through_time(view, partition, draw), *_meanings(view, partition)]
    sections += [s for p in partition.to_dicts() for s in _hangs_on(view, p, draw)]
    lead = "Exactly one of the scenarios holds in each simulated future, so their chances sum to 100 %."
    return {"title": "Scenarios", "lead": lead, "sections": sections}


def _through_time(view: BoardView, partition: pl.DataFrame, draw: Drawer) -> list[Section]:
    history, titles = view.partition_history(), partition["title"].to_list()
    if history["on"].n_unique() < 2:
        return []
    drawn = thinned(history)
    spoken = "; ".join(f"{r['title']} {percent(r['value'])}" for r in partition.to_dicts())
    chart = draw.figure(
        lambda colours: charts_of_scenarios.labelled_history(drawn, titles=titles, colours=colours),
        f"Stacked chances of the scenarios through time. At the end: {spoken}.",
        room="whole",
    )
    return [Section("Through time", chart + note(f"{history['mode'][0].capitalize()} snapshots."))]


def _meanings(view: BoardView, partition: pl.DataFrame) -> list[Section]:
    head = ["Scenario", "Meaning", "Chance", "90 % band", "30 days"]
    swatches = len(look.LIGHT.categories)
    cells = [
        scenarios_page.meaning_cells(
            view, r, f'<span class="tx-swatch" style="background:var(--tx-cat{i % swatches})"></span> '
        )
        for i, r in enumerate(partition.to_dicts())
    ]
    found = [Section("What each means", Markup(marks.table(head, cells, numeric=(2, 3, 4))))]  # noqa: S704 - escaped
    overlays = view.scenarios("overlay")
    if not overlays.is_empty():
        rows = [scenarios_page.meaning_cells(view, r, "") for r in overlays.to_dicts()]
        more = note("These overlap with the scenarios and with each other.")
        found.append(Section("Also watched", more + Markup(marks.table(head, rows, numeric=(2, 3, 4)))))  # noqa: S704
    return found


def _hangs_on(view: BoardView, row: dict[str, Any], draw: Drawer) -> list[Section]:
    listed = view.detail.get("scenarios", {}).get(row["subject"], {}).get("drivers", [])[: scenarios_page.SHOWN]
    if not listed:
        return []
    names = {q.id: q.short for q in view.board.questions}
    drivers = pl.DataFrame([d | {"name": names.get(d["question"], d["question"])} for d in listed])
    lines = drivers.to_dicts()
    spoken = "; ".join(f"{d['name']}: {percent(d['p_if_yes'])} if yes, {percent(d['p_if_no'])} if no" for d in lines)
    chart = draw.figure(
        lambda colours: charts_of_scenarios.tornado(drivers, probability=row["value"], colours=colours),
        f"Chance of {row['title']} if a question happens or not. {spoken}.",
        room="beside",
    )
    cells = [[words(d["name"]), percent(d["p_if_yes"]), percent(d["p_if_no"])] for d in lines]
    table = Markup(  # noqa: S704 - escaped above
        marks.table(["Question", "If it happens", "If it does not"], cells, numeric=(1, 2))
    )
    definition = next((s.definition for s in view.board.scenarios if s.id == row["subject"]), "")
    how = folded("How it is defined", Markup("<pre>{}</pre>").format(definition))
    body = Markup('<div class="halves">{}<div>{}</div></div>').format(chart, table) + how
    return [Section(f"What “{row['title']}” hangs on", body)]


def changes(found: SiteView) -> dict[str, Any]:
    """Return what the page of published changes draws."""
    sections = []
    for changed in found.published:
        lines = Markup("").join(Markup("<li><b>{}</b></li>").format(line) for line in happenings(changed))
        told = Markup('<ul class="plain">{}</ul>').format(lines) if lines else Markup("")
        sections.append(
            Section(spoken_instant(changed.now.published_at), told + move_table(changed, up="") + _came_in(changed))
        )
    lead = "What each live run changed, newest first: moves beyond the simulation error, and outcomes."
    if not sections:
        lead = "No live run has changed a number yet."
    return {"title": "Published changes", "lead": lead, "sections": sections}


def _came_in(changed: Any) -> Markup:
    if not changed.reports:
        return Markup("")
    items = "".join(
        f"<li>{words(r.id)} · {words(r.statement)} <span class='tx-muted'>"
        f"{link(r.url, r.source) if r.url else words(r.source)}</span></li>"
        for r in reversed(changed.reports)
    )
    count = len(changed.reports)
    return folded(f"{count} new {'report' if count == 1 else 'reports'}", f"<ul>{items}</ul>")


def calibration(found: SiteView, draw: Drawer) -> dict[str, Any]:
    """Return what the page of calibration draws."""
    sections = [s for report in found.reports for s in _record(report, draw)]
    lead = "Every number as it was issued, judged once its question’s date has passed; the model’s own record."
    return {"title": "Calibration", "lead": lead, "sections": sections}


def _record(report: Report, draw: Drawer) -> list[Section]:
    spoken = calibration_page.SPOKEN[report.mode]
    lead, part = note(calibration_page.LEAD[report.mode]), report.reliability
    if part is None:
        waits = note(f"{report.issued:,} probabilities issued; none of them can be judged yet.")
        return [Section(f"{spoken} record", lead + waits)]
    tags = Markup(marks.tags(calibration_page.counted(report, part)))  # noqa: S704 - escaped there
    diagram = draw.figure(
        lambda colours: charts_of_scores.reliability(part.bins, part.curve, colours=colours),
        f"Reliability diagram. {calibration_page.spoken_bins(part)}",
    )
    cells = marks.table(["Brier score", "", ""], calibration_page.parts_cells(part), numeric=(1,), stack=False)
    side = Markup(cells) + note(calibration_page.verdict(part)) + note(calibration_page.reading(part))  # noqa: S704
    found = [
        Section(
            f"{spoken} record", lead + tags + Markup('<div class="halves">{}<div>{}</div></div>').format(diagram, side)
        )
    ]
    if report.skills:
        rows = calibration_page.skill_rows(report.skills)
        told = "; ".join(f"{r['reference']} {r['skill']:+.4f}, {r['said']}" for r in rows.to_dicts())
        chart = draw.figure(
            lambda colours: charts_of_scores.skill(rows, colours=colours),
            f"Difference of mean Brier scores: {told}.",
            room="whole",
        )
        head = ["Against", "Own Brier", "Its Brier", "Better by", "95 % interval", "Questions", "So far"]
        lines = [calibration_page.skill_cells(s) for s in report.skills]
        table = Markup(marks.table(head, lines, numeric=(1, 2, 3, 4, 5)))  # noqa: S704 - escaped there
        found.append(Section(f"{spoken}: against what a sceptic would use", chart + table))
    return found


def sources(view: BoardView) -> dict[str, Any]:
    """Return what the page of sources draws: where the evidence and the shipped tables come from."""
    listed = {(e.source, e.url): None for e in sorted(view.moment.evidence, key=lambda e: (e.source, e.url))}
    items = "".join(f"<li>{link(url, source) if url else words(source)}</li>" for source, url in listed)
    sections = [Section("Evidence", Markup(f"<ul>{items}</ul>") if listed else note("None yet."))]  # noqa: S704 - escaped
    head = ["Table", "What it is", "Origin", "Terms"]
    facts = sources_page.fact_cells(shipped_sources.reference())
    sections.append(Section("Tables of facts", Markup(marks.table(head, facts))))  # noqa: S704 - escaped there
    own = shipped_sources.boards().get(view.board.id, ())
    if own:
        files = [cells[:3] for cells in sources_page.fact_cells(own)]
        sections.append(Section("This board", Markup(marks.table(["File", "What it is", "Made from"], files))))  # noqa: S704
    cited = "".join(f"<p>{sources_page.plain(text)}</p>" for text in shipped_sources.citations())
    sections.append(Section("To be cited", Markup(cited)))  # noqa: S704 - escaped there
    lead = "Where the evidence and every table behind the numbers come from, and on what terms."
    return {"title": "Sources", "lead": lead, "sections": sections}


MENU = (
    (places.BOARD, "Board"),
    (places.SCENARIOS, "Scenarios"),
    (places.CHANGES, "Changes"),
    (places.CALIBRATION, "Calibration"),
    (places.SOURCES, "Sources"),
)
"""Pages of a board: where each lies -> its title in the menu."""
