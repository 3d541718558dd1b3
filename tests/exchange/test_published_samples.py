"""Real forecasts of Manifold, PredictionBook and ForecastBench, as others collected them, go through the importers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forecasts.definition import Board
from forecasts.domain import LedgerView
from forecasts.exchange import formats
from forecasts.exchange.import_report import Choices, Import, prepare
from forecasts.exchange.outside import Reading
from tests.forecasts.small_board import BOARD

NOW = datetime(2026, 8, 20, tzinfo=UTC)
DEADLINE = date(2036, 12, 31)
LONG_AGO = date(2007, 1, 1)

Finder = Callable[[str], Path]


def board() -> Board:
    """Return a board that was open all the time that the samples cover."""
    questions = tuple(
        replace(q, opens=LONG_AGO, deadlines=(DEADLINE,), headline_deadline=DEADLINE) for q in BOARD.questions
    )
    return replace(BOARD, questions=questions)


def read(kind: str, path: Path) -> tuple[Reading, pl.DataFrame]:
    return formats.read(kind, path.read_bytes(), path.name), pl.read_parquet(path)


def imported(kind: str, reading: Reading, outside: str, **choices: object) -> Import:
    view = LedgerView("small", NOW, "live", 0, "", None)
    return prepare(
        kind,
        reading,
        {outside: ("truce", DEADLINE)},
        Choices(**choices),  # type: ignore[arg-type]
        board=board(),
        view=view,
        known=(),
        now=NOW,
    )


def test_bets_of_manifold(testdata: Finder) -> None:
    reading, table = read("manifold", testdata("forecasts/manifold_bets_ukraine_russia_2022.parquet"))
    assert len(reading.forecasts) == table.height
    assert not reading.skipped
    assert len(reading.questions) == table["contractId"].n_unique()
    mkt = set(table.filter(pl.col("resolution") == "MKT")["contractId"])
    assert {q.id for q in reading.questions if q.outcome == "ambiguous"} == mkt
    busiest = table["contractId"].value_counts(sort=True)["contractId"][0]
    days = table.filter(contractId=busiest)["t"].dt.date().n_unique()
    *daily, end = imported("manifold", reading, busiest).accepted
    assert len(daily) == days
    bets = table.filter(contractId=busiest).sort("t")
    assert (end.probability, end.issued_at) == (None, bets["close"][0].replace(tzinfo=UTC))
    every = imported("manifold", reading, busiest, every="change").accepted[:-1]
    assert every[0].issued_at == bets["t"][0].replace(tzinfo=UTC)
    assert len(every) == bets["t"].n_unique()


def test_forecasts_of_predictionbook(testdata: Finder) -> None:
    reading, table = read("predictionbook", testdata("forecasts/predictionbook_sample_10pct.parquet"))
    assert len(reading.forecasts) == table.height
    assert sum(f.probability or 0 for f in reading.forecasts) == pytest.approx(table["probability"].sum())
    outcomes = {q.id: q.outcome for q in reading.questions}
    assert outcomes == {str(i): "yes" if y else "no" for i, y in table.select("question_id", "outcome").iter_rows()}
    late = table.filter(pl.col("t") > pl.col("resolve_time"))
    assert late.height == 10  # forecasts after the resolution, a trap of the sample
    outside = str(late["question_id"][0])
    found = imported("predictionbook", reading, outside, every="change")
    dropped = {s.reason: s.count for s in found.skipped}["issued after its outcome was settled there"]
    assert dropped == late.filter(question_id=int(outside)).height
    people = {f.forecaster for f in found.accepted}
    assert (
        len(people)
        == table.filter(question_id=int(outside)).filter(pl.col("t") < pl.col("resolve_time"))["user_id"].n_unique()
    )
    assert not people & set(table["user_id"])


def test_market_questions_of_forecastbench(testdata: Finder) -> None:
    reading, table = read("forecastbench", testdata("forecasts/forecastbench_market_crowd_to_2025-12.parquet"))
    assert len(reading.forecasts) == table.height
    unresolved = table.filter(~pl.col("resolved"))
    assert {s.reason: s.count for s in reading.skipped} == {
        "a price where the outcome belongs: the question is unresolved": unresolved.height
    }
    settled = table.filter("resolved").select(pl.concat_str("source", pl.lit("/"), "id"), "y").unique()
    assert {q.id: q.outcome for q in reading.questions if q.outcome} == {
        i: "yes" if y == 1 else "no" for i, y in settled.iter_rows()
    }
    assert len(reading.questions) == table.select("source", "id").n_unique()
    never = table.filter(pl.col("close") > "2200")
    assert never.height > 0  # closes in the year 2525
    far = {f"{source}/{i}" for source, i in never.select("source", "id").iter_rows()}
    assert {q.id for q in reading.questions if q.closes_at is None} == far
    repeated = table.group_by("source", "id").len().sort("len")[-1]
    outside = f"{repeated['source'][0]}/{repeated['id'][0]}"
    found = imported("forecastbench", reading, outside)
    assert {f.forecaster for f in found.accepted} == {f"crowd:forecastbench.{repeated['source'][0]}"}
    assert sum(f.probability is not None for f in found.accepted) <= repeated["len"][0]
