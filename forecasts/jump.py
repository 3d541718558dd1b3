"""The jump gate's other half: what the last published snapshot should have become by now, had nothing new come."""

import numpy as np
from numpy.typing import NDArray

from forecasts import bodies, encode
from forecasts.artefacts import Artefacts
from forecasts.detail_evidence import subset
from forecasts.errors import CorruptArtefactError
from forecasts.evaluation import judge, sample_of
from forecasts.receipts import digest
from forecasts.replay import Moment
from forecasts.snapshots import Snapshot
from forecasts.spending_editions import editions_of
from forecasts.stored_futures import CorruptFuturesError, load_futures
from models.precision import MIN_FUTURES
from models.weighing import shares

Float = NDArray[np.float64]


def news_digest(moment: Moment) -> str:
    """Return a hash of what may move a number by itself: evidence, occurrences, editions, statements, who sits."""
    board, known = moment.board, {"as_of": moment.day, "known_through": moment.known_through}
    return digest(
        [
            list(moment.evidence),
            sorted(moment.occurrences.items()),
            encode.series_years(board, **known),
            [e.published_on for s in board.series for e in editions_of(s) if e.published_on <= moment.day],
            list(bodies.records(moment.view)),
            board.content_hash,
        ]
    )


def expected_now(artefacts: Artefacts, previous: Snapshot | None, moment: Moment, *, threads: int) -> Float:
    """Return (Q, G) what survival and fading make of the last published numbers; NaN where that cannot be said.

    It cannot be said without a snapshot before, after news (evidence, occurrences, data, definition), or when the
    snapshot's futures are no longer kept. It is read off those futures: given that no open question happened by the
    day through which the board is known now, with the evidence as old as it is now.
    """
    unknown = np.full((len(moment.board.questions), len(moment.board.deadlines)), np.nan)
    if previous is None or previous.receipt.get("news") != news_digest(moment) or not previous.futures_hash:
        return unknown
    try:
        stored = load_futures(artefacts.get(previous.futures_hash), name=previous.futures_hash[:12])
    except (CorruptArtefactError, CorruptFuturesError):
        return unknown
    before = (previous.known_through - moment.board.opens).days
    still_open = np.where(stored.day > before, stored.day, np.iinfo(np.int16).max).min(axis=1)
    alive = still_open > moment.known
    if moment.known < before or alive.sum() < MIN_FUTURES:
        return unknown
    sample = subset(sample_of(moment.board, stored), alive)
    judged = judge(moment)
    table = np.ascontiguousarray(judged.table[:, :, : judged.design.points])
    return np.asarray(shares(sample, table, np.arange(sample.questions), threads=threads).mean(axis=2))
