"""Named what-ifs, answered at every published snapshot, and their lines through time.

A what-if is a question and no news: it changes no published number, and asking it of an older snapshot with today's
wording tells nothing that was not known then. So an answer belongs to a snapshot and to the words of the question, and
is kept under both; one that is missing can be had again from the snapshot's own inputs.

An answer that is refused (too few futures, a day that has passed) is kept as that: the line has a gap, with its reason.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args

import polars as pl

from forecasts import ledger, snapshots
from forecasts.artefacts import Artefacts
from forecasts.conditions import ConditionError
from forecasts.domain import Mode, NamedWhatIf
from forecasts.errors import CorruptArtefactError
from forecasts.forms import canonical
from forecasts.moves import read_state
from forecasts.receipts import digest, model_version
from forecasts.replay import latest_instant
from forecasts.snapshots import Snapshot
from forecasts.store import Store
from forecasts.what_if import Asked, TooRareError, answer, asked_of

DIGITS = 6
"""Decimals of a kept answer: far below its Monte Carlo error."""
FACTS = ("chance", "ess", "ess_draws", "attempts")
"""What an answer says of itself beside its numbers."""
NUMBERS: dict[str, Any] = {
    "subject": pl.String,
    "deadline": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
"""Columns of a kept answer; the deadline of a scenario is empty."""
LINE: dict[str, Any] = {"mode": pl.String, "as_of": pl.Datetime("us", "UTC"), "snapshot": pl.String} | NUMBERS
"""Columns of `Answers.numbers`."""


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


@dataclass(frozen=True, slots=True)
class Answers:
    """One what-if through time: each `as_of` once, live as first issued, retrospective by the newest model version."""

    numbers: pl.DataFrame
    """Columns as `LINE`, by mode and `as_of`."""
    facts: pl.DataFrame
    """One line an answer: `mode, as_of, snapshot, reason` (null where it was answered) and those of `FACTS`."""

    def line(self, subject: str, deadline: str) -> pl.DataFrame:
        """Return the rows of a question and deadline (ISO day), or of a scenario (empty deadline)."""
        return self.numbers.filter((pl.col("subject") == subject) & (pl.col("deadline") == deadline))


def answer_all(
    store: Store, artefacts: Artefacts, snapshot: Snapshot, ask: Callable[[], Asked], *, now: datetime
) -> tuple[Told, ...]:
    """Answer every named what-if in force that has no answer at a snapshot yet; returns how those fared.

    `ask` is called only where something is missing. Nothing is raised: a what-if never stands in the way of a snapshot.
    """
    ask = cache(ask)
    missing = [w for w in _in_force(store, snapshot.board, now=now) if _kept(artefacts, snapshot.id, w) is None]
    return tuple(_answer_one(artefacts, snapshot, w, ask) for w in missing)


def fill(
    store: Store, artefacts: Artefacts, snapshot: Snapshot, *, now: datetime, threads: int = 2
) -> tuple[Told, ...]:
    """Answer what is missing at a published snapshot, on its futures simulated again from its inputs.

    A snapshot of another model version is left alone: its numbers would not be those that were published.
    """
    missing = [w for w in _in_force(store, snapshot.board, now=now) if _kept(artefacts, snapshot.id, w) is None]
    if missing and snapshot.receipt.get("model_version") != model_version():
        return tuple(Told(w.id, w.name, "the snapshot was made by another version of the model") for w in missing)

    def ask() -> Asked:
        return asked_of(read_state(store, artefacts, snapshot), threads=threads)

    return answer_all(store, artefacts, snapshot, ask, now=now) if missing else ()


def refusals(told: Iterable[Told]) -> str:
    """Return what to add to a run's message: nothing where every what-if was answered."""
    wrong = [str(t) for t in told if t.reason is not None]
    return f"; not answered: {'; '.join(wrong)}" if wrong else ""


def answers(store: Store, artefacts: Artefacts, board: str, what_if: NamedWhatIf) -> Answers:
    """Return all kept answers of a what-if, in its present words."""
    found: dict[tuple[str, datetime], tuple[str, Mapping[str, Any]]] = {}
    for identifier, mode, as_of in snapshots.index(store, board).select("id", "mode", "as_of").iter_rows():
        kept = _kept(artefacts, identifier, what_if)
        if kept is not None and not (mode == "live" and (mode, as_of) in found):
            found[mode, as_of] = (identifier, kept)
    ordered = sorted(found.items(), key=lambda item: (_MODES.index(item[0][0]), item[0][1]))
    parts, facts = [], []
    for (mode, as_of), (identifier, kept) in ordered:
        head = {"mode": mode, "as_of": as_of, "snapshot": identifier}
        facts.append(head | {"reason": kept.get("refused")} | {name: kept.get(name) for name in FACTS})
        if "numbers" in kept:
            frame = pl.DataFrame(kept["numbers"], schema=NUMBERS)
            literals = [pl.lit(v, dtype=LINE[k]).alias(k) for k, v in head.items()]
            parts.append(frame.with_columns(literals).select(list(LINE)))
    schema = {k: LINE[k] for k in ("mode", "as_of", "snapshot")} | {"reason": pl.String}
    schema |= dict.fromkeys(FACTS, pl.Float64)
    return Answers(pl.concat([pl.DataFrame(schema=LINE), *parts]), pl.DataFrame(facts, schema=schema))


_MODES: Sequence[Mode] = tuple(reversed(get_args(Mode)))


def _in_force(store: Store, board: str, *, now: datetime) -> tuple[NamedWhatIf, ...]:
    at = latest_instant(store, board, now=now)
    return ledger.read(store, board, as_of=at, mode="live").records(NamedWhatIf)


def _answer_one(artefacts: Artefacts, snapshot: Snapshot, what_if: NamedWhatIf, ask: Callable[[], Asked]) -> Told:
    try:
        kept = _short(answer(ask(), what_if.conditions, what_if.mode))
    except (ConditionError, TooRareError) as error:
        kept = {"refused": str(error)}
    except Exception as error:  # noqa: BLE001 - told, and tried again at the next chance; the snapshot stands
        return Told(what_if.id, what_if.name, f"{type(error).__name__}: {error}")
    try:
        name = artefacts.put(canonical(kept).encode("utf-8"))
        artefacts.bind(_key(snapshot.id, what_if), name)
    except Exception as error:  # noqa: BLE001 - as above
        return Told(what_if.id, what_if.name, f"{type(error).__name__}: {error}")
    return Told(what_if.id, what_if.name, kept.get("refused"))


def _short(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as it is kept: columns of rounded numbers, questions first, then scenarios."""
    rows = [(r["question"], r["deadline"], r) for r in found["results"]]
    rows += [(s["scenario"], "", s) for s in found["scenarios"]]
    columns: dict[str, list[Any]] = {"subject": [r[0] for r in rows], "deadline": [r[1] for r in rows]}
    columns |= {k: [round(float(r[2][k]), DIGITS) for r in rows] for k in ("before", "after", "low", "high")}
    return {name: found[name] for name in FACTS} | {"numbers": columns}


def _key(snapshot: str, what_if: NamedWhatIf) -> str:
    return f"what-if {digest([snapshot, what_if.mode, list(what_if.conditions)])}"


def _kept(artefacts: Artefacts, snapshot: str, what_if: NamedWhatIf) -> Mapping[str, Any] | None:
    """Return a kept answer, or None; a damaged one is as good as none, because it can be made anew."""
    with suppress(CorruptArtefactError):
        if name := artefacts.bound(_key(snapshot, what_if)):
            found: Mapping[str, Any] = json.loads(artefacts.get(name))
            return found
    return None
