"""A loopback proxy before a PostgreSQL server: it counts what clients send, and can cut or reset every connection."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import sqlalchemy as sa

from tests.faults.servers import socket_of

type Sent = Callable[[int, Literal["before", "after"], bytes], None]
"""Called around the passing on of what a client sent, with its number and content."""

_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards connections to the server of a URL until it is told to cut them."""

    def __init__(self, url: str, *, sent: Sent | None = None, host: str = "127.0.0.1") -> None:
        self._target, self._address = socket_of(url), sa.make_url(url)
        self._sent = sent or (lambda _number, _when, _data: None)
        self._open: set[socket.socket] = set()
        self._down = False
        self.count = 0
        """How many pieces clients have sent."""
        self._listener = socket.create_server((host, 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """URL of the same database through this proxy."""
        host, port = self._listener.getsockname()
        address = self._address.set(host=host, port=port, query={})
        return address.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Reset every connection, and every new one at once."""
        self._down = True
        for one in list(self._open):
            self._reset(one)

    def mend(self) -> None:
        """Let new connections through again."""
        self._down = False

    def close(self) -> None:
        """Cut everything and listen no more."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                self._reset(client)
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._target)
            except OSError:
                server.close()
                self._reset(client)
                continue
            self._open |= {client, server}
            for one, other, counted in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(one, other, counted), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if counted:
                    self.count += 1
                    number = self.count
                    self._sent(number, "before", data)
                if self._down:
                    break
                other.sendall(data)
                if counted:
                    self._sent(number, "after", data)
        for end in (one, other):
            self._open.discard(end)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _reset(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            if one.family == socket.AF_INET:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def before(url: str, *, sent: Sent | None = None, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Give a proxy before the server of a URL."""
    proxy = Proxy(url, sent=sent, host=host)
    try:
        yield proxy
    finally:
        proxy.close()
