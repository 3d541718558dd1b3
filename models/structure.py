"""A board's structure as the kernel walks it: one array of whole numbers, read by named section.

The array begins with one entry for each section: the place where the section starts, or the value itself for the
scalars. Compressed lists come in pairs: the entries of item i of section INTO are those from INTO_START[i] up to
INTO_START[i + 1]. One flat array instead of forty keeps the compiled kernel small and quick.
"""

from collections.abc import Iterable

import numpy as np

from models.budgets import Purpose, scramble, streams
from models.world import NEVER, Int, Key, Kind, World

(
    KIND,  # (Q,) a Kind
    OWN,  # (Q,) 1 where the clock starts when the `requires` groups are first all met
    ORDER,  # (Q,) questions in the order in which they happen on one day
    EDGE_PARENT,  # (E,)
    EDGE_UNTIL,  # (E,) or -1
    EDGE_CHILD,  # (E,)
    OUT_START,
    OUT,  # edges from each question into EVENTs
    CUT_START,
    CUT,  # edges into EVENTs whose effect each question ends
    PULL_START,
    PULL,  # edges into the levels of each series
    GROUP_START,
    GROUP,  # `requires` groups of each question
    MEMBER_START,
    MEMBER,  # members of each group
    STOP_START,
    STOP,  # questions that end each question
    UNLOCK_START,
    UNLOCK,  # EVENTs that may need each question
    FINISH_START,
    FINISH,  # EVENTs that each question ends
    STIR_START,
    STIR,  # series whose growth may change when a question happens
    VOTE_START,
    VOTE,  # votes held when a question happens
    JOIN_START,
    JOIN,  # `with` edges of each parent
    WITH_CHILD,  # (W,)
    VOTE_QUESTION,  # (V,)
    TRIGGER,  # (V,)
    VOTE_OF,  # (Q,) the vote that decides a question, or -1
    PERIOD_START,  # (V * P,)
    TERMS_START,
    TERMS,  # questions that set the class of terms of each vote
    SERIES_OF,  # (Q,) the series that decides a question, or -1
    LEVEL_START,
    LEVEL,  # LEVEL questions of each series, rising
    SCHEDULED,  # (X,) question
    AGENDA_DAY,  # fixed days up to the horizon, in order
    AGENDA_SERIES,  # the series that is published, or -1 for a scheduled event
    AGENDA_INDEX,  # which publication, or which scheduled event
    BUDGET,  # (Q,) streams of luck, 64 bits each
    GATE,  # (V,)
    SECOND_VOTE,  # (V,)
    SECOND_GATE,  # (V,)
    JOINT,  # (W,)
    INNOVATION,  # (S * Y,) keyed by the calendar day of the publication
    TURN,  # (S * Y,) innovations of the growth, keyed alike
    CHANCE,  # (X,)
    QUESTIONS,  # from here on: scalars
    EDGES,
    SERIES,
    VOTES,
    PERIODS,
    PUBLICATIONS,
    DATES,
    KNOWN_THROUGH,
    HORIZON,
    TILTING,
    UNTILTED,
    TIES,  # whether several questions may be due on one instant
    HEADER,
) = range(63)


def lists(pairs: Iterable[tuple[int, int]], size: int) -> tuple[Int, Int]:
    """Return (start, values) of the distinct (item, value) pairs, items 0 .. size - 1, values rising."""
    unique = sorted({(int(i), int(v)) for i, v in pairs})
    count = np.bincount(np.array([i for i, _ in unique], dtype=np.int64), minlength=size)
    start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    return start, np.array([v for _, v in unique], dtype=np.int64)


def _pairs(keys: Int, values: Int) -> list[tuple[int, int]]:
    return [(int(k), int(v)) for k, v in zip(keys, values, strict=True) if k >= 0]


def required(world: World) -> list[tuple[int, int]]:
    """Return (child, member) of every `requires` membership."""
    sizes = np.diff(world.requires_start)
    return _pairs(np.repeat(world.requires_child, sizes), world.requires_member)


