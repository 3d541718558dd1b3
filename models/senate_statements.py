"""What members have said of a coming vote moves them, and through the shocks they share everybody else.

A statement is a noisy signal of the member's own vote: a member who will vote yea says so with probability s, one who
will vote nay with 1 - s, s from the log-odds in `Groups.said`. Given the shocks z of the treaty and the row of the fit,
statements are independent, so with p the member's probability of a yea (own effect integrated out)

    likelihood = q prod [p s + (1 - p)(1 - s)] + (1 - q) prod s

q the probability that the vote is contested; otherwise everybody votes yea. The posterior of (row, z) is drawn by
sequential Monte Carlo (Del Moral, Doucet and Jasra 2006, JRSS B 68:411): the likelihood enters by powers chosen so that
half of the draws count at each step, draws are resampled systematically, and those that became alike move apart by
steps that leave the posterior as it is (Neal 1999, eq. 15: autoregressive proposals for a normal prior). It does not
matter how many statements there are, nor how surprising they are.
"""

from dataclasses import dataclass, replace

import numpy as np

from models import senate_kernels
from models.senate_kernels import OWN_POINTS, OWN_WEIGHTS
from models.senate_votes import Coming, Direction, Groups, Luck, SenateDraws, coming_vote
from models.world import Float, Int

KEPT_AT_A_STEP = 0.5
"""Effective share of the draws that each power of the likelihood leaves."""
MOVES = 4
"""Moves of every draw after each resampling."""
STRIDES = (0.3, 0.7)
"""Sizes of the autoregressive steps, in turn: sqrt(1 - stride^2) z + stride e."""
SURE = 1e-12
"""Closest that the probability of a contested vote comes to 0 or 1 in odds."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Where statements were heard: who had said what, under which president, and what the terms were taken to be."""

    groups: Groups
    """Members with what they said; those who said nothing do not count."""
    president: float
    """As in `coming_vote`."""
    directions: tuple[Direction | None, ...]
    """Which sides the terms may favour, one for each class of terms."""
    weights: tuple[float, ...]
    """Probability of each class of terms."""


@dataclass(frozen=True, slots=True)
class Informed:
    """Equally likely draws given the statements."""

    luck: Luck
    log_odds_contested: Float
    """(D,) what the statements add to the log-odds that the vote is contested."""
    source: Int
    """(D,) which of the draws given each one comes from."""
    steps: int
    """Powers of the likelihood that were needed; 1: plain resampling."""
    log_evidence: float
    """Log probability of the statements, relative to statements that say nothing."""


def log_likelihoods(coming: Coming, groups: Groups) -> tuple[Float, Float]:
    """Return the log likelihood of the statements in a contested vote and in one that is not, both (D,).

    Each is relative to a statement that says nothing.
    """
    contested = np.empty(coming.middle.size)
    senate_kernels.fill_statement_likelihood(
        coming.middle,
        coming.slope,
        coming.gap,
        coming.spread,
        groups.ideal_point,
        groups.side,
        groups.said,
        OWN_POINTS,
        OWN_WEIGHTS,
        contested,
    )
    spoken = groups.said[groups.said != 0]
    true = 1 / (1 + np.exp(-spoken))
    return contested, np.full(contested.size, np.log(2 * true).sum())


def informed(draws: SenateDraws, luck: Luck, heard: Heard, *, rng: np.random.Generator) -> Informed:
    """Return draws of the shocks and of the rows given the statements, as many as before and equally likely.

    Without statements the draws come back as they are.

    Parameters
    ----------
    draws, luck
        Population, and (D,) equally likely draws of the treaty's shocks before any statement.
    heard
        The statements.
    rng
        Luck of the resampling and of the moves.
    """
    count = luck.count
    if not heard.groups.said.any():
        return Informed(luck, np.zeros(count), np.arange(count), 0, 0.0)
    loglik = _log_likelihood(draws, luck, heard)
    source, power, steps, evidence = np.arange(count), 0.0, 0, 0.0
    while power < 1.0:
        step = _step(loglik, 1.0 - power)
        weight = np.exp(step * (loglik - loglik.max()))
        evidence += float(np.log(weight.mean()) + step * loglik.max())
        chosen = _systematic(weight, rng)
        luck, source, loglik = luck.taken(chosen), source[chosen], loglik[chosen]
        power, steps = power + step, steps + 1
        luck, loglik = _moved(draws, luck, heard, loglik, power=power, rng=rng)
    return Informed(luck, _log_odds(draws, luck, heard), source, steps, evidence)


