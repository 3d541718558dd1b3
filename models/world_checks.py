"""Refuse kernel inputs that are not a board: shapes, ranges, finiteness. Every message names place, value and rule."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.world import NEVER, Draws, Float, Int, Int16, Kind, Start, World

MOST_TILT = float(np.log(8.0))
MOST_LOG_HR = 50.0
MOST_LOG_HR_SUM = 200.0
MOST_TERMS = 16

Array = NDArray[np.generic]

RANGES: dict[str, tuple[float, float]] = {
    "rate": (0.0, 1e9),
    "shape": (0.05, 20.0),
    "log_hr": (-MOST_LOG_HR, MOST_LOG_HR),
    "with_probability": (0.0, 1.0),
    "gate": (0.0, 1.0),
    "president": (0, 1),
    "second_vote_rate": (0.0, 1e9),
    "log_share": (-50.0, 50.0),
    "growth": (-5.0, 5.0),
    "damping": (0.0, 2.0),
    "growth_sd": (0.0, 5.0),
    "noise_sd": (0.0, 5.0),
    "response": (-5.0, 5.0),
    "scheduled_probability": (0.0, 1.0),
}
"""Allowed values of each array of `Draws`."""


def check_inputs(world: World, draws: Draws, start: Start) -> None:
    """Check a board, its parameter draws and what is known of it.

    Raises
    ------
    ValueError
        At the first array with a wrong shape, an index that names nothing, or a value outside its range.
    """
    check_world(world)
    check_draws(world, draws)
    check_start(world, start)


def expect_shape(name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless an array has the given shape."""
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected {shape}")


def expect_range(name: str, array: Array, low: float, high: float) -> None:
    """Raise ValueError naming the first value that is not finite or not in [low, high]."""
    values = np.asarray(array, dtype=np.float64)
    good = (values >= low) & (values <= high)
    if not np.all(good):
        place = np.unravel_index(int(np.argmin(good)), values.shape)
        at = ", ".join(str(int(i)) for i in place)
        raise ValueError(f"{name}[{at}] is {values[place]}; allowed: finite, from {low:g} to {high:g}")


def _expect_same(names: Sequence[str], world: World) -> None:
    sizes = {name: getattr(world, name).shape for name in names}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"arrays that belong together differ in shape: {sizes}")


def _expect_offsets(name: str, start: Int, *, count: int, total: int) -> None:
    expect_shape(name, start, (count + 1,))
    if start[0] != 0 or start[-1] != total or np.any(np.diff(start) < 0):
        raise ValueError(f"{name} is {start.tolist()}; expected offsets that rise from 0 to {total}")


def _expect_kind(world: World, name: str, kinds: tuple[Kind, ...]) -> None:
    for i, q in enumerate(getattr(world, name)):
        if world.kind[q] not in kinds:
            allowed = " or ".join(k.name for k in kinds)
            raise ValueError(f"{name}[{i}] is question {q} of kind {Kind(world.kind[q]).name}; allowed: {allowed}")


def check_world(world: World) -> None:
    """Raise ValueError unless the structure is consistent."""
    _check_questions(world)
    _check_requires(world)
    _check_votes(world)
    _check_series(world)
    _check_edges(world)


def _check_questions(world: World) -> None:
    size = world.questions
    if size == 0:
        raise ValueError("the board has 0 questions; at least one is needed")
    expect_shape("kind", world.kind, (size,))
    expect_shape("own_clock", world.own_clock, (size,))
    expect_range("kind", world.kind, 0, max(Kind))
    if np.unique(world.key).size != size:
        raise ValueError(f"key has {size - np.unique(world.key).size} repeated values; every question needs its own")
    parents = ("edge_parent", "ends_parent", "with_parent", "vote_trigger")
    children = ("edge_child", "ends_child", "with_child", "vote_question", "level_question", "scheduled_question")
    for name in (*parents, *children, "requires_child", "requires_member", "terms_member"):
        expect_range(name, getattr(world, name), 0, size - 1)
    expect_range("edge_until", world.edge_until, -1, size - 1)


def _check_edges(world: World) -> None:
    _expect_same(("edge_parent", "edge_child", "edge_until"), world)
    _expect_same(("ends_parent", "ends_child"), world)
    _expect_same(("with_parent", "with_child"), world)
    _expect_same(("scheduled_question", "scheduled_day", "scheduled_key"), world)
    _expect_kind(world, "edge_child", (Kind.EVENT, Kind.LEVEL))
    _expect_kind(world, "scheduled_question", (Kind.EVENT,))
    expect_range("scheduled_day", world.scheduled_day, 0, NEVER - 1)


