"""How much a browser may send and ask for: messages of a bounded size, no files, no address that only costs work.

Streamlit's own limits stand behind these (`.streamlit/config.toml`). How often somebody may ask is the proxy's to say.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_MESSAGE = 1_000_000
"""Bytes of one message of a page to the server: all that is typed in, several times over."""
UPLOADS = "/_stcore/upload_file"
"""Where Streamlit would keep files in memory for anybody with a session."""
CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/")
"""Where Streamlit would weigh its caches, run the script or be driven by a program, for anybody who asks."""


class Limits:
    """ASGI middleware that closes addresses that no page needs, and a connection whose message is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its address is closed; watch how much a page sends."""
        if scope["type"] == "http" and UPLOADS in scope["path"]:
            await PlainTextResponse("No page takes files.", status_code=403)(scope, receive, send)
        elif scope["type"] == "http" and any(closed in scope["path"] for closed in CLOSED):
            await PlainTextResponse("Not served.", status_code=403)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(scope, bounded(receive, send), send)
        else:
            await self.app(scope, receive, send)


def bounded(receive: Receive, send: Send) -> Receive:
    """Return a `receive` that ends the connection (1009) instead of handing on a message above the limit."""

    async def receive_bounded() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive" or size(message) <= LARGEST_MESSAGE:
            return message
        await send({"type": "websocket.close", "code": 1009, "reason": "message too large"})
        return {"type": "websocket.disconnect", "code": 1009}

    return receive_bounded


def size(message: Message) -> int:
    """Return how many bytes (or characters, of a text) a message holds."""
    return max(len(message.get("bytes") or b""), len(message.get("text") or ""))
