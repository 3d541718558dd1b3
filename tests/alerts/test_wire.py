"""What goes over the wire: to checked addresses only, within its time, signed, never anywhere else."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from forecasts.alerts import addresses, wire
from forecasts.alerts.addresses import RefusedAddressError, host_of, is_public, resolved
from forecasts.errors import RecordError
from tests.alerts.scene import SECRET

HEADERS = {"content-type": "application/json"}
NOT_PUBLIC = (
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "2001:db8::1",
)


def looks_up(*found: str):
    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    return look_up


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_no_address_of_this_machines_network_is_public(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip))
    with pytest.raises(RefusedAddressError, match="own network"):
        resolved("name.example.org", 443, private=False, look_up=looks_up("93.184.215.14", ip))
    assert resolved("name.example.org", 443, private=True, look_up=looks_up(ip)) == (ip,)


@pytest.mark.parametrize("ip", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_addresses_of_the_public_network_are(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_never_public(ip) -> None:
    if ip.is_private or ip.is_loopback or ip.is_link_local:
        inner = getattr(ip, "ipv4_mapped", None)
        assert not is_public(ip) or (inner is not None and inner.is_global)


@pytest.mark.parametrize("name", ["localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "0"])
def test_names_and_odd_writings_of_this_machine_are_not_sent_to(name: str, receiver) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    answer = wire.post(f"http://{name}:{port}/", b"{}", HEADERS, private=False)
    assert answer.refused
    assert not answer.accepted
    assert receiver.got == []


def test_a_name_that_changes_between_check_and_call_is_of_no_use(monkeypatch, receiver) -> None:
    """The connection goes to what was looked up and checked; nobody looks the name up a second time."""
    asked, connected = [], []

    def look_up(host, port, **_):
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14" if len(asked) == 1 else "127.0.0.1", port))
        ]

    def connect(_self, host, *_rest):
        connected.append(host)
        raise httpcore.ConnectError("unplugged")

    monkeypatch.setattr(addresses.resolved, "__kwdefaults__", {"look_up": look_up})
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    answer = wire.post("https://rebinding.example.org/", b"{}", HEADERS, private=False)
    assert (answer.words, asked, connected) == ("cannot be reached", ["rebinding.example.org"], ["93.184.215.14"])


def test_a_message_arrives_signed(receiver) -> None:
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, "{}"),
    }
    answer = wire.post(receiver.url, b"{}", HEADERS | headers, private=True)
    assert answer.accepted
    ((got, body),) = receiver.got
    assert Webhook(SECRET).verify(body, got) == {}
    assert got["host"] == receiver.url.split("/")[2]


def test_a_redirect_is_not_followed(receiver) -> None:
    receiver.answers = [(302, {"location": receiver.url}), (307, {"location": "http://169.254.169.254/"})]
    for status in (302, 307):
        answer = wire.post(receiver.url, b"{}", HEADERS, private=True)
        assert (answer.status, answer.accepted) == (status, False)
    assert len(receiver.got) == 2


def test_no_proxy_of_the_environment_is_used(receiver, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert wire.post(receiver.url, b"{}", HEADERS, private=True).accepted


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), ("-3", None), ("soon", None), ("9" * 30, None)])
def test_how_long_to_wait_is_read_strictly(receiver, said: str, seconds: int | None) -> None:
    receiver.answers = [(503, {"retry-after": said})]
    assert wire.post(receiver.url, b"{}", HEADERS, private=True).retry_after == seconds


def test_who_answers_byte_by_byte_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def trickle() -> None:
            with listening.accept()[0] as one:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
                        one.send(bytes([byte]))
                        time.sleep(0.02)
                except OSError:
                    return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        answer = wire.post(f"http://127.0.0.1:{port}/", b"{}", HEADERS, private=True, seconds=0.3)
        assert answer.words == "no answer within 0.3 seconds"
        thread.join(5)
        assert not thread.is_alive()


def test_an_answer_without_an_end_is_read_no_further_than_needed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sent = []

        def flood() -> None:
            with listening.accept()[0] as one:
                one.recv(65536)
                one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
                try:
                    while len(sent) < 100_000:
                        sent.append(one.send(b"x" * 65536))
                except OSError:
                    return

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        answer = wire.post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", HEADERS, private=True, seconds=5)
        thread.join(5)
        assert answer.accepted
        assert sum(sent) < 64 * 2**20


def test_a_certificate_that_is_not_valid_is_not_talked_to(tmp_path) -> None:
    from tests.alerts.certificate import self_signed

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        got = []

        def serve() -> None:
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as one:
                    got.append(one.recv(100))
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        answer = wire.post(f"https://127.0.0.1:{listening.getsockname()[1]}/", b"{}", HEADERS, private=True)
        thread.join(5)
    assert answer.words == "its certificate is not valid"
    assert b"POST" not in b"".join(got)


def test_nobody_there_is_said_without_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    answer = wire.post(f"http://127.0.0.1:{port}/secret", b"{}", HEADERS, private=True)
    assert answer.words == "cannot be reached"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "begins with 'nothing'"),
        ("hooks.example.org", "is none"),
        ("http://hooks.example.org/topsecret", "http only together with leave"),
        ("ftp://hooks.example.org/topsecret", "is none"),
        ("https://me:topsecret@hooks.example.org/", "a user or password"),
        ("https://hooks.example.org/#topsecret", "a part after #"),
        ("https://hooks.example.org:99999/topsecret", "is none"),
        ("https://[topsecret/", "is none"),
        ("https://hooks.example.org/töpsecret", "percent-encoded"),
        ("javascript:topsecret", "is none"),
        ("https://hooks.example.org/top secret", "is none"),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        host_of(url, private=False)
    assert "secret" not in str(caught.value)


def test_only_the_host_of_an_address_is_kept_to_be_shown() -> None:
    assert host_of("https://hooks.example.org/services/T0/B0/topsecret?x=1", private=False) == "hooks.example.org"
    assert host_of("https://hooks.example.org:8443/x", private=False) == "hooks.example.org:8443"
    assert host_of("http://127.0.0.1:9/x", private=True) == "127.0.0.1:9"
