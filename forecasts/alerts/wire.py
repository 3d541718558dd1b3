"""One POST, bounded on every side: checked addresses only, no redirect, no proxy, little time, little that is read."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, override

import httpcore

from forecasts.alerts.addresses import RefusedAddressError, resolved

SECONDS = 10.0
"""For the whole exchange, from the look-up to the end of the answer."""
MOST_READ = 4096
"""Bytes of the answer's body that are taken; nothing in them is used."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended, in words that never hold the address."""

    status: int | None
    """HTTP status; None where there was no answer."""
    words: str
    """`HTTP 204`, `timed out`, ..."""
    retry_after: int | None = None
    """Seconds that the receiver asks to be left alone."""
    refused: bool = False
    """The address may not be sent to."""

    @property
    def accepted(self) -> bool:
        """Whether the message has arrived."""
        return self.status is not None and 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool, seconds: float = SECONDS) -> Answer:
    """Send a body once and return how that ended; nothing that happens on the way is raised.

    `private` lets the address lie in this machine's own network.
    """
    backend = _Checked(monotonic() + seconds, private=private)
    given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    try:
        pool = httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=backend, retries=0)
        with pool, pool.stream("POST", url, headers=given, content=body) as response:
            _drain(response.iter_stream())
            return Answer(response.status, f"HTTP {response.status}", _retry_after(response.headers))
    except RefusedAddressError as error:
        return Answer(None, str(error), refused=True)
    except httpcore.TimeoutException:
        return Answer(None, f"no answer within {seconds:g} seconds")
    except httpcore.ConnectError as error:
        return Answer(None, "its certificate is not valid" if _is_of_certificate(error) else "cannot be reached")
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
        return Answer(None, "the connection broke off")


def _drain(parts: Iterable[bytes]) -> None:
    """Read the beginning of an answer's body, so that a receiver that waits for it to be read has its way."""
    read = 0
    for part in parts:
        read += len(part)
        if read >= MOST_READ:
            return


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    text = next((value.decode("latin-1") for name, value in headers if name.lower() == b"retry-after"), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _is_of_certificate(error: BaseException) -> bool:
    causes = [error, error.__cause__, error.__context__]
    return any(isinstance(cause, ssl.SSLError) or "CERTIFICATE" in str(cause) for cause in causes if cause)


class _Checked(httpcore.NetworkBackend):
    """Connects to addresses that were looked up and checked, and gives every step what is left of the time."""

    def __init__(self, until: float, *, private: bool) -> None:
        self._until = until
        self._private = private
        self._plain = httpcore.SyncBackend()

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in resolved(host, port, private=self._private):
            try:
                stream = self._plain.connect_tcp(address, port, _left(self._until), local_address, socket_options)
            except httpcore.ConnectError as error:
                failed = error
            else:
                return _Timed(stream, self._until)
        raise failed

    @override
    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("no sockets of this machine")


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends by one instant, so that a receiver who answers byte by byte holds nobody up."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner = inner
        self._until = until

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._until))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._until))

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, _left(self._until)), self._until)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left
