"""A board as its pages show it: the newest snapshot, its history and its detail, with the look-ups pages need. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import polars as pl

from forecasts.definition import Board, Question
from forecasts.domain import Entry, Evidence, Mode
from forecasts.replay import Moment
from forecasts.snapshots import Snapshot

BANDS = ("low50", "high50", "low90", "high90")


@dataclass(frozen=True)
class NumberedEvidence:
    """One effect of one evidence item on a question, with the number it carries on the page."""

    number: int
    """1, 2, 3, ... by day of publication."""
    item: Evidence
    entry: Entry
    effect_deadline: date
    lr: float
    low: float
    high: float
    inert: bool
    """Its deadline lies on or before the known-through day: it no longer says anything."""


@dataclass(frozen=True)
class BoardView:
    """Everything the pages read of one board; two views of the same snapshots are equal in what they show."""

    moment: Moment
    """What the record holds now: definition in force, evidence, known-through day."""
    shown: Snapshot | None
    """The newest live snapshot, else the newest retrospective one, else None: the first run is still to come."""
    status: Mapping[str, Any]
    """State of the shown snapshot as `forecasts.status` gives it; empty without one."""
    changes_mode: Mode
    """The mode within which the changes are computed: live once it reaches back far enough."""
    changes: Mapping[tuple[str, str], tuple[float | None, float | None]]
    """(subject, deadline as ISO day, empty for scenarios) -> change over 7 and over 30 days."""
    history: pl.DataFrame
    """Every published probability: subject, group, deadline, value, bands, mode, on (UTC day), as_of."""
    detail: Mapping[str, Any]
    """The shown snapshot's tables: timing, drift, drivers, contributions, inputs, expiring, flags, gates."""

    @property
    def board(self) -> Board:
        """The definition in force."""
        return self.moment.board

    @property
    def key(self) -> str:
        """What a drawn chart depends on: definition, newest snapshot, number of published rows."""
        newest = self.shown.id if self.shown else ""
        return f"{self.board.content_hash}:{newest}:{self.history.height}"

    @property
    def trend_mode(self) -> Mode:
        """The mode whose trend stands beside a number: the one that the changes are computed in."""
        return self.changes_mode

    def trend(self, subject: str, deadline: date | None, *, mode: Mode | None = None) -> pl.DataFrame:
        """Return the history of one question and deadline, or of one scenario (deadline None), in order of time."""
        chosen = pl.col("subject") == subject
        if deadline is not None:
            chosen &= pl.col("deadline") == deadline
        if mode is not None:
            chosen &= pl.col("mode") == mode
        return self.history.filter(chosen).sort("mode", "as_of")

    def scenarios(self, group: str) -> pl.DataFrame:
        """Return the scenarios of a group in board order: subject, title, value, bands."""
        titles = {s.id: s.title for s in self.board.scenarios if s.group == group}
        if self.shown is None or not titles:
            return pl.DataFrame(schema={"subject": pl.String, "title": pl.String, "value": pl.Float64})
        rows = self.shown.rows.filter((pl.col("group") == group) & (pl.col("measure") == "probability"))
        order = list(titles)
        return (
            rows.filter(pl.col("subject").is_in(order))
            .with_columns(
                title=pl.col("subject").replace_strict(titles, default=""),
                place=pl.col("subject").map_elements(order.index, return_dtype=pl.Int64),
            )
            .sort("place")
        )

    def partition_history(self) -> pl.DataFrame:
        """Return the partition through time in the mode of the changes: on (ISO day), title, value, mode."""
        titles = {s.id: s.title for s in self.board.scenarios if s.group == "partition"}
        rows = self.history.filter((pl.col("group") == "partition") & (pl.col("mode") == self.trend_mode))
        return rows.filter(pl.col("subject").is_in(list(titles))).select(
            pl.col("on").cast(pl.String), pl.col("subject").replace_strict(titles).alias("title"), "value", "mode"
        )

    def questions(self) -> pl.DataFrame:
        """Return the shown snapshot's rows of questions: subject, deadline, value, bands, state, band_resolved."""
        if self.shown is None:
            return pl.DataFrame()
        return self.shown.rows.filter((pl.col("group") == "question") & (pl.col("measure") == "probability"))

    def series_years(self, series: str) -> pl.DataFrame:
        """Return a series by year: year, value (median), low50, high50, low90, high90, in the series' unit."""
        schema = {"year": pl.String} | dict.fromkeys(("value", *BANDS), pl.Float64)
        if self.shown is None:
            return pl.DataFrame(schema=schema)
        mine = (pl.col("subject") == series) & (pl.col("group") == "series") & (pl.col("measure") == "quantile")
        year = pl.col("deadline").dt.year().cast(pl.String).alias("year")
        return self.shown.rows.filter(mine).sort("deadline").select(year, "value", *BANDS)

    def row(self, question: str, deadline: date) -> Mapping[str, Any] | None:
        """Return a question's row for a deadline, or None where the snapshot has none (a question added since)."""
        return self._rows.get((question, deadline))

    @cached_property
    def _rows(self) -> Mapping[tuple[str, date], Mapping[str, Any]]:
        """The shown snapshot's rows of questions by question and deadline: a board asks for each several times."""
        return {(r["subject"], r["deadline"]): r for r in self.questions().to_dicts()}

    def headlines(self) -> list[tuple[Question, Mapping[str, Any]]]:
        """Return every question that the snapshot knows with its row at the headline deadline, in board order."""
        rows = ((q, self.row(q.id, q.headline_deadline)) for q in self.board.questions)
        return [(q, r) for q, r in rows if r is not None]

    def change(self, subject: str, deadline: date | None) -> tuple[float | None, float | None]:
        """Return the change over 7 and over 30 days, None where no snapshot reaches back so far."""
        return self.changes.get((subject, deadline.isoformat() if deadline else ""), (None, None))

    def evidence_on(self, question: str) -> list[NumberedEvidence]:
        """Return the evidence in force that bears on a question, numbered by day of publication."""
        known = self.moment.known_through
        found = [
            (entry.record, entry, effect)
            for entry in self.moment.view.entries
            if isinstance(entry.record, Evidence)
            for effect in entry.record.effects
            if effect.question == question
        ]
        found.sort(key=lambda f: (f[0].published_on, f[1].position))
        return [
            NumberedEvidence(i, item, entry, f.deadline, f.lr, f.low, f.high, f.deadline <= known)
            for i, (item, entry, f) in enumerate(found, start=1)
        ]

    def occurred_on(self, question: str) -> date | None:
        """Return the day on which a question is recorded to have happened."""
        return self.moment.occurrences.get(question)

    def table(self) -> pl.DataFrame:
        """Return every published probability of the shown snapshot as a plain table in words and percent."""
        if self.shown is None:
            return pl.DataFrame()
        names = {q.id: q.title for q in self.board.questions} | {s.id: s.title for s in self.board.scenarios}
        rows = self.shown.rows.filter(pl.col("measure") == "probability")
        hundred = [(pl.col(c) * 100).round(1).alias(label) for c, label in _PERCENT_COLUMNS]
        name = pl.col("subject").replace_strict(names, default=pl.col("subject"))
        return rows.select(
            name.alias("Question or scenario"), pl.col("deadline").alias("By"), *hundred, pl.col("state")
        )


