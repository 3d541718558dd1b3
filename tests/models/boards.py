"""Small boards for the kernel's tests, written as tables of literals."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.world import NEVER, Draws, Kind, Start, World

E, V, L = Kind.EVENT, Kind.VOTE, Kind.LEVEL
YEAR = 365.25


def ints(values) -> np.ndarray:
    return np.array(list(values), dtype=np.int64)


def column(rows: Sequence[tuple], i: int) -> np.ndarray:
    return ints(row[i] for row in rows)


def make_world(
    kinds: Sequence[Kind],
    *,
    keys: Sequence[int] | None = None,
    own_clock: Sequence[int] = (),
    edges: Sequence[tuple[int, int, int]] = (),
    requires: Sequence[tuple[int, tuple[int, ...]]] = (),
    ends: Sequence[tuple[int, int]] = (),
    joins: Sequence[tuple[int, int]] = (),
    votes: Sequence[tuple[int, int, tuple[int, ...], tuple[int, ...]]] = (),
    levels: Sequence[tuple[int, int, float]] = (),
    publications: Sequence[Sequence[int]] = (),
    last_publication: Sequence[int] | None = None,
    scheduled: Sequence[tuple[int, int]] = (),
) -> World:
    """Return a board: edges (parent, child, until or -1), requires (child, members), ends and joins (parent, child).

    Votes are (question, trigger, first days of periods, terms members), levels (question, series, value), publications
    the days of each series, scheduled (question, day).
    """
    size = len(kinds)
    members = [m for _, group in requires for m in group]
    terms = [m for v in votes for m in v[3]]
    periods = max([len(v[2]) for v in votes], default=1)
    padded = [[*v[2], *[NEVER] * (periods - len(v[2]))] for v in votes]
    longest = max([len(p) for p in publications], default=0)
    days = [[*p, *[NEVER] * (longest - len(p))] for p in publications]
    return World(
        key=np.array(keys if keys is not None else range(101, 101 + size), dtype=np.uint64),
        kind=np.array(kinds, dtype=np.int8),
        own_clock=np.isin(np.arange(size), ints(own_clock)),
        edge_parent=column(edges, 0),
        edge_child=column(edges, 1),
        edge_until=column(edges, 2),
        requires_child=column(requires, 0),
        requires_start=ints(np.cumsum([0, *(len(g) for _, g in requires)])),
        requires_member=ints(members),
        ends_parent=column(ends, 0),
        ends_child=column(ends, 1),
        with_parent=column(joins, 0),
        with_child=column(joins, 1),
        vote_question=column(votes, 0),
        vote_trigger=column(votes, 1),
        period_start=np.array(padded, dtype=np.int64).reshape(len(votes), periods),
        terms_start=ints(np.cumsum([0, *(len(v[3]) for v in votes)])),
        terms_member=ints(terms),
        level_question=column(levels, 0),
        level_series=column(levels, 1),
        level_log=np.log([float(row[2]) for row in levels]),
        walked=np.zeros((len(publications), longest, 0)),
        printed=np.zeros((len(publications), longest, 0)),
        series_key=np.arange(9001, 9001 + len(publications), dtype=np.uint64),
        publication_day=np.array(days, dtype=np.int64).reshape(len(publications), longest),
        last_publication=ints(last_publication if last_publication is not None else [0] * len(publications)),
        scheduled_question=column(scheduled, 0),
        scheduled_day=column(scheduled, 1),
        scheduled_key=np.arange(7001, 7001 + len(scheduled), dtype=np.uint64),
    )


def make_draws(world: World, count: int, *, rate, **values) -> Draws:
    """Return `count` equal draws (values broadcast over axis 0); what is not named is harmless."""
    votes, periods = world.period_start.shape
    classes = 2 ** int(np.max(np.diff(world.terms_start), initial=0))
    series = world.series_key.size
    shapes: dict[str, tuple[tuple[int, ...], float]] = {
        "shape": ((world.questions,), 1.0),
        "log_hr": ((world.edge_child.size,), 0.0),
        "with_probability": ((world.with_child.size,), 0.0),
        "gate": ((votes, periods, 2, classes), 0.5),
        "second_vote_rate": ((votes,), 0.0),
        "log_share": ((series,), 0.0),
        "growth": ((series,), 0.0),
        "damping": ((series,), 1.0),
        "growth_sd": ((series,), 0.0),
        "noise_sd": ((series,), 0.0),
        "response": ((series,), 0.0),
        "scheduled_probability": ((world.scheduled_question.size,), 0.5),
    }
    arrays = {
        name: np.array(np.broadcast_to(np.asarray(values.get(name, plain), dtype=float), (count, *shape)))
        for name, (shape, plain) in (shapes | {"rate": ((world.questions,), 0.0)}).items()
        if name != "rate"
    }
    president = np.broadcast_to(np.asarray(values.get("president", 0)), (count, votes, periods)).astype(np.int8)
    unknown = set(values) - set(shapes) - {"president"}
    assert not unknown, unknown
    rates = np.array(np.broadcast_to(np.asarray(rate, dtype=float), (count, world.questions)))
    return Draws(rate=rates, president=president, **arrays)


def make_start(
    world: World, day: int = 0, *, occurred: Mapping[int, int] | None = None, clamped: Mapping[int, int] | None = None
) -> Start:
    """Return what is known: days of questions that happened by `day`, and of known later ones."""
    arrays = []
    for days in (occurred, clamped):
        array = np.full(world.questions, NEVER, dtype=np.int16)
        for q, value in (days or {}).items():
            array[q] = value
        arrays.append(array)
    return Start(day, *arrays)
