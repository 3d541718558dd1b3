"""The chain of states between two snapshots, each evaluated with the same luck as the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from forecasts import bodies, catalogue, ledger
from forecasts.artefacts import Artefacts
from forecasts.board_store import BoardInRecord, read_definition
from forecasts.detail_evidence import first_event, subset
from forecasts.domain import Entry, Evidence, Occurrence
from forecasts.evaluation import Effort, Simulated, judge, simulate_board
from forecasts.parameters import Parameters
from forecasts.replay import Moment
from forecasts.snapshots import Snapshot
from forecasts.spending_editions import editions_of, with_editions
from forecasts.store import Store
from models.precision import MIN_FUTURES
from models.weighing import Sample, shares, stack_columns

Float = NDArray[np.float64]
Kind = Literal[
    "survival", "fading", "monte_carlo", "occurrence", "data", "evidence", "correction", "retraction", "residual"
]

SETS_AT_ONCE = 16
"""Sets of evidence weighed in one pass: their tables fit into the cache."""
SAME_MODEL = "two runs of the same model"
NAMED = 6
"""Entries named in one step."""
SHOWN = 90
"""Characters of a statement in the name of a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change on the way, and where it leads."""

    kind: Kind
    name: str
    """A few words for a person."""
    entry: str | None
    """Ledger entry, where the step is one."""
    probability: float
    """After the step."""


@dataclass(frozen=True, slots=True)
class State:
    """A snapshot's inputs, read back from the record."""

    snapshot: Snapshot
    moment: Moment
    parameters: Parameters
    effort: Effort


def read_state(store: Store, artefacts: Artefacts, snapshot: Snapshot) -> State:
    """Read back what a snapshot was computed from.

    Raises
    ------
    BoardStoreError, CorruptArtefactError, DrawsFileError
        When its definition or its parameter draws cannot be read.
    """
    board = read_definition(artefacts, snapshot.board, snapshot.board_version)
    view = ledger.read(store, snapshot.board, as_of=snapshot.as_of, mode=snapshot.mode)
    definition = BoardInRecord(
        with_editions(board, view), snapshot.receipt["definition"]["version"], snapshot.ledger_position
    )
    parameters = catalogue.read_back(artefacts, snapshot.receipt["parameters"])
    spent = snapshot.receipt["effort"]
    effort = Effort(spent["draws"], spent["per_draw"], spent["seed"], tuple((q, e, d) for q, e, d in spent["tilt"]))
    moment = Moment(definition, view, snapshot.known_through, readings=parameters.readings)
    return State(snapshot, moment, parameters, effort)


