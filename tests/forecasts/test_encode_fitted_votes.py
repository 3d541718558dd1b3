"""Gates of a fitted vote: who sits, what was said, quality, terms; laws on made-up draws."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasts import encode_bodies, encode_fitted_votes
from forecasts.definition import Elicited, FittedVote, Renewal, RollCall, Vote
from forecasts.domain import Composition, Seat, Statement
from forecasts.encode_chance import Chance
from forecasts.encode_fitted_votes import ComingVotes
from models import senate_votes
from tests.forecasts.senate_draws import made_up
from tests.forecasts.test_bodies import view

DRAWS = 2_000
AS_OF = date(2026, 7, 1)
DIVISIONS = (date(2027, 1, 3), date(2029, 1, 3), date(2031, 1, 3))
CHANCE = Chance(DRAWS, 7)


def judged(median: float, low: float, high: float) -> Elicited:
    return Elicited(median, low, high, "for the tests")


def chamber() -> tuple[Seat, ...]:
    """Return 60 members, 32 of party R, in states of two; a third is up before each period."""
    ends = (*DIVISIONS[:2], date(2031, 1, 3))
    return tuple(
        Seat(
            member=f"m{i}",
            name=f"Member {i}",
            state=f"S{i // 2}",
            party="R" if i < 32 else "D",
            caucus="R" if i < 32 else "D",
            term_end=ends[i % 3],
            ideal_point=None if i == 5 else round((0.3 + 0.01 * i) if i < 32 else (-0.6 + 0.01 * (i - 32)), 3),
            leaving=i % 10 == 0,
        )
        for i in range(60)
    )


RENEWAL = Renewal(
    6, judged(0.9, 0.8, 0.96), judged(-1, -2, 0), judged(-0.8, -1.5, 0), (judged(-0.5, -1.5, 0.5),) * len(DIVISIONS)
)
FITTED = FittedVote(
    type="peace treaty",
    parties=("D", "R"),
    history=(RollCall("x", "peace treaty", date(1990, 1, 1), 80, 10, "R", ()),),
    seats=chamber(),
    seated_on=date(2026, 6, 15),
    directions=(judged(0, -2, 2), judged(-1.5, -2.5, -0.5)),
    renewal=RENEWAL,
)
VOTE = Vote(
    question="consent",
    trigger="floor",
    body="Chamber",
    members=60,
    rule="two thirds",
    periods=DIVISIONS,
    gate=(),
    terms=("guarantee",),
    president_periods=(date(2029, 1, 20),),
    copartisan_probability=(1.0, 0.5),
    copartisan_logit=0.0,
    second_vote_rate=judged(0.1, 0.05, 0.2),
    quality_gate=0.5,
    quality_trigger=0.3,
    fitted=FITTED,
)
QUALITY = CHANCE.normal("quality")
BODY = np.array([0, 1, 2, 2, 3])
PRESIDENT = np.stack([np.ones(DRAWS, np.int8)] * 3 + [(CHANCE.uniform("p") < 0.5).astype(np.int8)] * 2, axis=1)


def votes(*records: object, fitted: FittedVote = FITTED, chance: Chance = CHANCE, **middles: float) -> ComingVotes:
    return encode_fitted_votes.coming_votes(
        VOTE,
        fitted,
        made_up(fitted, **middles),
        rows=np.arange(chance.count) % 400,
        quality=chance.normal("quality"),
        frailty=np.zeros(chance.count),
        held=np.ones(chance.count),
        view=view(*records),
        as_of=AS_OF,
        chance=chance,
    )


def gates(found: ComingVotes) -> np.ndarray:
    return encode_fitted_votes.gate_cells(found, BODY, PRESIDENT)


def said(member: str, stance: str, entry: str = "S001", on: date = date(2026, 6, 20)) -> Statement:
    return Statement(entry, "consent", member, stance, on, on, "source", "", "")


def yeas(found: ComingVotes) -> np.ndarray:
    """Return each member's probability of a yea under the president in office, without terms."""
    coming = found.coming(president=1.0, terms=0)
    members = encode_bodies.single_members(FITTED, FITTED.seats, found.bodies[0].said)
    each = senate_votes.probabilities(coming, members)
    return np.asarray(1 - (coming.contested[:, None] * (1 - each)).mean(axis=0))


QUIET = votes()
PLAIN = gates(QUIET)


def test_every_gate_is_a_probability_and_not_certain() -> None:
    assert PLAIN.shape == (DRAWS, 5, 2, 2)
    assert np.isfinite(PLAIN).all()
    assert PLAIN.min() >= 0
    assert PLAIN.max() <= 1
    assert 0.2 < PLAIN.mean() < 0.95


def test_the_gate_of_the_known_body_is_that_of_its_single_members() -> None:
    """The grid between the parties' ends costs less than half a point."""
    coming = QUIET.coming(president=1.0, terms=0)
    members = encode_bodies.single_members(FITTED, FITTED.seats, {})
    assert np.abs(PLAIN[:, 0, 1, 0] - senate_votes.gate(coming, members)).max() < 0.01
    assert abs(PLAIN[:, 0, 1, 0].mean() - senate_votes.gate(coming, members).mean()) < 0.001


def test_only_the_known_period_has_one_body() -> None:
    assert [b.known for b in QUIET.bodies] == [True, False, False, False]
    assert [b.changing for b in QUIET.bodies] == [0, 20, 40, 60]
    assert all(np.allclose(b.groups.seats.sum(axis=1), 60) for b in QUIET.bodies)


