"""A question's page on the site: what is asked, the chance and its trend, when, what it hangs on, and its evidence."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from markupsafe import Markup

from app import charts, charts_of_moves, marks
from app.look import words
from app.pages import question as question_page
from app.pages import question_evidence, question_trend
from app.pages.board import band_words
from app.site.page_parts import Section, folded, note, plain_table
from app.site.pictures import Drawer
from app.spec import percent, points, spoken_day
from app.thinning import month_ends
from app.view import BoardView
from forecasts.definition import Question


def content(view: BoardView, question: Question, draw: Drawer) -> dict[str, Any]:
    """Return what the page's template draws."""
    row = view.row(question.id, question.headline_deadline)
    sections = [] if row is None else _of_numbers(view, question, row, draw)
    return {
        "question": question,
        "tags": Markup(marks.tags(question_page.provenance(view, question))),  # noqa: S704 - its words are escaped
        "hero": _hero(view, question, row),
        "sections": [*sections, *_evidence(view, question, draw), _criteria(question)],
    }


def _hero(view: BoardView, question: Question, row: Mapping[str, Any] | None) -> Markup:
    if row is None:
        return note("The newest snapshot does not hold this question yet.")
    if row["state"] == "passed":
        return Markup('<div class="tx-big">Did not happen</div>')
    if row["state"] == "occurred":
        day = view.occurred_on(question.id)
        on = f" on {spoken_day(day)}" if day else ""
        return Markup('<div class="tx-big">Happened{}</div>').format(on)
    week, month = view.change(question.id, question.headline_deadline)
    kind = " (retrospective)" if view.changes_mode == "retrospective" else ""
    facts = [
        ("90 % band", band_words(row) or "not resolved"),
        (f"7 days{kind}", points(week)),
        (f"30 days{kind}", points(month)),
    ]
    facts.append(("as likely as not by", question_page.median_words(view, question)))
    listed = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts)
    by = f"by {spoken_day(question.headline_deadline)}"
    waits = " The date has passed; awaiting confirmation." if row["state"] == "awaiting" else ""
    big = Markup('<div><div class="tx-big">{}</div><div class="tx-muted">{}</div></div>').format(
        percent(row["value"]), by + waits
    )
    return big + Markup("<dl>{}</dl>").format(listed)


def _of_numbers(view: BoardView, question: Question, row: Mapping[str, Any], draw: Drawer) -> list[Section]:
    found = [_trend(view, question, draw)]
    if row["state"] == "open":
        found += [*_series(view, question, draw), *_when(view, question, draw), *_hangs_on(view, question, draw)]
    return [section for section in found if section is not None]


def _trend(view: BoardView, question: Question, draw: Drawer) -> Section | None:
    deadline = question.headline_deadline
    history = view.trend(question.id, deadline).with_columns(on=pl.col("on").cast(pl.String))
    if history.is_empty():
        return None
    marked = question_trend.evidence_frame(view.evidence_on(question.id))
    drift = question_trend.drift_frame(view, question, deadline, since=history["on"].min())
    last, days = charts.newest(history), history["on"].sort()
    chart = draw.figure(
        lambda colours: charts.probability_history(
            history,
            evidence=marked,
            drift=drift,
            known_through=view.moment.known_through,
            deadline=deadline,
            colours=colours,
        ),
        f"Chance by {spoken_day(deadline)} through time: {history.height} snapshots from {days[0]} to {days[-1]}, "
        f"last {percent(last['value'])}.",
        room="whole",
    )
    legend = note(
        "Dark band 50 %, light band 90 %. Dashed: retrospective, with hindsight. Solid: issued live. Numbers mark "
        "evidence by its day of publication. Dotted: how the chance would run if it were confirmed day after day that "
        "nothing on this board happens."
    )
    rows = [
        [r["on"], r["mode"], percent(r["value"]), band_words(r)]
        for r in month_ends(history).sort("on", descending=True).to_dicts()
    ]
    table = folded(
        "The trend at each month's end as a table", plain_table(["As of", "Kind", "Chance", "90 % band"], rows)
    )
    return Section("Trend", chart + legend + table)


def _series(view: BoardView, question: Question, draw: Drawer) -> list[Section]:
    series = next((s for s in view.board.series if question.id in {level.question for level in s.levels}), None)
    years = view.series_years(series.id) if series else pl.DataFrame()
    if series is None or years.is_empty():
        return []
    levels = [level.value for level in series.levels]
    spoken = "; ".join(f"{r['year']} {r['value']:.2f}" for r in years.to_dicts())
    chart = draw.figure(
        lambda colours: charts.series_fan(years, levels=levels, unit=series.unit, colours=colours),
        f"{series.title}, {series.unit}, median by year: {spoken}.",
        room="whole",
    )
    rows = [[r["year"], *(f"{r[c]:.2f}" for c in ("value", "low90", "high90"))] for r in years.to_dicts()]
    table = folded(
        "By year as a table", plain_table(["Year", "Median", "90 % from", "90 % to"], rows, numeric=(1, 2, 3))
    )
    what = note(f"{series.title}, {series.unit}: median, 50 % and 90 % band; dashed: the levels asked about.")
    return [Section("The number behind it", chart + what + table)]


