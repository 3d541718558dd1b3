"""Past votes as the Senate model reads them: arrays, and votes drawn as the model's story tells them.

A vote is contested when more than `MOST_TOKEN` members vote nay; otherwise it is a formality, its nays tokens.

Axes: V votes, W contested ones of them, M members of a vote (the longest vote; others padded), C tally
cells of a vote, S members over all votes, T spells of years, K types of treaty, D draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.world import Float, Int

type Parameters = Mapping[str, Float]

MOST_TOKEN = 3
"""Nays up to which a vote is a formality."""
SPELL = 10.0
"""Years of a spell, within which practice stays as it is."""
SIDES = (-0.5, 0.5)
"""Of party 0 and party 1."""
ABSENT_CENTRES = (-0.3, 0.3)
"""Where a party is taken to stand in a vote in which none of its members voted."""
NEITHER, NAY, YEA = -1, 0, 1
"""What a place in `Members.vote` holds: nobody or somebody who did not vote, a nay, a yea."""


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Single members of votes; a vote known by its tally only has no members here."""

    vote: NDArray[np.int8]
    """(V, M) YEA, NAY or NEITHER."""
    person: Int
    """(V, M) which of `names`; 0 where nobody is."""
    ideal_point: Float
    """(V, M) first dimension of roll calls; 0 where nobody is."""
    side: Float
    """(V, M) +1/2 party 1, -1/2 party 0, 0 neither or nobody."""
    present: NDArray[np.bool_]
    """(V, M) whether the place is somebody's, voting or not."""
    names: tuple[str, ...]
    """(S,) who they are."""

    def centres(self) -> Float:
        """Return the mean ideal point of those of party 0 and of party 1 who voted, (V, 2); +-.3 where none did."""
        found = np.tile(ABSENT_CENTRES, (self.vote.shape[0], 1))
        for v, vote in enumerate(self.vote):
            for column, side in enumerate(SIDES):
                there = (vote != NEITHER) & (self.side[v] == side)
                if there.any():
                    found[v, column] = self.ideal_point[v, there].mean()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Tallies:
    """Counts of votes whose members are not known; a vote known by member has only zeros here."""

    yeas: Float
    """(V, C)."""
    nays: Float
    """(V, C)."""
    share: Float
    """(V, C) share of the cell's voters that are of party 1: 1 or 0 for a party's tally, in between for a total."""
    centre: Float
    """(V, 2) mean ideal point of party 0 and party 1 at the time."""
    within: Float
    """(V, 2) its standard deviation within each party."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Past votes, en-bloc votes of a day already taken as one."""

    votes: tuple[str, ...]
    """(V,) names, for the draws' coordinates only."""
    types: tuple[str, ...]
    """(K,) types of treaty."""
    type: Int
    """(V,) which of them."""
    president: Float
    """(V,) +1 where the president was of party 1, -1 of party 0."""
    spell: Int
    """(V,) which spell of `SPELL` years, counted back from the last vote: 0 (the first) .. T - 1."""
    seats: Float
    """(V,) members in office."""
    voting: Float
    """(V,) yeas and nays."""
    nays: Float
    """(V,)."""
    members: Members
    tallies: Tallies

    def __post_init__(self) -> None:
        size = len(self.votes)
        for name in ("type", "president", "spell", "seats", "voting", "nays"):
            if getattr(self, name).shape != (size,):
                raise ValueError(f"{name} {getattr(self, name).shape}: shape ({size},) is needed")
        if not np.all((self.nays >= 0) & (self.nays <= self.voting) & (self.voting <= self.seats)):
            raise ValueError("every vote needs 0 <= nays <= voting <= seats")
        counted = (self.members.vote != NEITHER).sum(axis=1) + (self.tallies.yeas + self.tallies.nays).sum(axis=1)
        if not np.array_equal(counted, self.voting):
            wrong = self.votes[int(np.flatnonzero(counted != self.voting)[0])]
            raise ValueError(f"{wrong}: members and tallies do not add up to those voting")

    @property
    def contested(self) -> NDArray[np.bool_]:
        """Which votes are contested, (V,)."""
        return self.nays > MOST_TOKEN

    @property
    def tokens(self) -> Int:
        """How many formalities had 0, 1, .. `MOST_TOKEN` nays, (`MOST_TOKEN` + 1,)."""
        return np.bincount(self.nays[~self.contested].astype(int), minlength=MOST_TOKEN + 1)

    @property
    def spells(self) -> int:
        """Number of spells T."""
        return int(self.spell.max()) + 1


def taken(history: History, index: Int) -> History:
    """Return the history of these votes only; types, names and spells keep their numbers."""
    m, t = history.members, history.tallies
    return replace(
        history,
        votes=tuple(history.votes[i] for i in index),
        **{n: getattr(history, n)[index] for n in ("type", "president", "spell", "seats", "voting", "nays")},
        members=replace(m, **{n: getattr(m, n)[index] for n in ("vote", "person", "ideal_point", "side", "present")}),
        tallies=Tallies(*(getattr(t, n)[index] for n in Tallies.__dataclass_fields__)),
    )


def absences_about(seats: Float, voting: Float) -> dict[str, Float]:
    """Return about which log-odds of being absent a count speaks, and how widely: a normal law beside the exact one.

    Keys `counted` and `scatter` (a variance), each (V,); half a senator is added to both sides.
    """
    absent = seats - voting
    return {"counted": np.log((absent + 0.5) / (voting + 0.5)), "scatter": 1 / (absent + 0.5) + 1 / (voting + 0.5)}
