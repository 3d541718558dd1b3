"""The key of an attempt's input: what it is computed from, as far as that is known before it begins."""

from datetime import datetime
from typing import TYPE_CHECKING

from forecasts import ledger
from forecasts.domain import DEFINITION, BoardVersion, Mode
from forecasts.instants import utc
from forecasts.receipts import digest, model_version
from forecasts.store import Store

if TYPE_CHECKING:
    from forecasts.replay import Moment

INPUT = "input"
"""Key of a run's receipt under which the input's key stands."""


def input_key(*, board: str, mode: Mode, as_of: datetime, ledger_digest: str, definition: str) -> str:
    """Return the key of what an attempt is computed from, as far as it is known before it begins.

    Two attempts with one key read the same records under the same definition with the same code. Parameter draws and
    size are not in it: they follow from these, unless a person asks for others.
    """
    return digest(
        {
            "board": board,
            "mode": mode,
            "as_of": utc(as_of),
            "ledger": ledger_digest,
            "definition": definition,
            "model": model_version(),
        }
    )


def key_of(moment: "Moment") -> str:
    """Return the key of an attempt at a moment that has been replayed."""
    return input_key(
        board=moment.board.id,
        mode=moment.mode,
        as_of=moment.as_of,
        ledger_digest=moment.view.digest,
        definition=moment.board.content_hash,
    )


def key_at(store: Store, board: str, *, as_of: datetime, mode: Mode) -> str:
    """Return the key of an attempt at any instant, by replaying the ledger; raises StoreError.

    In retrospect a run uses the newest definition, live the one that was in force.
    """
    view = ledger.read(store, board, as_of=as_of, mode=mode)
    entries = view.entries if mode == "live" else ledger.history(store, board, entry=DEFINITION)
    known = [e.record.content_hash for e in entries if isinstance(e.record, BoardVersion)]
    definition = known[-1] if known else ""
    return input_key(board=board, mode=mode, as_of=as_of, ledger_digest=view.digest, definition=definition)
