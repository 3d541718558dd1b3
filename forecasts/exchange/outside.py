"""What files of other sites hold, before any of it is matched with a board: their questions, and forecasts of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import NamedTuple, get_args

from forecasts.domain import Outcome
from forecasts.exchange.safe_reading import UnsafeFileError
from forecasts.forms import INSTANT, TEXT, URL, Form, choice, optional

MOST_SKIPPED = 100_000
"""Parts of a file that may be left out while it is read."""
EXAMPLES = 3
"""Places that are named of each reason for leaving something out."""


@dataclass(frozen=True, slots=True)
class OutsideQuestion:
    """A question as another site asks it. Its criteria are its own, however much its headline sounds like ours."""

    source: str
    """Name of the format, for example `metaculus`."""
    id: str
    """Unique within the source; where a site's own ids are not, what makes them so is part of it."""
    title: str
    """Empty where the file holds forecasts of a question only by its id."""
    criteria: str
    """As far as the file gives them; may be empty."""
    url: str
    opened_at: datetime | None
    closes_at: datetime | None
    """None where the site gives none, or one that means never."""
    resolved_at: datetime | None
    outcome: Outcome | None
    """What the site made of it, by its own criteria; never an outcome of one of our questions."""
    licence: str
    """What the site says of the use of its data."""


FORM: dict[str, Form] = {
    "source": TEXT,
    "id": TEXT,
    "title": TEXT,
    "criteria": TEXT,
    "url": URL,
    "opened_at": optional(INSTANT),
    "closes_at": optional(INSTANT),
    "resolved_at": optional(INSTANT),
    "outcome": optional(choice(get_args(Outcome))),
    "licence": TEXT,
}
"""The form of each field where the record keeps an outside question."""


class OutsideForecast(NamedTuple):
    """One probability that somebody gave to an outside question."""

    question: str
    """Id of the outside question."""
    voice: str
    """Who said so within the source: empty for its crowd, the name of a method or model, or a person as the file
    names them."""
    person: bool
    """True where `voice` is a person, whose name must not enter the record."""
    probability: float | None
    """None withdraws."""
    issued_at: datetime
    place: str
    """Where it stands in the file."""


