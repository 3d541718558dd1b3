"""Files of other sites (synthetic ones) are read as the sites mean them: units, prices, ids, criteria, outcomes."""

import io
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from forecasts.exchange import formats
from forecasts.exchange.outside import Reading, merged
from forecasts.exchange.safe_reading import UnsafeFileError
from tests.exchange import published_formats as published
from tests.exchange.published_formats import as_json, zipped

SAVED = datetime(2026, 2, 1, tzinfo=UTC)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def read(kind: str, *files: bytes, saved_at: datetime | None = SAVED) -> Reading:
    return merged(formats.read(kind, content, f"file {i}", saved_at=saved_at) for i, content in enumerate(files))


def said(reading: Reading) -> list[tuple[str, str, float | None, datetime]]:
    return [(f.question, f.voice, f.probability, f.issued_at) for f in reading.forecasts]


def left_out(reading: Reading) -> dict[str, int]:
    return {s.reason: s.count for s in reading.skipped}


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_every_format_gives_questions_and_forecasts_with_a_licence(kind: str) -> None:
    reading = read(kind, *published.FILES[kind])
    assert reading.questions
    assert reading.forecasts
    assert all(q.licence and q.source == kind for q in reading.questions)
    assert {f.question for f in reading.forecasts} <= {q.id for q in reading.questions}
    assert all(f.issued_at.tzinfo is not None for f in reading.forecasts)


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_a_file_of_another_kind_gives_nothing_or_one_line(kind: str) -> None:
    for other, files in published.FILES.items():
        for content in files if other != kind else ():
            with suppress(UnsafeFileError):
                assert not read(kind, content).forecasts


def test_metaculus_keeps_the_community_its_people_apart_and_ends() -> None:
    reading = read("metaculus", published.metaculus())
    assert said(reading) == [
        ("501", "", 0.3, at(2026, 1, 11, 8)),
        ("501", "", 0.35, at(2026, 1, 12, 8)),
        ("501", "", 0.4, at(2026, 1, 12, 20, 0, 0, 250_000)),
        ("501", "9001", 0.9, at(2026, 1, 11, 9, 30)),
        ("503", "", 0.02, at(2026, 3, 1, 9, 30)),
        ("501", "9001", None, at(2026, 2, 1)),
    ]
    assert [f.person for f in reading.forecasts] == [False, False, False, True, False, True]
    assert [(q.id, q.title, q.outcome) for q in reading.questions] == [
        ("501", "Will there be a truce before 2027?", None),
        ("503", "Will there be a truce before 2027? (by June)", "no"),
    ]
    assert left_out(reading) == {"not a yes-or-no question": 1, "a forecast of a question that was left out": 1}
    assert reading.aliases == {"post 77": {"501", "503"}}


def test_metaculus_anonymised_tells_people_from_methods_by_the_digest() -> None:
    person = "a" * 64
    rows = [
        row | {"Forecaster (Anonymized)": voice}
        for row, voice in zip(published.FORECASTS[:3], (person, "recency_weighted", "unweighted"), strict=True)
    ]
    header = published.FORECAST_HEADER.replace("Forecaster ID,Forecaster Username", "Forecaster (Anonymized)")
    rows = [{k: v for k, v in row.items() if k in header.split(",")} for row in rows]
    tables = {
        "question_data.csv": published.table(published.QUESTION_HEADER, [published.TRUCE]),
        "forecast_data.csv": published.table(header, rows),
    }
    reading = read("metaculus", zipped(tables))
    assert [(f.voice, f.person) for f in reading.forecasts if f.probability] == [
        (person, True),
        ("", False),
        ("unweighted", False),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no archive", "not a readable zip archive"),
        (zipped({"question_data.csv": "a\n"}), "column 'Question ID' is missing"),
        (zipped({"forecast_data.csv": "a\n"}), "0 members are called question_data.csv"),
        (zipped({"question_data.csv": b"\xff"}), "not UTF-8 text"),
        (zipped({"question_data.csv": published.table(published.QUESTION_HEADER, [])}), "forecast_data.csv"),
    ],
)
def test_an_archive_that_is_none_of_metaculus_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnsafeFileError, match=why):
        read("metaculus", content)


