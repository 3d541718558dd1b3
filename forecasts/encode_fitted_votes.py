"""The gate of a vote that is fitted to its body's history: what the model says of the coming vote, draw by draw.

The treaty's shock that all members share is what makes a text acceptable to senators at large. Part of it is known to
those who call the vote: a quality term z that the trigger's hazard shares (`encode_votes`). With t the shock's standard
deviation in a draw and s the board's slope `quality_gate`, the shock is

    s (z - mean of z given a vote) + sqrt(t^2 - s^2) e        (s at most t)

so it has the fitted size, and the fit to floor votes, which are selected, gets no further shift.

What members have said moves the treaty's shocks by the posterior given all statements (`models.senate_statements`). Its
draws are dealt out so that they rise with the shock before any statement: without statements nothing changes, and z
keeps both its own law and its rank with the shock. The hazard of a vote is not moved by statements.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from forecasts import bodies, encode_bodies, senate_fit
from forecasts.definition import Elicited, FittedVote, Vote
from forecasts.domain import LedgerView
from forecasts.draws_file import DrawsFile
from forecasts.encode_bodies import Body
from forecasts.encode_chance import RANGE_90, Chance, stable_key
from models import senate_gates, senate_votes
from models.senate_statements import Heard, Informed, informed, with_contested
from models.senate_votes import Coming, Direction, Groups, Luck, SenateDraws
from models.world import Float, Int, Int8

THREADS = 2
"""Threads of the gate; no number depends on them."""


@dataclass(frozen=True, slots=True)
class ComingVotes:
    """All that a fitted vote's gate is computed from, draw by draw."""

    vote: Vote
    fitted: FittedVote
    population: SenateDraws
    luck: Luck
    """The treaty's shocks given what was said."""
    heard: Informed
    bodies: tuple[Body, ...]
    """One for each period of the body."""
    frailty: Float
    """(D,) shift of the log-odds by drivers that the board declares."""
    held: Float
    """(D,) weight of each draw among those in which the vote is held."""
    table: Float
    """`senate_gates.yea_table` of the fit."""

    def coming(self, *, president: float, terms: int, rows: Int | None = None) -> Coming:
        """Return the vote under a president (+1 party 1, -1 party 0) and a class of terms, in all draws or in some."""
        chosen = np.arange(self.luck.count) if rows is None else rows
        direction = direction_of(self.fitted.directions[terms])
        found = senate_votes.coming_vote(
            self.population, self.luck.taken(chosen), president=president, direction=direction
        )
        odds = self.heard.log_odds_contested[chosen]
        moved = with_contested(found, replace(self.heard, log_odds_contested=odds))
        return replace(moved, middle=moved.middle + self.frailty[chosen])

    def groups(self, period: int, rows: Int | None = None) -> Groups:
        """Return who sits in a period, in all draws or in some."""
        found = self.bodies[period].groups
        return found if rows is None or found.seats.shape[0] == 1 else replace(found, seats=found.seats[rows])


def direction_of(judged: Elicited) -> Direction:
    """Return which side the terms favour, from a judged median and 90 % range."""
    return Direction(judged.median, (judged.high - judged.low) / RANGE_90)


def coming_votes(
    vote: Vote,
    fitted: FittedVote,
    file: DrawsFile,
    *,
    rows: Int,
    quality: Float,
    frailty: Float,
    held: Float,
    view: LedgerView | None,
    as_of: date,
    chance: Chance,
) -> ComingVotes:
    """Return what a fitted vote's gate is computed from.

    Parameters
    ----------
    vote, fitted, file
        The vote, its fitted part, and the draws of the fit.
    rows
        (D,) row of the fit that each draw uses.
    quality
        (D,) z less its mean over draws in which a vote is held.
    frailty, held
        (D,) shift of the log-odds, and weight of the draw among those in which the vote is held.
    view, as_of
        Statements and compositions in force, and the day of the replay.
    chance
        Where draws come from.
    """
    population = _judged(vote, senate_fit.population(file, fitted.type), fitted, chance)
    shocks = _luck(vote, population, rows=rows, quality=quality, chance=chance)
    periods = encode_bodies.period_bodies(vote, fitted, view, chance)
    heard = _heard(vote, fitted, view, as_of)
    order = np.random.Generator(np.random.Philox(stable_key(str(chance.seed), f"statements:{vote.question}")))
    found = informed(population, shocks, heard, rng=order)
    dealt = _dealt(found, shocks)
    table = senate_gates.yea_table(population.senator_sd)
    return ComingVotes(vote, fitted, population, dealt.luck, dealt, periods, frailty, held, table)


