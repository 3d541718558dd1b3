"""The whole record of a board as JSON Lines, and back into an empty store: diff-able, complete, checked to the bit.

One object a line, each with a single key that says what it is: `twixt` (the head), `person`, `artefact` (definitions
and details), `entry` (a ledger row), `snapshot`, `run`, `link` (of the reading list), `outside` (a question of another
site), and `end` with a hash of all lines before it. Simulated futures are not in it: they can be made again.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, get_args

import polars as pl

from forecasts import kept_answers, ledger, people, reading_list, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.codec import decode_entry, encode_entry
from forecasts.domain import BoardVersion, Entry, Evidence, Mode, NamedWhatIf
from forecasts.errors import DumpError, StoreError
from forecasts.exchange import outside_store
from forecasts.forms import (
    COUNT,
    DATE,
    HASH,
    ID,
    INSTANT,
    TEXT,
    Form,
    canonical,
    choice,
    optional,
    parse,
    read_fields,
    unchanged,
    write_fields,
)
from forecasts.instants import utc
from forecasts.ledger_chain import check_chain
from forecasts.people import Actor, Person, authorise
from forecasts.reading_list import Link
from forecasts.runs import Run
from forecasts.snapshot_rows import ROWS
from forecasts.snapshots import Snapshot
from forecasts.store import Store, lock_board, lock_people

FORMAT = 1
"""Rises when an older program could not read the lines."""
LONGEST_LINE = 64 * 2**20
"""Characters of the longest line that is read."""
CLOCKS_DIFFER = timedelta(days=1)
"""How far ahead of this machine's clock a row may lie: a time far in the future would drag all later rows with it."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A dump that was read and checked, or what was loaded from it."""

    board: str
    people: list[Person] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)
    entries: list[tuple[Entry, str]] = field(default_factory=list)
    """Ledger rows with the text of their records as it was hashed."""
    snapshots: list[Snapshot] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """Answers of named what-ifs: key -> artefact."""
    links: list[Link] = field(default_factory=list)
    outside: list[outside_store.KeptQuestion] = field(default_factory=list)


def dump(store: Store, artefacts: Artefacts, board: str, *, with_people: bool = False) -> Iterator[str]:
    """Give the lines of a board's record, without line ends; the same record gives the same lines.

    Names and e-mail addresses are left out unless `with_people`.

    Raises
    ------
    StoreError
        When the board has no ledger, or a definition or detail is missing or damaged.
    """
    rows = ledger.with_texts(store, board)
    if not rows:
        raise StoreError(
            f"{board}: nothing is recorded; known boards: {', '.join(ledger.known_boards(store)) or 'none'}"
        )
    total, count = hashlib.sha256(), 0
    for value in _values(store, artefacts, board, rows, with_people=with_people):
        line = canonical(value)
        total.update(f"{line}\n".encode())
        count += 1
        yield line
    yield canonical({"end": {"lines": count, "sha256": total.hexdigest()}})


def _values(
    store: Store, artefacts: Artefacts, board: str, rows: tuple[tuple[Entry, str], ...], *, with_people: bool
) -> Iterator[dict[str, Any]]:
    yield {"twixt": {"format": FORMAT, "board": board}}
    if with_people:
        named = {i for entry, _ in rows for i in _people_of(entry)}
        yield from ({"person": write_fields(p, _PERSON)} for p in people.everyone(store) if p.id in named)
    given: set[str] = set()
    asked = [e.record for e, _ in rows if isinstance(e.record, NamedWhatIf)]
    for entry, text in rows:
        if isinstance(entry.record, BoardVersion):
            yield from _artefact(artefacts, entry.record.content_hash, given)
        yield {"entry": encode_entry(entry) | {"record": parse(text)}}
    for snapshot in snapshots.every(store, board):
        yield from _artefact(artefacts, snapshot.detail_hash, given)
        yield {"snapshot": write_fields(snapshot, _SNAPSHOT)}
        yield from _answers(artefacts, snapshot.id, asked, given)
    attempts = reversed(runs.read(store, board, limit=2**31 - 1))
    yield from ({"run": write_fields(run, _RUN)} for run in attempts)
    yield from ({"link": write_fields(link, reading_list.FORM)} for link in reading_list.read(store, board))
    yield from ({"outside": outside_store.to_plain(kept)} for kept in outside_store.history(store, board))


def _people_of(entry: Entry) -> set[str]:
    judged = {entry.record.forecaster} if isinstance(entry.record, Evidence) else set()
    return judged | {entry.recorded_by}


def _artefact(artefacts: Artefacts, name: str, given: set[str]) -> Iterator[dict[str, Any]]:
    if name in given:
        return
    given.add(name)
    content = artefacts.get(name)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        yield {"artefact": {"hash": name, "base64": base64.b64encode(content).decode("ascii")}}
    else:
        yield {"artefact": {"hash": name, "text": text}}


def _answers(
    artefacts: Artefacts, snapshot: str, asked: Iterable[NamedWhatIf], given: set[str]
) -> Iterator[dict[str, Any]]:
    """Give what named what-ifs, former versions included, were answered at a snapshot."""
    for key in dict.fromkeys(kept_answers.key(snapshot, w) for w in asked):
        if name := artefacts.bound(key):
            yield from _artefact(artefacts, name, given)
            yield {"answer": {"key": key, "hash": name}}


