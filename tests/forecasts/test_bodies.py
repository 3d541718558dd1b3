"""Who sits, who is meant by a name, and which statements speak."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts import bodies
from forecasts.bodies import SeatError, find_seat
from forecasts.definition import Elicited, FittedVote, Renewal, Vote
from forecasts.domain import Composition, Entry, LedgerView, Record, Seat, Statement

DAY = date(2026, 6, 20)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
NUMBER = Elicited(0.5, 0.4, 0.6, "")


def seat(member: str, name: str, state: str = "AK", party: str = "R", **changes: object) -> Seat:
    values = {"caucus": party, "term_end": date(2029, 1, 3), "ideal_point": 0.1, "leaving": False}
    return Seat(member, name, state, party, **(values | changes))


SEATS = (
    seat("M1", "Lisa Murkowski"),
    seat("S1", "Rick Scott", "FL"),
    seat("S2", "Tim Scott", "SC"),
    seat("K1", "Angus S. King, Jr.", "ME", "I", caucus="D"),
    seat("C1", "Catherine Cortez Masto", "NV", "D"),
)
FITTED = FittedVote("peace", ("D", "R"), (), SEATS, DAY, (), Renewal(6, NUMBER, NUMBER, NUMBER, ()))
VOTE = Vote(
    question="consent",
    trigger="floor",
    body="Senate",
    members=5,
    rule="two thirds",
    periods=(date(2027, 1, 3),),
    gate=(),
    terms=(),
    president_periods=(),
    copartisan_probability=(1.0,),
    copartisan_logit=0.0,
    second_vote_rate=NUMBER,
    quality_gate=0.5,
    quality_trigger=0.3,
    fitted=FITTED,
)


def view(*records: Record) -> LedgerView:
    entries = [Entry("b", i, r.id, 1, NOW, "owner", r, "") for i, r in enumerate(records, 1)]
    return LedgerView("b", NOW, "live", len(entries), "", NOW, tuple(entries))


def statement(entry: str, member: str, stance: str, on: date = DAY, question: str = "consent") -> Statement:
    return Statement(entry, question, member, stance, on, on, "source", "", "")


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("M1", "M1"),
        ("m1", "M1"),
        ("Murkowski", "M1"),
        ("  lisa   murkowski ", "M1"),
        ("Lisa Murkowski (AK)", "M1"),
        ("Murkowski (AK)", "M1"),
        ("Scott (SC)", "S2"),
        ("Scott FL", "S1"),
        ("Tim Scott", "S2"),
        ("King", "K1"),
        ("Angus King", "K1"),
        ("Cortez Masto", "C1"),
        ("Masto", "C1"),
    ],
)
def test_a_member_is_meant_by_id_name_surname_or_name_with_the_state(name: str, member: str) -> None:
    assert find_seat(name, SEATS, body="Senate").member == member


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Scott", "'Scott' could be Rick Scott (FL), Tim Scott (SC); say which, for example 'Rick Scott (FL)'"),
        ("Murkowsky", "'Murkowsky' is no member of the Senate; did you mean Lisa Murkowski (AK)?"),
        ("Scott (TX)", "'Scott (TX)' is no member of the Senate"),
        ("xyz", "a surname, a name with the state, or an id is needed"),
    ],
)
def test_a_name_that_is_nobodys_or_several_members_is_refused_with_who_could_be_meant(name: str, said: str) -> None:
    with pytest.raises(SeatError) as refusal:
        find_seat(name, SEATS, body="Senate")
    assert said in str(refusal.value)


def test_a_member_who_has_left_is_told_from_an_unknown_name() -> None:
    with pytest.raises(SeatError, match=r"Jon Left \(OH\) no longer sits in the Senate"):
        find_seat("Left", SEATS, former=[seat("L1", "Jon Left", "OH")], body="Senate")


def test_only_a_members_newest_day_speaks_and_a_stance_counts_once() -> None:
    said = [
        statement("S001", "M1", "for_firm"),
        statement("S002", "M1", "against_firm", date(2026, 6, 21)),
        statement("S003", "M1", "against_firm", date(2026, 6, 21)),
        statement("S004", "M1", "undecided", date(2026, 6, 21)),
        statement("S005", "S1", "for_lean"),
        statement("S006", "S1", "for_firm", question="another"),
    ]
    found = bodies.statements("consent", view(*said))
    assert [(s.member, s.stance) for s in found] == [("M1", "against_firm"), ("M1", "undecided"), ("S1", "for_lean")]


@given(st.permutations(range(4)))
def test_the_order_of_entry_does_not_matter(order: list[int]) -> None:
    said = [
        statement("S001", "M1", "for_firm"),
        statement("S002", "M1", "against_firm", date(2026, 6, 21)),
        statement("S003", "S1", "for_lean"),
        statement("S004", "S2", "undecided"),
    ]
    expected = bodies.statements("consent", view(*said))
    assert bodies.statements("consent", view(*[said[i] for i in order])) == expected


def composition(entry: str, since: date, published: date, **changes: object) -> Composition:
    values = {"question": "consent", "seats": SEATS[:2], "source": "", "url": "", "note": ""}
    values |= changes
    return Composition(entry, since=since, published_on=published, **values)


def test_a_composition_holds_from_its_first_day_and_the_later_published_one_stands() -> None:
    entered = view(
        composition("M001", date(2027, 1, 3), date(2026, 12, 20)),
        composition("M002", date(2027, 1, 3), date(2026, 12, 10), seats=SEATS[2:]),
        composition("M003", date(2020, 1, 3), date(2026, 12, 10)),
        composition("M004", date(2028, 1, 3), date(2026, 12, 10), question="another"),
    )
    held = bodies.compositions(VOTE, FITTED, entered)
    assert [(c.id, c.since) for c in held] == [("", DAY), ("M001", date(2027, 1, 3))]
    assert bodies.sitting(held, date(2025, 1, 1)).id == ""
    assert bodies.sitting(held, date(2027, 1, 2)).id == ""
    assert bodies.sitting(held, date(2027, 1, 3)).id == "M001"
    assert {s.member for s in bodies.may_speak(held, DAY)} == {s.member for s in SEATS}
