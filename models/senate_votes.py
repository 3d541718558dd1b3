"""A coming vote of a body that consents by two thirds: from draws of the fitted model to what a vote would bring.

Given the draw d and a contested vote, member i votes yea with log-odds

    middle_d + slope_d x_i + gap_d s_i + own_i,    own_i ~ Normal(0, spread_d)

x the ideal point, s the side (+1/2 party 1, -1/2 party 0, 0 neither). The three numbers of the vote (`Coming`) hold
the population's draws and the shocks that all members share: how good the text is to senators at large, which side its
terms favour, how the parties line up behind or against the president. A vote that is not contested passes.
`models.senate` tells the whole story and fits it.

Axes: R rows of the fit, D draws of a run (each uses one row), G groups of members, S states of the composition.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from models import senate_kernels
from models.senate_kernels import OWN_POINTS, OWN_WEIGHTS
from models.world import Float, Int

SPELLS_AHEAD = 0x5EA7
"""Key of the stream that the steps of practice to come are drawn from."""
FIRM, LEAN = 0.95, 0.80
"""Chance that a member who says firmly (or leans to) how they will vote does so, were both votes as likely before."""
SAID: Mapping[str, float] = {
    "for_firm": float(np.log(FIRM / (1 - FIRM))),
    "for_lean": float(np.log(LEAN / (1 - LEAN))),
    "undecided": 0.0,
    "against_lean": -float(np.log(LEAN / (1 - LEAN))),
    "against_firm": -float(np.log(FIRM / (1 - FIRM))),
}
"""Log-odds of each statement coming from a yea rather than a nay; who is undecided votes as the model says."""

PARAMETERS = (
    *("type_contested", "type_middle", "type_slope", "slope_sd", "copartisan", "treaty_sd", "party_sd", "senator_sd"),
    *("practice_now", "practice_step", "absence_now", "absence_step", "absence_contested", "absence_sd"),
)
"""Quantities of `models.senate` that coming votes depend on; the first three are by type of treaty."""
POPULATION = (
    "contested",
    "middle",
    "slope",
    "slope_sd",
    "copartisan",
    "treaty_sd",
    "party_sd",
    "senator_sd",
    "absent",
    "absent_sd",
)
"""Names of the numbers that describe coming votes of one type, in the order of `SenateDraws`."""


@dataclass(frozen=True, slots=True)
class SenateDraws:
    """What the fitted model says of coming votes of one type; all (R,)."""

    contested: Float
    """Probability that a vote is contested and no formality (`senate_history.MOST_TOKEN`)."""
    middle: Float
    """Log-odds of a yea in the middle of the chamber (x = 0, between the parties) in a contested vote."""
    slope: Float
    """Mean over treaties of the change of the log-odds per unit of ideal point; below 0: the right opposes more."""
    slope_sd: Float
    """Its standard deviation between treaties."""
    copartisan: Float
    """Log-odds by which the president's party is ahead of the other one."""
    treaty_sd: Float
    """Shock of a treaty that all members share."""
    party_sd: Float
    """Shock of a treaty to each party."""
    senator_sd: Float
    """Effect of a member."""
    absent: Float
    """Log-odds that a member does not vote."""
    absent_sd: Float
    """Its standard deviation between votes."""

    def __post_init__(self) -> None:
        sizes = {getattr(self, name).shape for name in POPULATION}
        if len(sizes) != 1 or len(next(iter(sizes))) != 1:
            raise ValueError(f"draws have shapes {sorted(sizes)}: one shape (R,) is needed")
        for name in POPULATION:
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name}: a draw is not a finite number")

    @property
    def rows(self) -> int:
        """Number of draws R."""
        return self.middle.size


@dataclass(frozen=True, slots=True)
class Direction:
    """Which side the terms favour, as a forecaster sees it: the log-odds of a yea per unit of ideal point, normal.

    Above 0 the right is readier to consent, below 0 the left; the parties of today stand .9 apart. Past treaties had a
    mean near -2 and a standard deviation near 2.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and self.sd >= 0 and np.isfinite(self.sd)):
            raise ValueError(f"direction {self.mean} (sd {self.sd}): finite numbers and an sd of 0 or more are needed")


@dataclass(frozen=True, slots=True)
class Luck:
    """The shocks of the coming treaty in each draw; all (D,)."""

    row: Int
    """Row of `SenateDraws` that the draw uses."""
    shared: Float
    """Standard normal: how all members take to the text."""
    party: Float
    """Standard normal: how far the parties part."""
    terms: Float
    """Standard normal: which side the terms favour, within the direction's range."""
    absences: Float
    """Standard normal: how many do not vote."""

    @property
    def count(self) -> int:
        """Number of draws D."""
        return self.row.size

    def taken(self, index: Int) -> "Luck":
        """Return the luck of these draws."""
        return Luck(self.row[index], self.shared[index], self.party[index], self.terms[index], self.absences[index])