def load(
    lines: Iterable[str], store: Store, artefacts: Artefacts, *, actor: Actor, now: datetime, with_roles: bool = False
) -> Contents:
    """Load a dump into a store that has nothing of its board yet; returns what was loaded.

    Everything is read and checked first, then written in one transaction. Give lines as a file does: JSON text may hold
    characters at which `str.splitlines` would break it. People who are new here become viewers, whatever the dump says,
    unless `with_roles`: whoever wrote a file must not choose who may write to this record.

    Raises
    ------
    DumpError
        When a line is not what it should be, the dump is cut off or changed, it holds rows of the future, or the store
        has a record of the board already. The record is unchanged.
    ForbiddenError, StoreError
        When the actor may not load, or the database refuses.
    """
    contents = read(lines, now=now)
    authorise(actor, "load", contents.board)
    newcomers = contents.people if with_roles else [replace(person, role="viewer") for person in contents.people]
    for content in contents.artefacts.values():
        artefacts.put(content)
    with store.writing() as connection:
        lock_board(connection, contents.board)
        lock_people(connection)
        if not ledger.is_empty(connection, contents.board):
            raise DumpError(f"{contents.board}: this store has a record of the board already; load into an empty one")
        people.insert_missing(connection, newcomers)
        ledger.insert_rows(connection, [e for e, _ in contents.entries], [text for _, text in contents.entries])
        for snapshot in contents.snapshots:
            if not snapshots.insert(connection, snapshot):
                raise DumpError(f"{contents.board}: snapshot {snapshot.id:.20} is in the store already")
        for run in contents.runs:
            runs.insert(connection, run)
        reading_list.insert(connection, contents.links)
        outside_store.insert(connection, contents.outside)
    for key, name in contents.answers.items():
        artefacts.bind(key, name)
    return contents


def read(lines: Iterable[str], *, now: datetime) -> Contents:
    """Read and check a whole dump; raises DumpError naming the first line that is wrong, and says what is missing."""
    now = utc(now)
    contents: Contents | None = None
    total, number, ended = hashlib.sha256(), 0, False
    for number, line in enumerate(lines, 1):
        try:
            key, value = _line(line, ended=ended)
            if key == "end":
                _check_end(value, number - 1, total.hexdigest())
                ended = True
            elif contents is None:
                contents = Contents(_board_of(key, value))
            else:
                _READERS.get(key, _unknown)(contents, value, now)
        except (ValueError, TypeError, StoreError) as error:
            raise DumpError(f"line {number}: {_short(error)}") from error
        total.update(f"{line.rstrip('\r\n')}\n".encode())
    if contents is None or not ended:
        raise DumpError(f"the dump is cut off after line {number}: its last line must be `end`")
    _check_whole(contents)
    return contents


def _line(line: str, *, ended: bool) -> tuple[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"{len(line)} characters; at most {LONGEST_LINE} are read")
    if ended:
        raise ValueError("there is something after the end")
    value = parse(line)
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(f"an object with one of the keys twixt, {', '.join(_READERS)}, end is needed")
    return next(iter(value.items()))


def _board_of(key: str, value: Any) -> str:
    if key != "twixt" or not isinstance(value, dict) or set(value) != {"format", "board"}:
        raise ValueError('this is not a dump of twixt: the first line must be {"twixt":{"board":...,"format":1}}')
    if value["format"] != FORMAT or isinstance(value["format"], bool):
        raise ValueError(f"format {value['format']!r:.40} is unknown; this program reads {FORMAT}")
    return str(ID.read(value["board"]))


def _check_end(value: Any, lines: int, digest: str) -> None:
    if value != {"lines": lines, "sha256": digest}:
        raise ValueError("the lines before are not those that were dumped: some were changed, lost or added")


def _unknown(_contents: Contents, _value: Any, _now: datetime) -> None:
    raise ValueError(f"unknown kind of line; allowed: {', '.join(_READERS)}, end")


def _read_person(contents: Contents, value: Any, now: datetime) -> None:
    person: Person = read_fields(value, Person, _PERSON)
    people.check(person)
    _not_after(now, added_at=person.added_at, erased_at=person.erased_at)
    contents.people.append(person)


