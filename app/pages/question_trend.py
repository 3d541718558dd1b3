"""A question's trend: scale, days shown, a second question beside it, and the chart and its numbers as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from app import address, charts, charts_of_comparison, data, frame, look, people_data
from app.charts_of_comparison import Line
from app.explainers import explain
from app.pages.question_files import Chart, downloads
from app.probability_scale import EDGE, ScaleKind
from app.spec import Spec, percent, spoken_day
from app.view import BoardView, NumberedEvidence
from forecasts.definition import Question

SHORTEST_DRIFT = timedelta(days=200)
SCALES = {"linear": "Linear", "logit": "Log-odds"}
RANGES = {"all": "All", "365": "1 year", "90": "90 days", "30": "30 days", "days": "Days …"}
"""What the chart shows -> its words; `days` asks for a first and a last one."""
AHEAD = 5
"""A range of so many days shows one day ahead for each of these: where the dotted line begins."""
_BANDS = ("low50", "high50", "low90", "high90")


@dataclass(frozen=True, slots=True)
class Shown:
    """How a trend is shown; all of it stands in the address."""

    kind: ScaleKind
    days: tuple[str, str] | None
    """First and last ISO day; None for all."""
    other: Question | None
    """The question beside it."""
    other_deadline: date | None


def trend_section(
    view: BoardView, question: Question, deadline: date, *, items: Sequence[NumberedEvidence], colours: look.Palette
) -> None:
    """Draw the choices, the chart, its files and its table; `items` is the evidence that is marked."""
    st.header("Trend", anchor=False)
    history = view.trend(question.id, deadline).with_columns(on=pl.col("on").cast(pl.String))
    if history.is_empty():
        frame.note("No snapshot holds this deadline yet.")
        return
    shown = choose(view, question, deadline, history)
    if shown.other and shown.other_deadline:
        _comparison(view, (question, deadline), (shown.other, shown.other_deadline), shown, colours)
    else:
        _alone(view, (question, deadline), history, items=items, shown=shown, colours=colours)
    explain("band", "drift", "modes", "scale", "marks", key="trend")


def choose(view: BoardView, question: Question, deadline: date, history: pl.DataFrame) -> Shown:
    """Draw the choices and return them; the address follows."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="trend-choices"):
        kind = _segmented("scale", "Scale", SCALES, "linear")
        span = _segmented("range", "Range", RANGES, "all")
        other = _other(view, question)
        other_deadline = _other_deadline(other, deadline) if other else None
    days = _days(span, history, last=max(question.deadlines))
    return Shown("logit" if kind == "logit" else "linear", days, other, other_deadline)


def _segmented(name: str, label: str, options: dict[str, str], usual: str) -> str:
    key = f"trend-{name}"
    address.follow(key, name, address.one(name, list(options), usual))
    picked = (
        st.segmented_control(label, list(options), format_func=options.__getitem__, key=key, on_change=address.catch_up)
        or usual
    )
    address.write(key, name, [] if picked == usual else [picked])
    return picked


def _other(view: BoardView, question: Question) -> Question | None:
    titles = {q.id: q.title for q in view.board.questions if q.id != question.id}
    key = f"trend-with-{question.id}"
    address.follow(key, "with", address.one("with", list(titles), ""))
    picked = st.selectbox(
        "Compare with",
        ["", *titles],
        format_func=lambda i: titles.get(i, "no other question"),
        key=key,
        on_change=address.catch_up,
        width=260,
    )
    address.write(key, "with", [picked] if picked else [])
    if not picked:
        address.drop("with_deadline")
    return view.board.question(picked) if picked else None


def _other_deadline(other: Question, deadline: date) -> date:
    """Return the other question's deadline: of the address, else the same, else the one it is shown with."""
    days = [d.isoformat() for d in other.deadlines]
    usual = deadline.isoformat() if deadline in other.deadlines else other.headline_deadline.isoformat()
    key = f"trend-with-deadline-{other.id}-{deadline}"
    address.follow(key, "with_deadline", address.one("with_deadline", days, usual))
    picked = st.selectbox(
        "Its date",
        days,
        format_func=lambda d: spoken_day(date.fromisoformat(d)),
        key=key,
        on_change=address.catch_up,
        width=160,
    )
    address.write(key, "with_deadline", [] if picked == usual else [picked])
    return date.fromisoformat(picked)


