"""Joint parameter draws of a board: class rates from the sampler, everything else drawn from what was elicited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasts.definition import Board, Series
from forecasts.domain import LedgerView
from forecasts.encode_chance import Chance
from forecasts.encode_fitted_votes import ComingVotes
from forecasts.encode_panel import law_of, printing_of
from forecasts.encode_rates import Hazards, duration_draws, hazards
from forecasts.encode_series import SeriesDraws, Vintage, series_draws
from forecasts.encode_votes import coming_votes, gates, presidents, second_vote_rates
from forecasts.encode_world import coming_events, edges_of, vintages
from forecasts.parameters import Parameters
from models.spending_kernel import KernelLaw
from models.world import DAYS_PER_YEAR, NEVER, Draws, Float, Start


@dataclass(frozen=True, slots=True)
class Drawn:
    """The draws of a board, and what stands behind the gates of its fitted votes."""

    draws: Draws
    votes: Mapping[str, ComingVotes]
    """By question; elicited votes have no entry."""


def draws(
    board: Board,
    parameters: Parameters,
    start: Start,
    *,
    as_of: date,
    count: int,
    seed: int,
    view: LedgerView | None = None,
) -> Draws:
    """Return the joint draws that the futures of a board run on; as `drawn`, without what stands behind them."""
    return drawn(board, parameters, start, as_of=as_of, count=count, seed=seed, view=view).draws


def drawn(
    board: Board,
    parameters: Parameters,
    start: Start,
    *,
    as_of: date,
    count: int,
    seed: int,
    view: LedgerView | None = None,
) -> Drawn:
    """Return the joint draws that the futures of a board run on, and what stands behind its fitted votes.

    Parameters
    ----------
    board, parameters, start
        The definition, draws of its fitted models, and what is known when the futures begin.
    as_of
        Last day whose publications count: it chooses each series' state.
    count
        Number of draws D.
    seed
        Of the elicited quantities; each has a stream of its own, keyed by its name.
    view
        Records in force: statements, compositions and editions speak to the fitted models. None: there are none.

    Raises
    ------
    KeyError
        When an event question with an adjustment has no class rate.
    ValueError
        When the elicited numbers contradict each other (see `encode_rates.hazards` and `encode_votes.gates`).
    """
    chance = Chance(count, seed)
    log_hr = edge_draws(board, parameters, chance)
    pace = hazards(board, parameters, log_hr=log_hr, chance=chance)
    known_through = date.fromordinal(board.opens.toordinal() + start.day)
    trigger = pace.hazard[:, [board.index(v.trigger) for v in board.votes]]
    years = max((board.horizon - known_through).days, 1) / DAYS_PER_YEAR
    party = presidents(board, chance)
    behind = coming_votes(board, parameters, trigger, years=years, view=view, as_of=as_of, chance=chance)
    paths = _paths(board, parameters, start, as_of=as_of, known_through=known_through, chance=chance)
    events = coming_events(board, known_through=known_through)
    found = Draws(
        rate=pace.hazard,
        shape=pace.shape,
        log_hr=_stack(log_hr.values(), count),
        with_probability=_stack(_joint(board, chance), count),
        gate=gates(board, trigger, years=years, chance=chance, votes=behind, party=party),
        president=party,
        second_vote_rate=second_vote_rates(board, chance),
        log_share=_stack((p.log_share for p in paths), count),
        growth=_stack((p.growth for p in paths), count),
        damping=_stack((p.damping for p in paths), count),
        growth_sd=_stack((p.growth_sd for p in paths), count),
        noise_sd=_stack((p.noise_sd for p in paths), count),
        response=_stack((p.response for p in paths), count),
        scheduled_probability=_stack(
            (chance.probability(s.probability, f"scheduled:{s.question}:{s.on}") for s in events), count
        ),
    )
    return Drawn(found, behind)


def votes(
    board: Board,
    parameters: Parameters,
    view: LedgerView | None,
    *,
    known_through: date,
    as_of: date,
    chance: Chance,
) -> dict[str, ComingVotes]:
    """Return what stands behind the gates of a board's fitted votes, as in `drawn` and nothing else of it."""
    pace = hazards(board, parameters, log_hr=edge_draws(board, parameters, chance), chance=chance)
    trigger = pace.hazard[:, [board.index(v.trigger) for v in board.votes]]
    years = max((board.horizon - known_through).days, 1) / DAYS_PER_YEAR
    return coming_votes(board, parameters, trigger, years=years, view=view, as_of=as_of, chance=chance)


def hazard_draws(board: Board, parameters: Parameters, *, count: int, seed: int) -> Hazards:
    """Return class rate, factor and hazard of each event question, draw by draw the ones that `draws` uses."""
    chance = Chance(count, seed)
    return hazards(board, parameters, log_hr=edge_draws(board, parameters, chance), chance=chance)


def edge_draws(board: Board, parameters: Parameters, chance: Chance) -> dict[tuple[str, str], Float]:
    """Return (D,) draws of each edge's log hazard ratio by (parent, child), in board order.

    Edges that were fitted with the cases of their child take the joint draws of that fit; all others are as elicited.

    Raises
    ------
    ValueError
        When a hazard-ratio edge has no ratio.
    """
    fitted = duration_draws(board, parameters, chance)
    drawn = {}
    for edge in edges_of(board, "hazard_ratio"):
        parent, child = edge.parents[0], edge.child
        if edge.hazard_ratio is None:
            raise ValueError(f"edge {parent!r} -> {child!r} has no hazard ratio")
        if child in fitted and parent in fitted[child].log_hr:
            drawn[parent, child] = fitted[child].log_hr[parent]
        else:
            drawn[parent, child] = chance.log_positive(edge.hazard_ratio, f"edge:{parent}>{child}")
    return drawn


def _joint(board: Board, chance: Chance) -> Iterable[Float]:
    for edge in edges_of(board, "with"):
        parent, child = edge.parents[0], edge.child
        if edge.probability is None:
            raise ValueError(f"edge {parent!r} -> {child!r} has no probability")
        yield chance.probability(edge.probability, f"with:{parent}>{child}")


def _paths(
    board: Board, parameters: Parameters, start: Start, *, as_of: date, known_through: date, chance: Chance
) -> list[SeriesDraws]:
    known = (start.occurred != NEVER) | (start.clamped != NEVER)
    reached = frozenset(q.id for q, done in zip(board.questions, known, strict=True) if done)
    states = vintages(board, as_of=as_of, known_through=known_through)
    paths = []
    for series, state in zip(board.series, states, strict=True):
        law = _law(series, state, parameters, chance)
        marks = printing_of(state, parameters.fits.get(series.id))
        paths.append(series_draws(series, state, reached=reached, chance=chance, fitted=law, marks=marks))
    return paths


def _law(series: Series, state: Vintage, parameters: Parameters, chance: Chance) -> KernelLaw | None:
    """Return the law of a series with a fitted panel, for the rows that this run's draws take; else None."""
    file = parameters.fits.get(series.id)
    if file is None or state.printed is None:
        return None
    return law_of(series, state.printed, file, parameters=parameters, chance=chance)


def _stack(columns: Iterable[Float], count: int) -> Float:
    """Return (D, n) of n columns, also for none."""
    found = list(columns)
    return np.stack(found, axis=1) if found else np.zeros((count, 0))