def _read_artefact(contents: Contents, value: Any, _now: datetime) -> None:
    if not isinstance(value, dict) or set(value) not in ({"hash", "text"}, {"hash", "base64"}):
        raise ValueError("an artefact has a hash and either text or base64")
    name, kept = str(HASH.read(value["hash"])), value.get("text", value.get("base64"))
    if not isinstance(kept, str):
        raise TypeError("the text of an artefact is needed")
    try:
        content = kept.encode("utf-8") if "text" in value else base64.b64decode(kept, validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError(f"artefact {name[:12]}: {error}") from error
    if hashlib.sha256(content).hexdigest() != name:
        raise ValueError(f"artefact {name[:12]}: its content has another hash")
    contents.artefacts[name] = content


def _read_entry(contents: Contents, value: Any, now: datetime) -> None:
    entry = decode_entry(value)
    if entry.board != contents.board:
        raise ValueError(f"a row of board {entry.board} in a dump of {contents.board}")
    _not_after(now, recorded_at=entry.recorded_at)
    contents.entries.append((entry, canonical(value["record"])))


def _read_snapshot(contents: Contents, value: Any, now: datetime) -> None:
    snapshot: Snapshot = read_fields(value, Snapshot, _SNAPSHOT)
    if snapshot.board != contents.board:
        raise ValueError(f"a snapshot of board {snapshot.board} in a dump of {contents.board}")
    snapshots.check(snapshot)
    _not_after(now, as_of=snapshot.as_of, published_at=snapshot.published_at)
    contents.snapshots.append(snapshot)


def _read_answer(contents: Contents, value: Any, _now: datetime) -> None:
    if not isinstance(value, dict) or set(value) != {"key", "hash"}:
        raise ValueError("an answer has a key and a hash")
    kept_answers.check_key(value["key"])
    contents.answers[value["key"]] = str(HASH.read(value["hash"]))


def _read_link(contents: Contents, value: Any, now: datetime) -> None:
    link: Link = read_fields(value, Link, reading_list.FORM)
    reading_list.check(link, board=contents.board)
    _not_after(now, added_at=link.added_at, changed_at=link.changed_at)
    contents.links.append(link)


def _read_outside(contents: Contents, value: Any, now: datetime) -> None:
    kept = outside_store.from_plain(value, board=contents.board)
    _not_after(now, added_at=kept.added_at)
    contents.outside.append(kept)


def _read_run(contents: Contents, value: Any, now: datetime) -> None:
    run: Run = read_fields(value, Run, _RUN)
    if run.board != contents.board:
        raise ValueError(f"a run of board {run.board} in a dump of {contents.board}")
    _not_after(now, started_at=run.started_at, ended_at=run.ended_at)
    contents.runs.append(run)


_READERS: dict[str, Callable[[Contents, Any, datetime], None]] = {
    "person": _read_person,
    "artefact": _read_artefact,
    "entry": _read_entry,
    "snapshot": _read_snapshot,
    "answer": _read_answer,
    "run": _read_run,
    "link": _read_link,
    "outside": _read_outside,
}


def _not_after(now: datetime, **instants: datetime | None) -> None:
    for name, instant in instants.items():
        if instant is not None and instant > now + CLOCKS_DIFFER:
            raise ValueError(f"{name} {instant.isoformat()} lies after now, {now.isoformat()}")


def _check_whole(contents: Contents) -> None:
    try:
        check_chain([entry for entry, _ in contents.entries], [text for _, text in contents.entries])
    except StoreError as error:
        raise DumpError(str(error)) from error
    wanted = {e.record.content_hash for e, _ in contents.entries if isinstance(e.record, BoardVersion)}
    wanted |= {s.detail_hash for s in contents.snapshots} | set(contents.answers.values())
    missing = sorted(wanted - contents.artefacts.keys())
    if missing:
        raise DumpError(f"artefact {missing[0][:12]} is missing: a definition, a snapshot or an answer needs it")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _write_rows(rows: pl.DataFrame) -> dict[str, Any]:
    return rows.with_columns(pl.col("deadline").cast(pl.String)).to_dict(as_series=False)


def _read_rows(value: Any) -> pl.DataFrame:
    if not isinstance(value, dict) or set(value) != set(ROWS) or not all(isinstance(v, list) for v in value.values()):
        raise ValueError(f"columns {', '.join(ROWS)} are needed, each a list")
    schema = {name: pl.String if name == "deadline" else kind for name, kind in ROWS.items()}
    try:
        frame = pl.DataFrame({name: value[name] for name in ROWS}, schema=schema, strict=True)
        return frame.with_columns(pl.col("deadline").str.to_date("%Y-%m-%d", strict=True))
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise ValueError(_short(error)) from error


def _read_receipt(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object is needed")
    return value


_RECEIPT = unchanged(_read_receipt)
_MODE = choice(get_args(Mode))

_PERSON = {
    "id": ID,
    "name": TEXT,
    "email": optional(TEXT),
    "role": choice(people.GIVEN_ROLES),
    "added_at": INSTANT,
    "erased_at": optional(INSTANT),
}
_SNAPSHOT = {
    "id": ID,
    "board": ID,
    "mode": _MODE,
    "as_of": INSTANT,
    "known_through": DATE,
    "published_at": INSTANT,
    "board_version": TEXT,
    "ledger_position": COUNT,
    "ledger_digest": TEXT,
    "rows": Form(_write_rows, _read_rows),
    "receipt": _RECEIPT,
    "detail_hash": HASH,
    "futures_hash": optional(HASH),
}
_RUN = {
    "board": ID,
    "mode": _MODE,
    "as_of": INSTANT,
    "started_at": INSTANT,
    "ended_at": INSTANT,
    "outcome": choice(get_args(runs.RunOutcome)),
    "message": TEXT,
    "receipt": _RECEIPT,
    "snapshot": optional(ID),
}
