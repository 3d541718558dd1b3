"""Board definitions in the record: a definition enters as one content-addressed version and is read back from it.

The seed records of a board's directory (evidence, occurrences, confirmations) become ordinary ledger rows, once: an
entry that the ledger already knows is left alone, whatever has become of it since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from forecasts import board as boards
from forecasts import board_diff, board_seed, board_text, ledger
from forecasts.artefacts import Artefacts
from forecasts.board_files import Problem
from forecasts.definition import Board
from forecasts.domain import DEFINITION, BoardVersion, LedgerView, Record
from forecasts.errors import CorruptArtefactError
from forecasts.instants import utc
from forecasts.people import Actor
from forecasts.store import Store


class BoardStoreError(ValueError):
    """The record holds no usable definition of a board; the message names the board and what to do."""


class DefinitionError(ValueError):
    """A board directory has mistakes; `problems` lists all of them."""

    def __init__(self, board: str, problems: Sequence[Problem]) -> None:
        super().__init__(f"{board}: {len(problems)} mistake(s) in the definition; the first: {problems[0]}")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class BoardInRecord:
    """A definition as it stands in the record."""

    board: Board
    version: int
    """Version of the ledger entry `board`: 1, 2, 3, ..."""
    position: int
    """Ledger position of that version."""


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `initialise` has entered."""

    board: str
    version: int
    """Version of the definition in force."""
    new_definition: bool
    records: int
    """Seed records entered now; 0 when all were there."""


def initialise(
    store: Store,
    artefacts: Artefacts,
    directory: Path,
    *,
    now: datetime,
    actor: Actor,
    reason: str = "first definition",
) -> Initialised:
    """Enter a board's definition and its seed records into the ledger; doing it again enters nothing.

    A definition that differs from the one in force becomes its next version; seed entries added to the files since are
    entered, changed ones are not (a correction is a person's act: `evidence add` with a new version).

    Raises
    ------
    DefinitionError
        When the directory's files have mistakes, or the change would break what the record refers to (a question
        removed, a deadline that evidence names dropped); nothing is entered then.
    """
    found, problems = boards.load(directory)
    seeds: tuple[Record, ...] = ()
    if found is not None:
        seeds, more = board_seed.load(directory, found, today=utc(now).date())
        problems = [*problems, *more]
    errors = [p for p in problems if p.severity == "error"]
    if found is None or errors:
        raise DefinitionError(directory.name, errors)
    return _enter(store, artefacts, found, seeds, now=now, actor=actor, reason=reason)


def _enter(
    store: Store,
    artefacts: Artefacts,
    board: Board,
    seeds: Sequence[Record],
    *,
    now: datetime,
    actor: Actor,
    reason: str,
) -> Initialised:
    entries = ledger.history(store, board.id)
    definitions = [e for e in entries if isinstance(e.record, BoardVersion)]
    known = {e.entry for e in entries}
    current = definitions[-1].record.content_hash if definitions else None  # type: ignore[union-attr]
    if current not in {None, board.content_hash}:
        latest = max(utc(now), entries[-1].recorded_at)
        _check_change(artefacts, board, ledger.read(store, board.id, as_of=latest, mode="live"))
    artefacts.put(board_text.text(board).encode("utf-8"))
    version = BoardVersion(DEFINITION, board.content_hash, actor.id, reason, utc(now).date())
    records = [*([version] if current != board.content_hash else []), *(s for s in seeds if s.id not in known)]
    if records:
        expected = {DEFINITION: len(definitions)} if records[0] is version else None
        ledger.append(store, records, board=board.id, actor=actor, now=now, expected_version=expected)
    new = current != board.content_hash
    return Initialised(board.id, len(definitions) + new, new, len(records) - new)


def _check_change(artefacts: Artefacts, board: Board, view: LedgerView) -> None:
    """Raise DefinitionError where the new definition would break what the record refers to."""
    changes = board_diff.changes(read_board(artefacts, view).board, board, view=view)
    if refused := [Problem("", c.subject, c.message) for c in changes if c.kind == "refused"]:
        raise DefinitionError(board.id, refused)


def read_board(artefacts: Artefacts, view: LedgerView) -> BoardInRecord:
    """Return the definition in force in a view of the ledger.

    Raises
    ------
    BoardStoreError
        When there is none, or its text is missing or not what its hash says.
    """
    entries = [e for e in view.entries if isinstance(e.record, BoardVersion)]
    if not entries:
        raise BoardStoreError(
            f"{view.board}: no definition in the record as of {view.as_of.isoformat()}; `twixt init` enters it"
        )
    entry, record = entries[-1], entries[-1].record
    assert isinstance(record, BoardVersion)
    found = read_definition(artefacts, view.board, record.content_hash)
    return BoardInRecord(found, entry.version, entry.position)


def read_definition(artefacts: Artefacts, board: str, content_hash: str) -> Board:
    """Return the definition of a hash, whether in force or not.

    Raises
    ------
    BoardStoreError
        When its text is missing, not what its hash says, or of another board.
    """
    name = f"{board}: definition {content_hash[:12]}"
    try:
        found = _defined(artefacts.get(content_hash).decode("utf-8"))
    except (CorruptArtefactError, ValueError) as error:
        raise BoardStoreError(f"{name} cannot be read: {error}; `twixt init` writes the shipped one anew") from error
    if found.id != board:
        raise BoardStoreError(f"{name} defines {found.id!r}; the record was mixed up")
    return found


@lru_cache(maxsize=8)
def _defined(canonical: str) -> Board:
    """Return the board of a text. A process reads the same few again and again: for each page, for each date."""
    return board_text.sealed(board_text.parse(canonical))