def same_day_order(world: World) -> Int:
    """Return the questions in the order of events that share a day: parents before children.

    Where parents form a loop, the question that comes first on the board goes first; what a question requires, its
    vote's trigger and the parent of its `with` edge always precede it unless they form a loop of their own.
    """
    firm = required(world) + _pairs(world.vote_question, world.vote_trigger)
    firm += _pairs(world.with_child, world.with_parent)
    soft = _pairs(world.edge_child, world.edge_parent) + _pairs(world.edge_child, world.edge_until)
    soft = [(c, p) for c, p in soft + _pairs(world.ends_child, world.ends_parent) if p >= 0]
    placed: list[int] = []
    waiting = list(range(world.questions))
    while waiting:
        chosen = _first_free(waiting, firm + soft)
        chosen = _first_free(waiting, firm) if chosen is None else chosen
        placed.append(waiting[0] if chosen is None else chosen)
        waiting.remove(placed[-1])
    return np.array(placed, dtype=np.int64)


def _first_free(waiting: list[int], parents: list[tuple[int, int]]) -> int | None:
    blocked = {c for c, p in parents if p in waiting and p != c}
    return next((q for q in waiting if q not in blocked), None)


def series_of(world: World) -> Int:
    """Return the series that decides each question, or -1."""
    series = np.full(world.questions, -1, dtype=np.int64)
    series[world.level_question] = world.level_series
    return series


def _agenda(world: World, horizon: int) -> Int:
    """Return rows of day, series (-1: scheduled) and index of the fixed days up to the horizon, in order."""
    rows = [(int(day), -1, x) for x, day in enumerate(world.scheduled_day)]
    for s, days in enumerate(world.publication_day):
        rows += [(int(day), s, y) for y, day in enumerate(days) if day < NEVER]
    return np.array(sorted(r for r in rows if r[0] <= horizon), dtype=np.int64).reshape(-1, 3)


def _stirred(world: World) -> list[tuple[int, int]]:
    """Return (question, series whose growth it may change)."""
    series = series_of(world)
    every = _pairs(world.edge_parent, world.edge_child) + _pairs(world.edge_until, world.edge_child)
    return [(p, int(series[c])) for p, c in every if series[c] >= 0]


def levels(world: World) -> tuple[Int, Int]:
    """Return (start, level numbers) of each series' levels, rising in value."""
    order = np.lexsort((world.level_log, world.level_series)).astype(np.int64)
    count = np.bincount(world.level_series, minlength=world.series_key.size)
    return np.concatenate(([0], np.cumsum(count))).astype(np.int64), order


def _lists(world: World) -> dict[int, Int]:
    """Return the compressed lists by section."""
    size, series = world.questions, series_of(world)
    event = world.kind == Kind.EVENT
    edges = list(enumerate(world.edge_child))
    hazards = [e for e, c in edges if event[c]]
    level_start, order = levels(world)
    pairs = {
        OUT: ([(world.edge_parent[e], e) for e in hazards], size),
        CUT: ([(world.edge_until[e], e) for e in hazards if world.edge_until[e] >= 0], size),
        PULL: ([(series[c], e) for e, c in edges if series[c] >= 0], world.series_key.size),
        GROUP: ([(c, g) for g, c in enumerate(world.requires_child)], size),
        STOP: (_pairs(world.ends_child, world.ends_parent), size),
        UNLOCK: ([(m, c) for c, m in required(world) if event[c]], size),
        FINISH: ([(p, c) for p, c in _pairs(world.ends_parent, world.ends_child) if event[c]], size),
        STIR: (_stirred(world), size),
        VOTE: ([(q, v) for v, q in enumerate(world.vote_trigger)], size),
        JOIN: ([(q, w) for w, q in enumerate(world.with_parent)], size),
    }
    sections = {LEVEL_START: level_start, LEVEL: world.level_question[order]}
    for section, (items, count) in pairs.items():
        sections[section - 1], sections[section] = lists(items, count)
    return sections


