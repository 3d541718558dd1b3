"""The running server answers this machine only, keeps no files, and closes on a message that is too large."""

import http.client
from contextlib import closing
from email.message import Message
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.web.limits import LARGEST_MESSAGE
from tests.jobs import small_home

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(serve, tmp_path_factory) -> str:
    """Give host and port of a local server."""
    root = tmp_path_factory.mktemp("limits") / "home"
    small_home.open_home(root).store.close()
    return urlsplit(serve(root)).netloc


class Answer(NamedTuple):
    """What the server said."""

    status: int
    body: bytes
    headers: Message


def answer(place: str, method: str, path: str, *, body: bytes = b"", **headers: str) -> Answer:
    with closing(http.client.HTTPConnection(place, timeout=30)) as connection:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        found = connection.getresponse()
        return Answer(found.status, found.read(), found.headers)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"X_Forwarded_For": "192.0.2.7"}, {"Via": "1.1 proxy"}])
@pytest.mark.parametrize("path", ["/", "/question", "/_stcore/host-config"])
def test_a_foreign_name_and_a_proxy_are_answered_with_403(place, path: str, headers: dict[str, str]) -> None:
    assert answer(place, "GET", path).status == 200
    refused = answer(place, "GET", path, **headers)
    assert refused.status == 403
    assert b"its own keyboard only" in refused.body
    assert "default-src 'none'" in refused.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "GET"])
def test_no_file_is_taken(place, method: str) -> None:
    refused = answer(place, method, "/_stcore/upload_file/session/file", body=b"x" * 4096)
    assert (refused.status, refused.body) == (403, b"No page takes files.")


def test_a_web_socket_of_a_foreign_name_is_refused(place) -> None:
    for headers in ({"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}):
        with (
            pytest.raises(InvalidStatus) as caught,
            connect(f"ws://{place}/_stcore/stream", additional_headers=headers, origin=f"http://{place}"),
        ):
            pass
        assert caught.value.response.status_code == 403


def test_a_web_socket_of_another_site_is_refused(place) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://{place}/_stcore/stream", origin="http://evil.example"):
        pass


def test_a_message_that_is_too_large_ends_the_connection(place) -> None:
    with connect(f"ws://{place}/_stcore/stream", subprotocols=["streamlit"], origin=f"http://{place}") as socket:
        socket.send(b"\x00" * (LARGEST_MESSAGE + 1))
        with pytest.raises(ConnectionClosed) as caught:
            list(socket)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009
