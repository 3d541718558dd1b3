"""A fitted panel: its aggregate, each member, who stands above a line when, how many, and who keeps to the line."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from app import charts_of_panels, data, frame, links, look, marks, panel_marks
from app.look import link, literal, words
from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts.definition import Series

FAN = ("low90", "low50", "value", "high50", "high90")


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Rearmament")
    if view.shown is None:
        frame.no_snapshot(view)
        return
    series = _choose(view)
    if series is None:
        frame.note("This snapshot has no fitted panel: the board's series are judged, or none was computed yet.")
        return
    panel, colours = view.detail["panels"][series.id], look.palette(st.context.theme.type)
    _hero(view, series, panel)
    _aggregate(view, series, panel, colours)
    _members(panel)
    _above(view, series, panel, colours)
    _counts(view, series, panel, colours)
    _line(view, series, panel, colours)
    _editions(panel)


def _choose(view: BoardView) -> Series | None:
    """Return the series of the address among those with a computed panel, or the one picked where there are several."""
    fitted = {s.id: s for s in view.board.series if s.id in view.detail.get("panels", {})}
    if not fitted:
        return None
    ids = list(fitted)
    asked = st.query_params.get("series", ids[0])
    if len(ids) == 1:
        return fitted[ids[0]]
    index = ids.index(asked) if asked in ids else 0
    picked = st.selectbox("Series", ids, index=index, format_func=lambda i: fitted[i].title, key="panel_series")
    if picked != asked:
        st.query_params["series"] = picked
    return fitted[picked]


def _hero(view: BoardView, series: Series, panel: Mapping[str, Any]) -> None:
    """Say where the series stands, and what the board makes of its levels."""
    low, _, now, _, high = panel["aggregate"]["now"]
    last = panel["printed_years"][-1]
    st.html(
        f'<p class="tx tx-lead">{words(series.title)}, {words(series.unit)}. {len(panel["members"])} members are '
        "fitted together to the printed shares; what is drawn here is the panel by itself, without the board’s other "
        "questions and without its evidence. The board’s own chances stand below.</p>"
    )
    facts = [("90 % range", f"{low:.2f} to {high:.2f}")] if high - low >= 0.005 else []
    medians = dict(zip(panel["years"], panel["aggregate"]["fan"]["value"], strict=True))
    facts += [(f"median {y}", f"{medians[y]:.2f}") for y in _marked(panel)]
    listed = "".join(f"<div><dt>{words(n)}</dt><dd>{words(v)}</dd></div>" for n, v in facts)
    big = f'<div class="tx-big">{now:.2f} %</div><div class="tx-muted">in {last}</div>'
    st.html(f'<div class="tx tx-hero"><div>{big}</div><dl>{listed}</dl></div>')
    for level in series.levels:
        question = view.board.question(level.question)
        row = view.row(question.id, question.headline_deadline)
        if row is not None:
            label = f"{question.short}: {percent(row['value'])} by {spoken_day(question.headline_deadline)}"
            query = links.address(view.board.id, question=question.id, deadline=question.headline_deadline)
            st.page_link(links.target("question"), label=literal(label), query_params=query)


def _marked(panel: Mapping[str, Any]) -> list[int]:
    return [y for y in (panel["goal"]["review"], panel["years"][-1]) if y in panel["years"]]


def _aggregate(view: BoardView, series: Series, panel: Mapping[str, Any], colours: look.Palette) -> None:
    st.header("The aggregate", anchor=False)
    printed, fan = printed_frame(panel), fan_frame(panel)
    spec = data.cached_spec(
        f"{view.key}:panel:{series.id}",
        colours,
        lambda: charts_of_panels.panel_fan(printed, fan, lines=panel["lines"], unit=series.unit, colours=colours),
    )
    spoken = "; ".join(f"{r['year']} {r['value']:.2f}" for r in fan.to_dicts())
    st.vega_lite_chart(
        spec, theme=None, width="stretch", alt=f"{series.title}, {series.unit}, median by year: {spoken}."
    )
    frame.note(
        "Dark line: as printed (where the aggregate itself is not printed yet, the mean of its members weighted by "
        "output); hollow dots are estimates that may be revised. Dashed: the median ahead, with its 50 % and 90 % "
        "band. Dotted: the marked lines."
    )
    with st.expander("The aggregate as a table"):
        st.html(aggregate_table(panel))


def printed_frame(panel: Mapping[str, Any]) -> pl.DataFrame:
    """Return the printed aggregate: year, value, estimate."""
    years = panel["printed_years"]
    marked = [str(y) in panel["estimates"] for y in years]
    return pl.DataFrame({"year": years, "value": panel["aggregate"]["printed"], "estimate": marked})


def fan_frame(panel: Mapping[str, Any]) -> pl.DataFrame:
    """Return the aggregate's coming years with its last printed one in front: year and the fan's columns."""
    now = dict(zip(FAN, panel["aggregate"]["now"], strict=True))
    columns = {name: [now[name], *panel["aggregate"]["fan"][name]] for name in FAN}
    return pl.DataFrame({"year": [panel["printed_years"][-1], *panel["years"]], **columns})


def aggregate_table(panel: Mapping[str, Any]) -> str:
    """Return the aggregate by year: median, bands, and the chance that each line was reached by then."""
    fan, reached = panel["aggregate"]["fan"], panel["aggregate"]["reached"]
    head = ["Year", "Median", "50 % band", "90 % band", *(f"{line} % reached" for line in reached)]
    cells = [
        [
            str(year),
            f"{fan['value'][i]:.2f}",
            f"{fan['low50'][i]:.2f} to {fan['high50'][i]:.2f}",
            f"{fan['low90'][i]:.2f} to {fan['high90'][i]:.2f}",
            *(percent(chances[i]) for chances in reached.values()),
        ]
        for i, year in enumerate(panel["years"])
    ]
    return marks.table(head, cells, numeric=range(1, len(head)))


def _members(panel: Mapping[str, Any]) -> None:
    st.header("Each member", anchor=False)
    first, last, end = panel["printed_years"][0], panel["printed_years"][-1], panel["years"][-1]
    ranked = sorted(panel["members"], key=lambda m: -m["fan"]["value"][-1])
    frame.note(
        f"Sorted by the median of {end}; one scale for all, {first} to {end}. Grey: printed; blue: median with 50 % "
        f"and 90 % band, cut at the top; dotted: {_spoken_lines(panel)}. Left: {last}; right: median of {end}."
    )
    st.html(panel_marks.multiples(ranked, panel=panel))
    outside = [m["name"] for m in ranked if not m["inside"]]
    if outside:
        frame.note(f"Not in the aggregate: {', '.join(outside)}.")
    with st.expander("All members as a table"):
        st.dataframe(members_table(panel), hide_index=True, width="stretch", alt="Members by year, percent.")


def _spoken_lines(panel: Mapping[str, Any]) -> str:
    named = [f"{line:g} %" for line in panel["lines"]]
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]


def members_table(panel: Mapping[str, Any]) -> pl.DataFrame:
    """Return every member: last printed share, and median with 90 % band in the marked years."""
    rows = []
    for m in panel["members"]:
        row: dict[str, Any] = {"Member": m["name"], str(panel["printed_years"][-1]): round(m["printed"][-1], 2)}
        for year in _marked(panel):
            i = panel["years"].index(year)
            row |= {f"{year} {name}": round(m["fan"][key][i], 2) for name, key in _COLUMNS}
        rows.append(row)
    return pl.DataFrame(rows).sort("Member")


_COLUMNS = (("median", "value"), ("90 % from", "low90"), ("90 % to", "high90"))


def _above(view: BoardView, series: Series, panel: Mapping[str, Any], colours: look.Palette) -> None:
    st.header("Who stands above a line, and when", anchor=False)
    names = [f"{line:g}" for line in panel["lines"]]
    asked = st.query_params.get("line", names[-1])
    chosen = st.segmented_control(
        "Line, percent", names, default=asked if asked in names else names[-1], key="panel_line", required=True
    )
    picked = str(chosen or names[-1])
    if picked != asked:
        st.query_params["line"] = picked
    rows = above_frame(panel, picked)
    order = ranked_names(panel, picked)
    spec = data.cached_spec(
        f"{view.key}:panel:{series.id}:above:{picked}",
        colours,
        lambda: charts_of_panels.chances_by_year(rows, order=order, colours=colours),
    )
    last = rows.filter(pl.col("year") == str(panel["years"][-1])).sort("value", descending=True)
    spoken = ", ".join(f"{r['name']} {percent(r['value'])}" for r in last.to_dicts())
    alt = f"Chance to print {picked} % or more, by member and year. In {panel['years'][-1]}: {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(f"Chance in percent that the member’s printed share is {picked} % or more in that year, {_span(panel)}.")
    with st.expander("The chances as a table"):
        shown = rows.with_columns(value=(100 * pl.col("value")).round(1)).pivot("year", index="name", values="value")
        st.dataframe(shown, hide_index=True, width="stretch", alt=alt)


def _span(panel: Mapping[str, Any]) -> str:
    return f"{panel['years'][0]} to {panel['years'][-1]}"


def above_frame(panel: Mapping[str, Any], line: str) -> pl.DataFrame:
    """Return the chance of each member to stand at a line or above it: name, year (text), value."""
    return pl.DataFrame(
        [
            {"name": m["name"], "year": str(year), "value": m["at"][line][i]}
            for m in panel["members"]
            for i, year in enumerate(panel["years"])
        ]
    )


def ranked_names(panel: Mapping[str, Any], line: str) -> list[str]:
    """Return the members from the likeliest to stand at a line, over all years together."""
    return [m["name"] for m in sorted(panel["members"], key=lambda m: (-sum(m["at"][line]), m["name"]))]


def _counts(view: BoardView, series: Series, panel: Mapping[str, Any], colours: look.Palette) -> None:
    goal, found = panel["goal"]["share"], panel["counts"]
    st.header(f"How many stand at {goal:g} % or above", anchor=False)
    counted = pl.DataFrame({"year": [str(y) for y in panel["years"]]} | {n: found["fan"][n] for n in FAN})
    members = len(panel["members"])
    spec = data.cached_spec(
        f"{view.key}:panel:{series.id}:counts",
        colours,
        lambda: charts_of_panels.counts(counted, members=members, colours=colours),
    )
    spoken = "; ".join(f"{r['year']} {r['value']} ({r['low90']} to {r['high90']})" for r in counted.to_dicts())
    alt = f"Members at {goal:g} % or above by year, median and 90 % range: {spoken}."
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        f"{found['now']} of {members} in {panel['printed_years'][-1]} as printed. Median, 50 % and 90 % range of the "
        "number in each year; members move together, so the range is wide."
    )
    with st.expander("The number as a table"):
        head = ["Year", "Mean", "Median", "50 % range", "90 % range"]
        cells = [
            [
                r["year"],
                f"{mean:.1f}",
                str(r["value"]),
                f"{r['low50']} to {r['high50']}",
                f"{r['low90']} to {r['high90']}",
            ]
            for r, mean in zip(counted.to_dicts(), found["mean"], strict=True)
        ]
        st.html(marks.table(head, cells, numeric=(1, 2, 3, 4)))


def _line(view: BoardView, series: Series, panel: Mapping[str, Any], colours: look.Palette) -> None:
    goal, found = panel["goal"], panel["on_line"]
    if found is None:
        return
    st.header(f"On the straight line to {goal['share']:g} % at the {goal['review']} review", anchor=False)
    rows = line_frame(panel)
    spec = data.cached_spec(
        f"{view.key}:panel:{series.id}:line",
        colours,
        lambda: charts_of_panels.on_the_line(rows, order=rows["name"].to_list(), colours=colours),
    )
    together = found["together"]
    st.html(
        f'<p class="tx">The aggregate: <b>{percent(found["aggregate"])}</b> to print '
        f"{found['aggregate_needed']:.2f} % or more in {goal['review']}. Members on their line: "
        f"<b>{together['value']}</b> in the median, {together['low90']} to {together['high90']} in 90 % of futures.</p>"
    )
    spoken = ", ".join(f"{r['name']} {percent(r['value'])}" for r in rows.to_dicts())
    st.vega_lite_chart(
        spec, theme=None, width="stretch", alt=f"Chance to stand on the line in {goal['review']}: {spoken}."
    )
    frame.note(
        f"The line leads from each member’s share of {goal['since']} to {goal['share']:g} % in {goal['by']}; a member "
        f"that is above {goal['share']:g} % has to stay there. {goal['reason']}"
    )
    with st.expander("The line as a table"):
        cells = [
            [words(r["name"]), f"{r['needed']:.2f}", f"{r['median']:.2f}", percent(r["value"])] for r in rows.to_dicts()
        ]
        head = ["Member", f"Needed in {goal['review']}", f"Median {goal['review']}", "Chance"]
        st.html(marks.table(head, cells, numeric=(1, 2, 3)))


def line_frame(panel: Mapping[str, Any]) -> pl.DataFrame:
    """Return the members by their chance to stand on the line, likeliest first: name, value, needed, median."""
    at = panel["years"].index(panel["goal"]["review"])
    rows = [
        {"name": m["name"], "value": chance, "needed": needed, "median": m["fan"]["value"][at]}
        for m, chance, needed in zip(
            panel["members"], panel["on_line"]["chances"], panel["on_line"]["needed"], strict=True
        )
    ]
    return pl.DataFrame(sorted(rows, key=lambda r: (-r["value"], r["name"])))


def _editions(panel: Mapping[str, Any]) -> None:
    st.header("What was printed", anchor=False)
    if panel["stands_in"]:
        st.html(marks.tags([("warn", "later revision: printed after the day of this snapshot")]))
    st.html(editions_table(panel["editions"]))
    for text in panel["notes"]:
        frame.note(text)
    marked = panel["estimates"]
    for year, names in marked.items():
        frame.note(f"Estimates of {year}, which later editions may revise: {_listed(names, len(panel['members']))}.")
    frame.note("A new edition is entered with “twixt observe spending FILE”; the next run fits the panel to it.")


def _listed(names: Sequence[str], members: int) -> str:
    return f"all {members} members" if len(names) == members else ", ".join(names)


def editions_table(editions: Sequence[Mapping[str, Any]]) -> str:
    """Return the editions that were read, newest first."""
    cells = [
        [
            _unbroken(spoken_day(date.fromisoformat(e["published_on"]))),
            f"{words(e['title'])}<br><span class='tx-muted'>{_source(e)}</span>",
            _unbroken(f"{e['first']} to {e['last']}" if e["first"] != e["last"] else str(e["first"])),
            f"{e['values']}",
            f"{e['estimates']}",
        ]
        for e in reversed(editions)
    ]
    return marks.table(["Day", "Edition", "Years", "Values", "Estimates"], cells, numeric=(3, 4))


def _unbroken(text: str) -> str:
    return f'<span style="white-space:nowrap">{words(text)}</span>'


def _source(edition: Mapping[str, Any]) -> str:
    source = link(edition["url"], edition["source"]) if edition["url"] else words(edition["source"])
    return f"{source}. {words(edition['note'])}" if edition["note"] else source