def _luck(world: World) -> dict[int, Key]:
    """Return the streams of every purpose by section."""
    joint = streams(world.key[world.with_child], Purpose.WITH)
    published = scramble(world.publication_day.astype(np.uint64))
    votes = world.key[world.vote_question]
    return {
        BUDGET: streams(world.key, Purpose.HAZARD),
        GATE: streams(votes, Purpose.GATE),
        SECOND_VOTE: streams(votes, Purpose.SECOND_VOTE),
        SECOND_GATE: streams(votes, Purpose.SECOND_GATE),
        JOINT: scramble(joint ^ world.key[world.with_parent]),
        INNOVATION: scramble(streams(world.series_key, Purpose.INNOVATION)[:, None] ^ published),
        TURN: scramble(streams(world.series_key, Purpose.GROWTH)[:, None] ^ published),
        CHANCE: streams(world.scheduled_key, Purpose.SCHEDULED),
    }


def _plain(world: World, horizon: int) -> dict[int, Int]:
    """Return the sections that are arrays of the board as they stand."""
    vote_of = np.full(world.questions, -1, dtype=np.int64)
    vote_of[world.vote_question] = np.arange(world.vote_question.size)
    agenda = _agenda(world, horizon)
    return {
        KIND: world.kind.astype(np.int64),
        OWN: world.own_clock.astype(np.int64),
        ORDER: same_day_order(world),
        EDGE_PARENT: world.edge_parent,
        EDGE_UNTIL: world.edge_until,
        EDGE_CHILD: world.edge_child,
        MEMBER_START: world.requires_start,
        MEMBER: world.requires_member,
        WITH_CHILD: world.with_child,
        VOTE_QUESTION: world.vote_question,
        TRIGGER: world.vote_trigger,
        VOTE_OF: vote_of,
        PERIOD_START: world.period_start,
        TERMS_START: world.terms_start,
        TERMS: world.terms_member,
        SERIES_OF: series_of(world),
        SCHEDULED: world.scheduled_question,
        AGENDA_DAY: agenda[:, 0],
        AGENDA_SERIES: agenda[:, 1],
        AGENDA_INDEX: agenda[:, 2],
    }


def structure(world: World, *, known_through: int, horizon: int, tilting: bool, untilted: int, ties: bool) -> Int:
    """Return the flat structure of a checked board.

    Parameters
    ----------
    world
        A board that `models.world_checks.check_world` accepts.
    known_through, horizon
        First and last day of the simulation; fixed days after the horizon are left out.
    tilting, untilted
        Whether futures are tilted, and how many of each draw are not.
    ties
        Whether several questions may be due on one instant: known or forced days.

    Returns
    -------
    Int
        (HEADER + sum of section sizes,) whole numbers; luck is stored bit by bit.
    """
    sections = {k: np.asarray(v, dtype=np.int64).ravel() for k, v in (_plain(world, horizon) | _lists(world)).items()}
    sections |= {k: np.ascontiguousarray(v, dtype=np.uint64).view(np.int64).ravel() for k, v in _luck(world).items()}
    scalars = {
        QUESTIONS: world.questions,
        EDGES: world.edge_child.size,
        SERIES: world.series_key.size,
        VOTES: world.vote_question.size,
        PERIODS: world.period_start.shape[1],
        PUBLICATIONS: world.publication_day.shape[1],
        DATES: sections[AGENDA_DAY].size,
        KNOWN_THROUGH: known_through,
        HORIZON: horizon,
        TILTING: int(tilting),
        UNTILTED: untilted,
        TIES: int(ties),
    }
    order = range(QUESTIONS)
    starts = HEADER + np.concatenate(([0], np.cumsum([sections[k].size for k in order])[:-1]))
    header = [*starts.tolist(), *(int(scalars[k]) for k in range(QUESTIONS, HEADER))]
    return np.concatenate([np.array(header, dtype=np.int64), *(sections[k] for k in order)])
