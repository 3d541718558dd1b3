"""Structure, known past and evidence rows of a board, against what its definition says."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import encode
from forecasts.domain import Effect, Evidence, Occurrence
from forecasts.parameters import Parameters
from models.evidence import design, prior_belief, tables
from models.world import NEVER, Kind
from models.world_checks import check_inputs
from tests.forecasts.small_board import BOARD, EDGES, VOTE, class_rates, edge, question, view

KNOWN = {"as_of": date(2025, 12, 31), "known_through": date(2025, 12, 31)}
AT = {q.id: i for i, q in enumerate(BOARD.questions)}


def occurrence(name: str, day: date) -> Occurrence:
    return Occurrence(f"O-{name}", name, day, day, "", "", "verified", "")


def evidence(entry: str, *effects: Effect, **changes: object) -> Evidence:
    values = {
        "id": entry,
        "occurred_on": date(2025, 6, 1),
        "published_on": date(2025, 6, 2),
        "statement": "",
        "source": "",
        "url": "",
        "grade_source": "B",
        "grade_info": "2",
        "lr_basis": "content",
        "kind": "fact",
        "half_life_days": None,
        "thread": "story",
        "verification": "verified",
        "effects": effects,
        "forecaster": "ann",
    }
    return Evidence(**values | changes)


def test_the_kernel_accepts_what_is_encoded() -> None:
    world = encode.world(BOARD, **KNOWN)
    start = encode.start(BOARD, view(), known_through=KNOWN["known_through"])
    draws = encode.draws(BOARD, Parameters(class_rates()), start, as_of=KNOWN["as_of"], count=500, seed=1)
    check_inputs(world, draws, start)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2190), st.integers(0, 900), st.lists(st.sampled_from(sorted(AT)), max_size=4, unique=True))
def test_the_kernel_accepts_every_day_of_the_board(known: int, later: int, happened: list[str]) -> None:
    known_through = BOARD.opens + timedelta(days=known)
    as_of = known_through + timedelta(days=later)
    records = [occurrence(name, BOARD.opens + timedelta(days=300)) for name in happened]
    start = encode.start(BOARD, view(*records), known_through=known_through)
    world = encode.world(BOARD, as_of=as_of, known_through=known_through)
    draws = encode.draws(BOARD, Parameters(class_rates(rows=40)), start, as_of=as_of, count=30, seed=1)
    check_inputs(world, draws, start)
    years = encode.series_years(BOARD, as_of=as_of, known_through=known_through)
    assert [len(y) for y in years] == [int((row < NEVER).sum()) for row in world.publication_day]


def test_questions_and_edges_are_named_by_their_place_on_the_board() -> None:
    world = encode.world(BOARD, **KNOWN)
    assert world.kind.tolist() == [Kind.EVENT] * 3 + [Kind.VOTE] + [Kind.EVENT] * 3 + [Kind.LEVEL] * 2
    assert np.flatnonzero(world.own_clock).tolist() == [AT["relapse"]]
    assert list(zip(world.edge_parent, world.edge_child, world.edge_until, strict=True)) == [
        (AT["truce"], AT["pact"], AT["relapse"]),
        (AT["pact"], AT["three"], -1),
    ]
    assert world.requires_child.tolist() == [AT["relapse"], AT["floor"], AT["consent"]]
    assert world.requires_start.tolist() == [0, 2, 3, 4]
    assert world.requires_member.tolist() == [AT["truce"], AT["pact"], AT["pact"], AT["floor"]]
    assert (world.ends_parent.tolist(), world.ends_child.tolist()) == ([AT["pact"]], [AT["fund"]])
    assert (world.with_parent.tolist(), world.with_child.tolist()) == ([AT["truce"]], [AT["summit"]])
    assert (world.vote_question.tolist(), world.vote_trigger.tolist()) == ([AT["consent"]], [AT["floor"]])
    assert world.terms_member.tolist() == [AT["truce"]]


def test_periods_begin_wherever_the_body_or_the_presidency_changes() -> None:
    days = encode.world(BOARD, **KNOWN).period_start[0]
    assert days[0] < 0
    assert days[1:].tolist() == [546, 850]  # 2026-07-01 and 2027-05-01 counted from 2025-01-01
    late = replace(VOTE, president_periods=(), copartisan_probability=(1.0,))
    padded = encode.world(replace(BOARD, votes=(VOTE, late)), **KNOWN).period_start
    assert padded[1, 1:].tolist() == [850, NEVER]


def test_a_level_counts_from_the_smallest_value_that_prints_as_it() -> None:
    world = encode.world(BOARD, **KNOWN)
    assert np.exp(world.level_log) == pytest.approx([2.95, 3.95])  # one decimal: 2.95 prints as 3.0
    assert world.level_question.tolist() == [AT["three"], AT["four"]]


@pytest.mark.parametrize(
    ("as_of", "known_through", "last", "years"),
    [
        (date(2025, 2, 1), date(2025, 2, 1), date(2024, 9, 1), (2025, 2026, 2027, 2028, 2029, 2030)),  # stands in
        (date(2025, 8, 31), date(2025, 8, 31), date(2024, 9, 1), (2025, 2026, 2027, 2028, 2029, 2030)),
        (date(2025, 9, 2), date(2025, 9, 2), date(2025, 9, 1), (2026, 2027, 2028, 2029, 2030)),  # missed until the 3rd
        (date(2025, 9, 3), date(2025, 9, 3), date(2025, 9, 1), (2026, 2027, 2028, 2029, 2030)),
        (date(2026, 12, 1), date(2026, 3, 1), date(2025, 9, 1), (2026, 2027, 2028, 2029, 2030)),
        (date(2026, 12, 1), date(2026, 12, 1), date(2026, 9, 1), (2027, 2028, 2029, 2030)),  # 2026 missed
        (date(2025, 9, 3), date(2025, 4, 1), date(2025, 9, 1), (2026, 2027, 2028, 2029, 2030)),  # known after K
    ],
)
def test_publications_follow_the_year_the_state_speaks_of(
    as_of: date, known_through: date, last: date, years: tuple[int, ...]
) -> None:
    known = {"as_of": as_of, "known_through": known_through}
    world = encode.world(BOARD, **known)
    assert encode.series_years(BOARD, **known) == (years,)
    assert world.publication_day[0].tolist() == [encode.day_number(date(y, 9, 1), BOARD) for y in years]
    assert world.last_publication.tolist() == [encode.day_number(last, BOARD)]


def test_notes_say_what_stands_in_and_what_was_missed() -> None:
    def notes(day: date) -> tuple[str, ...]:
        return encode.series_notes(BOARD, as_of=day, known_through=day)

    assert notes(date(2025, 2, 1)) == (
        "spending: first print",
        "spending: later revision (published 2025-03-15, as of 2025-02-01)",
    )
    assert notes(date(2025, 10, 1)) == ()
    assert notes(date(2027, 10, 1)) == ("spending: publication of 2026, 2027 not entered; carried forward from 2025",)


def test_keys_belong_to_names_and_not_to_places() -> None:
    before = encode.world(BOARD, **KNOWN)
    moved = encode.world(replace(BOARD, questions=(question("new"), *BOARD.questions)), **KNOWN)
    assert moved.key[1:].tolist() == before.key.tolist()
    assert moved.series_key.tolist() == before.series_key.tolist()
    every = np.concatenate([moved.key, moved.series_key, moved.scheduled_key])
    assert np.unique(every).size == every.size
    assert before.key[AT["truce"]] == 0x0FC170CE84367824  # for ever: issued luck hangs on it


def test_a_scheduled_event_whose_day_has_passed_is_off_the_agenda() -> None:
    assert encode.world(BOARD, **KNOWN).scheduled_day.tolist() == [424]  # 2026-03-01
    late = {"as_of": date(2026, 3, 1), "known_through": date(2026, 3, 1)}
    assert encode.world(BOARD, **late).scheduled_day.size == 0
    start = encode.start(BOARD, view(), known_through=late["known_through"])
    drawn = encode.draws(BOARD, Parameters(class_rates()), start, as_of=late["as_of"], count=50, seed=1)
    assert drawn.scheduled_probability.shape == (50, 0)


def test_a_hazard_ratio_on_a_vote_is_refused() -> None:
    with pytest.raises(ValueError, match="'truce' on the vote 'consent'"):
        encode.world(replace(BOARD, edges=(*EDGES, edge(("truce",), "consent"))), **KNOWN)


def test_a_board_of_one_event_needs_nothing_else() -> None:
    lone = replace(
        BOARD,
        questions=(question("truce"),),
        edges=(),
        cases=BOARD.cases[:1],
        adjustments=(),
        votes=(),
        series=(),
        frailties=(),
        scheduled=(),
    )
    world, start = encode.world(lone, **KNOWN), encode.start(lone, view(), known_through=date(2025, 12, 31))
    check_inputs(
        world, encode.draws(lone, Parameters(class_rates(lone)), start, as_of=KNOWN["as_of"], count=20, seed=1), start
    )


def test_what_happened_by_the_known_day_is_history_and_later_days_are_clamped() -> None:
    records = (
        occurrence("truce", date(2025, 4, 11)),
        occurrence("pact", date(2025, 4, 12)),
        occurrence("fund", date(2024, 12, 31)),
    )
    start = encode.start(BOARD, view(*records), known_through=date(2025, 4, 11))
    assert start.day == 100
    assert start.occurred.dtype == np.int16
    assert {n: int(start.occurred[AT[n]]) for n in ("truce", "pact", "fund")} == {
        "truce": 100,
        "pact": NEVER,
        "fund": -1,
    }
    assert {n: int(start.clamped[AT[n]]) for n in ("truce", "pact", "fund")} == {
        "truce": NEVER,
        "pact": 101,
        "fund": NEVER,
    }


def test_an_occurrence_of_an_unknown_question_is_an_error() -> None:
    with pytest.raises(KeyError, match="sunrise"):
        encode.start(BOARD, view(occurrence("sunrise", date(2025, 4, 11))), known_through=date(2025, 4, 11))


def test_each_effect_is_a_row_with_its_source() -> None:
    first = evidence("E1", Effect("truce", DEADLINE, 3.0, 2.0, 4.5), Effect("pact", HORIZON, 0.5, 0.25, 1.0))
    second = evidence(
        "E2",
        Effect("truce", DEADLINE, 1.2, 1.0, 1.44),
        kind="intent",
        half_life_days=180.0,
        lr_basis="report",
        grade_source="F",
        grade_info="6",
        thread="other",
        forecaster="bob",
        official=True,
    )
    items, labels = encode.items(BOARD, (first, second, evidence("E3")), as_of=date(2025, 6, 11))
    assert items.question.tolist() == [AT["truce"], AT["pact"], AT["truce"]]
    assert items.day.tolist() == [729, 2190, 729]  # 2026-12-31 and 2030-12-31 counted from 2025-01-01
    assert items.log_lr == pytest.approx(np.log([3.0, 0.5, 1.2]))
    # (ln 4.5 - ln 2) / (2 x 1.645) = .2465; ln 4 / 3.29 = .4214; ln 1.44 / 3.29 = .1108
    assert items.log_lr_sd == pytest.approx([0.2465, 0.4214, 0.1108], abs=1e-4)
    assert items.age_days.tolist() == [10.0, 10.0, 10.0]
    assert items.half_life.tolist() == [np.inf, np.inf, 180.0]
    assert (items.letter.tolist(), items.digit.tolist()) == ([1, 1, 5], [1, 1, 5])
    assert items.content_basis.tolist() == [True, True, False]
    assert items.exempt.tolist() == [False, False, True]
    assert items.entry.tolist() == [0, 0, 1]
    assert labels.entries == ("E1", "E2", "E3")
    assert [labels.threads[t] for t in items.thread] == ["story", "story", "other"]
    assert [labels.forecasters[f] for f in items.forecaster] == ["ann", "ann", "bob"]
    assert np.unique(items.key).size == 3


@pytest.mark.parametrize("chosen", [(), (evidence("E1", Effect("truce", date(2026, 12, 31), 3.0, 2.0, 4.5)),)])
def test_the_weighing_reads_what_is_encoded(chosen: tuple[Evidence, ...]) -> None:
    items, labels = encode.items(BOARD, chosen, as_of=date(2025, 6, 11))
    columns = design(prior_belief(len(labels.forecasters)), labels.forecaster_key, readings=8, spread=4)
    found = tables(items, columns, grid=np.array([729, 2190]), questions=len(BOARD.questions), known=100)
    assert found.shape == (9, 3, 12)
    assert np.any(found != 0) == bool(chosen)


def test_the_order_of_entry_changes_no_row() -> None:
    one = evidence("E1", Effect("truce", DEADLINE, 3.0, 2.0, 4.5))
    two = evidence("E2", Effect("pact", HORIZON, 0.5, 0.25, 1.0), thread="a", forecaster="bob")
    items, _ = encode.items(BOARD, (one, two), as_of=date(2025, 6, 11))
    turned, _ = encode.items(BOARD, (two, one), as_of=date(2025, 6, 11))
    for name in ("key", "question", "day", "log_lr", "log_lr_sd", "forecaster", "thread"):
        assert getattr(items, name).tolist() == getattr(turned, name)[::-1].tolist(), name


@pytest.mark.parametrize(
    "grade", [{"grade_source": "G"}, {"grade_info": "7"}, {"grade_source": ""}, {"grade_info": "12"}]
)
def test_a_grade_off_the_scale_is_refused(grade: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="E9: grade"):
        encode.items(BOARD, (evidence("E9", Effect("truce", DEADLINE, 2.0, 1.0, 4.0), **grade),), as_of=DEADLINE)


def test_an_effect_on_an_unknown_question_is_refused() -> None:
    with pytest.raises(KeyError, match="sunrise"):
        encode.items(BOARD, (evidence("E9", Effect("sunrise", DEADLINE, 2.0, 1.0, 4.0)),), as_of=DEADLINE)


DEADLINE, HORIZON = date(2026, 12, 31), date(2030, 12, 31)