def with_contested(coming: Coming, found: Informed) -> Coming:
    """Return the coming vote with what the statements say of whether it is contested."""
    sure = np.clip(coming.contested, SURE, 1 - SURE)
    log_odds = np.log(sure) - np.log1p(-sure) + found.log_odds_contested
    return replace(coming, contested=1 / (1 + np.exp(-log_odds)))


def _log_likelihood(draws: SenateDraws, luck: Luck, heard: Heard) -> Float:
    """Return (D,) log likelihoods, the classes of terms summed out."""
    parts = [w * np.exp(part) for w, part, _ in _by_terms(draws, luck, heard)]
    return np.asarray(np.log(np.sum(parts, axis=0)))


def _log_odds(draws: SenateDraws, luck: Luck, heard: Heard) -> Float:
    """Return (D,) how far the statements move the log-odds of a contested vote."""
    contested = np.log(np.sum([w * np.exp(c) for w, _, (c, _) in _by_terms(draws, luck, heard)], axis=0))
    quiet = np.log(np.sum([w * np.exp(q) for w, _, (_, q) in _by_terms(draws, luck, heard)], axis=0))
    return np.asarray(contested - quiet)


def _by_terms(draws: SenateDraws, luck: Luck, heard: Heard) -> list[tuple[float, Float, tuple[Float, Float]]]:
    found = []
    for weight, direction in zip(heard.weights, heard.directions, strict=True):
        if weight > 0:
            coming = coming_vote(draws, luck, president=heard.president, direction=direction)
            contested, quiet = log_likelihoods(coming, heard.groups)
            sure = np.clip(coming.contested, SURE, 1 - SURE)
            mixed = np.logaddexp(np.log(sure) + contested, np.log1p(-sure) + quiet)
            found.append((weight, mixed, (contested, quiet)))
    return found


def _step(loglik: Float, most: float) -> float:
    """Return the largest power, at most `most`, that leaves the wanted effective share of the draws (by bisection)."""

    def share(power: float) -> float:
        weight = np.exp(power * (loglik - loglik.max()))
        return float(weight.sum() ** 2 / np.sum(weight**2) / weight.size)

    if share(most) >= KEPT_AT_A_STEP:
        return most
    low, high = 0.0, most
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) >= KEPT_AT_A_STEP else (low, middle)
    return max(low, 1e-6)


def _systematic(weight: Float, rng: np.random.Generator) -> Int:
    """Return which draw each of as many places gets: systematic resampling (Kitagawa 1996)."""
    places = (np.arange(weight.size) + rng.random()) / weight.size
    return np.minimum(np.searchsorted(np.cumsum(weight) / weight.sum(), places), weight.size - 1)


def _moved(
    draws: SenateDraws, luck: Luck, heard: Heard, loglik: Float, *, power: float, rng: np.random.Generator
) -> tuple[Luck, Float]:
    """Return the draws after moves that keep prior times likelihood to the power."""
    for move in range(MOVES):
        stride = STRIDES[move % len(STRIDES)]
        kept = float(np.sqrt(1 - stride**2))
        shared, party, terms = (
            kept * z + stride * rng.standard_normal(z.size) for z in (luck.shared, luck.party, luck.terms)
        )
        tried = replace(luck, shared=shared, party=party, terms=terms)
        proposed = _log_likelihood(draws, tried, heard)
        taken = np.log(rng.random(loglik.size)) < power * (proposed - loglik)
        luck = Luck(
            luck.row,
            np.where(taken, shared, luck.shared),
            np.where(taken, party, luck.party),
            np.where(taken, terms, luck.terms),
            luck.absences,
        )
        loglik = np.where(taken, proposed, loglik)
    return luck, loglik