def test_an_id_that_stands_for_two_questions_gives_neither() -> None:
    twice = published.TRUCE | {"Question Title": "Another question altogether"}
    reading = read("metaculus", published.metaculus([published.TRUCE, twice, published.GROUPED]))
    assert [q.id for q in reading.questions] == ["503"]
    assert {f.question for f in reading.forecasts} == {"503"}
    assert left_out(reading)["an id that stands for two questions"] == 1 + 5


def test_manifold_reads_milliseconds_never_and_answers() -> None:
    reading = read("manifold", as_json([published.MARKET, published.CHOICE]), as_json(published.BETS))
    assert said(reading) == [
        ("AbC123", "", 0.41, at(2026, 1, 11, 12, 0, 0, 123_000)),
        ("Multi1/a1", "", 0.7, at(2026, 1, 11, 12, 0, 0, 123_000)),
        ("AbC123", "", 0.6, at(2026, 1, 10, 12)),
        ("AbC123", "", 0.5, at(2026, 1, 10, 13)),
    ]
    market, first, second = reading.questions
    assert (market.closes_at, market.criteria) == (None, "Resolves YES on a signed truce of 30 days.")
    assert (first.title, first.criteria, second.outcome) == ("Which first? (Truce)", "One.", "no")
    assert left_out(reading) == {
        "an order that was never filled": 1,
        "the price of a market that has its outcome": 1,
    }


@pytest.mark.parametrize(
    ("resolution", "outcome"), [("YES", "yes"), ("NO", "no"), ("MKT", "ambiguous"), ("CANCEL", "annulled"), ("?", None)]
)
def test_manifold_outcomes(resolution: str, outcome: str | None) -> None:
    market = published.MARKET | {"isResolved": True, "resolution": resolution, "resolutionTime": 1769000000000}
    assert read("manifold", as_json(market)).questions[0].outcome == outcome


def test_manifold_stamps_in_seconds_are_refused_with_their_item() -> None:
    bet = published.BETS[0] | {"createdTime": 1768046400}
    reading = read("manifold", as_json([bet]))
    assert not reading.forecasts
    assert "item 1: '1768046400': milliseconds since 1970" in reading.skipped[0].examples[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 0.525),
        ({"outcomes": '["No", "Yes"]', "outcomePrices": '["0.475", "0.525"]'}, 0.525),
        ({"outcomes": ["Yes", "No"], "outcomePrices": ["0.525", "0.475"]}, 0.525),
        ({"outcomePrices": [0.525, 0.475]}, 0.525),
        ({"outcomePrices": None}, "no probability"),
        ({"outcomePrices": '["0.525"'}, "a market that cannot be read"),
        ({"outcomePrices": "[" * 100}, "a market that cannot be read"),
        ({"outcomes": '["Up", "Down"]'}, "not a yes-or-no question"),
        ({"closed": True}, "the price of a closed market"),
    ],
)
def test_polymarket_lists_within_text(change: dict[str, Any], expected: object) -> None:
    reading = read("polymarket", as_json([published.GAMMA | change]))
    found = reading.forecasts[0].probability if reading.forecasts else next(iter(left_out(reading)))
    assert found == expected


@pytest.mark.parametrize(
    ("prices", "status", "outcome"),
    [
        ('["1", "0"]', "resolved", "yes"),
        ('["0", "1"]', "resolved", "no"),
        ('["0.5", "0.5"]', "resolved", "ambiguous"),
        ('["1", "0"]', "proposed", None),
        ('["0.97", "0.03"]', None, None),
    ],
)
def test_polymarket_has_an_outcome_only_once_it_is_resolved(
    prices: str, status: str | None, outcome: str | None
) -> None:
    closed = {"closed": True, "outcomePrices": prices, "umaResolutionStatus": status}
    closed |= {"closedTime": "2026-07-07 21:25:17+00"}
    reading = read("polymarket", as_json([published.GAMMA | closed]))
    assert (reading.questions[0].outcome, reading.forecasts) == (outcome, ())
    assert reading.questions[0].resolved_at == (at(2026, 7, 7, 21, 25, 17) if outcome else None)


@pytest.mark.parametrize(
    ("kind", "content"), [("polymarket", published.GAMMA), ("kalshi", {"market": published.CONTRACT})]
)
def test_prices_without_a_time_need_one(kind: str, content: Any) -> None:
    reading = read(kind, as_json(content), saved_at=None)
    assert reading.questions
    assert left_out(reading) == {"no time at which it was issued": 1}
    assert read(kind, as_json(content)).forecasts[0].issued_at == SAVED


