"""The evidence of a board as a book: every item with all its versions, in force or taken back, to search and filter.

Pure: ledger rows in, items out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from forecasts.domain import Entry, Evidence, Retraction
from forecasts.duplicates import folded

Standing = Literal["in force", "retracted", "all"]
STANDINGS: tuple[Standing, ...] = ("in force", "retracted", "all")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of evidence with its past."""

    versions: tuple[Entry, ...]
    """Every version, the first one first."""
    retraction: Entry | None
    """The retraction in force."""

    @property
    def id(self) -> str:
        """Entry id."""
        return self.newest.entry

    @property
    def newest(self) -> Entry:
        """The row of the newest version."""
        return self.versions[-1]

    @property
    def evidence(self) -> Evidence:
        """The newest version."""
        return evidence_of(self.newest)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader looks for; an empty text asks for nothing."""

    words: str = ""
    """Each must stand somewhere in id, statement, source, link, story or the reason of a retraction."""
    question: str = ""
    thread: str = ""
    kind: str = ""
    grade: str = ""
    """A letter, a digit, or both."""
    person: str = ""
    """Opaque id of who judged it or wrote a version of it."""
    standing: Standing = "in force"


def evidence_of(entry: Entry) -> Evidence:
    """Return the evidence of a row; raises TypeError for a row of another kind."""
    if not isinstance(entry.record, Evidence):
        raise TypeError(f"{entry.entry} is no evidence")
    return entry.record


def book(rows: Sequence[Entry]) -> tuple[Item, ...]:
    """Return all items of a ledger's rows, by day of publication, the latest first.

    `rows` are the whole history in ledger order. A retraction that was itself taken back does not count.
    """
    versions: dict[str, list[Entry]] = {}
    for row in rows:
        if isinstance(row.record, Evidence):
            versions.setdefault(row.entry, []).append(row)
    retracted = retractions(rows)
    items = [Item(tuple(v), retracted.get(entry)) for entry, v in versions.items()]
    return tuple(sorted(items, key=lambda i: (i.evidence.published_on, i.versions[0].position), reverse=True))


def retractions(rows: Iterable[Entry]) -> dict[str, Entry]:
    """Return entry id -> the retraction in force; as in the ledger, one can be taken back by a later one only."""
    newest = {row.entry: row for row in rows if isinstance(row.record, Retraction)}
    found: dict[str, Entry] = {}
    for row in reversed(newest.values()):
        if row.entry not in found and isinstance(row.record, Retraction):
            found[row.record.target] = row
    return found


def find(items: Iterable[Item], wanted: Wanted) -> tuple[Item, ...]:
    """Return the items that fit, in the order given."""
    words = folded(wanted.words).split()
    return tuple(item for item in items if _fits(item, wanted) and _says(item, words))


def _fits(item: Item, wanted: Wanted) -> bool:
    e = item.evidence
    return (
        (wanted.standing == "all" or (wanted.standing == "retracted") == (item.retraction is not None))
        and (not wanted.question or any(f.question == wanted.question for f in e.effects))
        and (not wanted.thread or e.thread == wanted.thread)
        and (not wanted.kind or e.kind == wanted.kind)
        and all(g in {e.grade_source, e.grade_info} for g in wanted.grade)
        and (not wanted.person or wanted.person in people_of(item))
    )


def _says(item: Item, words: Sequence[str]) -> bool:
    if not words:
        return True
    e = item.evidence
    reason = item.retraction.record.reason if item.retraction and isinstance(item.retraction.record, Retraction) else ""
    text = folded(f"{e.id} {e.statement} {e.source} {e.url} {e.thread.replace('_', ' ')} {e.thread} {reason}")
    return all(word in text for word in words)


def people_of(item: Item) -> frozenset[str]:
    """Return who judged an item or wrote a version of it, by opaque id."""
    return frozenset(p for v in item.versions for p in (v.recorded_by, evidence_of(v).forecaster))


def stories(items: Iterable[Item]) -> dict[str, tuple[Item, ...]]:
    """Return the items in force of each thread in the order of time, the story told last coming first."""
    told: dict[str, list[Item]] = {}
    for item in items:
        if item.retraction is None:
            told.setdefault(item.evidence.thread, []).append(item)
    ordered = {t: tuple(sorted(i, key=_when)) for t, i in told.items()}
    return dict(sorted(ordered.items(), key=lambda s: (s[1][-1].evidence.published_on, s[0]), reverse=True))


def _when(item: Item) -> tuple[date, date, int]:
    return item.evidence.occurred_on, item.evidence.published_on, item.versions[0].position


def threads(items: Iterable[Item]) -> Mapping[str, int]:
    """Return each thread with its number of items, retracted ones included, sorted by name."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.evidence.thread] = counts.get(item.evidence.thread, 0) + 1
    return dict(sorted(counts.items()))