def gate_cells(votes: ComingVotes, body: Int, president: Int8, *, rows: Int | None = None) -> Float:
    """Return the probability of consent, (D, P, 2, C).

    A future looks up its own president only: the cells of the other party repeat them.

    Parameters
    ----------
    votes
        What the gate is computed from.
    body
        (P,) period of the body that each stretch lies in.
    president
        (D, P) the president's party in each stretch, 0 or 1.
    rows
        The draws that are wanted, of which D is then the number; by default all.
    """
    classes = range(len(votes.fitted.directions))
    chosen = np.arange(votes.luck.count) if rows is None else rows
    out = np.empty((chosen.size, body.size, 2, len(classes)))
    under_0 = [votes.coming(president=-1.0, terms=c, rows=rows) for c in classes]
    under_1 = votes.coming(president=1.0, terms=0, rows=rows)
    for p in range(body.size):
        gap = np.where(president[:, p] == 1, under_1.gap, under_0[0].gap)
        comings = [replace(c, gap=gap) for c in under_0]
        groups = votes.groups(int(body[p]), rows)
        found = senate_gates.gates(comings, groups, row=votes.luck.row[chosen], table=votes.table, threads=THREADS)
        out[:, p] = found[:, None, :]
    return out


def _judged(vote: Vote, population: SenateDraws, fitted: FittedVote, chance: Chance) -> SenateDraws:
    """Return the fit's draws with the judged probability that the vote is contested, where there is one."""
    if fitted.contested is None:
        return population
    drawn = Chance(population.rows, chance.seed).probability(fitted.contested, f"contested:{vote.question}")
    return replace(population, contested=drawn)


def _luck(vote: Vote, population: SenateDraws, *, rows: Int, quality: Float, chance: Chance) -> Luck:
    """Return the treaty's shocks before any statement, the shared one split into the known quality and the rest."""
    drawn = senate_votes.luck(chance.normal, population.rows, name=vote.question)
    size = np.sqrt(population.treaty_sd**2 + population.party_sd**2 / 2)[rows]
    part = np.minimum(vote.quality_gate / size, 1.0)
    return replace(drawn, row=rows, shared=part * quality + np.sqrt(1 - part**2) * drawn.shared)


def _heard(vote: Vote, fitted: FittedVote, view: LedgerView | None, as_of: date) -> Heard:
    """Return the statements as the model hears them: by those who sit on the day, under its president, on any terms.

    The terms are not known when a statement is made: every class counts alike.
    """
    seats = bodies.may_speak(bodies.compositions(vote, fitted, view), as_of)
    members = encode_bodies.single_members(fitted, seats, encode_bodies.spoken(vote, view))
    loud = members.said != 0
    groups = senate_votes.members(members.ideal_point[loud], members.side[loud], said=members.said[loud])
    since = sum(day <= as_of for day in vote.president_periods)
    directions = tuple(direction_of(d) for d in fitted.directions)
    weight = 1.0 / len(directions)
    return Heard(groups, 2.0 * vote.copartisan_probability[since] - 1.0, directions, (weight,) * len(directions))


def _dealt(found: Informed, before: Luck) -> Informed:
    """Return the draws given the statements, in an order in which the shared shock rises as before the statements."""
    if not found.steps:
        return found
    place = np.empty(before.count, np.int64)
    place[np.argsort(before.shared, kind="stable")] = np.argsort(found.luck.shared, kind="stable")
    return replace(
        found,
        luck=found.luck.taken(place),
        log_odds_contested=found.log_odds_contested[place],
        source=found.source[place],
    )