def test_kalshi_reads_cents_and_dollars_alike() -> None:
    candles = read("kalshi", as_json(published.CANDLES))
    assert said(candles) == [
        ("KXTRUCE-26", "", 0.32, at(2026, 1, 10, 12)),
        ("KXTRUCE-26", "", 0.16, at(2026, 1, 11, 12)),
        ("KXTRUCE-26", "", 0.5, at(2026, 1, 12, 12)),
        ("KXTRUCE-26", "", 0.48, at(2026, 1, 13, 12)),  # nobody bids: the last price
    ]
    assert [p for _, _, p, _ in said(read("kalshi", as_json(published.TRADES)))] == [0.21, 0.225]
    cents = {k: v for k, v in published.CONTRACT.items() if not k.endswith("_dollars")}
    for market in (published.CONTRACT, cents):
        assert said(read("kalshi", as_json({"markets": [market]}))) == [("KXTRUCE-26", "", 0.42, SAVED)]


@pytest.mark.parametrize(
    ("status", "result", "outcome"),
    [
        ("finalized", "yes", "yes"),
        ("settled", "no", "no"),
        ("finalized", "scalar", "ambiguous"),
        ("finalized", "void", "annulled"),
        ("determined", "yes", None),  # it can still be disputed
        ("disputed", "yes", None),
    ],
)
def test_kalshi_has_an_outcome_only_once_it_is_final(status: str, result: str, outcome: str | None) -> None:
    market = published.CONTRACT | {"status": status, "result": result, "last_price_dollars": "0.9900"}
    reading = read("kalshi", as_json({"market": market}))
    assert (reading.questions[0].outcome, reading.forecasts) == (outcome, ())


@pytest.mark.parametrize("status", ["initialized", "inactive", "closed"])
def test_kalshi_prices_count_while_the_market_is_traded(status: str) -> None:
    reading = read("kalshi", as_json({"market": published.CONTRACT | {"status": status}}))
    assert left_out(reading) == {"the price of a market that is not traded": 1}
    assert reading.questions


def test_kalshi_markets_of_one_event_keep_titles_apart() -> None:
    other = published.CONTRACT | {"ticker": "KXTRUCE-27", "yes_sub_title": "Before 2028"}
    reading = read("kalshi", as_json({"events": [{"markets": [published.CONTRACT, other]}]}))
    assert [q.title for q in reading.questions] == [
        "When will there be a truce? (Before 2027)",
        "When will there be a truce? (Before 2028)",
    ]
    assert "announced before Jan 1, 2027" in reading.questions[0].criteria


def test_fatebook_titles_repeat_and_seconds_are_not_padded() -> None:
    reading = read("fatebook", published.fatebook())
    first, second = reading.questions
    assert first.title == second.title == "Truce, or not?"
    assert [(f.question, f.voice, f.probability, f.person) for f in reading.forecasts] == [
        (first.id, "Ann Example", 0.25, True),
        (first.id, "Ann Example", 0.35, True),
        (first.id, "Bob Example", 0.5, True),
        (second.id, "Ann Example", 0.1, True),
    ]
    assert reading.forecasts[0].issued_at == at(2026, 1, 5, 9, 0, 3)
    assert reading.aliases["Truce, or not?"] == {first.id, second.id}
    assert "Ann" not in first.id


def test_predictionbook_reads_percentages_and_leaves_comments_out() -> None:
    reading = read("predictionbook", as_json(published.PREDICTIONS))
    assert [(f.voice, f.probability) for f in reading.forecasts] == [("7", 0.3), ("8", 0.45)]
    assert left_out(reading) == {"a comment without a forecast": 1}
    judged = published.PREDICTIONS["predictions"][0] | {"outcome": False}
    assert read("predictionbook", as_json([judged])).questions[0].outcome == "no"
    assert read("predictionbook", as_json([judged | {"withdrawn": True}])).questions[0].outcome == "annulled"


