"""Turn the rows of a board's files into records, one function for each kind of row.

Each function reports every mistake of its row and returns None when there was one. What needs other rows (references,
cycles, order) is checked in `forecasts.board_check`.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import cast

from forecasts import board_durations, board_panel, board_votes
from forecasts.board_rows import Row
from forecasts.definition import (
    Adjustment,
    Case,
    Clock,
    Edge,
    EdgeKind,
    Elicited,
    Frailty,
    Level,
    Question,
    QuestionKind,
    Scenario,
    Scheduled,
    Section,
    Series,
    SeriesState,
    Settings,
    Vote,
)

KINDS = ("event", "vote", "threshold")
EDGE_KINDS = ("hazard_ratio", "requires", "ends", "with")
CLOCKS = ("calendar", "since_enabled")
VERIFICATIONS = ("verified", "recalled", "unverified")

SHORT_LIMIT = 28
"""Characters of a chart label."""
MOST_TAGS = 8
"""Tags of one question."""

EDGE_COLUMNS = (
    "parents", "child", "kind", "median", "low", "high", "until", "source", "essay_quote", "rationale",
)  # fmt: skip
CASE_COLUMNS = (
    "question", "name", "start", "end", "exposure_years", "events", "comparability", "source", "verification", "note",
)  # fmt: skip
ADJUSTMENT_COLUMNS = ("question", "median", "low", "high", "divided_edges", "divided_share", "reason")

_CERTAIN = 1e-6
_LARGE = 1e6


def question(row: Row, *, opens: date, deadlines: tuple[date, ...], directory: Path) -> Question | None:
    """Read a `[[question]]`; the board's opening day and deadlines stand in where it names none of its own."""
    inner = row.inner("duration") if row.given("duration") else None
    kind = cast("QuestionKind", row.choice("kind", KINDS))
    record = Question(
        id=row.name("id"),
        kind=kind,
        title=row.text("title", limit=200),
        short=row.text("short", limit=SHORT_LIMIT),
        section=row.name("section"),
        criteria=row.text("criteria"),
        resolution_source=row.text("resolution_source", limit=1000),
        essay_quote=row.text("essay_quote", limit=1000, required=False),
        opens=row.day("opens") if row.given("opens") else opens,
        deadlines=row.days("deadlines") if row.given("deadlines") else deadlines,
        headline_deadline=row.day("headline_deadline"),
        reference_class=row.text("reference_class"),
        rationale=row.text("rationale"),
        clock=cast("Clock", row.choice("clock", CLOCKS)) if kind == "event" else "calendar",
        shape=_optional(row, "shape", low=0.05, high=5.0),
        hazard_check=_optional(row, "hazard_check", low=0.0, high=_LARGE),
        closed_on=row.day("closed_on") if row.given("closed_on") else None,
        duration=None if inner is None else board_durations.duration(inner, directory=directory),
        tags=row.names("tags"),
    )
    if len(record.tags) > MOST_TAGS:
        row.refuse("tags", f"{len(record.tags)} tags; at most {MOST_TAGS} are allowed")
    if kind != "event":
        _forbid(row, ("clock", "shape", "hazard_check", "duration"), f"a {kind} question has none")
    elif (record.shape is not None) != (record.clock == "since_enabled"):
        row.refuse("shape", "belongs to the clock since_enabled, and that clock needs it")
    elif inner is not None and record.clock != "since_enabled":
        row.refuse("duration", "belongs to the clock since_enabled: a length begins when the question is enabled")
    return record if row.ok() else None


