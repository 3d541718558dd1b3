"""Which messages of a browser reach Streamlit, those that our pages send; and what it tells of the server's files.

Anybody who can open the page can speak to its web socket. Among what Streamlit does on such a message are things that
no reader of a board may ask for: to empty the caches of everybody, to tell the server's repository with its branch and
changed files, to run the script at each change of a file, to write files beside it. None of our pages asks for them.
And it tells every reader where its script lies; that path is cut down to the file's name.

A proxy counts connections and requests, not what is said within a web socket: each socket has a pace of its own here,
so that what one address may write is that pace times the connections that the proxy allows it (docs/hosting.md).
"""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

OURS = frozenset({"rerun_script", "stop_script", "app_heartbeat"})
"""To draw a page, to stop drawing it, and to keep the connection."""
OPERATION = "backend_operation_request"
OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})
"""To make a file when its button is pressed, and to read on in a long table."""

AT_ONCE = 100
"""Messages of one socket that are handed on without delay; nobody types so many within a moment."""
PER_SECOND = 10.0
"""Messages of one socket that are handed on in the long run."""

log = logging.getLogger("twixt.web")


@dataclass
class Pace:
    """How many messages a socket may still send at once."""

    left: float = AT_ONCE
    at: float = 0.0
    """When that was counted, in monotonic seconds."""

    def hold(self, now: float) -> float:
        """Count one message, and return for how many seconds it must wait."""
        self.left = min(AT_ONCE, self.left + (now - self.at) * PER_SECOND) - 1
        self.at = now
        return max(0.0, -self.left / PER_SECOND)


class OnlyOurMessages:
    """ASGI middleware that lets only the messages of our pages through a web socket, and no path of the script out."""

    def __init__(self, app: ASGIApp, *, script: Path) -> None:
        self.app, self.script = app, script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of a web socket, watch what a browser sends and what it is told."""
        if scope["type"] == "websocket":
            await self.app(scope, only_ours(receive), without_path(send, self.script))
        else:
            await self.app(scope, receive, send)


def only_ours(receive: Receive) -> Receive:
    """Return a `receive` that leaves out every message that no page of ours sends, and waits where too many come."""
    pace = Pace(at=monotonic())

    async def receive_ours() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            if wait := pace.hold(monotonic()):
                await asyncio.sleep(wait)
            if is_ours(message.get("bytes")):
                return message
            log.info("a message that no page sends was left out")

    return receive_ours


def is_ours(content: bytes | None) -> bool:
    """Tell whether a message is one of our pages; what is no message at all is Streamlit's to refuse."""
    try:
        message = BackMsg.FromString(content or b"")
    except DecodeError:
        return True
    kind = message.WhichOneof("type")
    if kind == OPERATION:
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind in OURS


def without_path(send: Send, script: Path) -> Send:
    """Return a `send` that tells of the script its name only."""
    path = str(script).encode()

    async def send_name(message: Message) -> None:
        if message["type"] == "websocket.send" and path in (message.get("bytes") or b""):
            told = ForwardMsg.FromString(message["bytes"])
            if told.WhichOneof("type") == "new_session":
                told.new_session.main_script_path = script.name
                message = dict(message) | {"bytes": told.SerializeToString()}
        await send(message)

    return send_name
