"""A server without a login has an owner only on localhost and when that was asked for; strangers never reach one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.web.local_mode import LocalModeError, check, host_name, is_from_here

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
def test_asked_for_on_localhost_there_is_an_owner(address: str) -> None:
    assert check({"TWIXT_LOCAL": "1"}, address=address, login=False)
    assert not check({"TWIXT_LOCAL": "1"}, address=address, login=True), "the login counts, whatever was asked for"
    assert not check({"TWIXT_LOCAL": ""}, address=address, login=False)
    assert not check({}, address=address, login=False), "it must be asked for"


@pytest.mark.parametrize(
    "address", [None, "", "0.0.0.0", "::", "127.0.0.2", "192.0.2.1", "localhost.example.org", "unix:///tmp/s"]
)
def test_elsewhere_it_is_refused_or_nobody_owns_it(address: str | None) -> None:
    with pytest.raises(LocalModeError, match=r"must be bound to localhost, 127\.0\.0\.1, ::1, not to "):
        check({"TWIXT_LOCAL": "1"}, address=address, login=False)
    assert not check({}, address=address, login=False), "read-only"
    assert not check({"TWIXT_LOCAL": "1"}, address=address, login=True)


@pytest.mark.parametrize("asked", ["true", "yes", "0", "11", "x" * 100])
def test_what_is_neither_1_nor_nothing_is_refused(asked: str) -> None:
    with pytest.raises(LocalModeError, match=r"TWIXT_LOCAL: '.{1,40}'; allowed: 1, or nothing"):
        check({"TWIXT_LOCAL": asked}, address="localhost", login=False)


def scope(host: str = "localhost:8501", client: str = "127.0.0.1", server: str = "127.0.0.1", **more: str) -> dict:
    headers = [(b"host", host.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in more.items())]
    return {"type": "http", "client": (client, 50_000), "server": (server, 8501), "headers": headers}


@pytest.mark.parametrize(
    ("found", "here"),
    [
        (scope(), True),
        (scope("127.0.0.1:8501"), True),
        (scope("LOCALHOST"), True),
        (scope("[::1]:8501", "::1", "::1"), True),
        (scope(client="::ffff:127.0.0.1", server="::ffff:127.0.0.1"), True),
        (scope("evil.example"), False),  # a name of somebody else's that leads here: DNS rebinding
        (scope("localhost.evil.example"), False),
        (scope("localhost@evil.example"), False),
        (scope(""), False),
        (scope(client="192.0.2.7"), False),
        (scope(server="192.0.2.1"), False),
        (scope(x_forwarded_for="192.0.2.7"), False),  # a proxy on this machine
        (scope(forwarded="for=192.0.2.7"), False),
        (scope(x_forwarded_host="board.example.org"), False),
        (scope(x_real_ip="192.0.2.7"), False),
        (scope(via="1.1 proxy"), False),
        (scope() | {"client": None}, False),
        (scope() | {"server": ("/tmp/socket", None)}, False),
        (scope() | {"headers": []}, False),
        (scope() | {"headers": [(b"host", b"localhost"), (b"host", b"evil.example")]}, False),
    ],
)
def test_only_this_machine_under_its_own_name_is_answered(found: dict, here: bool) -> None:
    assert is_from_here(found) is here


@pytest.mark.parametrize(
    ("host", "name"), [("[::1]:80", "::1"), ("[::1]", "::1"), ("A.B:80", "a.b"), ("x", "x"), ("[", ""), (":", "")]
)
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert host_name(host) == name


def start(home: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the real server and wait for it to refuse."""
    given = ["--server.headless=true", "--browser.serverAddress=localhost", "--server.port=0", *options]
    return subprocess.run(
        [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "web" / "asgi.py"), *given],
        env={**os.environ, "TWIXT_HOME": str(home), "TWIXT_DB": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.2"])
def test_the_real_server_does_not_start_where_others_could_reach_it(tmp_path: Path, address: str) -> None:
    ended = start(tmp_path, f"--server.address={address}", TWIXT_LOCAL="1")
    assert ended.returncode == 2
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("TWIXT_LOCAL: without a login whoever reaches the server could write")
    assert f"not to {address};" in line


def test_the_real_server_names_what_is_wrong_with_a_login_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "login.toml"
    path.write_text('cookie_secret = "hunter2"\n')
    path.chmod(0o600)
    ended = start(tmp_path, "--server.address=localhost", TWIXT_LOCAL="1")
    assert ended.returncode == 2
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("login.toml: client_id needs a text")
    assert "hunter2" not in line
