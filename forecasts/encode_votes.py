"""Votes: the gate that a vote must pass, by period of the body, president's party and class of terms.

The gate is elicited as what a voter would be asked: *a vote is held; how likely does it pass?* All cells are one
judgement, so one standard normal moves them together within a draw. A quality term z, shared with the trigger, raises
both the gate and the pace at which a vote comes (leaders call votes that they expect to win). So draws in which a vote
is held have a higher z than draws at large, and a gate centred on z = 0 would promise those who ask more than was
elicited. It is centred on the mean of z over draws in which a vote is held instead,

    logit g = logit median + sqrt(s^2 - slope^2) e + slope (z - mean z given a vote)

with e and z standard normal and s the elicited sd of the logit. The mean weighs each draw by the chance that a vote is
held by the horizon when its question opens at a uniform time from now to then, 1 - (1 - exp(-h T)) / (h T) with h the
draw's hazard of the vote and T the years left.

A vote that is fitted to its body's history has its gate from that model (`encode_fitted_votes`), with the same z.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecasts import encode_fitted_votes
from forecasts.definition import Board, Vote
from forecasts.domain import LedgerView
from forecasts.encode_chance import Chance, expit, logit, logit_sd
from forecasts.encode_fitted_votes import ComingVotes
from forecasts.encode_rates import log_frailty, quality_term
from forecasts.encode_world import day_number, period_days
from forecasts.parameters import Parameters
from models.world import Float, Int8


def coming_votes(
    board: Board,
    parameters: Parameters,
    trigger_hazard: Float,
    *,
    years: float,
    view: LedgerView | None,
    as_of: date,
    chance: Chance,
) -> dict[str, ComingVotes]:
    """Return what the gates of the fitted votes are computed from, by question; the hazards and years as in `gates`.

    Raises
    ------
    KeyError
        When a fitted vote has no draws.
    """
    found = {}
    rows = parameters.drawn(chance)
    for v, vote in enumerate(board.votes):
        if vote.fitted is None:
            continue
        file = parameters.fits[vote.question]
        weight = _held(trigger_hazard[:, v], years)
        mean = _mean_quality(board, vote, weight, chance)
        found[vote.question] = encode_fitted_votes.coming_votes(
            vote,
            vote.fitted,
            file,
            rows=rows % file.rows,
            quality=quality_term(board, vote.trigger, chance) - mean,
            frailty=log_frailty(board, vote.question, chance),
            held=weight,
            view=view,
            as_of=as_of,
            chance=chance,
        )
    return found


def gates(
    board: Board,
    trigger_hazard: Float,
    *,
    years: float,
    chance: Chance,
    votes: Mapping[str, ComingVotes],
    party: Int8,
) -> Float:
    """Return the probability that each vote passes, (D, V, P, 2, C).

    Parameters
    ----------
    trigger_hazard
        (D, V) hazard per year of each vote's trigger.
    years
        From the known day to the horizon.
    votes
        What the gates of fitted votes are computed from, by question.
    party
        (D, V, P) the president's party in each stretch.

    Raises
    ------
    ValueError
        When the quality slope is larger than a cell's elicited spread, or the cells do not match periods and terms.
    """
    periods = max((len(period_days(v, board)) for v in board.votes), default=0)
    classes = max((2 ** len(v.terms) for v in board.votes), default=1)
    result = np.full((chance.count, len(board.votes), periods, 2, classes), 0.5)
    for v, vote in enumerate(board.votes):
        if vote.fitted is not None:
            body = stretches(vote.periods, vote, board)
            cells = encode_fitted_votes.gate_cells(votes[vote.question], body, party[:, v, : body.size])
        else:
            mean = _mean_quality(board, vote, _held(trigger_hazard[:, v], years), chance)
            cells = _cells(board, vote, mean, chance)
        result[:, v, : cells.shape[1], :, : cells.shape[3]] = cells
    return result


def presidents(board: Board, chance: Chance) -> Int8:
    """Return the president's party, 0 or 1, in each stretch of each vote, (D, V, P); constant within a presidency."""
    periods = max((len(period_days(v, board)) for v in board.votes), default=0)
    result = np.zeros((chance.count, len(board.votes), periods), np.int8)
    for v, vote in enumerate(board.votes):
        drawn = [
            chance.uniform(f"president:{vote.question}:{since}") < probability
            for since, probability in zip(("", *vote.president_periods), vote.copartisan_probability, strict=True)
        ]
        for p, terms in enumerate(stretches(vote.president_periods, vote, board)):
            result[:, v, p] = drawn[terms]
    return result


def second_vote_rates(board: Board, chance: Chance) -> Float:
    """Return the hazard per year of a second vote after a failed one, (D, V)."""
    drawn = [chance.positive(v.second_vote_rate, f"second vote:{v.question}") for v in board.votes]
    return np.stack(drawn, axis=1) if drawn else np.zeros((chance.count, 0))


def _cells(board: Board, vote: Vote, mean_quality: float, chance: Chance) -> Float:
    """Return one vote's gate, (D, P, 2, C)."""
    classes = 2 ** len(vote.terms)
    if len(vote.gate) != (len(vote.periods) + 1) * classes:
        raise ValueError(
            f"{vote.question}: {len(vote.gate)} gates for {len(vote.periods) + 1} periods x {classes} terms"
        )
    centre = np.array([logit(g.median) for g in vote.gate]).reshape(-1, classes)
    spread = np.array([_own_sd(vote, logit_sd(g)) for g in vote.gate]).reshape(-1, classes)
    body = stretches(vote.periods, vote, board)
    common = chance.normal(f"gate:{vote.question}")
    quality = vote.quality_gate * (quality_term(board, vote.trigger, chance) - mean_quality)
    shift = quality + log_frailty(board, vote.question, chance)
    log_odds = centre[body] + spread[body] * common[:, None, None] + shift[:, None, None]
    return expit(np.stack([log_odds + vote.copartisan_logit, log_odds], axis=2))


def _own_sd(vote: Vote, elicited: float) -> float:
    if vote.quality_gate > elicited:
        raise ValueError(f"{vote.question}: quality slope {vote.quality_gate} exceeds the gate's spread {elicited:.3g}")
    return float(np.sqrt(elicited**2 - vote.quality_gate**2))


def _mean_quality(board: Board, vote: Vote, held: Float, chance: Chance) -> float:
    """Return the mean of z over draws in which a vote is held; 0 where none can be."""
    return float(np.average(quality_term(board, vote.trigger, chance), weights=held))


def _held(hazard: Float, years: float) -> Float:
    """Return the chance that a vote is held in each draw, up to what opens its question."""
    exposure = np.maximum(hazard * years, 1e-12)
    return np.maximum(1 + np.expm1(-exposure) / exposure, 1e-300)


def stretches(changes: tuple[date, ...], vote: Vote, board: Board) -> NDArray[np.int64]:
    """Return which of the periods that `changes` separate each stretch of `period_days` lies in, (P,)."""
    days = [day_number(d, board) for d in changes]
    return np.searchsorted(np.array(days), np.array(period_days(vote, board)), side="right")
