"""What the commands on forecasts share: who forecasts, names of fields, hints about a person's own forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.commands.evidence_fields import forecaster_id, known_forecaster
from app.failures import CommandError
from app.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from forecasts.coherence import Conflict
    from forecasts.people_forecasts import Issued
    from forecasts.replay import Moment

NEW = "new"
"""Stands for a person who is not in the record yet."""

_NAMES = {"question": "QUESTION", "deadline": "DEADLINE", "probability": "P", "url": "--source"}


def named(field: str) -> str:
    """Return what a person typed for a field."""
    return _NAMES.get(field, f"--{field}")


def forecaster(session: Session, name: str | None) -> str:
    """Return the forecaster meant by `--by`: a crowd, a person, or `NEW` for a name that nobody has yet.

    Raises
    ------
    CommandError
        For a crowd without a source, or a name that several people have.
    """
    from forecasts.forecast_entry import crowd_id
    from forecasts.people_forecasts import is_crowd

    if name is None or not is_crowd(name):
        return known_forecaster(session, name) or NEW
    try:
        return crowd_id(name)
    except ValueError as error:
        raise CommandError(f"--by: {error}") from error


def entered(session: Session, name: str | None, known: str) -> str:
    """Return the forecaster's id, and add the person where `known` says that the name is new."""
    return forecaster_id(session, name) if known == NEW else known


def force_of(moment: Moment, at: datetime) -> dict[tuple[str, str, Any], Issued]:
    """Return the forecasts in force at an instant by forecaster, question and deadline."""
    from forecasts.people_forecasts import in_force, issued

    return in_force(issued(moment.view), at=at)


def conflict_lines(conflicts: tuple[Conflict, ...]) -> list[str]:
    """Return the hints as lines for a person."""
    return [f"your own forecasts do not fit together: {c}" for c in conflicts]


def conflict_documents(conflicts: tuple[Conflict, ...]) -> list[dict[str, Any]]:
    """Return the hints as plain values."""
    return [
        {
            "kind": c.rule.kind,
            "question": c.rule.less[0],
            "deadline": c.rule.less[1].isoformat(),
            "claimed": c.claimed,
            "others": [{"question": q, "deadline": d.isoformat()} for q, d in c.rule.more],
            "allowed": c.allowed,
            "message": str(c),
        }
        for c in conflicts
    ]