def edge(row: Row) -> Edge | None:
    """Read a row of edges.csv."""
    kind = cast("EdgeKind", row.choice("kind", EDGE_KINDS))
    parents = row.names("parents")
    if not parents:
        row.refuse("parents", "is empty; one id is needed (for requires also several, separated by ;)")
    if len(parents) > 1 and kind != "requires":
        row.refuse("parents", f"{';'.join(parents)}: only requires takes several parents (any one of them)")
    ratio = chance = None
    columns = ("median", "low", "high")
    if kind == "hazard_ratio":
        ratio = row.judged(columns, "rationale", low=0.01, high=100.0)
    elif kind == "with":
        chance = row.judged(columns, "rationale", low=_CERTAIN, high=1 - _CERTAIN)
    else:
        _forbid(row, columns, f"an edge of kind {kind} has no number")
    until = row.name("until", required=False)
    if until and kind != "hazard_ratio":
        row.refuse("until", f"{until!r}: only a hazard_ratio can end")
    record = Edge(
        parents=parents,
        child=row.name("child"),
        kind=kind,
        hazard_ratio=ratio,
        probability=chance,
        until=until,
        source=row.text("source", limit=1000),
        essay_quote=row.text("essay_quote", limit=1000, required=False),
        rationale=row.text("rationale"),
    )
    return record if row.ok() else None


def case(row: Row) -> Case | None:
    """Read a row of cases.csv."""
    record = Case(
        question=row.name("question"),
        name=row.text("name", limit=200),
        start=row.text("start", limit=10),
        end=row.text("end", limit=10),
        exposure_years=row.number("exposure_years", low=0.0, high=1e5, open_low=True),
        events=row.number("events", low=0.0, high=1e4),
        comparability=row.number("comparability", low=0.0, high=1.0, open_low=True),
        source=row.text("source", limit=1000),
        verification=row.choice("verification", VERIFICATIONS),
        note=row.text("note", required=False),
    )
    return record if row.ok() else None


def adjustment(row: Row) -> Adjustment | None:
    """Read a row of adjustments.csv."""
    divided = row.names("divided_edges")
    share = row.number("divided_share", low=0.0, high=1.0, open_low=True) if row.given("divided_share") else 1.0
    if bool(divided) != row.given("divided_share"):
        row.refuse("divided_share", "belongs to divided_edges: both or neither")
    record = Adjustment(
        question=row.name("question"),
        factor=row.judged(("median", "low", "high"), "reason", low=1e-6, high=_LARGE),
        divided_edges=divided,
        divided_share=share,
    )
    return record if row.ok() else None


def vote(row: Row, *, directory: Path) -> Vote | None:
    """Read a `[[vote]]` with its `[vote.fitted]`, or its `[[vote.gate]]` tables, one for each combination of terms."""
    periods = row.days("periods") if row.given("periods") else ()
    presidents = row.days("president_periods") if row.given("president_periods") else ()
    terms = row.names("terms")
    parties = row.numbers("copartisan_probability", low=0.0, high=1.0)
    if len(parties) != len(presidents) + 1:
        row.refuse("copartisan_probability", f"{len(parties)} numbers; president_periods needs {len(presidents) + 1}")
    members = row.integer("members", low=1, high=100_000)
    inner = row.inner("fitted") if row.given("fitted") else None
    if row.given("fitted"):
        _forbid(row, ("gate", "copartisan_logit"), "comes from the fitted model")
    record = Vote(
        question=row.name("question"),
        trigger=row.name("trigger"),
        body=row.text("body", limit=200),
        members=members,
        rule=row.text("rule", limit=300),
        periods=periods,
        gate=() if row.given("fitted") else board_votes.gates(row, terms, len(periods) + 1),
        terms=terms,
        president_periods=presidents,
        copartisan_probability=parties,
        copartisan_logit=0.0 if row.given("fitted") else row.number("copartisan_logit", low=-20.0, high=20.0),
        second_vote_rate=row.elicited("second_vote_rate", low=0.0, high=_LARGE),
        quality_gate=row.number("quality_gate", low=0.0, high=20.0),
        quality_trigger=row.number("quality_trigger", low=0.0, high=20.0),
        reason=row.text("reason"),
        fitted=None
        if inner is None
        else board_votes.fitted(inner, terms=terms, periods=len(periods), members=members, directory=directory),
    )
    return record if row.ok() else None


