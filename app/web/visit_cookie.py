"""When somebody anonymous was last here: two cookies of this site, each an instant and nothing else.

`twixt_seen` is when a page was last opened, `twixt_since` when the visit before this one ended (`forecasts.visits`).
They tell nobody apart, scripts cannot read them, and no other site is sent them. Visits of people who are known are
kept in the database of the record.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forecasts.visits import Visit, seen

SEEN, SINCE = "twixt_seen", "twixt_since"
KEPT = timedelta(days=400)
"""As long as browsers keep any cookie."""
FORM = "%Y%m%dT%H%M%SZ"


def last_visit(cookies: Mapping[str, str], now: datetime) -> Visit | None:
    """Return the visit that cookies tell of, or None; what is no instant of the kept past is as good as absent."""
    seen_at, since = (instant(cookies.get(name, ""), now) for name in (SEEN, SINCE))
    return Visit(seen_at, since if since and since <= seen_at else None) if seen_at else None


def instant(text: str, now: datetime) -> datetime | None:
    """Return the instant of a cookie, or None where it is none or lies outside of what is kept."""
    try:
        found = datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except (ValueError, TypeError):
        return None
    return found if now - KEPT <= found <= now else None


class VisitCookie:
    """ASGI middleware that notes on each page that is opened when that was."""

    def __init__(self, app: ASGIApp, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; where it opens a page, its answer sets the cookies."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        page = scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get(b"accept", "")

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                now = self.clock().replace(microsecond=0)
                visit = seen(last_visit(cookie_parser(headers.get(b"cookie", "")), now), now)
                found = MutableHeaders(scope=message)
                for line in set_lines(visit, secure=scope.get("scheme") == "https"):
                    found.append("Set-Cookie", line)
            await send(message)

        await self.app(scope, receive, with_cookies if page else send)


def set_lines(visit: Visit, *, secure: bool) -> list[str]:
    """Return the values of the `Set-Cookie` headers of a visit."""
    rest = f"Max-Age={int(KEPT.total_seconds())}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
    pairs = ((SEEN, visit.seen_at), (SINCE, visit.since))
    return [f"{name}={value:{FORM}}; {rest}" for name, value in pairs if value]
