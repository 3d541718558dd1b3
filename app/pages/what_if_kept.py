"""What-ifs under a name: the list, the form that keeps one, and its line through the snapshots."""

from collections.abc import Sequence
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from app import charts_of_what_ifs, data, frame, links, look, what_if_data
from app.look import literal, words
from app.pages.what_if_form import spoken
from app.spec import percent, spoken_day
from app.thinning import thinned
from app.view import BoardView
from forecasts.domain import NamedWhatIf, WhatIfMode
from forecasts.kept_answers import Answers
from forecasts.what_if_entry import NAME_LIMIT, NOTE_LIMIT

_LABELS = {"name": "Name", "note": "Why it is kept", "conditions": "Conditions"}
GAPS_SHOWN = 3
"""Reasons for missing answers that are written out."""


def share(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> None:
    """Show the address of what is asked: by its name where it is kept, by its conditions where not."""
    record = what_if_data.same(view, conditions, mode)
    if record is not None:
        query: list[tuple[str, str]] = [("kept", record.id)]
        query += [(name, st.query_params[name]) for name in ("of", "by") if name in st.query_params]
    else:
        query = [("mode", mode), *(("if", c) for c in conditions)]
    if len(data.board_ids()) > 1:
        query.insert(0, ("board", view.board.id))
    base = (st.context.url or "what_if").partition("?")[0]
    frame.note("A link to this what-if:")
    st.code(f"{base}?{urlencode(query)}", language=None, wrap_lines=True)


def all_kept(view: BoardView) -> None:
    """Draw every kept what-if with its newest answer and a link."""
    kept = what_if_data.kept(view)
    if not kept:
        return
    st.header("Kept what-ifs", anchor=False)
    frame.note("Each is asked again at every snapshot, and has a line of its own through time.")
    for record in kept:
        found = what_if_data.answers(view, record)
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.html(
            f'<p class="tx"><b>{words(record.name)}</b> <span class="tx-muted">{words(record.id)}</span><br>'
            f"{words(_conditions(view, record))}<br>"
            f'<span class="tx-small tx-muted">{words(newest_words(view, found))}</span></p>'
        )
        query = {**links.address(view.board.id), "kept": record.id}
        right.page_link(links.target("what_if"), label=f"Open {record.id}", query_params=query)


def _conditions(view: BoardView, record: NamedWhatIf) -> str:
    verb = "See" if record.mode == "see" else "Do"
    return f"{verb}: {'; '.join(spoken(view, c) for c in record.conditions)}"


def newest_words(view: BoardView, found: Answers) -> str:
    """Return how the newest answer fared and what it moves most, in one line."""
    if found.facts.is_empty():
        return "Not asked yet: the next refit answers it."
    fact = found.facts.to_dicts()[-1]
    if fact["reason"]:
        return f"Not answered as of {spoken_day(fact['as_of'].date())}: {fact['reason']}"
    place = foremost(view, found)
    if place is None:
        return f"{found.facts.height} snapshots."
    row = found.line(*place).to_dicts()[-1]
    name = {q.id: q.short for q in view.board.questions}[place[0]]
    count = f"{found.facts.height} snapshot{'s' if found.facts.height > 1 else ''}"
    return f"{count}. Moves most: {name} by {place[1][:4]}, {percent(row['before'])} → {percent(row['after'])}."


def foremost(view: BoardView, found: Answers) -> tuple[str, str] | None:
    """Return the question and headline deadline that the newest answer moves most, those of the condition left out.

    What a condition fixes (a chance of 0 or 1 under it) tells nothing.
    """
    headline = {(q.id, q.headline_deadline.isoformat()) for q in view.board.questions}
    if found.numbers.is_empty():
        return None
    last = found.numbers["snapshot"][-1]
    rows = found.numbers.filter(pl.col("snapshot") == last).to_dicts()
    rows = [r for r in rows if (r["subject"], r["deadline"]) in headline]
    told = [r for r in rows if 0.0 < r["after"] < 1.0] or rows
    best = max(told, key=lambda r: abs(r["after"] - r["before"]), default=None)
    return (best["subject"], best["deadline"]) if best else None


def section(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> None:
    """Draw the line of a what-if that is kept, or the form that keeps it."""
    told(view)
    record = what_if_data.same(view, conditions, mode)
    if record is None:
        _keep(view, conditions, mode)
        return
    st.header(literal(f"Through time: {record.name}"), anchor=False)
    if record.note:
        frame.note(record.note)
    found = what_if_data.answers(view, record)
    if found.facts.is_empty():
        frame.note("No snapshot has answered it yet; the next refit does.")
    else:
        _line(view, record, found)
    _remove(view, record)


def _line(view: BoardView, record: NamedWhatIf, found: Answers) -> None:
    subject, deadline = _number(view, record, found)
    rows = found.line(subject, deadline).with_columns(on=pl.col("as_of").dt.date().cast(pl.String))
    _gaps(found)
    if rows.is_empty():
        frame.note("No snapshot has answered it for this number.")
        return
    given = "if seen" if record.mode == "see" else "if made so"
    colours = look.palette(st.context.theme.type)
    spec = data.cached_spec(
        f"{view.key}:kept:{record.mode}:{record.conditions}:{subject}:{deadline}:{rows.height}",
        colours,
        lambda: charts_of_what_ifs.trend(thinned(rows), given=given, colours=colours),
    )
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    alt = (
        f"{_name(view, subject, deadline)} under “{record.name}” from {first['on']} to {last['on']}, "
        f"{rows.height} snapshots. At the end {percent(last['after'])} with it, {percent(last['before'])} as published."
    )
    st.vega_lite_chart(spec, theme=None, width="stretch", alt=alt)
    frame.note(
        "Strong line: under the condition, with its 90 % band. Thin line: as published at the same snapshots. "
        "Solid: live; dashed: in retrospect. Each point was answered from its own snapshot’s futures."
    )
    with st.expander("The line as a table"):
        st.dataframe(line_table(rows, found), hide_index=True, width="stretch", alt="Each snapshot’s answer.")


def _number(view: BoardView, record: NamedWhatIf, found: Answers) -> tuple[str, str]:
    """Return which number the line shows; the address holds the choice."""
    names = {q.id: q.short for q in view.board.questions} | {s.id: f"Scenario: {s.title}" for s in view.board.scenarios}
    days = {q.id: [d.isoformat() for d in q.deadlines] for q in view.board.questions}
    headline = {q.id: q.headline_deadline.isoformat() for q in view.board.questions}
    fallback = foremost(view, found) or (next(iter(names)), "")
    asked = st.query_params.get("of", fallback[0])
    subject = asked if asked in names else fallback[0]
    left, right = st.columns([3, 2], gap="medium")
    order = list(names)
    index, key = order.index(subject), f"of_{record.id}"
    picked = str(left.selectbox("Number", order, index=index, format_func=names.__getitem__, key=key))
    if picked not in days:
        _address(of=picked, by="")
        return picked, ""
    wanted = st.query_params.get("by", headline[picked])
    day = wanted if wanted in days[picked] else headline[picked]
    by = str(right.selectbox("By", days[picked], index=days[picked].index(day), key=f"by_{record.id}_{picked}"))
    _address(of=picked, by=by)
    return picked, by


def _address(**values: str) -> None:
    for name, value in values.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]


def _name(view: BoardView, subject: str, deadline: str) -> str:
    names = {q.id: q.short for q in view.board.questions} | {s.id: s.title for s in view.board.scenarios}
    return f"{names[subject]} by {deadline}" if deadline else names[subject]


def _gaps(found: Answers) -> None:
    gaps = found.facts.filter(pl.col("reason").is_not_null()).to_dicts()
    if gaps:
        told = "; ".join(f"{spoken_day(g['as_of'].date())}: {g['reason']}" for g in gaps[-GAPS_SHOWN:])
        st.warning(literal(f"{len(gaps)} of {found.facts.height} snapshots could not answer it. {told}"))


def line_table(rows: pl.DataFrame, found: Answers) -> pl.DataFrame:
    """Return a line as a table in words and percent, the newest first."""
    facts = found.facts.select("snapshot", "ess")
    return (
        rows.join(facts, on="snapshot", how="left", maintain_order="left")
        .reverse()
        .select(
            pl.col("on").alias("As of"),
            pl.col("mode").alias("Kind"),
            (pl.col("before") * 100).round(2).alias("Published %"),
            (pl.col("after") * 100).round(2).alias("With it %"),
            ((pl.col("after") - pl.col("before")) * 100).round(2).alias("Points"),
            (pl.col("low") * 100).round(1).alias("90 % from"),
            (pl.col("high") * 100).round(1).alias("90 % to"),
            pl.col("ess").round(0).alias("Effective futures"),
        )
    )


def _keep(view: BoardView, conditions: Sequence[str], mode: WhatIfMode) -> None:
    st.header("Keep it", anchor=False)
    frame.note("Under a name it is asked again at every snapshot, and has a line of its own through time.")
    if not frame.allowed("what_if", "keep a what-if under a name"):
        return
    fields = {
        "name": st.text_input("Name", key=_key("name"), max_chars=NAME_LIMIT),
        "note": st.text_input("Why it is kept (optional)", key=_key("note"), max_chars=NOTE_LIMIT),
    }
    if st.button("Keep this what-if", key=_key("save")):
        with st.spinner("Asking the newest snapshot"):
            entry, problems = what_if_data.save(view, fields, conditions, mode)
        for problem in problems:
            st.error(literal(f"{_LABELS[problem.field]}: {problem.message}"))
        if entry is not None:
            st.session_state["what_if_told"] = (view.board.id, f"{entry.entry} is kept; every snapshot answers it now.")
            st.session_state["what_if_generation"] = st.session_state.get("what_if_generation", 0) + 1
            st.query_params["kept"] = entry.entry
            st.rerun()


def _key(name: str) -> str:
    return f"wi{st.session_state.get('what_if_generation', 0)}_{name}"


def _remove(view: BoardView, record: NamedWhatIf) -> None:
    if not data.may("retract"):
        return
    with st.expander("Ask it no more"):
        frame.note("Later snapshots will not answer it. The entry and its answers stay in the record.")
        reason = st.text_input("Why", key=f"why_{record.id}", max_chars=NOTE_LIMIT)
        if st.button("Ask it no more", key=f"end_{record.id}"):
            if not reason.strip():
                st.error("Why: is empty; some text is needed")
                return
            data.retract(view.board.id, record.id, reason=reason.strip())
            st.session_state["what_if_told"] = (view.board.id, f"{record.id} is asked no more; its answers stay.")
            _address(kept="", of="", by="")
            st.rerun()


def told(view: BoardView) -> None:
    """Say once what was kept or taken back last in this session."""
    board, text = st.session_state.pop("what_if_told", ("", ""))
    if board == view.board.id:
        st.success(literal(text))