def test_forecastbench_sets_complete_each_other() -> None:
    sets = [as_json(s) for s in (published.RESOLUTION_SET, published.QUESTION_SET, published.FORECAST_SET)]
    reading = read("forecastbench", *sets)
    outcomes = {q.id: q.outcome for q in reading.questions}
    assert outcomes == {
        "metaculus/77": None,  # unresolved, and .29 stands where the outcome belongs
        "manifold/77": "yes",
        "fred/DGS10/2026-01-25": "no",
        "fred/DGS10/2026-02-17": None,
    }
    assert all(q.title for q in reading.questions)
    assert said(reading) == [
        ("metaculus/77", "metaculus", 0.31, at(2026, 1, 8)),
        ("manifold/77", "manifold", 0.44, at(2026, 1, 8)),
        ("metaculus/77", "Example-1 (zero shot)", 0.27, at(2026, 1, 18, 23, 59, 59)),
        ("fred/DGS10/2026-01-25", "Example-1 (zero shot)", 0.5, at(2026, 1, 18, 23, 59, 59)),
    ]
    assert left_out(reading) == {
        "a combination of questions": 1,
        "a forecast that the benchmark filled in": 1,
        "a price where the outcome belongs: the question is unresolved": 1,
    }


def test_one_headline_on_two_sites_is_two_questions_with_two_criteria() -> None:
    same = {"question": "Truce?", "id": "1"}
    here = read("manifold", as_json(published.MARKET | same)).questions[0]
    there = read("polymarket", as_json(published.GAMMA | same)).questions[0]
    assert here.title == there.title
    assert here.id == there.id
    assert (here.source, here.criteria) != (there.source, there.criteria)
    assert "30 days" in here.criteria
    assert "both sides" in there.criteria


def test_twixt_lines_come_from_another_board() -> None:
    reading = read("lines", published.LINES.encode())
    assert said(reading) == [("garden/truce/2026-12-31", "garden model", 0.31, at(2026, 1, 20))]
    assert reading.questions[0].licence == "CC BY 4.0"
    with pytest.raises(UnsafeFileError, match="cut off after"):
        read("lines", published.LINES.encode().rsplit(b"\n", 1)[0])


def test_a_table_is_the_same_as_csv_and_as_parquet() -> None:
    table = pl.DataFrame(
        {
            "contractId": ["a", "a", "b"],
            "t": [datetime(2022, 7, 31, 18, 30), datetime(2022, 7, 31, 19), datetime(2022, 8, 1)],
            "probAfter": [0.25, 0.5, 0.75],
            "resolution": ["NO", "NO", "MKT"],
        }
    )
    packed, text = io.BytesIO(), io.BytesIO()
    table.write_parquet(packed)
    table.write_csv(text)
    one, two = (read("manifold", file.getvalue()) for file in (packed, text))
    assert one.questions == two.questions
    assert said(one) == said(two)
    assert [(q.id, q.outcome) for q in one.questions] == [("a", "no"), ("b", "ambiguous")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"probAfter": None}, "column 'probAfter' is missing"),
        ({"nested": [[1], [2]]}, "column 'nested' holds"),
    ],
)
def test_a_table_with_other_columns_is_refused(change: dict[str, Any], why: str) -> None:
    columns = {"contractId": ["a", "b"], "t": ["2022-07-31", "2022-07-31"], "probAfter": [0.1, 0.2]} | change
    packed = io.BytesIO()
    pl.DataFrame({k: v for k, v in columns.items() if v is not None}).write_parquet(packed)
    with pytest.raises(UnsafeFileError, match=why):
        read("manifold", packed.getvalue())


def test_a_damaged_or_large_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    pl.DataFrame({"contractId": ["a"] * 500, "t": ["2022-07-31"] * 500, "probAfter": [0.1] * 500}).write_parquet(packed)
    content = packed.getvalue()
    with pytest.raises(UnsafeFileError, match="not a readable Parquet file"):
        read("manifold", content[:-20])
    monkeypatch.setattr("forecasts.exchange.tables.MOST_ROWS", 499)
    with pytest.raises(UnsafeFileError, match="500 rows; at most 499"):
        read("manifold", content)


def test_a_file_of_which_nearly_nothing_can_be_read_is_another_kind_of_file() -> None:
    many = as_json([{}] * 100_001)
    for kind in ("manifold", "kalshi"):
        with pytest.raises(UnsafeFileError, match="more than 100000 parts of the file cannot be read"):
            read(kind, many)
