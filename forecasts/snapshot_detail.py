"""The detail artefact of a snapshot: what its pages show beyond the rows, as one JSON text."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from forecasts import encode, readings_data
from forecasts.catalogue import label
from forecasts.detail import DIGITS, cliffs, drivers, expiring, inert, timing
from forecasts.detail_durations import classes
from forecasts.detail_edges import edge_reports
from forecasts.detail_evidence import contributions, drift
from forecasts.detail_panels import panels
from forecasts.detail_people import people
from forecasts.detail_scenarios import scenario_links
from forecasts.detail_votes import votes
from forecasts.evaluation import Judged, Simulated
from forecasts.gates import Gate
from forecasts.parameters import Parameters
from models.weighing import Weighed

INPUT_DRAWS = 4_000
"""Draws from which the table of inputs is read: stratified, so medians and ranges are exact to a percent."""


def detail_of(
    simulated: Simulated,
    judged: Judged,
    weighed: Weighed,
    *,
    parameters: Parameters,
    gates: Sequence[Gate],
    threads: int,
) -> dict[str, Any]:
    """Return everything that a snapshot's pages show beyond its rows, as plain JSON values.

    Keys: `timing`, `drift`, `drivers`, `scenarios`, `contributions`, `inputs`, `classes`, `edges`, `panels`, `people`,
    `readings`, `expiring`, `inert`, `flags`, `notes`, `gates`. The same run gives the same values for any
    number of threads.
    """
    moment, day = simulated.moment, simulated.stored.day
    board, items = moment.board, judged.items
    still_open = [bool((day[:, q] > moment.known).any()) for q in range(len(board.questions))]
    speaking = items.day > moment.known
    judged_days = list(zip(items.question[speaking].tolist(), items.day[speaking].tolist(), strict=True))
    inputs = inputs_of(simulated, parameters)
    return {
        "timing": timing(day, weighed.weight, board=board, known=moment.known_through),
        "drift": drift(simulated, judged, threads=threads),
        "drivers": drivers(day, weighed.weight, board=board, still_open=still_open),
        "scenarios": scenario_links(simulated.sample.codes, weighed.weight, board=board, still_open=still_open),
        "contributions": contributions(simulated, judged, threads=threads),
        "inputs": inputs,
        "classes": classes(board, parameters),
        "edges": edge_reports(simulated, weighed, parameters),
        "panels": panels(moment, parameters),
        "votes": votes(simulated, weighed),
        "people": people(moment, parameters.pool),
        "readings": readings_data.document(moment.lessons),
        "expiring": expiring(moment.evidence, known=moment.known_through, as_of=moment.day),
        "inert": inert(moment.evidence, known=moment.known_through),
        "flags": cliffs(day, weighed.weight, board=board, known=moment.known, judged=judged_days) + input_flags(inputs),
        "notes": list(encode.series_notes(board, as_of=moment.day, known_through=moment.known_through)),
        "gates": [asdict(g) for g in gates],
    }


def inputs_of(simulated: Simulated, parameters: Parameters) -> dict[str, Any]:
    """Return, per question, what its pace is made of: class rate, adjustment and hazard as [median, 5 %, 95 %]."""
    board, effort = simulated.moment.board, simulated.effort
    drawn = encode.hazard_draws(board, parameters, count=min(effort.draws, INPUT_DRAWS), seed=effort.seed)
    labelled: dict[str, Any] = {q.id: {"label": label(board, q)} for q in board.questions}
    for row in encode.side_by_side(board, drawn):
        labelled[row.question] |= {
            "class_rate": _rounded(row.class_rate),
            "factor": _rounded(row.factor),
            "hazard": _rounded(row.hazard),
            "check": _rounded(row.check) if row.check else None,
            "agrees": row.agrees,
            "adjustment_share": round(row.adjustment_share, DIGITS),
            "driven_by_adjustment": row.driven_by_adjustment,
            "outside_class": row.outside_class,
            "cases_differ": row.cases_differ,
        }
    return labelled


def input_flags(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a flag for each reason to distrust a question's level: judged, far from its check, from unlike cases."""
    return [
        {"kind": kind, "question": question}
        for question, found in inputs.items()
        for kind in ("outside_class", "driven_by_adjustment", "cases_differ", "hazard_check")
        if (not found.get("agrees", True) if kind == "hazard_check" else found.get(kind, False))
    ]


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [float(f"{v:.6g}") for v in values]
