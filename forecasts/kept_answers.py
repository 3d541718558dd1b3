"""Answers of named what-ifs as they are kept: each belongs to a snapshot and to the words of the question.

They lie beside the other artefacts under a key made of both, so an answer can be added to an old snapshot and the
snapshot stays as it was published. An answer that was refused is kept with its reason.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import polars as pl

from forecasts import snapshots
from forecasts.artefacts import Artefacts
from forecasts.domain import Mode, NamedWhatIf
from forecasts.errors import CorruptArtefactError
from forecasts.forms import canonical, check_hash
from forecasts.receipts import digest
from forecasts.store import Store

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
KEYS = "what-if "
"""How the key of every answer begins."""


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


def short(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as it is kept: columns of rounded numbers, questions first, then scenarios."""
    rows = [(r["question"], r["deadline"], r) for r in found["results"]]
    rows += [(s["scenario"], "", s) for s in found["scenarios"]]
    columns: dict[str, list[Any]] = {"subject": [r[0] for r in rows], "deadline": [r[1] for r in rows]}
    columns |= {k: [round(float(r[2][k]), DIGITS) for r in rows] for k in ("before", "after", "low", "high")}
    return {name: found[name] for name in FACTS} | {"numbers": columns}


def keep(artefacts: Artefacts, snapshot: str, what_if: NamedWhatIf, answer: Mapping[str, Any]) -> None:
    """Keep an answer, in place of a former one; raises StoreError when it cannot be written."""
    artefacts.bind(key(snapshot, what_if), artefacts.put(canonical(answer).encode("utf-8")))


def kept(artefacts: Artefacts, snapshot: str, what_if: NamedWhatIf) -> Mapping[str, Any] | None:
    """Return a kept answer, or None; a damaged one is as good as none, because it can be made anew."""
    with suppress(CorruptArtefactError):
        if name := artefacts.bound(key(snapshot, what_if)):
            found: Mapping[str, Any] = json.loads(artefacts.get(name))
            return found
    return None


def answers(store: Store, artefacts: Artefacts, board: str, what_if: NamedWhatIf) -> Answers:
    """Return all kept answers of a what-if, in its present words."""
    found: dict[tuple[str, datetime], tuple[str, Mapping[str, Any]]] = {}
    for identifier, mode, as_of in snapshots.index(store, board).select("id", "mode", "as_of").iter_rows():
        answer = kept(artefacts, identifier, what_if)
        if answer is not None and not (mode == "live" and (mode, as_of) in found):
            found[mode, as_of] = (identifier, answer)
    ordered = sorted(found.items(), key=lambda item: (_MODES.index(item[0][0]), item[0][1]))
    parts, facts = [], []
    for (mode, as_of), (identifier, answer) in ordered:
        head = {"mode": mode, "as_of": as_of, "snapshot": identifier}
        facts.append(head | {"reason": answer.get("refused")} | {name: answer.get(name) for name in FACTS})
        if "numbers" in answer:
            frame = pl.DataFrame(answer["numbers"], schema=NUMBERS)
            literals = [pl.lit(v, dtype=LINE[k]).alias(k) for k, v in head.items()]
            parts.append(frame.with_columns(literals).select(list(LINE)))
    schema = {k: LINE[k] for k in ("mode", "as_of", "snapshot")} | {"reason": pl.String}
    schema |= dict.fromkeys(FACTS, pl.Float64)
    return Answers(pl.concat([pl.DataFrame(schema=LINE), *parts]), pl.DataFrame(facts, schema=schema))


_MODES: Sequence[Mode] = tuple(reversed(get_args(Mode)))


def key(snapshot: str, what_if: NamedWhatIf) -> str:
    """Return the key under which an answer is kept."""
    return f"{KEYS}{digest([snapshot, what_if.mode, list(what_if.conditions)])}"


def check_key(value: object) -> None:
    """Raise ValueError unless a value could be the key of an answer."""
    if not isinstance(value, str) or not value.startswith(KEYS):
        raise ValueError(f"key {value!r:.80}: it begins with {KEYS!r}")
    check_hash(value.removeprefix(KEYS))
