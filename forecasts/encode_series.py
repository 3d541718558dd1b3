"""Series: which state is known, which publications are still to come, and the draws of a path's parameters."""

from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Series, SeriesState
from forecasts.encode_chance import Chance

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Vintage:
    """The state of a series that a run starts from."""

    state: SeriesState
    stands_in: bool
    """The state was published only after the `as_of`: a later revision stands in, and the snapshot says so."""
    missed: tuple[date, ...]
    """Yearly publications up to the known day that nobody has entered: the path has to be carried over them."""
    coming: tuple[date, ...]
    """Yearly publications after the known day, up to the horizon."""
    last: date
    """Nominal day of the last publication that the state, carried over the missed ones, refers to."""


@dataclass(frozen=True, slots=True)
class SeriesDraws:
    """Parameters of one series' path, all (D,); see `models.world.Draws`."""

    log_share: Float
    growth: Float
    damping: Float
    noise_sd: Float
    response: Float


def vintage(series: Series, board: Board, *, as_of: date, known_through: date) -> Vintage:
    """Return the newest state published by `as_of` (before the first one, the first), and the publications after it.

    A state of year Y is followed by the publication of year Y + 1 on the series' day of the year; what was due by the
    known day and was not entered is missed, not skipped: its noise and damping happened.
    """
    known = [s for s in series.states if s.published_on <= as_of]
    state = known[-1] if known else series.states[0]
    days = [date(year, *series.publication) for year in range(state.year, board.horizon.year + 1)]
    missed = tuple(d for d in days[1:] if d <= known_through)
    coming = tuple(d for d in days[1:] if known_through < d <= board.horizon)
    return Vintage(state, not known, missed, coming, missed[-1] if missed else days[0])


def series_notes(board: Board, *, as_of: date, known_through: date) -> tuple[str, ...]:
    """Return what a snapshot must say of its series: a later revision standing in, publications that were missed.

    A note of the state itself (where a vintage stands in for one that is not at hand) is passed on.
    """
    notes = []
    for series in board.series:
        found = vintage(series, board, as_of=as_of, known_through=known_through)
        if found.state.note:
            notes.append(f"{series.id}: {found.state.note}")
        if found.stands_in:
            notes.append(f"{series.id}: later revision (published {found.state.published_on}, as of {as_of})")
        if found.missed:
            years = ", ".join(str(d.year) for d in found.missed)
            notes.append(f"{series.id}: publication of {years} not entered; carried forward from {found.state.year}")
    return tuple(notes)


def series_draws(series: Series, found: Vintage, *, reached: frozenset[str], chance: Chance) -> SeriesDraws:
    """Return the path's parameters at the known day.

    Level and noise are log-normal, growth and response normal (a negative response is cut to 0: an edge never turns
    its sign), damping logit-normal. Over missed publications the path moves on by growth and noise, and the noise is
    drawn given that no level outside `reached` was crossed, as the confirmation says. Edges are not felt there.

    Parameters
    ----------
    reached
        Questions of the series that are known to have occurred.
    """

    def name(part: str) -> str:
        return f"series:{series.id}:{part}"

    result = SeriesDraws(
        chance.log_positive(found.state.level, name("level")),
        chance.real(found.state.growth, name("growth")),
        chance.probability(series.damping, name("damping")),
        chance.positive(series.noise_sd, name("noise_sd")),
        np.maximum(chance.real(series.response, name("response")), 0.0),
    )
    open_levels = [log_level(v.value, series.decimals) for v in series.levels if v.question not in reached]
    for day in found.missed:
        result = _carried(result, chance.uniform(name(f"missed {day.year}")), below=min(open_levels, default=np.inf))
    return result


def log_level(value: float, decimals: int) -> float:
    """Return the log of the smallest unrounded value that prints as `value` or more."""
    return float(np.log(value - 0.5 * 10.0**-decimals))


def _carried(before: SeriesDraws, uniform: Float, *, below: float) -> SeriesDraws:
    expected = before.log_share + before.growth
    normal = NormalDist()
    room = np.array([normal.cdf(x) for x in (below - expected) / before.noise_sd])
    score = np.array([normal.inv_cdf(x) for x in np.clip(uniform * room, 1e-12, 1 - 1e-12)])
    moved = expected + before.noise_sd * score
    return SeriesDraws(moved, before.growth * before.damping, before.damping, before.noise_sd, before.response)
