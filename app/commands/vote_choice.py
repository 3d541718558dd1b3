"""Which fitted vote a command speaks of: the one that `--question` names, or the only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.failures import CommandError

if TYPE_CHECKING:
    from forecasts.definition import Board, FittedVote, Vote


def chosen_vote(board: Board, question: str | None) -> tuple[Vote, FittedVote]:
    """Return a fitted vote of a board.

    Raises
    ------
    CommandError
        When the board has none, or the one named is not among them, or none is named and there are several.
    """
    from forecasts.bodies import fitted_votes
    from forecasts.fields import shown

    found = {vote.question: (vote, fitted) for vote, fitted in fitted_votes(board)}
    if question is None and len(found) == 1:
        return next(iter(found.values()))
    if question in found:
        return found[str(question)]
    known = ", ".join(found) or "none"
    asked = "which one?" if question is None else f"{shown(question)} is no vote with members;"
    raise CommandError(f"--question: {asked} allowed on {board.id}: {known}")
