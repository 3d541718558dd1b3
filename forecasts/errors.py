"""What can go wrong with the record, each as one line for a person: what was found and what is allowed."""

from forecasts.domain import Entry


class StoreError(Exception):
    """The record cannot be read or written: locked, read-only, full, damaged, absent or of a newer schema."""


class ConflictError(StoreError):
    """Somebody else wrote first; the message names who, when and which version is the newest."""

    def __init__(self, message: str, newest: Entry | None = None) -> None:
        super().__init__(message)
        self.newest = newest
        """The row that stands in the way, for a screen that shows both."""


class ForbiddenError(StoreError):
    """The actor's role does not include the action; the message names the roles that do."""


class CorruptArtefactError(StoreError):
    """A content-addressed file is missing or its bytes are not what its name says."""


class DumpError(StoreError):
    """A dump cannot be loaded; the message names the line and what was expected there."""


class BackupError(StoreError):
    """A backup cannot be written, read or restored; the message names the file and what was found."""


class RecordError(ValueError):
    """A record has a field that cannot be kept; the message names field, value and what is allowed."""
