"""What a published snapshot says of one edge: its ratio as it was judged and as it is now, and how much was learned."""

import json
from datetime import datetime
from typing import Any

from forecasts import snapshots
from forecasts.artefacts import Artefacts
from forecasts.board_files import near
from forecasts.definition import Board
from forecasts.domain import Mode
from forecasts.fields import shown
from forecasts.status import NoSnapshotError
from forecasts.store import Store


class NoEdgeError(LookupError):
    """The board, or its snapshot, has no such hazard ratio; the message names those into the question."""


def edge_report(
    store: Store, artefacts: Artefacts, board: Board, *, parent: str, child: str, mode: Mode, as_of: datetime | None
) -> dict[str, Any]:
    """Return the report of one edge in the newest snapshot up to an `as_of`.

    Keys: `board`, `mode`, `as_of`, `parent`, `child`, `fitted`, `prior`, `posterior`, `bits`, `sd_ratio`, `mcse` (see
    `detail_edges.edge_reports`), and `essay_quote` and `rationale` of the edge.

    Raises
    ------
    NoSnapshotError
        When nothing was published by then.
    NoEdgeError
        When there is no such edge, or the snapshot was published before edges were reported.
    """
    edges = {e.parents[0]: e for e in board.edges if e.child == child and e.kind == "hazard_ratio"}
    if parent not in edges:
        hint, known = near(parent, list(edges)), ", ".join(edges) or "none"
        raise NoEdgeError(f"{shown(parent)} has no hazard ratio into {child!r}{hint}; there are: {known}")
    newest = snapshots.latest(store, board.id, mode=mode, as_of=as_of)
    if newest is None:
        raise NoSnapshotError(f"{board.id}: no {mode} snapshot by then; publish one with `twixt refit`")
    detail = json.loads(artefacts.get(newest.detail_hash))
    found = [e for e in detail.get("edges", ()) if (e["parent"], e["child"]) == (parent, child)]
    if not found:
        raise NoEdgeError(f"the snapshot as of {newest.as_of.date()} does not report edges; publish a new one")
    words = {"essay_quote": edges[parent].essay_quote, "rationale": edges[parent].rationale}
    return {"board": board.id, "mode": mode, "as_of": newest.as_of.isoformat(), **found[0], **words}
