"""SYNTHETIC files in the formats of other sites, written by hand after their published documentation and source.

None of them is an export that a site has made: questions, people, prices and ids are invented.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

QUESTION_HEADER = (
    "Question ID,Question URL,Question Title,Post ID,Post Curation Status,Post Published Time,Default Project,"
    "Default Project ID,Label,Question Type,MC Options,Lower Bound,Open Lower Bound,Upper Bound,Open Upper Bound,"
    "Continuous Range,Open Time,CP Reveal Time,Scheduled Close Time,Actual Close Time,Resolution,"
    "Resolution Known Time,Include Bots in Aggregates,Question Weight"
)
FORECAST_HEADER = (
    "Question ID,Forecaster ID,Forecaster Username,Start Time,End Time,Forecaster Count,Probability Yes,"
    "Probability Yes Per Category,Continuous CDF,Probability Below Lower Bound,Probability Above Upper Bound,"
    "5th Percentile,25th Percentile,Median,75th Percentile,95th Percentile,Probability of Resolution,PDF at Resolution"
)

TRUCE = {
    "Question ID": "501",
    "Question URL": "https://www.metaculus.com/questions/77/truce/",
    "Question Title": "Will there be a truce before 2027?",
    "Post ID": "77",
    "Question Type": "binary",
    "Open Time": "2026-01-10 12:00:00+00:00",
    "Scheduled Close Time": "2026-12-30 23:00:00+00:00",
}
NUMBER = {
    "Question ID": "502",
    "Question URL": "https://www.metaculus.com/questions/78/how-many/",
    "Question Title": "How many?",
    "Post ID": "78",
    "Question Type": "numeric",
    "Continuous Range": str([i / 200 for i in range(201)]),
    "Open Time": "2026-01-10 12:00:00+00:00",
    "Resolution": "41.5",
}
GROUPED = (
    TRUCE
    | {"Question ID": "503", "Label": "by June", "Resolution": "no"}
    | {"Resolution Known Time": "2026-02-20 09:00:00+00:00"}
)


def said(question: str, start: str, end: str, chance: str, **who: str) -> dict[str, str]:
    """Return one row of `forecast_data.csv`; without `who` it is the community's."""
    voice = {"Forecaster Username": "recency_weighted", "Forecaster Count": "12"}
    row = {"Question ID": question, "Start Time": start, "End Time": end, "Probability Yes": chance}
    return row | (voice if not who else {"Forecaster ID": who["id"], "Forecaster Username": who["name"]})


FORECASTS = (
    said("501", "2026-01-11 08:00:00+00:00", "2026-01-12 08:00:00+00:00", "0.30"),
    said("501", "2026-01-12 08:00:00+00:00", "2026-01-12 20:00:00.250000+00:00", "0.35"),
    said("501", "2026-01-12 20:00:00.250000+00:00", "", "0.4"),
    said("501", "2026-01-11 09:30:00+00:00", "2026-02-01 00:00:00+00:00", "0.9", id="9001", name="Ann Example"),
    said("502", "2026-01-11 09:30:00+00:00", "", ""),
    said("503", "2026-03-01 09:30:00+00:00", "", "0.02"),
)


def table(header: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as a CSV text with a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header.split(","), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive of members by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def metaculus(
    questions: Sequence[Mapping[str, str]] = (TRUCE, NUMBER, GROUPED),
    forecasts: Sequence[Mapping[str, str]] = FORECASTS,
) -> bytes:
    """Return an export of Metaculus."""
    tables = {
        "question_data.csv": table(QUESTION_HEADER, questions),
        "forecast_data.csv": table(FORECAST_HEADER, forecasts),
    }
    return zipped(tables)


NEVER = 253402300799000
"""The last second of the year 9999 in milliseconds, as Manifold writes a close that is never meant to come."""
MARKET: dict[str, Any] = {
    "id": "AbC123",
    "creatorId": "u1",
    "creatorUsername": "ann",
    "createdTime": 1767960000000,
    "closeTime": NEVER,
    "question": "Truce in 2026?",
    "url": "https://manifold.markets/ann/truce-in-2026",
    "outcomeType": "BINARY",
    "mechanism": "cpmm-1",
    "probability": 0.41,
    "isResolved": False,
    "lastBetTime": 1768132800123,
    "textDescription": "Resolves YES on a signed truce of 30 days.",
}
CHOICE: dict[str, Any] = MARKET | {
    "id": "Multi1",
    "question": "Which first?",
    "url": "https://manifold.markets/ann/which-first",
    "outcomeType": "MULTIPLE_CHOICE",
    "description": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "One."}]}]},
    "textDescription": "",
    "answers": [
        {"id": "a1", "text": "Truce", "probability": 0.7},
        {"id": "a2", "text": "Pact", "probability": 0.3, "resolution": "NO"},
    ],
}
BETS: list[dict[str, Any]] = [
    {
        "id": "b1",
        "contractId": "AbC123",
        "userId": "u2",
        "createdTime": 1768046400000,
        "probBefore": 0.5,
        "probAfter": 0.6,
    },
    {
        "id": "b2",
        "contractId": "AbC123",
        "userId": "u3",
        "createdTime": 1768050000000,
        "probBefore": 0.6,
        "probAfter": 0.5,
    },
    {
        "id": "b3",
        "contractId": "AbC123",
        "createdTime": 1768050000001,
        "probAfter": 0.5,
        "isCancelled": True,
        "amount": 0,
    },
]

