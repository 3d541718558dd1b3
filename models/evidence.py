"""Judgement evidence: from likelihood ratios and how far to believe them to tables of log weights.

A reading is one point of a fixed stratified design over what the evidence's weight depends on: how strongly each
forecaster reacts (kappa), how far each grade is believed (lambda), how much a story repeats itself (rho). The first
J columns of a design are its readings; every probability is a mean over them. The S columns after them pair a reading
with likelihood ratios drawn around their medians; they widen bands and move no probability.

Axes: I items, C = J + S columns, F forecasters, Q questions, B buckets (deadline days and "later or never").
"""

from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.world import Float, Int, Key

LETTERS = "ABCDEF"
DIGITS = "123456"
ITEM_CAP = float(np.log(20.0))
"""Largest absolute log likelihood ratio of one item after kappa, lambda and repetition."""
THREAD_CAP = float(np.log(50.0))
"""Largest absolute log likelihood ratio of one thread on one question in any future."""
RANGE_90 = 2 * NormalDist().inv_cdf(0.95)
"""Width of a normal's 5 to 95 % range in standard deviations."""
TIE = 1e-9
"""Relative difference below which two strengths count as tied: rounding, never judgement."""


@dataclass(frozen=True, slots=True)
class Items:
    """What the evidence in force says, one row per effect on one question by one deadline. All arrays are (I,)."""

    key: Key
    """Stable, unique key of the effect (not of its place): the luck of its spread columns, the order of sums."""
    question: Int
    day: Int
    """Deadline h of the effect, in days since the board opened."""
    log_lr: Float
    """Log of the elicited likelihood ratio's median."""
    log_lr_sd: Float
    """Standard deviation of its log (see `lr_sd`)."""
    age_days: Float
    """Days from the item's occurrence to the `as_of`."""
    half_life: Float
    """Days; infinite for facts."""
    forecaster: Int
    """Column of the design's kappa."""
    letter: Int
    """Source reliability, 0 = A to 5 = F."""
    digit: Int
    """Credibility of the information, 0 = 1 to 5 = 6."""
    content_basis: NDArray[np.bool_]
    """True: judged as if confirmed, the grade shrinks it; False: judged as reported, lambda = 1."""
    thread: Int
    """The story."""
    entry: Int
    """The evidence entry that the effect belongs to."""
    exempt: NDArray[np.bool_]
    """Official dated records: free of both caps."""

    @property
    def count(self) -> int:
        """Number of effects I."""
        return int(self.key.size)

    def where(self, chosen: NDArray[np.bool_] | Int) -> Self:
        """Return the chosen rows: a mask (I,) or row numbers."""
        return type(self)(*(getattr(self, f.name)[chosen] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Belief:
    """How far forecasters and sources are believed: prior, or what resolved questions taught.

    log kappa_f ~ Normal(common + reaction_f, .) with one common part and one part per forecaster; a grade's lambda is
    letter x digit, each a Beta of the given mean and concentration; rho is a Beta.
    """

    common_mean: float
    common_sd: float
    """Of the log reaction that all forecasters share."""
    reaction_mean: Float
    """(F,) log reaction of each forecaster beside the common part ..."""
    reaction_sd: Float
    """(F,) ... and its standard deviation."""
    letter: Float
    """(6,) means; a mean of 1 is certain."""
    digit: Float
    """(6,) means."""
    concentration: float
    """a + b of the letters' and digits' Beta distributions."""
    repetition: tuple[float, float]
    """a and b of rho's Beta distribution."""


def prior_belief(forecasters: int) -> Belief:
    """Return the belief before any resolved question, for a number of forecasters F.

    METHODS 4 and 8: kappa LogNormal(mu, .3) with mu ~ Normal(0, .2); letters A .9, B .8, C .65, D .5, E .3, F as D;
    digits 1, .9, .75, .5, .25, 6 as 3; rho ~ Beta(4, 4). The concentration 20 is ours: it gives B a standard deviation
    of .09, so that neighbouring letters overlap.
    """
    return Belief(
        common_mean=0.0,
        common_sd=0.2,
        reaction_mean=np.zeros(forecasters),
        reaction_sd=np.full(forecasters, 0.3),
        letter=np.array([0.9, 0.8, 0.65, 0.5, 0.3, 0.5]),
        digit=np.array([1.0, 0.9, 0.75, 0.5, 0.25, 0.75]),
        concentration=20.0,
        repetition=(4.0, 4.0),
    )


@dataclass(frozen=True, slots=True)
class Design:
    """Columns of the weighing: J readings, then S pairs of a reading and drawn likelihood ratios."""

    points: int
    """Number of readings J."""
    kappa: Float
    """(C, F) factor on a forecaster's log likelihood ratios."""
    reliability: Float
    """(C, 6, 6) lambda by letter and digit."""
    repetition: Float
    """(C,) rho."""
    median_kappa: Float
    """(F,) the centre of kappa ..."""
    median_reliability: Float
    """(6, 6) ... and of lambda: strengths at the centre rank the items of a story."""
    median_repetition: float

    @property
    def columns(self) -> int:
        """Number of columns C = J + S."""
        return int(self.repetition.size)

    @property
    def spread(self) -> int:
        """Number of spread columns S."""
        return self.columns - self.points

    def centre(self) -> Self:
        """Return the design with one single reading, at the centre, and no spread column."""
        return type(self)(
            1,
            self.median_kappa[None],
            self.median_reliability[None],
            np.array([self.median_repetition]),
            self.median_kappa,
            self.median_reliability,
            self.median_repetition,
        )


def design(belief: Belief, forecaster_key: Key, *, readings: int, spread: int) -> Design:
    """Return the stratified design of a belief: each parameter takes the `readings` equal-probability mid-quantiles.

    Latin hypercube with a fixed permutation per parameter, keyed by its name or by the forecaster's key (F,), so a new
    forecaster leaves every other reading as it was. No random number enters: the design is a function of its arguments.

    Raises
    ------
    ValueError
        When there is no reading, more than one spread column per reading, or keys and belief differ in length.
    """
    if readings < 1 or not 0 <= spread <= readings:
        raise ValueError(
            f"{readings} readings and {spread} spread columns: need readings >= 1, 0 <= spread <= readings"
        )
    if forecaster_key.size != belief.reaction_mean.size:
        raise ValueError(f"{forecaster_key.size} forecaster keys for a belief in {belief.reaction_mean.size}")
    common = belief.common_mean + belief.common_sd * _normal(_levels(np.array([1]), readings))
    own = belief.reaction_mean + belief.reaction_sd * _normal(_levels(_mix(forecaster_key), readings))
    names = np.arange(6)
    # F is read as D and 6 as 3: the same quantiles, not only the same mean
    letter = _beta_points(belief.letter, belief.concentration, _levels(100 + names % 5 + 3 * (names == 5), readings))
    digit = _beta_points(belief.digit, belief.concentration, _levels(200 + names % 5 + 2 * (names == 5), readings))
    repetition = _beta(_levels(np.array([2]), readings)[:, 0], *belief.repetition)
    column = np.r_[np.arange(readings), np.arange(spread) * readings // max(spread, 1)]
    return Design(
        readings,
        np.exp(common + own)[column],
        (letter[:, :, None] * digit[:, None, :])[column],
        repetition[column],
        np.exp(belief.common_mean + belief.reaction_mean),
        belief.letter[:, None] * belief.digit[None],
        belief.repetition[0] / sum(belief.repetition),
    )


def lr_sd(low: Float, high: Float) -> Float:
    """Return the standard deviation of log LR from the 5 and 95 % points of its elicited range."""
    return np.asarray(np.log(np.asarray(high) / np.asarray(low)) / RANGE_90)


def strength(items: Items) -> Float:
    """Return (I,) log likelihood ratios after fading: log LR * 2^(-age / half-life); no age before the occurrence."""
    return items.log_lr * _fading(items)


def expired(items: Items, known: int) -> NDArray[np.bool_]:
    """Return (I,) which effects are inert: their deadline is not after `known`, the day the board is known through."""
    return items.day <= known


def tables(
    items: Items, design: Design, *, grid: Int, questions: int, known: int, keep: NDArray[np.bool_] | None = None
) -> Float:
    """Return the log weight that the evidence gives a future, by question, bucket of its day, and column.

    Parameters
    ----------
    items, design
        The evidence in force and the columns to read it in.
    grid
        (B - 1,) rising deadline days; bucket b is the first of them that is not before the event, B - 1 is later.
    questions
        Number of questions Q.
    known
        K: effects whose deadline is not after it are inert, but keep their rank in the story (nothing jumps at K = h).
    keep
        (I,) or (sets, I): which items take part; retraction, attribution and leave-one-out are sets of items.

    Returns
    -------
    (Q, B, C), or (sets, Q, B, C) when `keep` has two axes. The last bucket is 0.

    Raises
    ------
    ValueError
        When a value is not finite, an index is outside its axis, a deadline is not on the grid, or a key is repeated.
    """
    check(items, design, grid=grid, questions=questions)
    order = np.argsort(items.key)
    ordered = items.where(order)
    reading = _readings(ordered, design)
    if keep is None or keep.ndim == 1:
        chosen = np.ones(items.count, bool) if keep is None else keep[order]
        return _table(ordered.where(chosen), reading[chosen], design, grid=grid, questions=questions, known=known)
    stack = np.empty((len(keep), questions, grid.size + 1, design.columns))
    for k, mask in enumerate(keep[:, order]):
        stack[k] = _table(ordered.where(mask), reading[mask], design, grid=grid, questions=questions, known=known)
    return stack


def check(items: Items, design: Design, *, grid: Int, questions: int) -> None:
    """Refuse items that no table can be made of; see `tables` for what is raised."""
    for name in ("log_lr", "log_lr_sd", "age_days"):
        bad = ~np.isfinite(getattr(items, name))
        if bad.any():
            raise ValueError(f"{name} of item {int(bad.argmax())} is {getattr(items, name)[bad][0]}; must be finite")
    if (items.log_lr_sd < 0).any():
        raise ValueError(f"log_lr_sd must not be negative; found {items.log_lr_sd.min()}: is a range reversed?")
    if not (items.half_life > 0).all():
        raise ValueError(f"half_life must be above 0 (infinite for facts); found {items.half_life.min()}")
    limits = {"question": questions, "forecaster": design.kappa.shape[1], "letter": 6, "digit": 6}
    for name, size in limits.items():
        index = getattr(items, name)
        if ((index < 0) | (index >= size)).any():
            raise ValueError(f"{name} must be in 0..{size - 1}; found {sorted(set(index.tolist()))}")
    if not np.isin(items.day, grid).all():
        raise ValueError(f"deadline days {sorted(set(items.day.tolist()) - set(grid.tolist()))} not on {grid.tolist()}")
    if np.unique(items.key).size != items.count:
        raise ValueError("two items have the same key")


def discounts(items: Items, design: Design) -> Float:
    """Return (I, C) factors (1 - rho)^(rank - 1) of each item in its story; ties share the mean.

    A story here is one thread's items on one question in one direction, over all deadlines, ranked by strength at the
    centre of the design. An item of median 1 points nowhere and repeats nothing: its factor is 1.
    """
    central = np.abs(_central(items, design))
    sign = np.sign(items.log_lr)
    order = np.lexsort((-central, sign, items.question, items.thread))
    story = np.stack([items.thread, items.question, sign])[:, order]
    sorted_strength = central[order]
    opens = (story[2] == 0) | np.r_[True, (story[:, 1:] != story[:, :-1]).any(axis=0)][: items.count]
    unties = opens | np.r_[True, sorted_strength[1:] < sorted_strength[:-1] * (1 - TIE)][: items.count]
    tie = np.cumsum(unties) - 1
    first = np.flatnonzero(unties)
    size = np.diff(np.r_[first, items.count])
    rank = first - np.flatnonzero(opens)[np.cumsum(opens) - 1][first] if items.count else first
    factor = _mean_powers(1 - design.repetition, rank, size)
    out = np.empty((items.count, design.columns))
    out[order] = factor[tie]
    return out


def _mean_powers(base: Float, rank: Int, size: Int) -> Float:
    """Return (ties, C) means of base^rank, ..., base^(rank + size - 1)."""
    powers = np.cumprod(np.r_[np.ones((1, base.size)), np.tile(base, (int((rank + size).max(initial=1)), 1))], axis=0)
    out = np.asarray(powers[rank])
    for t in np.flatnonzero(size > 1):
        out[t] = powers[rank[t] : rank[t] + size[t]].mean(axis=0)
    return out


def _table(items: Items, reading: Float, design: Design, *, grid: Int, questions: int, known: int) -> Float:
    """Sum one set of items, in the order of their keys, under both caps."""
    llr = reading * discounts(items, design)
    llr = np.where(items.exempt[:, None], llr, np.clip(llr, -ITEM_CAP, ITEM_CAP))
    reach = np.searchsorted(grid, items.day) + 1
    table = np.zeros((questions, grid.size + 1, design.columns))
    stories: dict[tuple[int, int], Float] = {}
    for i in np.flatnonzero(~expired(items, known)):
        question = int(items.question[i])
        if items.exempt[i]:
            table[question, : reach[i]] += llr[i]
        else:
            told = stories.setdefault((int(items.thread[i]), question), np.zeros(table.shape[1:]))
            told[: reach[i]] += llr[i]
    for (_, question), told in stories.items():
        table[question] += np.clip(told, -THREAD_CAP, THREAD_CAP)
    return table


def _readings(items: Items, design: Design) -> Float:
    """Return (I, C): kappa * lambda * log LR * fading, before repetition and caps; spread columns with drawn LRs."""
    log_lr = np.repeat(items.log_lr[:, None], design.columns, axis=1)
    if design.spread:
        log_lr[:, design.points :] += items.log_lr_sd[:, None] * _normal(_levels(_mix(items.key), design.spread)).T
    belief = np.where(items.content_basis, design.reliability[:, items.letter, items.digit], 1.0)
    return np.asarray(log_lr * (design.kappa[:, items.forecaster] * belief).T * _fading(items)[:, None])


def _central(items: Items, design: Design) -> Float:
    belief = np.where(items.content_basis, design.median_reliability[items.letter, items.digit], 1.0)
    return strength(items) * design.median_kappa[items.forecaster] * belief


def _fading(items: Items) -> Float:
    return np.asarray(np.exp2(-np.maximum(items.age_days, 0.0) / items.half_life))


def _mix(key: NDArray[np.generic]) -> Key:
    """Return a well mixed 64-bit hash of each key (splitmix64: Steele, Lea and Flood 2014)."""
    z = key.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def _levels(name: NDArray[np.generic], count: int) -> Float:
    """Return (count, names) probabilities (k + 1/2) / count, in a permutation that is fixed for each name."""
    lottery = _mix(_mix(name)[None, :] ^ np.arange(1, count + 1, dtype=np.uint64)[:, None])
    return (np.argsort(np.argsort(lottery, axis=0), axis=0) + 0.5) / count


def _normal(level: Float) -> Float:
    quantile = NormalDist().inv_cdf
    values, place = np.unique(level, return_inverse=True)
    return np.array([quantile(v) for v in values])[place].reshape(level.shape)


def _beta(level: Float, a: float, b: float) -> Float:
    from scipy.special import betaincinv  # here: costs .1 s, and only a new design needs it

    return np.asarray(betaincinv(a, b, level))


def _beta_points(mean: Float, concentration: float, level: Float) -> Float:
    """Return (count, means) quantiles of Beta distributions with the given means; a mean of 1 is certain."""
    out = np.ones_like(level)
    for i in np.flatnonzero(mean < 1):
        out[:, i] = _beta(level[:, i], mean[i] * concentration, (1 - mean[i]) * concentration)
    return out
