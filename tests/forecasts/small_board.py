"""A small board written out in Python for the encoding tests: every kind of question, edge and elicited number once."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from forecasts.class_rates import ClassRates
from forecasts.definition import (
    Adjustment,
    Board,
    Case,
    Edge,
    Elicited,
    Frailty,
    Level,
    Question,
    Scheduled,
    Section,
    Series,
    SeriesState,
    Settings,
    Vote,
)
from forecasts.domain import Entry, LedgerView, Record
from forecasts.encode_clock import class_exposure

OPENS = date(2025, 1, 1)
HORIZON = date(2030, 12, 31)
DEADLINES = (date(2026, 12, 31), date(2028, 12, 31), HORIZON)


def judged(median: float, low: float, high: float) -> Elicited:
    return Elicited(median, low, high, "judged for the tests")


def question(name: str, kind: str = "event", **changes: object) -> Question:
    values = {
        "id": name,
        "kind": kind,
        "title": name,
        "short": name,
        "section": "all",
        "criteria": "",
        "resolution_source": "",
        "essay_quote": "",
        "opens": OPENS,
        "deadlines": DEADLINES,
        "headline_deadline": HORIZON,
        "reference_class": "",
        "rationale": "",
        "clock": "calendar",
        "shape": None,
        "hazard_check": None,
    }
    return Question(**values | changes)


def edge(parents: tuple[str, ...], child: str, kind: str = "hazard_ratio", **changes: object) -> Edge:
    values = {
        "hazard_ratio": judged(4.0, 2.0, 8.0) if kind == "hazard_ratio" else None,
        "probability": judged(0.3, 0.1, 0.6) if kind == "with" else None,
        "until": "",
        "source": "",
        "essay_quote": "",
        "rationale": "",
    }
    return Edge(parents, child, kind, **values | changes)


def case(name: str, years: float, events: float, weight: float = 1.0) -> Case:
    return Case(name, f"{name} {years}", "", "", years, events, weight, "", "recalled", "")


QUESTIONS = (
    question("truce", hazard_check=judged(0.1, 0.02, 0.5)),
    question("pact"),
    question("floor"),
    question("consent", "vote"),
    question("relapse", clock="since_enabled", shape=judged(0.5, 0.35, 0.7)),
    question("fund"),
    question("summit"),
    question("three", "threshold"),
    question("four", "threshold"),
)

EDGES = (
    edge(("truce",), "pact", until="relapse"),
    edge(("truce", "pact"), "relapse", "requires"),
    edge(("pact",), "floor", "requires"),
    edge(("floor",), "consent", "requires"),
    edge(("pact",), "three", hazard_ratio=judged(0.5, 0.25, 1.0)),
    edge(("pact",), "fund", "ends"),
    edge(("truce",), "summit", "with"),
)

VOTE = Vote(
    question="consent",
    trigger="floor",
    body="Assembly",
    members=60,
    rule="three fifths",
    periods=(date(2027, 5, 1),),
    gate=(judged(0.6, 0.2, 0.92), judged(0.8, 0.5, 0.95), judged(0.5, 0.15, 0.9), judged(0.7, 0.3, 0.94)),
    terms=("truce",),
    president_periods=(date(2026, 7, 1),),
    copartisan_probability=(1.0, 0.25),
    copartisan_logit=-0.5,
    second_vote_rate=judged(0.1, 0.02, 0.5),
    quality_gate=0.6,
    quality_trigger=0.4,
)

SERIES = Series(
    id="spending",
    title="Spending",
    unit="percent",
    publication=(9, 1),
    decimals=1,
    states=(
        SeriesState(date(2025, 3, 15), 2024, judged(2.0, 1.9, 2.1), judged(0.05, 0.0, 0.1), "first print"),
        SeriesState(date(2025, 9, 3), 2025, judged(2.4, 2.3, 2.5), judged(0.08, 0.02, 0.14), ""),
    ),
    damping=judged(0.8, 0.7, 0.9),
    noise_sd=judged(0.04, 0.02, 0.08),
    response=judged(0.02, 0.01, 0.03),
    levels=(Level("three", 3.0), Level("four", 4.0)),
    source="",
)

BOARD = Board(
    id="small",
    title="Small",
    description="",
    opens=OPENS,
    horizon=HORIZON,
    sections=(Section("all", "All"),),
    questions=QUESTIONS,
    edges=EDGES,
    cases=(
        case("truce", 10.0, 2),
        case("truce", 8.0, 1, 0.5),
        case("pact", 20.0, 3),
        case("floor", 6.0, 4),
        case("relapse", 4.0, 1),
        case("relapse", 9.0, 0, 0.5),
        case("fund", 12.0, 2),
    ),
    adjustments=(
        Adjustment("truce", judged(0.5, 0.2, 1.25), ()),
        Adjustment("pact", judged(0.25, 0.05, 1.25), ("truce",)),
        Adjustment("floor", judged(0.8, 0.35, 1.85), ()),
    ),
    votes=(VOTE,),
    series=(SERIES,),
    frailties=(Frailty("weather", (("truce", 0.3), ("fund", -0.2)), ""),),
    scheduled=(Scheduled("summit", date(2026, 3, 1), judged(0.4, 0.2, 0.7), ""),),
    scenarios=(),
    settings=Settings(draws=4000, futures_per_draw=2, readings=8, spread_columns=4, seed=5),
    content_hash="0" * 64,
)


def class_rates(board: Board = BOARD, *, rows: int = 4000, seed: int = 1) -> ClassRates:
    """Return exact posterior draws of the board's class rates, without a sampler."""
    names = tuple(dict.fromkeys(c.question for c in board.cases))
    own = [[c for c in board.cases if c.question == name] for name in names]
    shape = [0.5 + sum(c.comparability * c.events for c in cases) for cases in own]
    years = [0.01 + sum(c.comparability * class_exposure(board, c) for c in cases) for cases in own]
    drawn = np.random.default_rng(seed).gamma(shape, 1 / np.array(years), (4, rows // 4, len(names)))
    return ClassRates(names, drawn.astype(np.float32), "0" * 64, {})


def view(*records: Record) -> LedgerView:
    """Return a ledger view that holds the records in their order."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    entries = tuple(Entry("small", n, r.id, 1, now, "p", r, "0" * 64) for n, r in enumerate(records, start=1))
    return LedgerView("small", now, "live", len(entries), "0" * 64, now, entries)


def with_questions(board: Board, *added: Question) -> Board:
    return replace(board, questions=(*board.questions, *added))
