"""A board definition: its questions, edges, scenarios, tables and elicited numbers, frozen.

Built and checked by `forecasts.board`; every number that a model uses is here, with its reason.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from forecasts.definition_panel import FittedPanel
from forecasts.domain import Seat
from forecasts.elicited import Elicited as Elicited  # noqa: PLC0414 - part of what a definition is made of

QuestionKind = Literal["event", "vote", "threshold"]
EdgeKind = Literal["hazard_ratio", "requires", "ends", "with"]
Clock = Literal["calendar", "since_enabled"]


@dataclass(frozen=True, slots=True)
class Spell:
    """How long one agreement held: a case of a question whose clock is fitted to durations."""

    name: str
    start: date
    end: date
    """Day it ended, or last day on which it was seen to hold."""
    ended: bool
    features: tuple[str, ...]
    """What the case had, of the features that the effects name."""
    comparability: float
    """Weight omega in (0, 1]."""
    source: str
    verification: str
    note: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What features of a case do to its hazard."""

    name: str
    """Of the effect; for an edge its parent."""
    features: tuple[str, ...]
    """A case with any of these shows the effect."""
    ratio: Elicited | None
    """Prior of the hazard ratio. None: the effect is the board's edge from `name`, whose ratio is the prior; its draws
    are then those of the fit."""


