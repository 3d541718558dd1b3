"""A board's structure and its known past, as the arrays that the kernel reads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Edge, EdgeKind, Scheduled, Vote
from forecasts.domain import LedgerView, Occurrence
from forecasts.encode_chance import stable_key
from forecasts.encode_panel import printing_of
from forecasts.encode_series import Vintage, log_level, vintage
from forecasts.parameters import Parameters
from models.world import NEVER, Int, Key, Kind, Start, World

_KIND = {"event": Kind.EVENT, "vote": Kind.VOTE, "threshold": Kind.LEVEL}
_BEGINNING = -NEVER
"""Before every day that a board can name: the first day of a body's first period."""


def day_number(day: date, board: Board) -> int:
    """Return a calendar day in days since the board opened."""
    return (day - board.opens).days


def vintages(board: Board, *, as_of: date, known_through: date) -> tuple[Vintage, ...]:
    """Return the state that each series starts from."""
    return tuple(vintage(s, board, as_of=as_of, known_through=known_through) for s in board.series)


def series_years(board: Board, *, as_of: date, known_through: date) -> tuple[tuple[int, ...], ...]:
    """Return, per series, the calendar year that each coming publication speaks of (axis Y of `Futures.share`)."""
    return tuple(tuple(d.year for d in v.coming) for v in vintages(board, as_of=as_of, known_through=known_through))


def edges_of(board: Board, kind: EdgeKind) -> tuple[Edge, ...]:
    """Return the board's edges of one kind, in its order: the edge axes of the kernel."""
    return tuple(e for e in board.edges if e.kind == kind)


def coming_events(board: Board, *, known_through: date) -> tuple[Scheduled, ...]:
    """Return the scheduled events after the known day; the schedule of earlier ones has passed."""
    return tuple(s for s in board.scheduled if s.on > known_through)


def period_days(vote: Vote, board: Board) -> list[int]:
    """Return the first day of each stretch in which neither the body nor the presidency changes, rising."""
    changes = {day_number(d, board) for d in (*vote.periods, *vote.president_periods)}
    return [_BEGINNING, *sorted(changes)]


def start(board: Board, view: LedgerView, *, known_through: date) -> Start:
    """Return what is known when the futures begin.

    Parameters
    ----------
    board, view
        The definition and the records in force.
    known_through
        Occurrences up to this day belong to the history; later ones are clamped.

    Raises
    ------
    KeyError
        When an occurrence names a question that is not on the board.
    """
    known = day_number(known_through, board)
    occurred = np.full(len(board.questions), NEVER, np.int16)
    clamped = occurred.copy()
    for record in view.records(Occurrence):
        day = day_number(record.occurred_on, board)
        (occurred if day <= known else clamped)[board.index(record.question)] = day
    return Start(known, occurred, clamped)


def world(board: Board, *, as_of: date, known_through: date, parameters: Parameters | None = None) -> World:
    """Return the structure of a board as seen at an `as_of`.

    Parameters
    ----------
    board
        The definition.
    as_of, known_through
        Last day whose publications count, and the day through which the board is known.
    parameters
        Draws of the fitted models: those of a series' panel say what is printed where the kernel walks.

    Raises
    ------
    ValueError
        When a hazard ratio acts on a vote: a vote has no pace of its own (put the edge into its trigger).
    """
    index = {q.id: i for i, q in enumerate(board.questions)}
    states = vintages(board, as_of=as_of, known_through=known_through)
    kind = np.array([_KIND[q.kind] for q in board.questions], np.int8)
    events = coming_events(board, known_through=known_through)
    return World(
        key=_keys(("question", q.id) for q in board.questions),
        kind=kind,
        own_clock=np.array([q.clock == "since_enabled" for q in board.questions], bool),
        **_edges(board, index, kind),
        **_requires(board, index),
        **_pairs("ends", edges_of(board, "ends"), index),
        **_pairs("with", edges_of(board, "with"), index),
        **_votes(board, index),
        **_series(board, index, states),
        **_printing(board, states, parameters),
        scheduled_question=_ints(index[s.question] for s in events),
        scheduled_day=_ints(day_number(s.on, board) for s in events),
        scheduled_key=_keys(("scheduled", s.question, s.on.isoformat()) for s in events),
    )