@dataclass(frozen=True)
class Move:
    """The way of one question's probability by one deadline from a first to a last state."""

    first: State
    last: State
    question: str
    deadline: date
    threads: int

    @classmethod
    def between(
        cls,
        store: Store,
        artefacts: Artefacts,
        first: Snapshot,
        last: Snapshot,
        *,
        question: str,
        deadline: date,
        threads: int,
    ) -> Self:
        """Read both states; raises as `read_state`."""
        states = read_state(store, artefacts, first), read_state(store, artefacts, last)
        return cls(*states, question, deadline, threads)

    @property
    def start(self) -> float:
        """The probability where the chain starts: the first state, computed again."""
        return self._probability(self._simulated_first.sample, self.first.moment, self.first.moment.evidence)

    def steps(self) -> Iterator[Step]:
        """Return the steps in order; the last ends where the last state, computed again, stands."""
        a, b = self.first.moment, self.last.moment
        aged = replace(a, known_through=max(a.known_through, b.known_through))
        alive = self._survivors(aged.known)
        span = f"known through {a.known_through} to {aged.known_through}, nothing happened"
        yield Step("survival", span, None, self._probability(alive, aged, a.evidence))
        yield Step("fading", "older intents weigh less", None, self._probability(alive, aged, a.evidence, as_of=b.day))
        yield from self._news(aged)
        yield from self._evidence()

    @cached_property
    def _simulated_first(self) -> Simulated:
        return self._simulated(self.first, self.first.moment)

    @cached_property
    def _simulated_last(self) -> Simulated:
        return self._simulated(self.last, self.last.moment)

    def _simulated(self, state: State, moment: Moment) -> Simulated:
        return simulate_board(moment, state.parameters, state.effort, threads=self.threads)

    def _survivors(self, known: int) -> Sample:
        """Return the first state's futures in which no open question happened by the later known day."""
        simulated = self._simulated_first
        alive = first_event(simulated) > known
        if alive.sum() >= MIN_FUTURES:
            return subset(simulated.sample, alive)
        through = self.last.moment.known_through
        return self._simulated(self.first, replace(self.first.moment, known_through=through)).sample

    def _news(self, aged: Moment) -> Iterator[Step]:
        """Return the steps to the last state's futures: a run of their own, occurrences one by one, data and model."""
        a, b = self.first.moment, self.last.moment
        new = [e for e in b.view.entries if isinstance(e.record, Occurrence) and e not in a.view.entries]
        if new or self._other_inputs():
            yield Step("monte_carlo", SAME_MODEL, None, self._faded(aged))
            seen = aged
            for entry in new:
                assert isinstance(entry.record, Occurrence)
                seen = replace(seen, view=replace(seen.view, entries=(*seen.view.entries, entry)))
                name = f"{entry.record.question} happened on {entry.record.occurred_on}"
                yield Step("occurrence", name, entry.entry, self._faded(seen))
        kind: Kind = "data" if self._other_inputs() else "monte_carlo"
        name = self._news_of() if kind == "data" else SAME_MODEL
        kept = self._probability(self._simulated_last.sample, b, self._kept_evidence())
        yield Step(kind, name, None, kept)

    def _faded(self, moment: Moment) -> float:
        """Return the probability on the futures of a moment, with the first state's evidence as old as in the last."""
        sample = self._simulated(self.first, moment).sample
        return self._probability(sample, moment, self.first.moment.evidence, as_of=self.last.moment.day)

    def _news_of(self) -> str:
        """Return what the step of new data is called: by its entries where only what was said, or who sits, differs."""
        before, after = (bodies.records(s.moment.view) for s in (self.first, self.last))
        entries = sorted({r.id for r in before} ^ {r.id for r in after})
        if self._refitted() or not entries:
            return "new data, parameters or definition"
        return f"what was said, and who sits: {', '.join(entries[:NAMED])}{' and more' if len(entries) > NAMED else ''}"

    def _other_inputs(self) -> bool:
        """Whether anything but time, evidence and the number or place of futures differs between the states."""
        return self._refitted() or bodies.records(self.first.moment.view) != bodies.records(self.last.moment.view)

    def _refitted(self) -> bool:
        a, b = self.first, self.last
        return (
            a.snapshot.board_version != b.snapshot.board_version
            or _artefacts(a.snapshot) != _artefacts(b.snapshot)
            or _editions(a.moment) != _editions(b.moment)
            or not set(a.moment.occurrences.items()) <= set(b.moment.occurrences.items())
        )

    def _kept_evidence(self) -> tuple[Evidence, ...]:
        places = {(q.id, d) for q in self.last.moment.board.questions for d in q.deadlines}
        return tuple(
            e for e in self.first.moment.evidence if all((f.question, f.deadline) in places for f in e.effects)
        )

    def _evidence(self) -> Iterator[Step]:
        """Return the steps of new items in ledger order, then corrections, then items taken back."""
        before = {e.id: e for e in self._kept_evidence()}
        after = {e.entry: e for e in self.last.moment.view.entries if isinstance(e.record, Evidence)}
        sets, changes = [], list(_changes(before, after))
        for _, entry, record in changes:
            before = {k: v for k, v in before.items() if k != entry} if record is None else before | {entry: record}
            sets.append(tuple(before.values()))
        values = self._probabilities(self._simulated_last.sample, self.last.moment, sets)
        for (kind, entry, record), value in zip(changes, values, strict=True):
            yield Step(kind, _shown(entry, record), entry, value)

    def _probability(
        self, sample: Sample, moment: Moment, evidence: Sequence[Evidence], *, as_of: date | None = None
    ) -> float:
        return self._probabilities(sample, moment, [evidence], as_of=as_of)[0]

    def _probabilities(
        self, sample: Sample, moment: Moment, sets: Sequence[Sequence[Evidence]], *, as_of: date | None = None
    ) -> list[float]:
        """Return the probability under each set of evidence on one sample of futures."""
        q, g = moment.board.index(self.question), moment.board.deadlines.index(self.deadline)
        found: list[float] = []
        for begin in range(0, len(sets), SETS_AT_ONCE):
            judged = [judge(moment, evidence=e, as_of=as_of) for e in sets[begin : begin + SETS_AT_ONCE]]
            points = moment.board.settings.readings
            stack = stack_columns(np.stack([j.table[:, :, :points] for j in judged]))
            share = shares(sample, stack, np.array([q]), threads=self.threads)[0, g]
            found += [float(s.mean()) for s in share.reshape(len(judged), points)]
        return found


def _changes(before: dict[str, Evidence], after: dict[str, Entry]) -> Iterator[tuple[Kind, str, Evidence | None]]:
    """Return (kind, entry, record or None where it is taken back) in the order of the telescope."""
    records = {k: e.record for k, e in after.items() if isinstance(e.record, Evidence)}
    for entry, record in records.items():
        if entry not in before and record.effects:
            yield "evidence", entry, record
    for entry, record in records.items():
        if entry in before and before[entry] != record:
            yield "correction", entry, record
    for entry in before:
        if entry not in records:
            yield "retraction", entry, None


def _shown(entry: str, record: Evidence | None) -> str:
    if record is None:
        return f"{entry} was taken back"
    text = record.statement
    return f"{entry}: {text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + '…'}"


def _artefacts(snapshot: Snapshot) -> dict[str, str]:
    """Return the draws file of each fitted model that a snapshot was computed from."""
    return {key: fit["artefact"] for key, fit in snapshot.receipt["parameters"].items()}


def _editions(moment: Moment) -> list[date]:
    """Return the day of the newest edition of each series that was published by the moment."""
    return [
        max((e.published_on for e in editions_of(s) if e.published_on <= moment.day), default=date.min)
        for s in moment.board.series
    ]
