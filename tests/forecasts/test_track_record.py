"""The record of a board, worked through by hand: who said what when, and what came of it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from forecasts.base_rates import base_rates
from forecasts.domain import Confirmation, Entry, Forecast, LedgerView, Occurrence, Resolution
from forecasts.instants import end_of_day, start_of_day
from forecasts.resolved_table import ResolvedRow
from forecasts.scored_rows import COLUMNS
from forecasts.snapshots import HISTORY
from forecasts.track_record import MONTHS, due, track_record
from tests.forecasts.small_board import BOARD, DEADLINES, OPENS, question

D26, D28, D30 = DEADLINES
ONE = replace(BOARD, questions=(question("truce"), question("fund")), edges=(), votes=(), series=())
WEEKS = [end_of_day(date(2026, 12, d)) for d in (10, 17, 24, 31)]


def history(*rows: tuple[str, date, datetime, str, float, str]) -> pl.DataFrame:
    """(question, deadline, as_of, mode, value, state)."""
    filled = [
        {
            "snapshot": f"{mode}{i}",
            "as_of": at,
            "mode": mode,
            "subject": q,
            "group": "question",
            "deadline": d,
            "measure": "probability",
            "value": p,
            "state": state,
        }
        for i, (q, d, at, mode, p, state) in enumerate(rows)
    ]
    return pl.DataFrame(filled, schema=HISTORY)


def weekly(mode: str = "retrospective") -> pl.DataFrame:
    values = (0.3, 0.2, 0.1, 0.05)
    return history(*(("truce", D26, at, mode, p, "open") for at, p in zip(WEEKS, values, strict=True)))


def view(*records: tuple[object, datetime]) -> LedgerView:
    entries = tuple(Entry("small", n, r.id, 1, at, "p", r, "0" * 64) for n, (r, at) in enumerate(records, start=1))
    now = datetime(2027, 6, 1, tzinfo=UTC)
    return LedgerView("small", now, "live", len(entries), "0" * 64, now, entries)


LATE = datetime(2027, 1, 5, tzinfo=UTC)
CONFIRMED = (Confirmation("C1", date(2027, 1, 4), date(2027, 1, 5), (), ""), LATE)
NO_MONTHS = pl.DataFrame(schema=MONTHS)


def record(seen: LedgerView, numbers: pl.DataFrame, months: pl.DataFrame = NO_MONTHS, table=()) -> pl.DataFrame:
    return track_record(ONE, seen, numbers, months=months, table=table)


def of(
    rows: pl.DataFrame, forecaster: str, question: str = "truce by 2026-12-31"
) -> list[tuple[datetime, float | None]]:
    chosen = rows.filter((pl.col("forecaster") == forecaster) & (pl.col("question") == question)).sort("at")
    return list(chosen.select("at", "probability").iter_rows())


def test_an_empty_record_is_an_empty_frame() -> None:
    rows = record(view(), history())
    assert rows.is_empty()
    assert dict(rows.schema) == COLUMNS


def test_the_models_numbers_stand_beside_the_outside_view_and_the_first_number() -> None:
    rows = record(view(CONFIRMED), weekly())
    assert of(rows, "model") == list(zip(WEEKS, (0.3, 0.2, 0.1, 0.05), strict=True))
    assert of(rows, "frozen prior") == [(WEEKS[0], 0.3)]
    outside = [base_rates(ONE, known=at.date(), occurred={}).probability("truce", D26) for at in WEEKS]
    assert [p for _, p in of(rows, "base rate")] == pytest.approx(outside)
    assert outside[-1] == 0.0, "on the deadline's own day nothing is left"
    (life,) = rows.select("outcome", "annulled", "opened_at", "closes_at", "resolved_at", "cluster").unique().rows()
    assert life == (0, False, start_of_day(OPENS), end_of_day(D26), end_of_day(D26), "truce")
    assert rows["mode"].unique().to_list() == ["retrospective"]


def test_live_and_retrospective_numbers_stand_apart_each_instant_once() -> None:
    again = history(
        ("truce", D26, WEEKS[0], "retrospective", 0.4, "open"), ("truce", D26, WEEKS[0], "live", 0.25, "open")
    )
    correction = history(("truce", D26, WEEKS[0], "live", 0.9, "open"))
    rows = record(view(CONFIRMED), pl.concat([weekly(), again, correction]))
    model = rows.filter(pl.col("forecaster") == "model")
    first = model.filter(pl.col("at") == WEEKS[0]).select("mode", "probability").sort("mode").rows()
    assert first == [("live", 0.25), ("retrospective", 0.4)], "live as first issued, hindsight by the newest model"
    assert (
        rows.filter(pl.col("forecaster") == "frozen prior").select("mode", "probability").sort("mode").rows() == first
    )


def test_decided_numbers_and_scenarios_are_no_forecasts() -> None:
    decided = history(
        ("truce", D26, WEEKS[1], "live", 1.0, "occurred"), ("truce", D26, WEEKS[2], "live", 0.0, "passed")
    )
    scenario = weekly().with_columns(group=pl.lit("partition"))
    level = weekly().with_columns(measure=pl.lit("mean"))
    assert record(view(CONFIRMED), pl.concat([decided, scenario, level])).is_empty()
    gone = weekly().with_columns(subject=pl.lit("a question that was removed"))
    assert record(view(CONFIRMED), gone).is_empty()


OCCURRED = (Occurrence("O1", "truce", date(2026, 12, 20), date(2026, 12, 20), "x", "", "verified", ""), LATE)


def test_an_event_settles_its_deadlines_on_its_day() -> None:
    numbers = pl.concat([weekly(), weekly().with_columns(deadline=pl.lit(D30))])
    rows = record(view(OCCURRED), numbers)
    lives = rows.select("question", "outcome", "resolved_at", "closes_at", "cluster").unique().sort("question").rows()
    day = start_of_day(date(2026, 12, 20))
    assert lives == [
        ("truce by 2026-12-31", 1, day, end_of_day(D26), "truce"),
        ("truce by 2030-12-31", 1, day, end_of_day(D30), "truce"),
    ]
    assert dict(of(rows, "base rate"))[WEEKS[2]] == 1.0, "whoever knew by then needs no class"


def test_early_hits_join_a_calibration_only_when_their_date_has_passed() -> None:
    numbers = pl.concat([weekly(), weekly().with_columns(deadline=pl.lit(D30))])
    rows = record(view(OCCURRED), numbers)
    assert due(rows, now=LATE)["question"].unique().to_list() == ["truce by 2026-12-31"]
    assert due(rows, now=datetime(2026, 12, 30, tzinfo=UTC)).is_empty()
    assert due(rows, now=datetime(2031, 1, 1, tzinfo=UTC))["question"].n_unique() == 2


@pytest.mark.parametrize("outcome", ["annulled", "ambiguous"])
def test_a_question_that_was_called_off_judges_nobody(outcome: str) -> None:
    called_off = (Resolution("R1", "truce", D26, outcome, date(2026, 12, 20), date(2026, 12, 20), "x", "", ""), LATE)
    rows = record(view(CONFIRMED, called_off), weekly())
    assert rows.select("outcome", "annulled").unique().rows() == [(None, True)]
    assert due(rows, now=LATE).is_empty()


def test_an_open_question_is_in_the_record_without_an_outcome() -> None:
    rows = record(view(), weekly())
    assert rows.select("outcome", "annulled", "resolved_at").unique().rows() == [(None, False, None)]
    assert due(rows, now=LATE).is_empty()


def forecast(entry: str, p: float | None, at: datetime, who: str = "ann") -> Forecast:
    return Forecast(entry, "truce", D26, who, p, at, at.date(), "", "", "")


def test_people_and_crowds_stand_as_issued_and_hindsight_is_marked() -> None:
    first, second, third = (datetime(2026, 12, d, 12, tzinfo=UTC) for d in (1, 5, 9))
    seen = view(
        (forecast("F1", 0.6, first), first),
        (forecast("F2", None, second), second),
        (forecast("F3", 0.2, first, "crowd:x"), third),
        CONFIRMED,
    )
    rows = record(seen, history())
    assert of(rows, "ann") == [(first, 0.6), (second, None)]
    assert rows.select("forecaster", "mode").unique().sort("forecaster", "mode").rows() == [
        ("ann", "live"),
        ("crowd:x", "retrospective"),
        ("recalibrated pool", "live"),
        ("recalibrated pool", "retrospective"),
    ]
    live = rows.filter(pl.col("mode") == "live")
    (at, pooled), (gone, nothing) = of(live, "recalibrated pool")
    assert (at, gone, nothing) == (first, second, None), "withdrawn with the last voice"
    assert pooled > 0.6, "from 60 % away from a base rate below it"
    assert of(rows.filter(pl.col("mode") == "retrospective"), "recalibrated pool") == [(first, pytest.approx(0.2))]


def past(**changes: object) -> ResolvedRow:
    values = {
        "id": "r_truce_half",
        "title": "By the middle of 2026?",
        "opens": date(2026, 2, 7),
        "deadline": date(2026, 6, 30),
        "outcome": False,
        "occurred_on": None,
        "prior": 0.05,
        "of_board": "truce",
        "related": "",
    }
    return ResolvedRow(**values | changes)


def months(*rows: tuple[datetime, float]) -> pl.DataFrame:
    filled = [
        {"as_of": at, "mode": "retrospective", "question": "truce", "by": date(2026, 6, 30), "value": p}
        for at, p in rows
    ]
    return pl.DataFrame(filled, schema=MONTHS)


def test_a_past_question_of_the_board_is_answered_by_its_timing_curve_from_its_opening_on() -> None:
    early, during, later = (end_of_day(date(2026, m, 10)) for m in (1, 3, 5))
    curve = months((early, 0.2), (during, 0.1), (later, 0.02))
    rows = record(view(CONFIRMED), history(), curve, (past(),))
    assert of(rows, "model", "r_truce_half") == [(during, 0.1), (later, 0.02)]
    assert of(rows, "frozen prior", "r_truce_half") == [(start_of_day(date(2026, 2, 7)), 0.05)]
    outside = base_rates(ONE, known=during.date(), occurred={}).probability("truce", date(2026, 6, 30))
    assert of(rows, "base rate", "r_truce_half")[0] == (during, pytest.approx(outside))
    assert rows["cluster"].unique().to_list() == ["truce"], "it shares its luck with the board's own question"


def test_each_question_and_deadline_counts_once() -> None:
    same = past(id="r_truce_2026", opens=OPENS, deadline=D26)
    rows = record(view(CONFIRMED), weekly(), NO_MONTHS, (same,))
    assert rows["question"].unique().to_list() == ["truce by 2026-12-31"]


def test_other_past_questions_are_frozen_priors_only() -> None:
    other = past(id="r_other", of_board="", outcome=True, occurred_on=date(2026, 3, 1))
    rows = record(view(), history(), NO_MONTHS, (other,))
    (row,) = rows.rows(named=True)
    assert (row["question"], row["cluster"], row["forecaster"]) == ("r_other", "r_other", "frozen prior")
    assert (row["outcome"], row["probability"], row["mode"]) == (1, 0.05, "retrospective")
    assert row["resolved_at"] == start_of_day(date(2026, 3, 1))
    (row,) = record(view(), history(), NO_MONTHS, (replace(other, related="fund"),)).rows(named=True)
    assert row["cluster"] == "fund", "it shares the luck of the question that it belongs to"
