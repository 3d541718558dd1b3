"""The local mode: without a login the person at the keyboard owns the record, so nobody else may reach the server.

It must be asked for (`TWIXT_LOCAL=1`, which `twixt app` sets), the server must be bound to localhost, and each
connection must come from this machine under a name of this machine: neither a proxy in front nor a foreign name that
leads here (DNS rebinding) makes a stranger the owner.
"""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOCAL = "TWIXT_LOCAL"
"""Set to 1 by who starts a server for themselves: without a login the person at the keyboard may then write."""
LOCALHOST = ("localhost", "127.0.0.1", "::1")
"""Addresses at which a server may have an owner."""
PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""Headers of a request that somebody else has passed on."""
REFUSED = "This twixt answers the person at its own keyboard only: open http://localhost of that machine, not a proxy."


class LocalModeError(ValueError):
    """A server without a login was asked to have an owner where others could reach it."""


def check(environment: Mapping[str, str], *, address: str | None, login: bool) -> bool:
    """Tell whether a server that is about to start has an owner.

    Parameters
    ----------
    environment
        Holds `TWIXT_LOCAL` where the local mode was asked for.
    address
        What the server will be bound to; None when that is every address.
    login
        Whether people can log in: then the login counts, whatever was asked for.

    Raises
    ------
    LocalModeError
        When `TWIXT_LOCAL` is neither 1 nor empty, or 1 on a server that others could reach and cannot log in to.
    """
    asked = environment.get(LOCAL, "")
    if asked not in {"", "1"}:
        raise LocalModeError(f"{LOCAL}: {asked[:40]!r}; allowed: 1, or nothing")
    if login or not asked:
        return False
    if address not in LOCALHOST:
        raise LocalModeError(
            f"{LOCAL}: without a login whoever reaches the server could write, so it must be bound to "
            f"{', '.join(LOCALHOST)}, not to {address or 'every address'}; put a login.toml into the home, or unset it"
        )
    return True


class OnlyFromHere:
    """ASGI middleware that answers nobody but this machine, under its own name."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request of this machine on; answer any other with 403."""
        if scope["type"] not in {"http", "websocket"} or is_from_here(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)
        else:
            await WebSocketClose(code=1008, reason="not from this machine")(scope, receive, send)


def is_from_here(scope: Scope) -> bool:
    """Tell whether a connection runs within this machine, names it, and was not passed on by somebody else."""
    headers = Headers(scope=scope)
    ends = (scope.get("client"), scope.get("server"))
    if not all(end and _is_loopback(end[0]) for end in ends) or any(name in headers for name in PASSED_ON):
        return False
    return len(headers.getlist("host")) == 1 and host_name(headers["host"]) in LOCALHOST


def host_name(host: str) -> str:
    """Return the name in a `Host` header without port and brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