def _days(span: str, history: pl.DataFrame, *, last: date) -> tuple[str, str] | None:
    """Return the days of a range; a range of which no snapshot lies inside is refused, and all is shown."""
    first, newest = (date.fromisoformat(str(d)) for d in (history["on"].min(), history["on"].max()))
    if span != "days":
        address.drop("from", "to")
    if span == "all":
        return None
    if span != "days":
        length = timedelta(days=int(span))
        return (newest - length).isoformat(), (newest + length / AHEAD).isoformat()
    start, end = _two_days(first, newest, last=last)
    if start >= end:
        st.html('<p class="tx tx-err">The first day must lie before the last one; all is shown.</p>')
        return None
    if charts.within(history, (start.isoformat(), end.isoformat())).is_empty():
        frame.note(
            f"No snapshot lies between {spoken_day(start)} and {spoken_day(end)}; all is shown. The first is of "
            f"{spoken_day(first)}, the newest of {spoken_day(newest)}."
        )
        return None
    return start.isoformat(), end.isoformat()


def _two_days(first: date, newest: date, *, last: date) -> tuple[date, date]:
    left, right, _ = st.columns([1, 1, 2], gap="small")
    usual = {"from": max(first, newest - timedelta(days=180)), "to": newest}
    chosen = []
    for column, name, label in ((left, "from", "From"), (right, "to", "To")):
        key = f"trend-{name}"
        address.follow(key, name, _read_day(name, usual[name], low=first, high=last))
        day = column.date_input(
            label, min_value=first, max_value=last, key=key, on_change=address.catch_up, format="YYYY-MM-DD"
        )
        address.write(key, name, [day.isoformat()])
        chosen.append(day)
    return chosen[0], chosen[1]


def _read_day(name: str, usual: date, *, low: date, high: date) -> date:
    try:
        day = date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return usual
    return min(max(day, low), high)


def _alone(
    view: BoardView,
    pair: tuple[Question, date],
    history: pl.DataFrame,
    *,
    items: Sequence[NumberedEvidence],
    shown: Shown,
    colours: look.Palette,
) -> None:
    question, deadline = pair
    drift = drift_frame(view, question, deadline, since=history["on"].min())
    numbered = evidence_frame(items)
    people = people_data.steps(view, question.id, deadline)

    def build(palette: look.Palette) -> Spec:
        return charts.probability_history(
            history,
            evidence=numbered,
            drift=drift,
            known_through=view.moment.known_through,
            deadline=deadline,
            colours=palette,
            people=people,
            kind=shown.kind,
            days=shown.days,
        )

    key = f"{view.key}:trend:{question.id}:{deadline}:{shown.kind}:{shown.days}:{','.join(numbered['number'])}"
    key += f":{view.moment.view.digest}:{data.now().date()}" if people.height else ""
    seen = charts.within(history, shown.days)
    last, days = charts.newest(seen if seen.height else history), history["on"].sort()
    alt = (
        f"Chance by {spoken_day(deadline)} through time: {history.height} snapshots from {days[0]} to "
        f"{days[-1]}, last {percent(last['value'])}; {numbered.height} evidence items are marked."
    )
    st.vega_lite_chart(data.cached_spec(key, colours, lambda: build(colours)), theme=None, width="stretch", alt=alt)
    _legend(shown, people=people.height > 0)
    name = f"{view.board.id}-{question.id}-{deadline}"
    notes = [f"Chance by {spoken_day(deadline)}. {_source(view)}"]
    table = trend_table(view, [(question, deadline)], shown.days)
    downloads(Chart(key, name, question.title, tuple(notes), build, table))
    _table(seen)


def _comparison(
    view: BoardView, first: tuple[Question, date], second: tuple[Question, date], shown: Shown, colours: look.Palette
) -> None:
    pairs = [first, second]
    frames = [view.trend(q.id, d).with_columns(on=pl.col("on").cast(pl.String)) for q, d in pairs]
    if frames[1].is_empty():
        frame.note("No snapshot holds this deadline of the other question yet.")
    names = [q.short if first[1] == second[1] else f"{q.short} by {d.year}" for q, d in pairs]
    lines = [Line(name, f) for name, f in zip(names, frames, strict=True) if f.height]

    def build(palette: look.Palette) -> Spec:
        return charts_of_comparison.compared(lines, kind=shown.kind, days=shown.days, colours=palette)

    key = f"{view.key}:compared:{pairs[0][0].id}:{first[1]}:{pairs[1][0].id}:{second[1]}:{shown.kind}:{shown.days}"
    spoken = "; ".join(
        f"{line.name}: {line.history.height} snapshots, last {percent(charts.newest(line.history)['value'])}"
        for line in lines
    )
    alt = f"Two questions through time. {spoken}."
    st.vega_lite_chart(data.cached_spec(key, colours, lambda: build(colours)), theme=None, width="stretch", alt=alt)
    frame.note(
        "Bands: 90 %. Dashed: retrospective, with hindsight. Solid: issued live. Lines that move together need not be "
        "cause and effect; what one implies for the other stands under What it hangs on."
    )
    notes = [f"{name}: {q.title} By {spoken_day(d)}." for name, (q, d) in zip(names, pairs, strict=True)]
    name = f"{view.board.id}-{first[0].id}-and-{second[0].id}"
    table = trend_table(view, pairs, shown.days)
    downloads(Chart(key, name, " and ".join(q.short for q, _ in pairs), (*notes, _source(view)), build, table))
    _table(table.select("question", "on", "mode", "chance", *_BANDS).rename({"chance": "value"}))


