"""The audit of the locked packages, by the real tool against a service on this machine that knows of one weakness."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from scripts.audit import FOUND, LOCKS, NOT_ASKED, audit, loose
from tests.browser.conftest import free_port

HASH = "--hash=sha256:" + "a" * 64
LOCK = f"# by hand\nsound==1.0 \\\n    {HASH}\n    # via twixt\nweak==2.0 ; python_version >= '3' \\\n    {HASH}\n"
KNOWN = {
    "id": "OSV-TEST-1",
    "summary": "It opens the door.",
    "affected": [
        {
            "package": {"name": "weak", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1"}]}],
        }
    ],
}


class Service(BaseHTTPRequestHandler):
    """Answers as https://api.osv.dev/v1/query does."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = asked["package"]["name"]
        self.server.asked.append((name, asked["version"]))
        body = json.dumps({"vulns": [KNOWN]} if name == "weak" else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.asked = []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def lock(folder: Path, text: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text(text)
    return path


def test_a_known_weakness_is_named_with_the_version_that_mends_it(service, tmp_path, capsys) -> None:
    url = f"http://127.0.0.1:{service.server_port}/v1/query"
    assert audit([lock(tmp_path, LOCK)], url, strict=False) == FOUND
    assert capsys.readouterr().out == "weak 2.0: OSV-TEST-1; mended in 2.1\n"
    assert sorted(service.asked) == [("sound", "1.0"), ("weak", "2.0")], "names and versions, nothing else"


def test_where_nobody_can_be_asked_that_is_said(tmp_path, capsys) -> None:
    url, path = f"http://127.0.0.1:{free_port()}/v1/query", lock(tmp_path, LOCK)
    assert (audit([path], url, strict=False), audit([path], url, strict=True)) == (0, NOT_ASKED)
    assert capsys.readouterr().out.count("not audited: 127.0.0.1 gave no answer") == 2


@pytest.mark.parametrize("text", [f"x>=1 {HASH}\n", "x==1\n", f"git+https://h/x {HASH}\n", f"./x {HASH}\n"])
def test_what_is_not_pinned_with_a_hash_fails_without_asking(tmp_path, capsys, text: str) -> None:
    assert audit([lock(tmp_path, LOCK + text)], "http://127.0.0.1:9/", strict=False) == FOUND
    assert "is not pinned with a hash (1 in all)" in capsys.readouterr().out


def names(path: Path) -> set[str]:
    return set(re.findall(r"^([a-zA-Z0-9._-]+)(?:\[.*\])?==", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_package_that_is_installed_anywhere_is_audited() -> None:
    root = LOCKS[0].parent
    audited = set().union(*map(names, LOCKS))
    everywhere = set().union(*map(names, root.glob("requirements*.txt")))
    assert len(everywhere) > 100
    assert audited == everywhere
    assert [loose(path.read_text(encoding="utf-8")) for path in LOCKS] == [[]] * len(LOCKS)
