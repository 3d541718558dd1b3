"""Where a message may be sent: no address of this machine or its network, unless a subscriber was added with leave.

Names are looked up once for each attempt and the connection goes to what was checked, so that a name cannot point
elsewhere between the check and the call.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from forecasts.errors import RecordError, StoreError
from forecasts.forms import check_address

type Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
type LookUp = Callable[..., Sequence[tuple[Any, ...]]]
"""`socket.getaddrinfo`."""

LOOK_UP_SECONDS = 5.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class RefusedAddressError(StoreError):
    """An address that is not sent to; the message names the host, never the path."""


def host_of(url: str, *, private: bool) -> str:
    """Return the host (and port) of an address that can be subscribed; `private` lets it be plain http.

    Raises
    ------
    RecordError
        For anything but `https://host/...`; the message does not repeat the address, which may be a secret.
    """
    try:
        parts = urlsplit(check_address(url))
        port = parts.port
    except (TypeError, ValueError):
        raise RecordError("the address is none: https://host/... is needed") from None
    allowed = ("https", "http") if private else ("https",)
    if parts.scheme.lower() not in allowed or not parts.hostname:
        more = "" if private else "; http only together with leave for this machine's own network"
        raise RecordError(
            f"the address begins with {parts.scheme or 'nothing'!r:.20}: https://host/... is needed{more}"
        )
    _check_plain(parts)
    return parts.hostname if port in {None, 80, 443} else f"{parts.hostname}:{port}"


def _check_plain(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        raise RecordError("the address holds a user or password before its host; it is needed without")
    if parts.fragment:
        raise RecordError("the address has a part after #, which is never sent; it is needed without")
    if not parts.geturl().isascii():
        raise RecordError("the address holds other letters than ASCII; it is needed as it is sent, percent-encoded")


def resolved(host: str, port: int, *, private: bool, look_up: LookUp = socket.getaddrinfo) -> tuple[str, ...]:
    """Return the addresses of a host, as numbers, in the order to try them.

    Raises
    ------
    RefusedAddressError
        When it cannot be found in time, or any of its addresses is not public and `private` is not given.
    """
    found = tuple(dict.fromkeys(str(row[4][0]) for row in _in_time(look_up, host, port)))
    if not found:
        raise RefusedAddressError(f"{host}: has no address")
    for text in found:
        if not private and not is_public(ipaddress.ip_address(text.partition("%")[0])):
            raise RefusedAddressError(f"{host}: lies in this machine's own network, which is not sent to")
    return found


def _in_time(look_up: LookUp, host: str, port: int) -> Sequence[tuple[Any, ...]]:
    """Look a name up, for as long as is allowed: the system's look-up has no limit of its own."""
    found: list[Sequence[tuple[Any, ...]]] = []
    failed: list[Exception] = []

    def look() -> None:
        try:
            found.append(look_up(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(LOOK_UP_SECONDS)
    if failed or not found:
        raise RefusedAddressError(f"{host}: cannot be found{'' if failed else ' in time'}")
    return found[0]


def is_public(ip: Ip) -> bool:
    """Tell whether an address lies in the public network, also where it only wraps one of the older kind.

    Tunnels that wrap one otherwise (6to4, Teredo) are not public: nobody receives messages there any more.
    """
    inner = _inner(ip) if isinstance(ip, ipaddress.IPv6Address) else None
    if inner is not None:
        return is_public(inner)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped
