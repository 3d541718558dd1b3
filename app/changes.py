"""What changed on a board between two of its snapshots, the most important first. Plain rules, pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from app.spec import percent
from forecasts.definition import Board, Question
from forecasts.domain import BoardVersion, Entry, Evidence
from forecasts.likelihood import shifted
from forecasts.snapshots import Snapshot

SMALLEST = 0.0005
"""A change below this is none: it would be shown as 0.0 points."""
ERRORS = 2.0
"""A change within so many standard errors of the simulation may be none."""
SMALLEST_SHIFT = 0.005
"""A report that did less than this to a question, in log-odds, did nothing worth naming."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a question's probability by its headline deadline, or a scenario's, changed."""

    subject: str
    title: str
    short: str
    question: Question | None
    """None for a scenario."""
    before: float
    now: float
    error: float = 0.0
    """Simulation error of the change where the two runs did not share their luck (standard error)."""

    @property
    def clear(self) -> bool:
        """Tell whether the change is beyond what simulating anew could do."""
        return abs(self.points) >= ERRORS * self.error

    @property
    def points(self) -> float:
        """The change of the probability."""
        return self.now - self.before

    @property
    def importance(self) -> float:
        """How far apart the two probabilities are: `2 |asin sqrt(p) - asin sqrt(q)|` (Fisher-Rao distance), 0 to pi.

        A move from 1 to 3 % counts as much as one from 50 to 57 %: near the ends the same points say more.
        """
        return 2 * abs(math.asin(math.sqrt(self.now)) - math.asin(math.sqrt(self.before)))


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that is not a move of a number: an outcome, another scenario in the lead, another definition."""

    what: str
    """In a few words, for example `Happened`."""
    title: str
    """What it is about."""
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What one report did to one question between two snapshots."""

    entry: str
    question: Question
    shift: float
    """In log-odds."""
    points: float
    """As a difference of the probability now to what it would be without the shift."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two snapshots."""

    before: Snapshot
    now: Snapshot
    happened: tuple[Happening, ...] = ()
    moved: tuple[Change, ...] = ()
    """Open questions and scenarios whose probability changed: the clear ones first, the most important foremost."""
    did_most: tuple[Work, ...] = ()
    """Reports by how much they did, each at the question on which it did most."""
    reports: tuple[Evidence, ...] = ()
    """Reports that came in between, oldest first."""

    @property
    def nothing_new(self) -> bool:
        """Tell whether both are one snapshot."""
        return self.before.id == self.now.id

    @property
    def questions(self) -> tuple[Change, ...]:
        """The clear moves of questions."""
        return tuple(c for c in self.moved if c.question and c.clear)