_PERCENT_COLUMNS = (("value", "Chance %"), ("low90", "90 % from"), ("high90", "90 % to"), ("mcse", "Simulation error"))


def published_once(history: pl.DataFrame) -> pl.DataFrame:
    """Return every probability of a history with its day (`on`), each `as_of` once.

    Live as first issued, retrospective by the newest model version. `history`: columns as `snapshots.HISTORY`.
    """
    rows = history.filter(pl.col("measure") == "probability")
    key = ["mode", "subject", "group", "deadline", "as_of"]
    hindsight = rows.filter(pl.col("mode") == "retrospective").unique(subset=key, keep="last", maintain_order=True)
    live = rows.filter(pl.col("mode") == "live").unique(subset=key, keep="first", maintain_order=True)
    return pl.concat([hindsight, live]).with_columns(on=pl.col("as_of").dt.date())


def day_of(instant: datetime) -> date:
    """Return the UTC calendar day of an instant."""
    return instant.date()


def changes_of(status: Mapping[str, Any]) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """Return the changes that a status lists, by subject and deadline."""
    found = {
        (q["question"], str(q["deadline"])): (q.get("change_7d"), q.get("change_30d"))
        for q in status.get("questions", ())
    }
    return found | {(s["scenario"], ""): (s.get("change_7d"), s.get("change_30d")) for s in status.get("scenarios", ())}


def reaches_back(changes: Mapping[tuple[str, str], Sequence[float | None]]) -> bool:
    """Tell whether any change over 30 days is known."""
    return any(pair[1] is not None for pair in changes.values())
