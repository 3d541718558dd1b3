"""Hold a new record against what its entry is now: the version that the writer has seen, its type, its retraction."""

from collections.abc import Mapping

from forecasts.codec import kind_of
from forecasts.domain import BoardVersion, Entry, Forecast, Record, Retraction
from forecasts.errors import ConflictError, RecordError
from forecasts.instants import to_text


def check_record(
    record: Record,
    newest: Mapping[str, Entry],
    retracted: Mapping[str, Entry],
    *,
    board: str,
    expected: Mapping[str, int],
) -> None:
    """Refuse a record that may not follow what is in the ledger.

    Parameters
    ----------
    newest : entry id -> its newest version, as far as the record's own id and the target of a retraction have one.
    retracted : entry id -> the retraction in force of it.
    expected : entry id -> the newest version that the writer has seen.

    Raises
    ------
    ConflictError
        When somebody else wrote first; it names who, when and which version.
    RecordError
        When a correction changes an entry's type or target, or a retraction has no target that can be taken back.
    """
    _check_version(newest.get(record.id), record, board, expected.get(record.id, 0))
    _check_not_retracted(newest, retracted, record.id, board)
    if isinstance(record, Retraction):
        _check_target(newest, record, board)
        _check_not_retracted(newest, retracted, record.target, board)
        _check_seen(newest[record.target], board, expected)


def _check_version(newest: Entry | None, record: Record, board: str, expected: int) -> None:
    found = newest.version if newest else 0
    if found != expected:
        seen = f"version {expected} was expected to be the newest" if expected else "it was expected to be new"
        raise ConflictError(f"{board}: entry {record.id}: {seen}, but {_who(newest)}", newest)
    if newest is None:
        return
    if type(newest.record) is not type(record):
        raise RecordError(f"{board}: entry {record.id} is of type {kind_of(newest.record)}, not {kind_of(record)}")
    _check_stands(newest.record, board)
    if (
        isinstance(record, Retraction)
        and isinstance(newest.record, Retraction)
        and record.target != newest.record.target
    ):
        raise RecordError(f"{board}: retraction {record.id} is of {newest.record.target}; its target cannot change")


def _check_seen(target: Entry, board: str, expected: Mapping[str, int]) -> None:
    """Refuse to take back a version that the writer has not seen."""
    seen = expected.get(target.entry, target.version)
    if seen != target.version:
        raise ConflictError(
            f"{board}: entry {target.entry}: version {seen} was to be taken back, but {_who(target)}", target
        )


def _check_target(newest: Mapping[str, Entry], record: Retraction, board: str) -> None:
    if record.target not in newest:
        raise RecordError(f"{board}: retraction {record.id}: there is no entry {record.target}")
    if isinstance(newest[record.target].record, BoardVersion):
        raise RecordError(f"{board}: retraction {record.id}: a definition is replaced by a new one, not retracted")
    _check_stands(newest[record.target].record, board)


def _check_stands(record: Record, board: str) -> None:
    """Refuse to change a forecast: it is judged as it was issued. Only a crowd's series is a copy that can be wrong."""
    if isinstance(record, Forecast) and not record.forecaster.startswith("crowd:"):
        raise RecordError(f"{board}: forecast {record.id} stays as issued; enter a new one, or withdraw it from now on")


def _check_not_retracted(newest: Mapping[str, Entry], retracted: Mapping[str, Entry], entry: str, board: str) -> None:
    if entry in retracted and entry in newest:
        by = retracted[entry]
        raise ConflictError(f"{board}: entry {entry} was retracted by {by.entry}: {_who(by)}", by)


def _who(entry: Entry | None) -> str:
    if entry is None:
        return "nothing was ever entered under this id"
    return f"version {entry.version} was written by {entry.recorded_by} at {to_text(entry.recorded_at)}"
