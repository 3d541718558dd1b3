"""Records of the ledger: everything a person or a job can add, frozen, every field explained.

Dates are UTC calendar days. `occurred_on` is when something happened in the world, `published_on` when it could be
known, `recorded_at` (on `Entry`) when it entered the ledger. People are opaque ids.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

EvidenceKind = Literal["fact", "intent"]
Verification = Literal["verified", "recalled", "unverified"]
Outcome = Literal["yes", "no", "ambiguous", "annulled"]
Mode = Literal["live", "retrospective"]
LrBasis = Literal["content", "report"]
WhatIfMode = Literal["see", "do"]
Stance = Literal["for_firm", "for_lean", "undecided", "against_lean", "against_firm"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an evidence item says of one question by one deadline, holding the item's other questions fixed."""

    question: str
    """Question id."""
    deadline: date
    """One of the question's deadlines."""
    lr: float
    """Likelihood ratio, median: how much more likely was this report if YES by the deadline than if NO."""
    low: float
    """5 % point of the ratio's elicited range."""
    high: float
    """95 % point of the ratio's elicited range."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A dated, sourced report, judged by likelihood ratios."""

    id: str
    """Entry id, unique on the board, for example `E021`."""
    occurred_on: date
    published_on: date
    statement: str
    """One or two neutral sentences: what was reported."""
    source: str
    """Who says so, in words."""
    url: str
    """http(s) address, or empty when there is none."""
    grade_source: str
    """Admiralty reliability of the source, A to F."""
    grade_info: str
    """Admiralty credibility of the information, 1 to 6."""
    lr_basis: LrBasis
    """`content`: judged as if confirmed, the grade then shrinks it; `report`: judged as reported, not shrunk."""
    kind: EvidenceKind
    """A `fact` stays, an `intent` fades with its half-life."""
    half_life_days: float | None
    """Days after which half of an intent's weight is gone; None for facts."""
    thread: str
    """The story this item belongs to; items of one story share their weight."""
    verification: Verification
    effects: tuple[Effect, ...]
    """Empty when the item was judged not diagnostic."""
    forecaster: str
    """Opaque id of the person whose judgement the ratios are."""
    official: bool = False
    """An official dated record: exempt from the caps of one item and one thread."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """Takes an entry back from this row on; the entry itself stays in the record."""

    id: str
    """Entry id of the retraction."""
    target: str
    """Entry id that is taken back."""
    reason: str
    published_on: date


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A board question has happened."""

    id: str
    question: str
    occurred_on: date
    published_on: date
    source: str
    url: str
    verification: Verification
    note: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person has looked: through this day, nothing has occurred except the recorded occurrences."""

    id: str
    through: date
    published_on: date
    questions: tuple[str, ...]
    """The questions it speaks of; empty means every question of the board."""
    note: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome of a question by a deadline, as judged from its criteria."""

    id: str
    question: str
    deadline: date
    outcome: Outcome
    resolved_on: date
    """The day the outcome was settled in the world."""
    published_on: date
    source: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a member of a voting body has said in public of how they would vote."""

    id: str
    question: str
    """The vote."""
    member: str
    """Id of the member as in the body's composition, for senators the Bioguide id."""
    stance: Stance
    made_on: date
    published_on: date
    source: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat of a voting body and who holds it."""

    member: str
    """Id of the member, unique in the body."""
    name: str
    state: str
    party: str
    caucus: str
    """The party the member sits with; equal to `party` for all but independents."""
    term_end: date
    """First day on which the seat is no longer theirs."""
    ideal_point: float | None
    """Position on the first dimension of the roll calls, -1 to 1; None where no votes are known yet."""
    leaving: bool
    """True when the member has said that they will not stand again."""


@dataclass(frozen=True, slots=True)
class Composition:
    """Who sits in a voting body from a day on."""

    id: str
    question: str
    """The vote that the body takes."""
    since: date
    """First day on which the body sits like this."""
    published_on: date
    seats: tuple[Seat, ...]
    source: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Share:
    """One printed value of a table of yearly shares."""

    country: str
    year: int
    percent: float
    """Percent of the gross domestic product."""
    estimate: bool
    """True where the edition itself calls the value an estimate."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a series' table, as published; a later one revises the values that it repeats."""

    id: str
    series: str
    published_on: date
    title: str
    source: str
    url: str
    shares: tuple[Share, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """A probability that a person or a crowd has issued. An update is a new entry: each is kept as issued."""

    id: str
    question: str
    deadline: date
    forecaster: str
    """Opaque id of the person, or `crowd:<source>`."""
    probability: float | None
    """None withdraws: from then on the forecaster has no forecast of this question and deadline."""
    issued_at: datetime
    """When it was issued, aware UTC; earlier than `recorded_at` where a series is entered later."""
    published_on: date
    rationale: str
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class NamedWhatIf:
    """A what-if that is kept under a name and answered at every snapshot: a question to the board, never news."""

    id: str
    name: str
    """Unique on the board among those in force, compared without case."""
    mode: WhatIfMode
    conditions: tuple[str, ...]
    """As a person writes them (`forecasts.conditions`), in the form they are written back."""
    note: str
    """Why it is kept; may be empty."""
    published_on: date


DEFINITION = "board"
"""Entry id of a board's definition: every new definition is a new version of this one entry."""


@dataclass(frozen=True, slots=True)
class BoardVersion:
    """A whole board definition as it enters the record."""

    id: str
    """Always `DEFINITION`."""
    content_hash: str
    """SHA-256 of the canonical definition; its text is an artefact of that hash."""
    author: str
    reason: str
    published_on: date


Record = (
    Evidence
    | Retraction
    | Occurrence
    | Confirmation
    | Resolution
    | Statement
    | Composition
    | Edition
    | Forecast
    | NamedWhatIf
    | BoardVersion
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a board's ledger."""

    board: str
    position: int
    """1, 2, 3, ... without gaps, in the order of commitment."""
    entry: str
    """The record's id."""
    version: int
    """1 for a new entry, then 2, 3, ... for its corrections."""
    recorded_at: datetime
    """Aware UTC instant, strictly rising with position."""
    recorded_by: str
    """Opaque id of who wrote the row."""
    record: Record
    digest: str
    """SHA-256 over the previous row's digest and this row: names the whole prefix."""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What is in force on a board at an `as_of`: the latest version of every entry that was not retracted."""

    board: str
    as_of: datetime
    mode: Mode
    position: int
    """Last position that the view has read (0 for none)."""
    digest: str
    """The ledger hash of receipts. Live: the digest of that position. Retrospective: a SHA-256 over the records that
    were read, so that rows published later leave it as it is."""
    last_recorded_at: datetime | None
    entries: tuple[Entry, ...] = field(default=())
    """Entries in force, ordered by the position of their first version."""

    def records[R](self, kind: type[R]) -> tuple[R, ...]:
        """Return the records of one type in force, in ledger order."""
        return tuple(e.record for e in self.entries if isinstance(e.record, kind))