GAMMA: dict[str, Any] = {
    "id": "540816",
    "question": "Truce before 2027?",
    "conditionId": "0xabc",
    "slug": "truce-before-2027",
    "startDate": "2026-01-01T00:00:00Z",
    "endDate": "2026-12-31T12:00:00Z",
    "description": "This market resolves to Yes if both sides announce a truce.",
    "outcomes": '["Yes", "No"]',
    "outcomePrices": '["0.525", "0.475"]',
    "active": True,
    "closed": False,
}
CONTRACT: dict[str, Any] = {
    "ticker": "KXTRUCE-26",
    "event_ticker": "KXTRUCE",
    "market_type": "binary",
    "title": "When will there be a truce?",
    "yes_sub_title": "Before 2027",
    "open_time": "2026-01-02T15:00:00Z",
    "close_time": "2026-12-31T23:59:00Z",
    "status": "active",
    "result": "",
    "yes_bid": 40,
    "yes_ask": 44,
    "last_price": 43,
    "yes_bid_dollars": "0.4000",
    "yes_ask_dollars": "0.4400",
    "last_price_dollars": "0.4300",
    "rules_primary": "If a truce is announced before Jan 1, 2027, then the market resolves to Yes.",
    "rules_secondary": "",
}
CANDLES: dict[str, Any] = {
    "ticker": "KXTRUCE-26",
    "candlesticks": [
        {
            "end_period_ts": 1768046400,
            "yes_bid": {"close_dollars": "0.3000"},
            "yes_ask": {"close_dollars": "0.3400"},
            "price": {"close_dollars": "0.3300"},
        },
        {"end_period_ts": 1768132800, "yes_bid": {"close": 15}, "yes_ask": {"close": 17}, "price": {"close": None}},
        {"end_period_ts": 1768219200, "yes_bid": {"close": "0.4900"}, "yes_ask": {"close": "0.5100"}, "price": {}},
        {"end_period_ts": 1768305600, "yes_bid": {"close": 0}, "yes_ask": {"close": 100}, "price": {"close": 48}},
    ],
}
TRADES: dict[str, Any] = {
    "cursor": "",
    "trades": [
        {"trade_id": "t1", "ticker": "KXTRUCE-26", "yes_price": 21, "created_time": "2026-01-11T10:30:00.5Z"},
        {
            "trade_id": "t2",
            "ticker": "KXTRUCE-26",
            "yes_price_dollars": "0.2250",
            "created_time": "2026-01-12T10:30:00Z",
        },
    ],
}

FATEBOOK_HEADER = (
    "Question title,Multiple choice option,Forecast created by,Forecast (scale = 0-1),Forecast created at,"
    "Question created by,Question created at,Question resolve by,Resolution,Resolved at,"
    "Your Brier score for this question,Your relative Brier score for this question,Question notes,"
    "Question shared with,Question shared publicly,Question comments"
)


def fate(title: str, who: str, chance: str, at: str, **more: str) -> dict[str, str]:
    """Return one row of an export of Fatebook."""
    row = {
        "Question title": title,
        "Forecast created by": who,
        "Forecast (scale = 0-1)": chance,
        "Forecast created at": at,
        "Question created at": "2026-01-05 09:00:3",
        "Question created by": "Ann Example",
    }
    return row | more


FATES = (
    fate("Truce, or not?", "Ann Example", "0.25", "2026-01-05 09:00:3"),
    fate("Truce, or not?", "Ann Example", "0.35", "2026-02-05 19:07:44"),
    fate("Truce, or not?", "Bob Example", "0.5", "2026-02-06 10:00:00"),
    fate(
        "Truce, or not?", "Ann Example", "0.1", "2026-02-07 10:00:00", **{"Question created at": "2026-02-01 08:00:00"}
    ),
)


def fatebook(rows: Sequence[Mapping[str, str]] = FATES) -> bytes:
    """Return an export of Fatebook."""
    return table(FATEBOOK_HEADER, rows).encode()


PREDICTIONS: dict[str, Any] = {
    "user": {"user_id": 7, "name": "ann", "email": "ann@example.org"},
    "predictions": [
        {
            "id": 208001,
            "description": "A truce before 2027",
            "created_at": "2026-01-06T08:00:00.000Z",
            "deadline": "2026-12-31T23:00:00.000Z",
            "outcome": None,
            "withdrawn": False,
            "updated_at": "2026-01-06T08:00:00.000Z",
            "responses": [
                {"id": 1, "user_id": 7, "confidence": 30, "created_at": "2026-01-06T08:00:00.000Z", "comment": None},
                {"id": 2, "user_id": 8, "confidence": None, "created_at": "2026-01-07T08:00:00.000Z", "comment": "Hm."},
                {"id": 3, "user_id": 8, "confidence": 45, "created_at": "2026-01-08T08:00:00.000Z", "comment": None},
            ],
        },
    ],
}