@dataclass(frozen=True, slots=True)
class Groups:
    """Members that the model cannot tell apart, some seats each: single members, or points of a party's range."""

    ideal_point: Float
    """(G,) first dimension of roll calls, about -1 (left) to 1 (right)."""
    side: Float
    """(G,) +1/2 party 1 (Republicans), -1/2 party 0 (Democrats), each with who caucuses with them; 0 neither."""
    said: Float
    """(G,) log-odds of what the member has said (`SAID`); 0 where nothing."""
    seats: Float
    """(S, G) seats of each group, S = 1 or D: who sits may differ between draws."""

    def __post_init__(self) -> None:
        size = self.ideal_point.size
        shapes = {"ideal_point": self.ideal_point.shape, "side": self.side.shape, "said": self.said.shape}
        if wrong := [f"{n} {s}" for n, s in shapes.items() if s != (size,)]:
            raise ValueError(f"{', '.join(wrong)}: shape ({size},) is needed")
        if self.seats.ndim != 2 or self.seats.shape[1] != size or not np.all(self.seats >= 0):
            raise ValueError(f"seats {self.seats.shape}: 0 or more by (states, {size}) are needed")
        if np.any(np.abs(self.side) > 0.5) or not np.isfinite(self.ideal_point).all():
            raise ValueError("side has to lie within 1/2 of 0 and every ideal point to be a finite number")


@dataclass(frozen=True, slots=True)
class Coming:
    """The coming vote in each draw, all that members share; all (D,)."""

    middle: Float
    slope: Float
    gap: Float
    spread: Float
    contested: Float
    absent: Float
    """Probability that a member does not vote."""


def population(parameters: Mapping[str, Float], kind: int, *, ahead: float) -> SenateDraws:
    """Return what a fit says of coming votes of one type.

    Parameters
    ----------
    parameters
        Draws by name of `PARAMETERS`, (R,) or (R, K).
    kind
        Index of the type.
    ahead
        Spells of years from the middle of the last one seen to the vote: practice and absences walk on.
    """
    count = parameters["senator_sd"].size
    # one fixed draw of the steps to come for each row: rows are exchangeable, so this is a draw from the predictive law
    steps = np.random.Generator(np.random.Philox(SPELLS_AHEAD)).standard_normal(count) * np.sqrt(ahead)
    odds = parameters["type_contested"][:, kind] + parameters["practice_now"] + parameters["practice_step"] * steps
    return SenateDraws(
        contested=1 / (1 + np.exp(-odds)),
        middle=parameters["type_middle"][:, kind],
        slope=parameters["type_slope"][:, kind],
        absent=parameters["absence_now"] + parameters["absence_contested"],
        absent_sd=np.sqrt(parameters["absence_sd"] ** 2 + ahead * parameters["absence_step"] ** 2),
        **{n: parameters[n] for n in ("slope_sd", "copartisan", "treaty_sd", "party_sd", "senator_sd")},
    )


def members(ideal_point: Float, side: Float, *, said: Float | None = None) -> Groups:
    """Return single members as groups of one seat each."""
    quiet = np.zeros_like(ideal_point) if said is None else said
    return Groups(ideal_point, side, quiet, np.ones((1, ideal_point.size)))


def luck(normals: Callable[[str], Float], rows: int, *, name: str) -> Luck:
    """Return the shocks of D draws, each quantity from a stream of its own.

    Parameters
    ----------
    normals
        Returns (D,) standard normal draws for a name, for example `forecasts.encode_chance.Chance.normal`.
    rows
        Rows of the fit; draw d uses row d modulo `rows`.
    name
        Of the vote.
    """
    drawn = {q: normals(f"{q}:{name}") for q in ("treaty", "treaty by party", "terms", "absences")}
    row = np.arange(drawn["terms"].size, dtype=np.int64) % rows
    return Luck(row, drawn["treaty"], drawn["treaty by party"], drawn["terms"], drawn["absences"])


def coming_vote(draws: SenateDraws, luck: Luck, *, president: float, direction: Direction | None) -> Coming:
    """Return the coming vote in each draw.

    Parameters
    ----------
    draws, luck
        Population, and the treaty's shocks.
    president
        +1 where the president is of party 1, -1 of party 0, 0 to leave both parties alike.
    direction
        Which side the terms favour; None for a treaty like those of the past, their mean direction included.
    """
    r = luck.row
    shared_sd = np.sqrt(draws.treaty_sd**2 + draws.party_sd**2 / 2)
    slope = draws.slope[r] + draws.slope_sd[r] * luck.terms
    if direction is not None:
        slope = direction.mean + direction.sd * luck.terms
    absent = draws.absent[r] + draws.absent_sd[r] * luck.absences
    return Coming(
        middle=draws.middle[r] + shared_sd[r] * luck.shared,
        slope=slope,
        gap=president * draws.copartisan[r] + np.sqrt(2.0) * draws.party_sd[r] * luck.party,
        spread=draws.senator_sd[r],
        contested=draws.contested[r],
        absent=1 / (1 + np.exp(-absent)),
    )


