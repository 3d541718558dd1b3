"""The chain of digests that makes one hash name a whole ledger, and the check that rows are such a chain."""

import hashlib
from collections.abc import Mapping, Sequence

from forecasts.codec import kind_of
from forecasts.domain import Entry, Retraction
from forecasts.errors import StoreError
from forecasts.forms import canonical
from forecasts.instants import to_text

NO_DIGEST = "0" * 64
"""Digest of the empty ledger."""


def row_digest(before: str, entry: Entry, text: str) -> str:
    """Return a row's digest: SHA-256 over the digest before it, its place, time and author, and its record's text."""
    head = [entry.board, entry.position, entry.entry, entry.version, to_text(entry.recorded_at), entry.recorded_by]
    return hashlib.sha256("\n".join((before, canonical(head), text)).encode()).hexdigest()


def check_chain(entries: Sequence[Entry], texts: Sequence[str]) -> None:
    """Check that rows are one whole ledger from position 1; raises StoreError naming the first wrong position."""
    before: Entry | None = None
    newest: dict[str, Entry] = {}
    for entry, text in zip(entries, texts, strict=True):
        wrong = _wrong_place(before, entry) or _wrong_record(newest, entry)
        if wrong is None and entry.digest != row_digest(before.digest if before else NO_DIGEST, entry, text):
            wrong = "a digest that does not match"
        if wrong:
            raise StoreError(f"{entry.board}: ledger position {entry.position} holds {wrong}")
        before = newest[entry.entry] = entry


def _wrong_place(before: Entry | None, entry: Entry) -> str | None:
    if entry.position != (before.position if before else 0) + 1:
        return f"a row that should stand at position {(before.position if before else 0) + 1}"
    if before is None:
        return None
    if entry.board != before.board:
        return f"a row of another board, {entry.board}"
    return "a time that does not rise" if entry.recorded_at <= before.recorded_at else None


def _wrong_record(newest: Mapping[str, Entry], entry: Entry) -> str | None:
    former = newest.get(entry.entry)
    if entry.version != (former.version if former else 0) + 1:
        return f"version {entry.version} of {entry.entry} after version {former.version if former else 0}"
    if former and type(former.record) is not type(entry.record):
        return f"a record of type {kind_of(entry.record)} under the id of type {kind_of(former.record)}"
    if isinstance(entry.record, Retraction) and entry.record.target not in newest:
        return f"a retraction of {entry.record.target}, which was not entered before"
    return None