def between(
    before: Snapshot,
    now: Snapshot,
    *,
    board: Board,
    entries: Sequence[Entry],
    details: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> Changes:
    """Return what changed from one snapshot to a later one of the same mode.

    `entries` are the record's rows in force; `details` the two snapshots' tables (`forecasts.snapshot_detail`).
    """
    if before.id == now.id:
        return Changes(before, now)
    moved = sorted([*_questions(before, now, board), *_scenarios(before, now, board)], key=_by_importance)
    work = _did_most(details, [c for c in moved if c.question and c.clear])
    happened = (*_happened(before, now, board), *_defined(before, now, entries))
    return Changes(before, now, happened, tuple(moved), work, tuple(_came_in(before, now, entries)))


def _by_importance(change: Change) -> tuple[bool, float, str]:
    return not change.clear, -change.importance, change.subject


def _rows(snapshot: Snapshot, group: str) -> dict[tuple[str, date | None], Mapping[str, Any]]:
    rows = snapshot.rows.filter((pl.col("group") == group) & (pl.col("measure") == "probability"))
    return {(r["subject"], r["deadline"]): r for r in rows.to_dicts()}


def _questions(before: Snapshot, now: Snapshot, board: Board) -> Iterable[Change]:
    old, new = _rows(before, "question"), _rows(now, "question")
    for question in board.questions:
        a, b = (rows.get((question.id, question.headline_deadline)) for rows in (old, new))
        if a and b and b["state"] == "open" and abs(b["value"] - a["value"]) >= SMALLEST:
            error = math.hypot(a["mcse"] or 0.0, b["mcse"] or 0.0)
            yield Change(question.id, question.title, question.short, question, a["value"], b["value"], error)


def _scenarios(before: Snapshot, now: Snapshot, board: Board) -> Iterable[Change]:
    for scenario in board.scenarios:
        a, b = (_rows(s, scenario.group).get((scenario.id, None)) for s in (before, now))
        if a and b and abs(b["value"] - a["value"]) >= SMALLEST:
            error = math.hypot(a["mcse"] or 0.0, b["mcse"] or 0.0)
            yield Change(scenario.id, scenario.title, scenario.title, None, a["value"], b["value"], error)


_OUTCOMES = {"occurred": "Happened", "passed": "Did not happen"}


def _happened(before: Snapshot, now: Snapshot, board: Board) -> Iterable[Happening]:
    old, new = _rows(before, "question"), _rows(now, "question")
    for question in board.questions:
        a, b = (rows.get((question.id, question.headline_deadline)) for rows in (old, new))
        if a and b and a["state"] != b["state"] and b["state"] in _OUTCOMES:
            yield Happening(_OUTCOMES[b["state"]], question.title, question)
    titles = {s.id: s.title for s in board.scenarios}
    lead, led = _leader(now), _leader(before)
    if lead and led and lead[0] != led[0] and lead[0] in titles:
        yield Happening("In the lead", f"{titles[lead[0]]} ({percent(lead[1])})")


def _defined(before: Snapshot, now: Snapshot, entries: Sequence[Entry]) -> Iterable[Happening]:
    """Give the definition that came in between, with the reason that its author gave."""
    if before.board_version == now.board_version:
        return
    reasons = [e.record.reason for e in entries if isinstance(e.record, BoardVersion) and e.record.reason]
    reason = reasons[-1] if reasons else "the board's questions or numbers were changed"
    yield Happening("New definition", reason[:1].upper() + reason[1:])


def from_to(before: float, now: float) -> tuple[str, str]:
    """Return two chances in words, finer where they would read alike."""
    words = percent(before), percent(now)
    return words if words[0] != words[1] else (f"{100 * before:.1f} %", f"{100 * now:.1f} %")


def _leader(snapshot: Snapshot) -> tuple[str, float] | None:
    rows = [(str(key[0]), float(row["value"])) for key, row in _rows(snapshot, "partition").items()]
    return max(rows, key=lambda r: r[1], default=None)


def _did_most(details: tuple[Mapping[str, Any], Mapping[str, Any]], moved: Sequence[Change]) -> tuple[Work, ...]:
    """Return each report at the question on which it did most: how its contribution to the log-odds changed."""
    found: dict[str, Work] = {}
    for change in moved:
        if change.question is None:
            continue
        old, new = (_contributions(detail, change.question) for detail in details)
        for entry in old.keys() | new.keys():
            shift = new.get(entry, 0.0) - old.get(entry, 0.0)
            points = change.now - shifted(change.now, -shift)
            larger = abs(shift) > max(abs(found[entry].shift) if entry in found else 0.0, SMALLEST_SHIFT)
            if larger and abs(points) >= SMALLEST:
                found[entry] = Work(entry, change.question, shift, points)
    return tuple(sorted(found.values(), key=lambda w: (-abs(w.shift), w.entry)))


def _contributions(detail: Mapping[str, Any], question: Question) -> dict[str, float]:
    listed = detail.get("contributions", {}).get(question.id, {}).get(question.headline_deadline.isoformat(), [])
    return {c["id"]: float(c["delta_log_odds"]) for c in listed}


def _came_in(before: Snapshot, now: Snapshot, entries: Sequence[Entry]) -> Iterable[Evidence]:
    """Give the reports of the time between: by place in the record where that is live, else by day of publication."""
    for entry in entries:
        if not isinstance(entry.record, Evidence):
            continue
        live = before.ledger_position < entry.position <= now.ledger_position
        day = before.as_of.date() < entry.record.published_on <= now.as_of.date()
        if live if now.mode == "live" else day:
            yield entry.record