QUESTION_SET: dict[str, Any] = {
    "forecast_due_date": "2026-01-18",
    "question_set": "2026-01-18-llm.json",
    "questions": [
        {
            "id": "77",
            "source": "metaculus",
            "question": "Will there be a truce before 2027?",
            "resolution_criteria": "Resolves as the question on Metaculus does.",
            "background": "N/A",
            "market_info_open_datetime": "2026-01-02T00:00:00+00:00",
            "market_info_close_datetime": "2026-12-31T00:00:00+00:00",
            "market_info_resolution_criteria": "A truce of 30 days.",
            "url": "https://www.metaculus.com/questions/77",
            "freeze_datetime": "2026-01-08T00:00:00+00:00",
            "freeze_datetime_value": "0.31",
            "freeze_datetime_value_explanation": "The community prediction.",
            "source_intro": "",
            "resolution_dates": "N/A",
        },
        {
            "id": "77",
            "source": "manifold",
            "question": "Truce in 2026?",
            "resolution_criteria": "N/A",
            "url": "https://manifold.markets/ann/truce-in-2026",
            "freeze_datetime": "2026-01-08T00:00:00+00:00",
            "freeze_datetime_value": 0.44,
        },
        {
            "id": "DGS10",
            "source": "fred",
            "question": "Will it be higher on {resolution_date} than on {forecast_due_date}?",
            "url": "https://fred.stlouisfed.org/series/DGS10",
            "freeze_datetime": "2026-01-08T00:00:00+00:00",
            "freeze_datetime_value": "4.18",
            "resolution_dates": ["2026-01-25", "2026-02-17"],
        },
        {"id": ["77", "78"], "source": "metaculus", "question": "Both?", "freeze_datetime_value": "N/A"},
    ],
}
RESOLUTION_SET: dict[str, Any] = {
    "forecast_due_date": "2026-01-18",
    "question_set": "2026-01-18-llm.json",
    "resolutions": [
        {
            "id": "77",
            "source": "metaculus",
            "direction": None,
            "resolution_date": "2026-02-01",
            "resolved_to": 0.29,
            "resolved": False,
        },
        {
            "id": "77",
            "source": "manifold",
            "direction": None,
            "resolution_date": "2026-02-01",
            "resolved_to": 1.0,
            "resolved": True,
        },
        {
            "id": "DGS10",
            "source": "fred",
            "direction": None,
            "resolution_date": "2026-01-25",
            "resolved_to": 0.0,
            "resolved": True,
        },
    ],
}
FORECAST_SET: dict[str, Any] = {
    "organization": "Example",
    "model": "Example-1 (zero shot)",
    "model_organization": "Example",
    "question_set": "2026-01-18-llm.json",
    "forecasts": [
        {"id": "77", "source": "metaculus", "forecast": 0.27, "resolution_date": None, "reasoning": "Base rates."},
        {"id": "DGS10", "source": "fred", "forecast": 0.5, "resolution_date": "2026-01-25", "reasoning": ""},
        {"id": "77", "source": "manifold", "forecast": 0.5, "resolution_date": None, "imputed": True},
    ],
}

LINES = "\n".join(
    json.dumps(line)
    for line in (
        {"twixt lines": {"format": 1, "source": "garden", "licence": "CC BY 4.0"}},
        {
            "question": {
                "id": "truce",
                "title": "Truce",
                "criteria": "A truce of 30 days.",
                "opens": "2026-01-01",
                "deadlines": ["2026-12-31"],
                "resolution_source": "",
                "url": "",
            }
        },
        {
            "forecast": {
                "question": "truce",
                "deadline": "2026-12-31",
                "forecaster": "model",
                "at": "2026-01-20T00:00:00Z",
                "probability": 0.31,
            }
        },
        {"end": {"lines": 3}},
    )
)


def as_json(value: Any) -> bytes:
    """Return a value as the bytes of a JSON file."""
    return json.dumps(value).encode()


FILES: dict[str, tuple[bytes, ...]] = {
    "metaculus": (metaculus(),),
    "manifold": (as_json([MARKET, CHOICE]), as_json(BETS)),
    "polymarket": (as_json([GAMMA]), as_json([{"id": "1", "title": "Truce", "markets": [GAMMA]}])),
    "kalshi": (as_json({"market": CONTRACT}), as_json(CANDLES), as_json(TRADES)),
    "fatebook": (fatebook(),),
    "predictionbook": (as_json(PREDICTIONS),),
    "forecastbench": (as_json(QUESTION_SET), as_json(RESOLUTION_SET), as_json(FORECAST_SET)),
    "lines": (LINES.encode(),),
}
"""Files of every format."""
