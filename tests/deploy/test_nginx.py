"""The proxy's file says what docs/hosting.md tells, passes web sockets on, and limits every address the app serves."""

import re
from pathlib import Path

import pytest

from app.web.limits import LARGEST_MESSAGE
from app.web.messages import AT_ONCE, PER_SECOND

ROOT = Path(__file__).resolve().parents[2]
FILE = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
BARE = re.sub(r"#.*", "", FILE)
HOSTING = " ".join((ROOT / "docs" / "hosting.md").read_text(encoding="utf-8").split())


def locations() -> dict[str, str]:
    """Return what stands in each location, by its address."""
    return {name.strip(): inside for name, inside in re.findall(r"location ([^{]+)\{([^}]*)\}", BARE)}


def test_braces_close_and_every_line_ends() -> None:
    assert BARE.count("{") == BARE.count("}")
    lines = [line.strip() for line in BARE.splitlines() if line.strip()]
    assert not [line for line in lines if line[-1] not in ";{}"]


@pytest.mark.parametrize("place", ["/", "= /_stcore/stream", "~ ^/(auth/|oauth2callback)"])
def test_every_address_of_the_app_is_limited(place: str) -> None:
    inside = locations()[place]
    (zone,) = re.findall(r"limit_req\s+zone=(\w+)", inside)
    assert f"zone={zone}:10m" in BARE
    assert "proxy_pass http://twixt;" in inside


def test_metrics_are_for_this_machine_only() -> None:
    assert re.findall(r"(allow|deny) (\S+);", locations()["= /metrics"]) == [
        ("allow", "127.0.0.1"),
        ("allow", "::1"),
        ("deny", "all"),
    ]


def test_web_sockets_pass_and_nobody_claims_an_address() -> None:
    stream = locations()["= /_stcore/stream"]
    assert 'proxy_set_header Connection "upgrade";' in stream
    assert "proxy_set_header Upgrade $http_upgrade;" in stream
    assert "X-Forwarded-For $remote_addr;" in BARE
    assert 'Forwarded "";' in BARE
    assert "proxy_add_x_forwarded_for" not in BARE
    assert "proxy_cookie_flags ~ secure;" in BARE
    assert not re.search(r"TLSv1(\.1)?[ ;]", BARE)


def test_the_page_tells_the_numbers_of_the_file_and_of_the_app() -> None:
    rates = dict(re.findall(r"zone=(\w+):10m\s+rate=(\S+);", BARE))
    assert rates == {"twixt_pages": "20r/s", "twixt_sockets": "1r/s", "twixt_logins": "10r/m"}
    (sockets,) = re.findall(r"limit_conn twixt_open (\d+);", BARE)
    assert f"| open connections | {sockets} |" in HOSTING
    assert "| 20 a second, 100 at once |" in HOSTING
    assert f"{PER_SECOND:g} a second, {AT_ONCE} at once" in HOSTING
    assert f"{sockets} sockets of {PER_SECOND:g} messages make {int(sockets) * PER_SECOND:g} a second" in HOSTING
    assert f"| one message | {LARGEST_MESSAGE // 10**6} MB;" in HOSTING