def gate(coming: Coming, groups: Groups, *, threads: int = 1) -> Float:
    """Return the probability that two thirds of those voting consent and a majority of the members votes, (D,).

    Exact in who is absent; the number of nays by a normal tail refined by the third moment, which is within .002 of the
    exact law for a body of 100 (tests/models/test_senate_votes.py). The result does not depend on the threads.
    """
    count = coming.middle.size
    if groups.seats.shape[0] not in {1, count}:
        raise ValueError(f"{groups.seats.shape[0]} states of the composition for {count} draws: 1 or {count} needed")
    out = np.empty(count)
    bounds = np.linspace(0, count, 1 + threads * 4).astype(int)

    def part(first: int, last: int) -> None:
        seats = groups.seats if groups.seats.shape[0] == 1 else groups.seats[first:last]
        c = _rows(coming, slice(first, last))
        senate_kernels.fill_gates(
            c.middle,
            c.slope,
            c.gap,
            c.spread,
            c.absent,
            c.contested,
            groups.ideal_point,
            groups.side,
            groups.said,
            seats,
            OWN_POINTS,
            OWN_WEIGHTS,
            out[first:last],
        )

    if threads == 1:
        part(0, count)
        return out
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, bounds[:-1].tolist(), bounds[1:].tolist()))
    return out


def probabilities(coming: Coming, groups: Groups) -> Float:
    """Return each group's probability of a yea in a contested vote, its statement taken into account, (D, G)."""
    out = np.empty((coming.middle.size, groups.ideal_point.size))
    senate_kernels.fill_probabilities(
        coming.middle,
        coming.slope,
        coming.gap,
        coming.spread,
        groups.ideal_point,
        groups.side,
        groups.said,
        OWN_POINTS,
        OWN_WEIGHTS,
        out,
    )
    return out


def party_points(ideal_point: Float, side: Float, *, points: int = 4) -> Groups:
    """Return few groups that stand for many members: Gauss's rule of each party's own ideal points.

    A rule of n points has the party's first 2 n - 1 moments, so sums over its members of a smooth function of the ideal
    point come out as over all of them. Parties with fewer members than points keep each of them.
    """
    parts = [_gauss(ideal_point[side == s], points) for s in np.unique(side)]
    sides = np.concatenate([np.full(x.size, s) for (x, _), s in zip(parts, np.unique(side), strict=True)])
    where, seats = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Groups(where, sides, np.zeros(where.size), seats[None, :])


def joined(*groups: Groups) -> Groups:
    """Return several bodies' groups as one body; each has one state, or as many as the one with most."""
    states = max(g.seats.shape[0] for g in groups)
    seats = [np.broadcast_to(g.seats, (states, g.seats.shape[1])) for g in groups]
    parts = [np.concatenate([getattr(g, n) for g in groups]) for n in ("ideal_point", "side", "said")]
    return Groups(parts[0], parts[1], parts[2], np.concatenate(seats, axis=1))


def without_statements(groups: Groups) -> Groups:
    """Return the same members, as if none had said anything."""
    return replace(groups, said=np.zeros_like(groups.said))


def _gauss(values: Float, points: int) -> tuple[Float, Float]:
    """Return nodes and weights (summing to the number of values) of Gauss's rule for an empirical distribution.

    Stieltjes's recurrence, then the eigenvalues of the Jacobi matrix (Golub and Welsch 1969, Math. Comp. 23:221).
    """
    distinct = np.unique(values)
    if distinct.size <= points:
        return distinct, np.array([np.count_nonzero(values == v) for v in distinct], float)
    centre, scale = values.mean(), values.std()
    x = (values - centre) / scale
    before, now = np.zeros_like(x), np.ones_like(x)
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(points):
        norm = np.sum(now**2)
        diagonal.append(np.sum(x * now**2) / norm)
        after = (x - diagonal[-1]) * now - (beside[-1] if beside else 0.0) * before
        before, now = now, after
        beside.append(np.sum(after**2) / norm)
    off = np.sqrt(beside[:-1])
    jacobi = np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)
    nodes, vectors = np.linalg.eigh(jacobi)
    return centre + scale * nodes, values.size * vectors[0] ** 2


def _rows(coming: Coming, rows: slice) -> Coming:
    return Coming(*(getattr(coming, name)[rows] for name in Coming.__dataclass_fields__))
