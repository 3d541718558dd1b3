"""What the commands on alerts share: a subscriber as JSON and as cells, and the key without which nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app import alert_key
from app.failures import CommandError
from app.session import Session

if TYPE_CHECKING:
    from forecasts.alerts.subscribers import Subscriber


def document(subscriber: Subscriber, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return a subscriber as JSON fields; of the address only its host."""
    return {
        "id": subscriber.id,
        "board": subscriber.board,
        "name": subscriber.name,
        "kind": subscriber.kind,
        "host": subscriber.host,
        "rules": [str(rule) for rule in subscriber.rules],
        "state": subscriber.state,
        "note": subscriber.note,
        "added_by": subscriber.added_by,
        "added_at": subscriber.added_at,
        "messages": {state: counts.get(state, 0) for state in ("waiting", "delivered", "given_up")},
    }


def key(session: Session) -> str:
    """Return the key that addresses are sealed with; raises CommandError where there is none."""
    found = alert_key.read(session.environment, session.home.root)
    if found is None:
        raise CommandError(
            f"{alert_key.VARIABLE}: is not set and {session.home.root / alert_key.FILE} does not exist: "
            "without the key the addresses of the subscribers cannot be read"
        )
    return found