def series(row: Row, *, directory: Path) -> Series | None:
    """Read a `[[series]]` with its states, or its fitted panel, and its levels."""
    fitted = row.given("panel")
    inner = row.inner("panel") if fitted else None
    name = row.name("id")
    states = tuple(s for inner in row.inners("state") if (s := _state(inner)) is not None)
    levels = tuple(v for inner in row.inners("level") if (v := _level(inner)) is not None)
    if fitted:
        _forbid(row, ("state", "damping", "noise_sd"), "comes from the fitted panel")
    record = Series(
        id=name,
        title=row.text("title", limit=200),
        unit=row.text("unit", limit=60),
        publication=_month_day(row),
        decimals=row.integer("decimals", low=0, high=6),
        states=states,
        damping=None if fitted else row.elicited("damping", low=0.0, high=1.0),
        noise_sd=None if fitted else row.elicited("noise_sd", low=0.0, high=10.0),
        response=row.elicited("response", low=-10.0, high=10.0),
        levels=levels,
        source=row.text("source", limit=1000),
        panel=None if inner is None else board_panel.panel(inner, series=name, directory=directory),
    )
    return record if row.ok() else None


def _state(row: Row) -> SeriesState | None:
    record = SeriesState(
        published_on=row.day("published_on"),
        year=row.integer("year", low=1, high=9998),
        level=row.elicited("level", low=0.0, high=1e15, open_low=True),
        growth=row.elicited("growth", low=-10.0, high=10.0),
        note=row.text("note", required=False),
    )
    return record if row.ok() else None


def _level(row: Row) -> Level | None:
    record = Level(row.name("question"), row.number("value", low=0.0, high=1e15, open_low=True))
    return record if row.ok() else None


def _month_day(row: Row) -> tuple[int, int]:
    numbers = row.numbers("publication", low=1, high=31)
    try:
        month, day = (int(n) for n in numbers)
        date(2025, month, day)
        whole = [month, day] == list(numbers)
    except ValueError:
        whole = False
    if not whole:
        row.refuse("publication", f"{list(numbers)}: [month, day] of an ordinary year is needed")
        return (1, 1)
    return month, day


def frailty(row: Row) -> Frailty | None:
    """Read a `[[frailty]]`: a shared driver and its loadings by question id."""
    loadings = row.inner("loadings")
    pairs = () if loadings is None else tuple((k, loadings.number(k, low=-5.0, high=5.0)) for k in loadings.keys())  # noqa: SIM118 (a Row is no mapping)
    if not pairs:
        row.refuse("loadings", "is empty; questions with their loading on the log hazard are needed")
    record = Frailty(id=row.name("id"), loadings=pairs, reason=row.text("reason"))
    return record if row.ok() else None


def scheduled(row: Row) -> Scheduled | None:
    """Read a `[[scheduled]]` event."""
    record = Scheduled(
        question=row.name("question"),
        on=row.day("on"),
        probability=row.elicited("probability", low=_CERTAIN, high=1 - _CERTAIN),
        reason=row.text("reason"),
    )
    return record if row.ok() else None


def scenario(row: Row) -> Scenario | None:
    """Read a `[[scenario]]`; its definition is parsed in `forecasts.scenarios`."""
    group = row.choice("group", ("partition", "overlay"))
    record = Scenario(
        id=row.name("id"),
        group="overlay" if group == "overlay" else "partition",
        title=row.text("title", limit=200),
        description=row.text("description"),
        definition=row.text("definition"),
        essay_quote=row.text("essay_quote", limit=1000, required=False),
    )
    return record if row.ok() else None


def section(row: Row) -> Section | None:
    """Read a `[[section]]`."""
    record = Section(row.name("id"), row.text("title", limit=100))
    return record if row.ok() else None


def settings(row: Row) -> Settings | None:
    """Read `[settings]`: every modelling choice is stated, none has a default."""
    record = Settings(
        draws=row.integer("draws", low=200, high=1_000_000),
        futures_per_draw=row.integer("futures_per_draw", low=1, high=1000),
        readings=row.integer("readings", low=1, high=4096),
        spread_columns=row.integer("spread_columns", low=0, high=4096),
        seed=row.integer("seed", low=0, high=2**63 - 1),
    )
    return record if row.ok() else None


def _optional(row: Row, key: str, *, low: float, high: float) -> Elicited | None:
    return row.elicited(key, low=low, high=high, open_low=True) if row.given(key) else None


def _forbid(row: Row, keys: Sequence[str], why: str) -> None:
    for key in keys:
        if row.given(key):
            row.refuse(key, why)
