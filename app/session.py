"""One command's surroundings: environment, clock, the opened record and the board it speaks of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.failures import CommandError
from forecasts.settings import Home, SettingsError, open_workspace, prepare_caches

if TYPE_CHECKING:
    from forecasts.replay import Moment
    from forecasts.settings import Workspace


@dataclass
class Session:
    """What a command works with; nothing is opened before it is asked for."""

    environment: Mapping[str, str]
    now: datetime
    """Aware UTC instant at which the command began: the only reading of the clock."""
    opened: Workspace | None = field(default=None)

    @classmethod
    def of_process(cls) -> Session:
        """Return the session of this process."""
        return cls(os.environ, datetime.now(UTC))

    @property
    def today(self) -> date:
        """The UTC calendar day."""
        return self.now.date()

    @cached_property
    def home(self) -> Home:
        """The places that the environment names; raises SettingsError."""
        return Home.from_environment(self.environment)

    @property
    def logs(self) -> Path | None:
        """Where reports of unexpected errors go; None when the home cannot be told."""
        with suppress(SettingsError):
            return self.home.logs
        return None

    def prepare_caches(self) -> None:
        """Point compiled code to the home's cache; before anything imports Numba or PyTensor."""
        prepare_caches(self.home, os.environ)

    def workspace(self, *, create: bool = False) -> Workspace:
        """Return the opened record; only with `create` is it made or brought up to date. Raises StoreError."""
        if self.opened is None:
            self.opened = open_workspace(self.home, migrate=create)
        return self.opened

    def close(self) -> None:
        """Give the database back."""
        if self.opened is not None:
            self.opened.store.close()
            self.opened = None

    def definitions(self) -> dict[str, Path]:
        """Return the directories of all board definitions, by board id."""
        from forecasts import board

        return board.find(self.home.boards)

    def board(self, requested: str | None) -> str:
        """Return the id of the board in the record that a command speaks of: the one named, or the only one.

        Raises
        ------
        CommandError
            When the named board is unknown, or none is named and there is not exactly one.
        """
        from forecasts import ledger

        known = ledger.known_boards(self.workspace().store)
        if requested is None and len(known) == 1:
            return known[0]
        if requested in known and requested is not None:
            return requested
        raise CommandError(no_board(requested, known, hint="`twixt init` enters a definition"))

    def instant(self, board: str) -> datetime:
        """Return now, or the time of the ledger's last row if that is later: a row just written is never missed."""
        from forecasts import ledger

        last = ledger.tail(self.workspace().store, board).recorded_at
        return max(self.now, last) if last else self.now

    def moment(self, requested: str | None) -> Moment:
        """Return what is known on the board now: definition in force, records in force, known-through day."""
        from forecasts import replay

        opened, board = self.workspace(), self.board(requested)
        now = self.instant(board)
        return replay.read_moment(opened.store, opened.artefacts, board, as_of=now, mode="live", now=now)


def no_board(requested: str | None, known: list[str] | tuple[str, ...], *, hint: str) -> str:
    """Return the message for a board that cannot be chosen."""
    allowed = ", ".join(known) or f"none yet ({hint})"
    if requested is None:
        return f"--board: which one? {allowed}" if known else f"--board: there is no board yet; {hint}"
    return f"--board: {requested[:60]!r} is unknown; allowed: {allowed}"
