"""Named what-ifs, answered at every published snapshot.

A what-if is a question and no news: it changes no published number, and asking it of an older snapshot with today's
wording tells nothing that was not known then. So an answer belongs to a snapshot and to the words of the question, and
is kept under both; one that is missing can be had again from the snapshot's own inputs.

An answer that is refused (too few futures, a day that has passed) is kept as that: the line has a gap, with its reason.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from forecasts import kept_answers, ledger
from forecasts.artefacts import Artefacts
from forecasts.conditions import ConditionError
from forecasts.domain import NamedWhatIf
from forecasts.moves import read_state
from forecasts.receipts import model_version
from forecasts.replay import latest_instant
from forecasts.snapshots import Snapshot
from forecasts.store import Store
from forecasts.what_if import Asked, TooRareError, answer, asked_of


@dataclass(frozen=True, slots=True)
class Told:
    """How one named what-if fared at a snapshot."""

    entry: str
    name: str
    reason: str | None
    """Why there is no answer; None where there is one."""

    def __str__(self) -> str:
        """Return it as a line for a person."""
        return f"what-if {self.entry} “{self.name}”: {self.reason or 'answered'}"


def answer_all(
    store: Store, artefacts: Artefacts, snapshot: Snapshot, ask: Callable[[], Asked], *, now: datetime
) -> tuple[Told, ...]:
    """Answer every named what-if in force that has no answer at a snapshot yet; returns how those fared.

    `ask` is called only where something is missing. Nothing is raised: a what-if never stands in the way of a snapshot.
    """
    ask = cache(ask)
    missing = _missing(store, artefacts, snapshot, now=now)
    return tuple(_answer_one(artefacts, snapshot, w, ask) for w in missing)


def fill(
    store: Store, artefacts: Artefacts, snapshot: Snapshot, *, now: datetime, threads: int = 2
) -> tuple[Told, ...]:
    """Answer what is missing at a published snapshot, on its futures simulated again from its inputs.

    A snapshot of another model version is left alone: its numbers would not be those that were published.
    """
    missing = _missing(store, artefacts, snapshot, now=now)
    if missing and snapshot.receipt.get("model_version") != model_version():
        return tuple(Told(w.id, w.name, "the snapshot was made by another version of the model") for w in missing)

    def ask() -> Asked:
        return asked_of(read_state(store, artefacts, snapshot), threads=threads)

    return answer_all(store, artefacts, snapshot, ask, now=now) if missing else ()


def refusals(told: Iterable[Told]) -> str:
    """Return what to add to a run's message: nothing where every what-if was answered."""
    wrong = [str(t) for t in told if t.reason is not None]
    return f"; not answered: {'; '.join(wrong)}" if wrong else ""


def _missing(store: Store, artefacts: Artefacts, snapshot: Snapshot, *, now: datetime) -> list[NamedWhatIf]:
    """Return the what-ifs in force now that have no answer at a snapshot."""
    at = latest_instant(store, snapshot.board, now=now)
    found = ledger.read(store, snapshot.board, as_of=at, mode="live").records(NamedWhatIf)
    return [w for w in found if kept_answers.kept(artefacts, snapshot.id, w) is None]


def _answer_one(artefacts: Artefacts, snapshot: Snapshot, what_if: NamedWhatIf, ask: Callable[[], Asked]) -> Told:
    try:
        found = kept_answers.short(answer(ask(), what_if.conditions, what_if.mode))
    except (ConditionError, TooRareError) as error:
        found = {"refused": str(error)}
    except Exception as error:  # noqa: BLE001 - told, and tried again at the next chance; the snapshot stands
        return Told(what_if.id, what_if.name, f"{type(error).__name__}: {error}")
    try:
        kept_answers.keep(artefacts, snapshot.id, what_if, found)
    except Exception as error:  # noqa: BLE001 - as above
        return Told(what_if.id, what_if.name, f"{type(error).__name__}: {error}")
    return Told(what_if.id, what_if.name, found.get("refused"))
