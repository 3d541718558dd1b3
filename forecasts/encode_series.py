"""Series: which state is known, which publications are still to come, and the draws of a path's parameters."""

from dataclasses import dataclass, replace
from datetime import date
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Series, SeriesState
from forecasts.encode_chance import Chance
from forecasts.spending_editions import EditionPanel, in_force
from models.printing import mapped
from models.spending_kernel import KernelLaw, Printing

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Vintage:
    """The state of a series that a run starts from."""

    year: int
    """Calendar year that the newest printed value speaks of."""
    published_on: date
    state: SeriesState | None
    """What was elicited; None where a fitted panel says it."""
    printed: EditionPanel | None
    """The fitted panel as it was in force; None where the state is elicited."""
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
    growth_sd: Float
    noise_sd: Float
    response: Float


def vintage(series: Series, board: Board, *, as_of: date, known_through: date) -> Vintage:
    """Return the newest state published by `as_of` (before the first one, the first), and the publications after it.

    A state of year Y is followed by the publication of year Y + 1 on the series' day of the year; what was due by the
    known day and was not entered is missed, not skipped: its noise and damping happened.
    """
    if series.panel is not None:
        printed = in_force(series.panel, as_of=as_of)
        known = Vintage(printed.panel.years[-1], printed.published_on, None, printed, printed.stands_in, (), (), as_of)
    else:
        seen = [s for s in series.states if s.published_on <= as_of]
        state = seen[-1] if seen else series.states[0]
        known = Vintage(state.year, state.published_on, state, None, not seen, (), (), as_of)
    days = [date(year, *series.publication) for year in range(known.year, board.horizon.year + 1)]
    missed = tuple(d for d in days[1:] if d <= known_through)
    coming = tuple(d for d in days[1:] if known_through < d <= board.horizon)
    return replace(known, missed=missed, coming=coming, last=missed[-1] if missed else days[0])


def series_notes(board: Board, *, as_of: date, known_through: date) -> tuple[str, ...]:
    """Return what a snapshot must say of its series: a later revision standing in, publications that were missed.

    A note of the state itself (where a vintage stands in for one that is not at hand) is passed on.
    """
    notes: list[str] = []
    for series in board.series:
        found = vintage(series, board, as_of=as_of, known_through=known_through)
        if found.printed is not None:
            notes += [f"{series.id}: {note}" for note in found.printed.notes]
        elif found.state is not None and found.state.note:
            notes.append(f"{series.id}: {found.state.note}")
        if found.stands_in and found.printed is None:
            notes.append(f"{series.id}: later revision (published {found.published_on}, as of {as_of})")
        told = [p.evidence for p in series.panel.promises if p.evidence] if series.panel is not None else []
        notes += [
            f"{series.id}: {entry} reports a promise that the panel counts; it moves no level again" for entry in told
        ]
        if found.missed:
            years = ", ".join(str(d.year) for d in found.missed)
            notes.append(f"{series.id}: publication of {years} not entered; carried forward from {found.year}")
    return tuple(notes)


def series_draws(
    series: Series,
    found: Vintage,
    *,
    reached: frozenset[str],
    chance: Chance,
    fitted: KernelLaw | None = None,
    marks: Printing | None = None,
) -> SeriesDraws:
    """Return the path's parameters at the known day.

    Elicited: level and noise are log-normal, growth normal, damping logit-normal, and the growth has no innovation of
    its own. Fitted: the law of each draw as it is. The response is normal, always elicited (a negative one is cut to 0:
    an edge never turns its sign). Over missed publications the path moves on by growth and noise, and the noise is
    drawn given that no level outside `reached` was crossed, as the confirmation says. Edges are not felt there.

    Parameters
    ----------
    reached
        Questions of the series that are known to have occurred.
    fitted, marks
        The law of a series with a fitted panel, (D,), and what is printed where it walks.
    """
    result = _elicited(series, found, chance) if fitted is None else _fitted(series, fitted, chance)
    open_levels = [log_level(v.value, series.decimals) for v in series.levels if v.question not in reached]
    lowest = min(open_levels, default=np.inf)
    for year, day in enumerate(found.missed):
        luck = [chance.uniform(_name(series, f"{part} {day.year}")) for part in ("turned", "missed")]
        below = lowest if marks is None else float(mapped(lowest, marks.printed[year], marks.walked[year]))
        result = _carried(result, luck[0], luck[1], below=below)
    return result


def _name(series: Series, part: str) -> str:
    return f"series:{series.id}:{part}"


def _response(series: Series, chance: Chance) -> Float:
    return np.maximum(chance.real(series.response, _name(series, "response")), 0.0)


def _elicited(series: Series, found: Vintage, chance: Chance) -> SeriesDraws:
    if found.state is None or series.damping is None or series.noise_sd is None:
        raise ValueError(f"series {series.id!r} has neither elicited numbers nor draws of its fitted panel")
    return SeriesDraws(
        chance.log_positive(found.state.level, _name(series, "level")),
        chance.real(found.state.growth, _name(series, "growth")),
        chance.probability(series.damping, _name(series, "damping")),
        np.zeros(chance.count),
        chance.positive(series.noise_sd, _name(series, "noise_sd")),
        _response(series, chance),
    )


def _fitted(series: Series, law: KernelLaw, chance: Chance) -> SeriesDraws:
    return SeriesDraws(law.log_share, law.growth, law.damping, law.growth_sd, law.noise_sd, _response(series, chance))


def log_level(value: float, decimals: int) -> float:
    """Return the log of the smallest unrounded value that prints as `value` or more."""
    return float(np.log(value - 0.5 * 10.0**-decimals))


def _carried(before: SeriesDraws, turned: Float, uniform: Float, *, below: float) -> SeriesDraws:
    """Return the path moved on by one publication, given that it stayed below a level.

    Growth and level move together, so their sum is drawn below the level first, and the growth's part of it after that.
    """
    expected = before.log_share + before.growth
    spread = np.hypot(before.growth_sd, before.noise_sd)
    normal = NormalDist()
    room = np.array([normal.cdf(x) for x in (below - expected) / spread])
    score = np.array([normal.inv_cdf(x) for x in np.clip(uniform * room, 1e-12, 1 - 1e-12)])
    part = (before.growth_sd / spread) ** 2
    own = before.growth_sd * before.noise_sd / spread
    second = np.array([normal.inv_cdf(x) for x in turned]) if before.growth_sd.any() else np.zeros_like(score)
    growth = before.growth + part * spread * score + own * second
    return replace(before, log_share=expected + spread * score, growth=growth * before.damping)