@dataclass(frozen=True, slots=True)
class Skip:
    """What was left out for one reason."""

    reason: str
    count: int
    examples: tuple[str, ...]
    """The first places, with the value where it helps."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file holds, or several of one format together."""

    questions: tuple[OutsideQuestion, ...] = ()
    forecasts: tuple[OutsideForecast, ...] = ()
    skipped: tuple[Skip, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader of the numbers should know, each one sentence."""
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Other names by which a site calls a question -> the ids that they stand for; more than one is no name."""


class Tally:
    """Counts what is left out, by reason, with the first places of each."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def skip(self, reason: str, place: str, *, count: int = 1) -> None:
        """Count something that is left out; `place` says where it stands, and its value where that helps."""
        self._counts[reason] = self._counts.get(reason, 0) + count
        examples = self._examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(place)

    def add(self, skip: Skip) -> None:
        """Count what another tally counted."""
        self._counts[skip.reason] = self._counts.get(skip.reason, 0) + skip.count
        examples = self._examples.setdefault(skip.reason, [])
        examples.extend(skip.examples[: EXAMPLES - len(examples)])

    def skips(self) -> tuple[Skip, ...]:
        """Return the reasons, the most frequent first."""
        order = sorted(self._counts, key=lambda reason: (-self._counts[reason], reason))
        return tuple(Skip(reason, self._counts[reason], tuple(self._examples[reason])) for reason in order)


class Gathering:
    """Gathers what one file holds while it is read."""

    def __init__(self) -> None:
        self._questions: dict[str, OutsideQuestion] = {}
        self._forecasts: list[OutsideForecast] = []
        self._aliases: dict[str, frozenset[str]] = {}
        self._twice: dict[str, str] = {}
        self._tally = Tally()
        self._skipped = 0

    def ask(self, question: OutsideQuestion, *aliases: str, place: str) -> None:
        """Take a question, and other names of it; one that stands there again completes what was read before.

        Where an id stands for two titles nobody can tell whose forecasts are whose: the reading drops both.
        """
        before = self._questions.get(question.id)
        if before and before.title and question.title and before.title != question.title:
            self._twice.setdefault(question.id, place)
        self._questions[question.id] = completed(before, question) if before else question
        for name in filter(None, aliases):
            self._aliases[name] = self._aliases.get(name, frozenset()) | {question.id}

    def asked(self, outside: str) -> OutsideQuestion | None:
        """Return a question that has been read, or None."""
        return self._questions.get(outside)

    def say(
        self,
        outside: str,
        probability: float | None,
        at: datetime | None,
        *,
        place: str,
        voice: str = "",
        person: bool = False,
    ) -> None:
        """Take a forecast; one without a probability or an instant is left out."""
        if probability is None:
            self.skip("no probability", place)
        elif at is None:
            self.skip("no time at which it was issued", place)
        else:
            self._forecasts.append(OutsideForecast(outside, voice, person, probability, at, place))

    def withdraw(self, outside: str, at: datetime, *, place: str, voice: str = "", person: bool = False) -> None:
        """Take the end of a forecast: from then on the voice has none of this question."""
        self._forecasts.append(OutsideForecast(outside, voice, person, None, at, place))

    def skip(self, reason: str, place: str, *, count: int = 1) -> None:
        """Count something that is left out; raises UnsafeFileError after `MOST_SKIPPED`: it is another kind of file."""
        self._tally.skip(reason, place, count=count)
        self._skipped += count
        if self._skipped > MOST_SKIPPED:
            raise UnsafeFileError(f"more than {MOST_SKIPPED} parts of the file cannot be read: {reason} ({place})")

    @property
    def forecasts(self) -> Sequence[OutsideForecast]:
        """Those that were taken so far, in the order of the file."""
        return self._forecasts

    def reading(self, *notes: str) -> Reading:
        """Return all that was read."""
        said = Counter(f.question for f in self._forecasts)
        for outside, place in self._twice.items():
            self._tally.skip("an id that stands for two questions", f"{place}: {outside}", count=1 + said[outside])
        return Reading(
            tuple(q for q in self._questions.values() if q.id not in self._twice),
            tuple(f for f in self._forecasts if f.question not in self._twice),
            self._tally.skips(),
            notes,
            self._aliases,
        )


def added(skipped: Iterable[Skip]) -> tuple[Skip, ...]:
    """Return what several files left out, one entry a reason, the most frequent first."""
    total = Tally()
    for skip in skipped:
        total.add(skip)
    return total.skips()


def merged(readings: Iterable[Reading]) -> Reading:
    """Return several files of one format as one: a question that stands in two of them has the fields of both.

    Where both say something else of one field, the later file counts.
    """
    questions: dict[str, OutsideQuestion] = {}
    aliases: dict[str, frozenset[str]] = {}
    all_readings = tuple(readings)
    for reading in all_readings:
        for question in reading.questions:
            before = questions.get(question.id)
            questions[question.id] = completed(before, question) if before else question
        for name, ids in reading.aliases.items():
            aliases[name] = aliases.get(name, frozenset()) | ids
    return Reading(
        tuple(questions.values()),
        tuple(f for reading in all_readings for f in reading.forecasts),
        added(s for reading in all_readings for s in reading.skipped),
        tuple(dict.fromkeys(n for reading in all_readings for n in reading.notes)),
        aliases,
    )


def placed(reading: Reading, name: str) -> Reading:
    """Return what one of several files holds, with the file's name before every place."""
    return replace(
        reading,
        forecasts=tuple(f._replace(place=f"{name}: {f.place}") for f in reading.forecasts),
        skipped=tuple(replace(s, examples=tuple(f"{name}: {e}" for e in s.examples)) for s in reading.skipped),
    )


def completed(before: OutsideQuestion, after: OutsideQuestion) -> OutsideQuestion:
    """Return the later question, with the earlier one's fields where the later has none."""
    gaps = {f.name: getattr(before, f.name) for f in fields(after) if not getattr(after, f.name)}
    return replace(after, **gaps)
