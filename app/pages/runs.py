"""The runs: every attempt to publish, its receipt, its checks and its timings."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app import data, frame, marks, refit_job
from app.look import words
from app.view import BoardView
from forecasts.runs import Run
from forecasts.snapshots import Snapshot

SHOWN = 200
"""Attempts listed, newest first."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    frame.headline(view, "Runs")
    frame.stopped(view)
    st.html(
        '<p class="tx tx-lead">Every number on this board was published by a run that passed its checks, and is kept '
        "as issued. A run that fails publishes nothing; the last good one stays.</p>"
    )
    refit_job.button(view)
    attempts = data.runs(view.board.id, limit=SHOWN)
    published = data.published(view.board.id)
    if not attempts and published.is_empty():
        frame.no_snapshot(view)
        return
    _history(attempts)
    _receipt(view, published)


def _history(attempts: Sequence[Run]) -> None:
    st.header("Attempts", anchor=False)
    if not attempts:
        frame.note("No attempt is recorded.")
        return
    st.dataframe(
        attempts_table(attempts),
        hide_index=True,
        width="stretch",
        height=min(320, 40 + 35 * len(attempts)),
        alt="Attempts to publish, newest first.",
    )


def attempts_table(attempts: Sequence[Run]) -> pl.DataFrame:
    """Return the attempts as a plain table: when, kind, outcome, seconds, what was said."""
    return pl.DataFrame(
        [
            {
                "Started": frame.spoken_instant(a.started_at),
                "Kind": a.mode,
                "As of": frame.spoken_instant(a.as_of),
                "Outcome": a.outcome,
                "Seconds": round((a.ended_at - a.started_at).total_seconds(), 1),
                "Message": a.message,
            }
            for a in attempts
        ]
    )


def _receipt(view: BoardView, published: pl.DataFrame) -> None:
    st.header("Receipt", anchor=False)
    if published.is_empty():
        frame.note("Nothing has been published yet.")
        return
    snapshot = choose_snapshot(view, published, key="receipt_of")
    receipt = snapshot.receipt
    _facts(snapshot)
    _checks(receipt)
    _timings(receipt)
    with st.expander("The whole receipt"):
        st.code(json.dumps(receipt, indent=2, ensure_ascii=False), language="json")
    st.download_button(
        "Download the receipt (JSON)",
        json.dumps(receipt, indent=2, ensure_ascii=False),
        file_name=f"receipt-{view.board.id}-{snapshot.id[:12]}.json",
        mime="application/json",
        key="receipt_download",
    )


def choose_snapshot(view: BoardView, published: pl.DataFrame, *, key: str) -> Snapshot:
    """Return the snapshot that the address names (`snapshot=`), the one shown, or the one that is picked."""
    labels = {
        r["id"]: f"{frame.spoken_instant(r['as_of'])}, {r['mode']}, {r['id'][:12]}"
        for r in published.reverse().iter_rows(named=True)
    }
    ids = list(labels)
    asked = st.query_params.get("snapshot", view.shown.id if view.shown else ids[0])
    chosen = st.selectbox(
        "Snapshot", ids, index=ids.index(asked) if asked in ids else 0, format_func=labels.__getitem__, key=key
    )
    if chosen != asked or "snapshot" in st.query_params:
        st.query_params["snapshot"] = str(chosen)
    return data.snapshot(str(chosen))


def _facts(snapshot: Snapshot) -> None:
    cells = [
        ["Snapshot", f"<code>{words(snapshot.id)}</code>"],
        ["Kind", words(snapshot.mode)],
        ["As of", words(frame.spoken_instant(snapshot.as_of))],
        ["Known through", words(snapshot.known_through)],
        ["Published", words(frame.spoken_instant(snapshot.published_at))],
        ["Ledger", f"position {snapshot.ledger_position}, <code>{words(snapshot.ledger_digest[:16])}</code>"],
        ["Definition", f"<code>{words(snapshot.board_version[:16])}</code>"],
    ]
    cells += [[words(name), words(value)] for name, value in plain_facts(snapshot.receipt)]
    st.html(marks.table(["", ""], cells, stack=False))


def plain_facts(receipt: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the receipt's entries that are single words or numbers, in its own order."""
    return [(name.replace("_", " "), str(v)) for name, v in receipt.items() if isinstance(v, str | int | float | bool)]


def _checks(receipt: Mapping[str, Any]) -> None:
    gates = receipt.get("gates", [])
    st.subheader("Checks", anchor=False)
    if not gates:
        frame.note("This receipt lists no checks.")
        return
    st.html(marks.table(["", "Check", "Found", "Allowed"], [gate_cells(g) for g in gates], numeric=(2,)))


GATES = {
    "finite": ("numbers that are not probabilities", "at most"),
    "precision": ("largest Monte Carlo error, as precision", "at most"),
    "ess_futures": ("effective futures", "at least"),
    "ess_draws": ("effective parameter draws", "at least"),
    "khat": ("Pareto k-hat of the evidence weights", "below"),
    "history_khat": ("Pareto k-hat of the history weights", "below"),
    "history_ess": ("effective draws under the history weights", "at least"),
    "jump": ("largest move that nothing new explains, log-odds", "at most"),
}
"""Name of a gate -> what it measures, and on which side of its bound it must lie."""


def gate_cells(gate: Mapping[str, Any]) -> list[str]:
    """Return one check as cells: passed or not (sign and word), name, what was found, what is allowed."""
    passed = gate.get("holds") is True
    place = f" ({gate['place']})" if gate.get("place") else ""
    sign = (
        '<span class="tx-up tx-whole">✓ passed</span>' if passed else '<span class="tx-down tx-whole">✗ failed</span>'
    )
    name = str(gate.get("name", ""))
    measured, side = GATES.get(name, (name.replace("_", " "), ""))
    found = "no number" if gate.get("value") is None else _figure(gate["value"])
    return [sign, words(measured + place), words(found), words(f"{side} {_figure(gate.get('bound', ''))}".strip())]


def _figure(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}".replace("-", "−")


def _timings(receipt: Mapping[str, Any]) -> None:
    timings = receipt.get("seconds", {})
    if not timings:
        return
    st.subheader("Timings", anchor=False)
    cells = [[words(name.replace("_", " ")), f"{float(seconds):.2f}"] for name, seconds in timings.items()]
    st.html(marks.table(["Step", "Seconds"], cells, numeric=(1,), stack=False))


__all__ = ["attempts_table", "choose_snapshot", "gate_cells", "plain_facts", "render"]