def _when(view: BoardView, question: Question, draw: Drawer) -> list[Section]:
    table = view.detail.get("timing", {}).get(question.id)
    if not table:
        return []
    known = view.moment.known_through
    cdf = pl.DataFrame({"on": [known.isoformat(), *table["months"]], "value": [0.0, *table["cdf"]]})
    rows = view.questions().filter(pl.col("subject") == question.id).sort("deadline")
    ends = rows.filter(pl.col("deadline") > known).select(pl.col("deadline").cast(pl.String).alias("on"), "value")
    spoken = ", ".join(f"{percent(r['value'])} by {r['on']}" for r in ends.to_dicts())
    chart = draw.figure(
        lambda colours: charts.timing(cdf, deadlines=ends, colours=colours),
        f"Chance that it has happened by each month: {spoken}.",
    )
    listed = Markup(question_page.deadline_table(rows))  # noqa: S704 - its words are escaped
    return [Section("When it happens", Markup('<div class="halves">{}<div>{}</div></div>').format(chart, listed))]


def _hangs_on(view: BoardView, question: Question, draw: Drawer) -> list[Section]:
    found = view.detail.get("drivers", {}).get(question.id, [])[: question_page.DRIVERS]
    row = view.row(question.id, question.headline_deadline)
    if not found or row is None:
        return []
    names = {q.id: q.short for q in view.board.questions}
    drivers = pl.DataFrame([f | {"name": names[f["question"]]} for f in found])
    lines = drivers.to_dicts()
    spoken = "; ".join(f"{d['name']}: {percent(d['p_if_yes'])} if yes, {percent(d['p_if_no'])} if no" for d in lines)
    chart = draw.figure(
        lambda colours: charts_of_moves.drivers(drivers, probability=row["value"], colours=colours),
        f"Chance if another question happens or not. {spoken}.",
    )
    cells = [[d["name"], percent(d["p_if_yes"]), percent(d["p_if_no"])] for d in lines]
    table = plain_table(["Other question", "If it happens", "If it does not"], cells, numeric=(1, 2))
    what = note(
        "The chance in the futures where the other question happens by then (filled) and where it does not (hollow); "
        "dashed line: the chance now. This is what goes together, not what causes what."
    )
    return [
        Section("What it hangs on", Markup('<div class="halves">{}<div>{}</div></div>').format(chart, table) + what)
    ]


def _evidence(view: BoardView, question: Question, draw: Drawer) -> list[Section]:
    items = view.evidence_on(question.id)
    if not items:
        return [Section("Evidence", note("No evidence bears on this question directly yet."))]
    deadline = question.headline_deadline
    effects = question_evidence.contributions(view, question, deadline)
    parts = []
    if not effects.is_empty():
        strongest = effects.head(question_evidence.SHOWN)
        spoken = "; ".join(f"{r['name']} {r['points']} points" for r in strongest.to_dicts())
        parts.append(
            draw.figure(
                lambda colours: charts_of_moves.contributions(strongest, colours=colours),
                f"What each evidence item adds: {spoken}.",
                room="whole",
            )
        )
        parts.append(note(f"What each item adds to the chance by {spoken_day(deadline)}: bars in log-odds."))
    ends = {
        (e["id"], e["deadline"]): e["days"] for e in view.detail.get("expiring", ()) if e["question"] == question.id
    }
    adds = dict(zip(effects["id"], effects["points"], strict=True))
    parts.append(Markup(question_evidence.evidence_table(items, adds, ends)))  # noqa: S704 - its words are escaped
    return [Section("Evidence", Markup("").join(parts))]


def _criteria(question: Question) -> Section:
    closed = question_page.closed_words(question.closed_on)
    text = (
        f"<p>{words(question.criteria)}</p><p class='tx-muted'><b>Decided by:</b> {words(question.resolution_source)}. "
        f"Open since {spoken_day(question.opens)}{words(closed)}.</p>"
        f"<p><b>Outside view.</b> {words(question.reference_class)}</p>"
        f"<p><b>Reasoning.</b> {words(question.rationale)}</p>"
    )
    return Section("What counts", Markup(text))  # noqa: S704 - escaped above