def _check_requires(world: World) -> None:
    groups = world.requires_child.size
    _expect_offsets("requires_start", world.requires_start, count=groups, total=world.requires_member.size)
    empty = np.flatnonzero(np.diff(world.requires_start) == 0)
    if empty.size:
        raise ValueError(f"requires group {empty[0]} has no member; it could never be met")


def _check_votes(world: World) -> None:
    votes = world.vote_question.size
    expect_shape("vote_trigger", world.vote_trigger, (votes,))
    _expect_kind(world, "vote_question", (Kind.VOTE,))
    if np.unique(world.vote_question).size != votes or votes != int(np.sum(world.kind == Kind.VOTE)):
        raise ValueError(f"vote_question is {world.vote_question.tolist()}; expected each VOTE question once")
    _expect_offsets("terms_start", world.terms_start, count=votes, total=world.terms_member.size)
    if votes and int(np.max(np.diff(world.terms_start))) > MOST_TERMS:
        raise ValueError(
            f"a vote has {int(np.max(np.diff(world.terms_start)))} terms; at most {MOST_TERMS} are allowed"
        )
    if (
        world.period_start.ndim != 2
        or world.period_start.shape[0] != votes
        or (votes and not world.period_start.shape[1])
    ):
        raise ValueError(
            f"period_start has shape {world.period_start.shape}; expected ({votes}, periods), periods >= 1"
        )
    if votes and (np.any(world.period_start[:, 0] > 0) or np.any(np.diff(world.period_start, axis=1) < 0)):
        raise ValueError("period_start must rise along each row from a first day that is not after day 0")


def _check_series(world: World) -> None:
    series, levels = world.series_key.size, world.level_question.size
    expect_shape("level_series", world.level_series, (levels,))
    expect_shape("level_log", world.level_log, (levels,))
    expect_range("level_log", world.level_log, -50.0, 50.0)
    expect_range("level_series", world.level_series, 0, series - 1)
    _expect_kind(world, "level_question", (Kind.LEVEL,))
    if np.unique(world.level_question).size != levels or levels != int(np.sum(world.kind == Kind.LEVEL)):
        raise ValueError(f"level_question is {world.level_question.tolist()}; expected each LEVEL question once")
    expect_shape("last_publication", world.last_publication, (series,))
    expect_range("last_publication", world.last_publication, -NEVER, NEVER - 1)
    if world.publication_day.ndim != 2 or world.publication_day.shape[0] != series:
        raise ValueError(f"publication_day has shape {world.publication_day.shape}; expected ({series}, publications)")
    step = np.diff(np.column_stack([world.last_publication, world.publication_day]), axis=1)
    later = world.publication_day < NEVER
    if np.any(step[later] <= 0) or np.any(np.diff(later.astype(int), axis=1) > 0):
        raise ValueError("publication_day must rise along each row from last_publication, NEVER only at the end")
    _check_printing(world)


def _check_printing(world: World) -> None:
    """Raise ValueError unless the knots of what is walked and printed are finite and rise."""
    for name in ("walked", "printed"):
        knots = getattr(world, name)
        if knots.ndim != 3:
            raise ValueError(f"{name} has shape {knots.shape}; expected (series, publications, knots)")
        expect_shape(name, knots, (*world.publication_day.shape, world.walked.shape[2]))
        expect_range(name, knots, -60.0, 60.0)
        if not np.all(np.diff(knots, axis=2) > 0):
            raise ValueError(f"{name} must rise from knot to knot")


def check_draws(world: World, draws: Draws) -> None:
    """Raise ValueError unless every array of draws has its shape and range."""
    d, votes, series = draws.count, world.vote_question.size, world.series_key.size
    if d == 0:
        raise ValueError("there are 0 draws; at least one is needed")
    shapes = {
        "rate": (d, world.questions),
        "shape": (d, world.questions),
        "log_hr": (d, world.edge_child.size),
        "with_probability": (d, world.with_child.size),
        "president": (d, *world.period_start.shape),
        "second_vote_rate": (d, votes),
        "scheduled_probability": (d, world.scheduled_question.size),
    } | dict.fromkeys(("log_share", "growth", "damping", "growth_sd", "noise_sd", "response"), (d, series))
    for name, shape in shapes.items():
        expect_shape(name, getattr(draws, name), shape)
    classes = 2 ** int(np.max(np.diff(world.terms_start), initial=0))
    expected = (d, *world.period_start.shape, 2)
    if draws.gate.ndim != 5 or draws.gate.shape[:4] != expected or draws.gate.shape[4] < classes:
        raise ValueError(f"gate has shape {draws.gate.shape}; expected {(*expected, classes)}")
    for name, (low, high) in RANGES.items():
        expect_range(name, getattr(draws, name), low, high)
    _check_total_ratio(world, draws.log_hr)


def _check_total_ratio(world: World, log_hr: Float) -> None:
    for q in np.unique(world.edge_child):
        total = float(np.max(np.abs(log_hr[:, world.edge_child == q]).sum(axis=1)))
        if total > MOST_LOG_HR_SUM:
            raise ValueError(f"log_hr into question {q} adds up to {total:g}; at most {MOST_LOG_HR_SUM:g} is allowed")


def check_start(world: World, start: Start) -> None:
    """Raise ValueError unless what is known is consistent with the start day."""
    expect_range("start.day", np.array([start.day]), 0, NEVER - 1)
    expect_shape("occurred", start.occurred, (world.questions,))
    expect_shape("clamped", start.clamped, (world.questions,))
    happened, known = start.occurred != NEVER, start.clamped != NEVER
    for q in np.flatnonzero(happened & (start.occurred > start.day)):
        raise ValueError(f"occurred[{q}] is {start.occurred[q]}, after the start day {start.day}; clamp it instead")
    for q in np.flatnonzero(known & (start.clamped <= start.day)):
        raise ValueError(f"clamped[{q}] is {start.clamped[q]}, not after the start day {start.day}")
    for q in np.flatnonzero(happened & known):
        raise ValueError(f"question {q} has both occurred (day {start.occurred[q]}) and a clamp ({start.clamped[q]})")
    early = (world.publication_day <= start.day) & (world.publication_day < NEVER)
    if np.any(early):
        raise ValueError(f"publication_day {world.publication_day[early][0]} is not after the start day {start.day}")
    if np.any(world.scheduled_day <= start.day):
        raise ValueError(f"scheduled_day {int(world.scheduled_day.min())} is not after the start day {start.day}")


def check_run(start: Start, *, horizon: int, per_draw: int, threads: int) -> None:
    """Raise ValueError unless the size of a run makes sense."""
    if not start.day < horizon < NEVER:
        raise ValueError(f"horizon is {horizon}; allowed: after the start day {start.day}, before {NEVER}")
    late = (start.clamped != NEVER) & (start.clamped > horizon)
    if np.any(late):
        raise ValueError(f"clamped[{int(np.argmax(late))}] is {start.clamped[late][0]}, after the horizon {horizon}")
    if per_draw < 1 or threads < 1:
        raise ValueError(f"per_draw is {per_draw} and threads {threads}; both must be at least 1")


def check_tilt(world: World, eta: Float, until: Int) -> None:
    """Raise ValueError unless a tilt has its shape and stays within a factor of 8."""
    expect_shape("eta", eta, (world.questions,))
    expect_shape("until", until, (world.questions,))
    expect_range("eta", eta, -MOST_TILT - 1e-12, MOST_TILT + 1e-12)
    expect_range("until", until, -NEVER, NEVER)


def check_forced(world: World, start: Start, question: Int, *, day: Int16, futures: int) -> None:
    """Raise ValueError unless the forced questions are distinct, open, and their days after the start day."""
    expect_range("forced.question", question, 0, world.questions - 1)
    expect_shape("forced.day", day, (question.size, futures))
    if np.unique(question).size != question.size:
        raise ValueError(f"forced.question is {question.tolist()}; each question at most once")
    for q in question[start.occurred[question] != NEVER]:
        raise ValueError(f"question {q} has occurred on day {start.occurred[q]}; it cannot be forced")
    expect_range("forced.day", day, start.day + 1, NEVER)
    _check_forced_levels(world, question, day)


def _check_forced_levels(world: World, question: Int, day: Int16) -> None:
    level = dict(zip(world.level_question.tolist(), zip(world.level_series, world.level_log, strict=True), strict=True))
    rows = [(i, *level[q]) for i, q in enumerate(question.tolist()) if q in level]
    for i, series, low in rows:
        for j, other, high in rows:
            if series == other and low < high and np.any(day[i] > day[j]):
                raise ValueError(f"forced days put question {question[j]} before the lower level {question[i]}")
