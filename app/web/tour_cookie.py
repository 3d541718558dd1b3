"""Whether somebody has closed the tour of a first visit: one cookie of this site that holds one word.

The link that closes it opens the page anew with `?tour=done`; the answer to that sets the cookie. No script is needed,
nobody is told apart, and no other site is sent it.
"""

from datetime import timedelta
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME, DONE, PARAMETER = "twixt_tour", "done", "tour"
KEPT = timedelta(days=400)
"""As long as browsers keep any cookie."""


class TourCookie:
    """ASGI middleware that remembers that the tour was closed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; where its address closes the tour, its answer sets the cookie."""
        closing = scope["type"] == "http" and scope["method"] == "GET" and closes(scope.get("query_string", b""))

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                secure = "; Secure" if scope.get("scheme") == "https" else ""
                rest = f"Max-Age={int(KEPT.total_seconds())}; Path=/; HttpOnly; SameSite=Lax{secure}"
                MutableHeaders(scope=message).append("Set-Cookie", f"{NAME}={DONE}; {rest}")
            await send(message)

        await self.app(scope, receive, with_cookie if closing else send)


def closes(query: bytes) -> bool:
    """Tell whether the query of an address closes the tour; what cannot be read does not."""
    try:
        return parse_qs(query.decode("ascii"), max_num_fields=50).get(PARAMETER) == [DONE]
    except ValueError:
        return False