def _legend(shown: Shown, *, people: bool) -> None:
    scale = (
        ""
        if shown.kind == "linear"
        else f" Log-odds scale: chances below {100 * EDGE:g} % or as near to 100 % are drawn at its end."
    )
    frame.note(
        "Dark band 50 %, light band 90 %. Dashed: retrospective, with hindsight. Solid: "
        "issued live. Numbers mark evidence by its day of publication, listed below. Dotted: how the chance would run "
        "if it were confirmed day after day that nothing on this board happens."
        + (" Steps: people, crowds (dots) and their pool (long strokes), as issued." if people else "")
        + scale
    )


def _table(history: pl.DataFrame) -> None:
    with st.expander("The trend as a table"):
        named = [c for c in ("question", "on", "mode") if c in history.columns]
        rounded = history.select(*named, *[(pl.col(c) * 100).round(2) for c in ("value", *_BANDS)])
        st.dataframe(rounded, hide_index=True, width="stretch", alt="The trend's numbers in percent.")


def _source(view: BoardView) -> str:
    as_of = view.shown.as_of if view.shown else view.moment.as_of
    return (
        f"{view.board.title} · twixt, as of {as_of:%Y-%m-%d %H:%M} UTC, known through "
        f"{spoken_day(view.moment.known_through)}. Dashed: retrospective, with hindsight. Solid: issued live."
    )


def trend_table(view: BoardView, pairs: Sequence[tuple[Question, date]], days: tuple[str, str] | None) -> pl.DataFrame:
    """Return the numbers of a chart as a file holds them: chances and bands as parts of 1, one row a snapshot."""
    parts = []
    for question, deadline in pairs:
        history = charts.within(view.trend(question.id, deadline).with_columns(on=pl.col("on").cast(pl.String)), days)
        named = history.with_columns(
            board=pl.lit(view.board.id), question=pl.lit(question.id), title=pl.lit(question.title)
        )
        columns = ("board", "question", "title", "deadline", "on", "as_of", "mode", pl.col("value").alias("chance"))
        parts.append(named.select(*columns, *_BANDS))
    return pl.concat(parts).sort("as_of", maintain_order=True)


def drift_frame(view: BoardView, question: Question, deadline: date, *, since: Any) -> pl.DataFrame:
    """Return the expected path if nothing happens: on (ISO day), value; it leaves the chance now at the known day.

    A distant deadline's path is cut so that it takes a third of the width beside the trend that began at `since`.
    """
    known = view.moment.known_through.isoformat()
    path = view.detail.get("drift", {}).get(question.id, {}).get(deadline.isoformat(), [])
    schema = {"on": pl.String, "value": pl.Float64}
    frame = pl.DataFrame({"on": [str(p[0]) for p in path], "value": [float(p[1]) for p in path]}, schema=schema)
    if frame.is_empty():
        return frame
    frame = frame.with_columns(on=pl.when(pl.col("on") == frame["on"][0]).then(pl.lit(known)).otherwise("on"))
    begun, start = date.fromisoformat(str(since)), date.fromisoformat(frame["on"][0])
    last = start + max((start - begun) / 2, SHORTEST_DRIFT)
    return frame.filter(pl.col("on") <= last.isoformat())


def evidence_frame(items: Sequence[NumberedEvidence]) -> pl.DataFrame:
    """Return the marks of evidence, each report once: number, on (ISO day), day, statement."""
    seen = {e.number: e for e in items}
    return pl.DataFrame(
        {
            "number": [str(n) for n in seen],
            "on": [e.item.published_on.isoformat() for e in seen.values()],
            "day": [spoken_day(e.item.published_on) for e in seen.values()],
            "statement": [e.item.statement for e in seen.values()],
        },
        schema=dict.fromkeys(("number", "on", "day", "statement"), pl.String),
    )