def _edges(board: Board, index: Mapping[str, int], kind: NDArray[np.int8]) -> dict[str, Any]:
    edges = edges_of(board, "hazard_ratio")
    for edge in edges:
        if kind[index[edge.child]] == Kind.VOTE:
            raise ValueError(f"hazard ratio of {edge.parents[0]!r} on the vote {edge.child!r}: put it on the trigger")
    return {
        "edge_parent": _ints(index[e.parents[0]] for e in edges),
        "edge_child": _ints(index[e.child] for e in edges),
        "edge_until": _ints(index[e.until] if e.until else -1 for e in edges),
    }


def _requires(board: Board, index: Mapping[str, int]) -> dict[str, Any]:
    edges = edges_of(board, "requires")
    return {
        "requires_child": _ints(index[e.child] for e in edges),
        "requires_start": _offsets([e.parents for e in edges]),
        "requires_member": _ints(index[p] for e in edges for p in e.parents),
    }


def _pairs(name: str, edges: Sequence[Edge], index: Mapping[str, int]) -> dict[str, Any]:
    return {
        f"{name}_parent": _ints(index[e.parents[0]] for e in edges),
        f"{name}_child": _ints(index[e.child] for e in edges),
    }


def _votes(board: Board, index: Mapping[str, int]) -> dict[str, Any]:
    return {
        "vote_question": _ints(index[v.question] for v in board.votes),
        "vote_trigger": _ints(index[v.trigger] for v in board.votes),
        "period_start": _padded([period_days(v, board) for v in board.votes]),
        "terms_start": _offsets([v.terms for v in board.votes]),
        "terms_member": _ints(index[t] for v in board.votes for t in v.terms),
    }


def _series(board: Board, index: Mapping[str, int], states: Sequence[Vintage]) -> dict[str, Any]:
    levels = [(s, series.decimals, level) for s, series in enumerate(board.series) for level in series.levels]
    return {
        "level_question": _ints(index[level.question] for _, _, level in levels),
        "level_series": _ints(s for s, _, _ in levels),
        "level_log": np.array([log_level(level.value, decimals) for _, decimals, level in levels], np.float64),
        "series_key": _keys(("series", s.id) for s in board.series),
        "publication_day": _padded([[day_number(d, board) for d in v.coming] for v in states]),
        "last_publication": _ints(day_number(v.last, board) for v in states),
    }


def _printing(board: Board, states: Sequence[Vintage], parameters: Parameters | None) -> dict[str, Any]:
    """Return the knots of what is walked and printed at each coming publication; none for a board without a panel."""
    fits = parameters.fits if parameters else {}
    maps = [printing_of(v, fits.get(s.id)) for s, v in zip(board.series, states, strict=True)]
    knots = max((m.walked.shape[1] for m in maps if m), default=0)
    width = max((len(v.coming) for v in states), default=0)
    plain = np.broadcast_to(np.linspace(-1.0, 1.0, knots), (2, len(maps), width, knots)).copy()
    for s, (found, state) in enumerate(zip(maps, states, strict=True)):
        if found is not None:
            rows = [day.year - state.year - 1 for day in state.coming]
            plain[0, s, : len(rows)], plain[1, s, : len(rows)] = found.walked[rows], found.printed[rows]
    return {"walked": plain[0], "printed": plain[1]}


def _ints(values: Iterable[int]) -> Int:
    return np.array(list(values), np.int64)


def _keys(names: Iterable[tuple[str, ...]]) -> Key:
    return np.array([stable_key(*n) for n in names], np.uint64)


def _offsets(groups: Sequence[Sequence[str]]) -> Int:
    return np.cumsum([0, *(len(g) for g in groups)], dtype=np.int64)


def _padded(rows: Sequence[Sequence[int]]) -> Int:
    width = max((len(r) for r in rows), default=0)
    return np.array([[*r, *[NEVER] * (width - len(r))] for r in rows], np.int64).reshape(len(rows), width)
