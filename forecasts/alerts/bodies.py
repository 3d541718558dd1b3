"""What a message says: one document for programs, and a text for chats that read Slack's. Pure.

The document has the shape that Standard Webhooks asks for: `type`, `timestamp`, `data`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from forecasts.alerts.news import Event, Told
from forecasts.alerts.standing import Standing
from forecasts.forms import canonical
from forecasts.instants import to_text

type BodyKind = Literal["webhook", "slack"]

KINDS: tuple[str, ...] = ("webhook", "slack")
TYPE = "twixt.board.news"
LONGEST = 300
"""Characters of one line of a chat's text."""
MOST_LINES = 30


def document(now: Standing, events: Sequence[Event]) -> dict[str, Any]:
    """Return events as the document that is kept in the outbox and sent to programs: plain JSON values."""
    shown = now.shown
    return {
        "type": TYPE,
        "timestamp": to_text(now.at),
        "data": {
            "board": now.board.id,
            "title": now.board.title,
            "snapshot": shown.id if shown else None,
            "as_of": to_text(shown.as_of) if shown else None,
            "known_through": shown.known_through.isoformat() if shown else None,
            "events": [{**asdict(event), "details": dict(event.details)} for event in events],
        },
    }


def test_document(board: str, title: str, at: str) -> dict[str, Any]:
    """Return the document of a message that only tries whether messages arrive; `at` is an instant as text."""
    event = asdict(Event("test", "test", f"{title}: a test; messages arrive here.", ""))
    return {"type": TYPE, "timestamp": at, "data": {"board": board, "title": title, "events": [event]}}


def told(found: Mapping[str, Any]) -> dict[str, Told]:
    """Return topic -> what is known of it once a document has been read."""
    return {event["topic"]: event["told"] for event in found["data"]["events"] if event["kind"] != "test"}


def payload(found: Mapping[str, Any], kind: str) -> bytes:
    """Return the bytes that are sent: the document itself, or `{"text": ...}` for a chat."""
    body = {"text": _text(found)} if kind == "slack" else found
    return canonical(body).encode("utf-8")


def _text(found: Mapping[str, Any]) -> str:
    data = found["data"]
    known = f", known through {data['known_through']}" if data.get("known_through") else ""
    lines = [f"*{_plain(data['title'])}* ({data['board']}{known})"]
    lines += [f"• {_plain(event['text'])}" for event in data["events"][:MOST_LINES]]
    rest = len(data["events"]) - MOST_LINES
    return "\n".join([*lines, *([f"and {rest} more"] if rest > 0 else [])])


def _plain(text: str) -> str:
    """Return words that stay words in a chat: its three signs escaped, no line breaks, no marks of its own."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        line = line.replace(sign, escaped)
    return line.translate(_MARKS)


_MARKS = str.maketrans({c: f"\N{WORD JOINER}{c}" for c in "*_~`@"})