@dataclass(frozen=True, slots=True)
class FittedDuration:
    """What a question's pace is fitted to where cases tell how long agreements held and what they had."""

    level: Elicited
    """Prior: share of cases that end within five years, without any of the effects that are edges."""
    coarse_days: int
    """An end within so many days is only known to lie between the start and then."""
    effects: tuple[Effect, ...]
    spells: tuple[Spell, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A thing that happens at most once, with a date."""

    id: str
    kind: QuestionKind
    title: str
    short: str
    """A few words for chart labels and narrow screens."""
    section: str
    """Id of the board section it is shown in."""
    criteria: str
    resolution_source: str
    essay_quote: str
    """May be empty."""
    opens: date
    deadlines: tuple[date, ...]
    """Rising; the last is the board's horizon."""
    headline_deadline: date
    reference_class: str
    """Why this rate: the outside view in words."""
    rationale: str
    clock: Clock
    shape: Elicited | None
    """Weibull shape for the clock `since_enabled`; None means 1. Where the pace is fitted to durations: its prior."""
    hazard_check: Elicited | None
    """Hazard per year before any parent as first elicited: a check on the model, never an input."""
    closed_on: date | None = None
    """Day from which the question takes no more evidence; an id is never removed, only closed. None while open."""
    duration: FittedDuration | None = None
    """What the pace is fitted to instead of a class rate; None for all other questions."""
    tags: tuple[str, ...] = ()
    """Words by which questions are found across sections, each an id; they decide no number."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a reference class."""

    question: str
    name: str
    start: str
    end: str
    exposure_years: float
    """Years observed from the start of the clock. On the clock `since_enabled` with Weibull shape k a case of t years
    has the cumulative hazard rate * t**k: the exposure of its likelihood is t**k, not t."""
    events: float
    comparability: float
    """Weight omega in (0, 1]."""
    source: str
    verification: str
    note: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Inside view: the factor from the class rate to this question's rate today."""

    question: str
    factor: Elicited
    divided_edges: tuple[str, ...]
    """Parents whose edge medians were divided out of the factor (the edge's draw is compensated)."""
    divided_share: float = 1.0
    """Share of those edges' log ratios that was divided out (below 1 where it was only partly done)."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What a parent's occurrence does to a child from that day on."""

    parents: tuple[str, ...]
    """One id; several only for `requires` (any one of them is enough)."""
    child: str
    kind: EdgeKind
    hazard_ratio: Elicited | None
    """For `hazard_ratio`."""
    probability: Elicited | None
    """For `with`: the child happens on the parent's day with this probability."""
    until: str
    """Question that ends the effect, or empty."""
    source: str
    essay_quote: str
    rationale: str


@dataclass(frozen=True, slots=True)
class Split:
    """How the members of one party voted in a past vote."""

    party: str
    yeas: int
    nays: int


@dataclass(frozen=True, slots=True)
class RollCall:
    """A past vote of a body, from which the model of its votes learns."""

    name: str
    type: str
    """Kind of treaty or motion."""
    voted: date
    yeas: int
    nays: int
    president: str
    """Party that held the presidency."""
    splits: tuple[Split, ...]
    """By party; empty where only the tally is known."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How seats change hands at the elections before each period, until a new composition is entered."""

    term_years: int
    keep: Elicited
    """Probability that a seat's party keeps it: its holder stands and the state's other seats have the same party."""
    split: Elicited
    """Log-odds added where another seat of the state belongs to the other party."""
    open: Elicited
    """Log-odds added where the holder does not stand again."""
    swing: tuple[Elicited, ...]
    """Log-odds toward the second party, shared by all seats of an election: one for each of the vote's `periods`."""


@dataclass(frozen=True, slots=True)
class FittedVote:
    """What a vote's gate is computed from where a model is fitted to the body's history."""

    type: str
    """Kind of the coming vote, one of the history's."""
    parties: tuple[str, str]
    """Party 0 and party 1, as members caucus: the second one is the `party 1` of `copartisan_probability`."""
    history: tuple[RollCall, ...]
    seats: tuple[Seat, ...]
    """Who sits, until a newer composition is observed."""
    seated_on: date
    """Day of which the table of seats speaks."""
    directions: tuple[Elicited, ...]
    """What the terms ask of whom, one for each class of terms: log-odds of a yea per unit of ideal point."""
    renewal: Renewal
    contested: Elicited | None = None
    """Probability that the coming vote is contested and no formality; None leaves it to the history of its kind."""


@dataclass(frozen=True, slots=True)
class Vote:
    """How a question of kind `vote` is decided: by elicited gates, or by a model fitted to the body's history."""

    question: str
    trigger: str
    """Question whose occurrence is the vote."""
    body: str
    """Name of the deciding body, for example `United States Senate`."""
    members: int
    rule: str
    """The threshold in words, for example `two thirds of the members voting`."""
    periods: tuple[date, ...]
    """First day of each period of the body after the first one."""
    gate: tuple[Elicited, ...]
    """Probability that it passes, one for each period (len(periods) + 1) and class of terms, periods first; empty where
    the vote is fitted."""
    terms: tuple[str, ...]
    """Questions that set the class of terms (2 ** len classes)."""
    president_periods: tuple[date, ...]
    """Days on which the president may change."""
    copartisan_probability: tuple[float, ...]
    """Probability that the president's party is party 1, in each president period (len + 1)."""
    copartisan_logit: float
    """Shift of the gate's logit where the president's party is party 0; 0 where the vote is fitted."""
    second_vote_rate: Elicited
    """Hazard per year of a second vote after a failed one."""
    quality_gate: float
    """Slope (>= 0) of the shared quality term on the gate's logit."""
    quality_trigger: float
    """Slope (>= 0) of the shared quality term on the trigger's log hazard."""
    reason: str = ""
    """Reasons of the presidency's and the quality term's numbers."""
    fitted: FittedVote | None = None
    """None where the gates are elicited."""


@dataclass(frozen=True, slots=True)
class SeriesState:
    """What an edition says about a series' level and growth."""

    published_on: date
    year: int
    """Calendar year that the level speaks of; the next publication speaks of the year after."""
    level: Elicited
    """In the series' unit."""
    growth: Elicited
    """Log growth per year; normal, so low and high may be negative."""
    note: str
    """For example `later revision` where a vintage stands in for one that is not at hand."""


@dataclass(frozen=True, slots=True)
class Level:
    """A threshold question read off a series."""

    question: str
    value: float
    """Smallest printed value that counts."""


@dataclass(frozen=True, slots=True)
class Series:
    """A yearly published number, simulated as one path per future.

    Level, growth, damping and noise are either elicited (`states`, `damping`, `noise_sd`) or come from a fitted panel.
    """

    id: str
    title: str
    unit: str
    publication: tuple[int, int]
    """Month and day of the yearly publication."""
    decimals: int
    """Printed precision."""
    states: tuple[SeriesState, ...]
    """Rising in published_on; empty where the series has a fitted panel."""
    damping: Elicited | None
    """None where the series has a fitted panel."""
    noise_sd: Elicited | None
    """None where the series has a fitted panel."""
    response: Elicited
    """Always elicited: what the edges into the series' levels do to its growth."""
    levels: tuple[Level, ...]
    source: str
    panel: FittedPanel | None = None


@dataclass(frozen=True, slots=True)
class Frailty:
    """A shared driver: a standard normal per draw that shifts several questions' log hazards."""

    id: str
    loadings: tuple[tuple[str, float], ...]
    """(question, loading on the log hazard)."""
    reason: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An event that is decided on a known day."""

    question: str
    on: date
    probability: Elicited
    reason: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A boolean expression over the dates of events."""

    id: str
    group: Literal["partition", "overlay"]
    title: str
    description: str
    definition: str
    """SQL over event-date columns; NULL (has not happened by the horizon) counts as false."""
    essay_quote: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the board page."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Modelling choices of a board; nothing else has a hidden default."""

    draws: int
    futures_per_draw: int
    readings: int
    """Reading points J of the evidence design."""
    spread_columns: int
    """Extra columns that carry the uncertainty of likelihood ratios into the band."""
    seed: int


@dataclass(frozen=True, slots=True)
class Board:
    """A checked board definition."""

    id: str
    title: str
    description: str
    opens: date
    horizon: date
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]
    """Parents of `requires` before their children."""
    edges: tuple[Edge, ...]
    cases: tuple[Case, ...]
    adjustments: tuple[Adjustment, ...]
    votes: tuple[Vote, ...]
    series: tuple[Series, ...]
    frailties: tuple[Frailty, ...]
    scheduled: tuple[Scheduled, ...]
    scenarios: tuple[Scenario, ...]
    """Partition in order of evaluation, then overlays."""
    settings: Settings
    content_hash: str
    """SHA-256 of the canonical text of all of the above."""

    def question(self, question_id: str) -> Question:
        """Return one question; raises KeyError naming the id and the known ones."""
        for q in self.questions:
            if q.id == question_id:
                return q
        raise KeyError(f"unknown question {question_id!r}; known: {', '.join(q.id for q in self.questions)}")

    def index(self, question_id: str) -> int:
        """Return the question's position on the board."""
        return self.questions.index(self.question(question_id))

    @property
    def deadlines(self) -> tuple[date, ...]:
        """All distinct deadlines of the board, rising."""
        return tuple(sorted({d for q in self.questions for d in q.deadlines}))