def test_an_observed_composition_makes_its_period_known_and_leaves_the_others_luck_alone() -> None:
    seats = tuple(replace(s, term_end=date(2033, 1, 3)) if s.term_end == DIVISIONS[0] else s for s in FITTED.seats)
    entered = Composition("M001", "consent", DIVISIONS[0], date(2026, 6, 30), seats, "", "", "")
    found = votes(entered)
    assert [b.known for b in found.bodies] == [True, True, False, False]
    assert [b.changing for b in found.bodies] == [0, 0, 20, 40]
    after = gates(found)
    assert np.array_equal(after[:, 0], PLAIN[:, 0])
    assert not np.array_equal(after[:, 1], PLAIN[:, 1])
    assert np.allclose(after[:, 1, 1], after[:, 0, 1])  # the same members


def test_a_president_of_the_other_party_has_another_gate() -> None:
    other = PRESIDENT[:, 3] == 0
    assert abs(PLAIN[other, 3, 0].mean() - PLAIN[~other, 3, 1].mean()) > 0.005


def test_terms_that_ask_less_of_every_side_raise_the_gate() -> None:
    """A direction of 0 keeps both wings; a strong pull to one side loses the other."""
    sure = (judged(0, -0.1, 0.1), judged(-6, -6.1, -5.9))
    pulled = gates(votes(fitted=replace(FITTED, directions=sure)))
    assert pulled[:, 0, 1, 0].mean() > pulled[:, 0, 1, 1].mean() + 0.1


def test_a_party_that_is_readier_raises_the_gate_with_its_seats() -> None:
    gain = Renewal(6, RENEWAL.keep, RENEWAL.split, RENEWAL.open, (judged(3, 2.9, 3.1),) * 3)
    loss = replace(gain, swing=(judged(-3, -3.1, -2.9),) * 3)
    more, fewer = (gates(votes(fitted=replace(FITTED, renewal=r), copartisan=4.0)) for r in (gain, loss))
    assert np.array_equal(more[:, 0], fewer[:, 0])
    assert more[:, 1, 1].mean() > fewer[:, 1, 1].mean() + 0.05


def test_quality_raises_the_gate_and_leaves_its_size() -> None:
    shared = QUIET.luck.shared
    assert np.corrcoef(QUALITY, shared)[0, 1] == pytest.approx(0.5 / np.sqrt(0.9**2 + 0.7**2 / 2), abs=0.05)
    assert shared.std() == pytest.approx(1, abs=0.03)
    high, low = PLAIN[QUALITY > 1, 0, 1], PLAIN[QUALITY < -1, 0, 1]
    assert high.mean() > low.mean() + 0.1


def test_a_statement_moves_the_member_and_the_others_the_same_way() -> None:
    before = yeas(QUIET)
    for stance, sign in (("for_firm", 1), ("against_firm", -1)):
        moved = (yeas(votes(said("m3", stance))) - before) * sign
        others = np.delete(moved, 3)
        assert moved[3] > 0.05
        assert others.min() > 0
        assert moved[3] > 2 * others.mean()


def test_a_firm_word_moves_more_than_a_leaning_and_undecided_nothing() -> None:
    against = [gates(votes(said("m3", stance))).mean() for stance in ("against_firm", "against_lean")]
    assert against[0] < against[1] < PLAIN.mean()
    assert np.array_equal(gates(votes(said("m3", "undecided"))), PLAIN)


def test_the_order_of_statements_does_not_matter_and_without_them_all_is_as_before() -> None:
    spoken = [said("m3", "against_firm"), said("m40", "for_lean", "S002"), said("m8", "for_firm", "S003")]
    assert np.array_equal(gates(votes(*spoken)), gates(votes(*reversed(spoken))))
    assert np.array_equal(gates(votes()), PLAIN)


def test_a_newer_statement_takes_the_place_of_an_older_one() -> None:
    changed = [said("m3", "for_firm"), said("m3", "against_firm", "S002", date(2026, 6, 21))]
    assert np.array_equal(gates(votes(*changed)), gates(votes(said("m3", "against_firm"))))


def test_statements_leave_quality_its_rank_with_the_shock() -> None:
    """The cut: what is known to those who call votes is not updated, but still goes with the shock."""
    found = votes(*(said(f"m{i}", "against_firm", f"S{i:03d}") for i in range(6)))
    assert found.luck.shared.mean() < -0.5
    assert np.corrcoef(QUALITY, found.luck.shared)[0, 1] == pytest.approx(
        np.corrcoef(QUALITY, QUIET.luck.shared)[0, 1], abs=0.05
    )


def test_a_member_who_has_left_speaks_no_longer_for_the_seat() -> None:
    """m0 does not stand again: from the first division on the seat is a newcomer's."""
    found = votes(said("m0", "against_firm"))
    group = found.bodies[0].groups.said.argmin()
    assert found.bodies[0].groups.seats[0, group] == 1
    assert found.bodies[1].groups.seats[:, group].max() == 0


def test_fewer_draws_and_some_rows_are_the_same_gates() -> None:
    rows = np.array([3, 11, 500])
    some = encode_fitted_votes.gate_cells(QUIET, BODY, PRESIDENT[rows], rows=rows)
    assert np.array_equal(some, PLAIN[rows])


def test_a_judged_chance_of_a_contested_vote_stands_in_for_that_of_its_kind() -> None:
    sure, formal = (votes(fitted=replace(FITTED, contested=judged(m, m - 0.01, m + 0.004))) for m in (0.99, 0.02))
    assert np.median(sure.population.contested) == pytest.approx(0.99, abs=1e-3)
    assert np.median(formal.population.contested) == pytest.approx(0.02, abs=1e-3)
    assert not np.array_equal(QUIET.population.contested, sure.population.contested)
    least, most = gates(sure).mean(), gates(formal).mean()
    assert least < PLAIN.mean() < most
    assert most > 0.97, "a formality passes"
