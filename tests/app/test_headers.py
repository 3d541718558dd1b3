"""The headers of every answer: the policy allows what the pages need, and inline scripts by their hash only."""

import base64
import hashlib
from contextlib import suppress

import pytest

from app.web.headers import SafeHeaders, content_policy, inline_scripts


def test_only_the_given_inline_scripts_run():
    policy = content_policy(["x = 1"])
    wanted = base64.b64encode(hashlib.sha256(b"x = 1").digest()).decode()
    (scripts,) = [p for p in policy.split("; ") if p.startswith("script-src")]
    assert scripts == f"script-src 'self' 'sha256-{wanted}'"
    assert content_policy([]).count("script-src 'self';") == 1


@pytest.mark.parametrize("forbidden", ["unsafe-eval", "http:", "https:", "*", "script-src 'self' 'unsafe-inline'"])
def test_the_policy_names_nothing_from_outside(forbidden):
    assert forbidden not in content_policy(inline_scripts())


def test_the_installed_page_has_inline_scripts_that_are_found():
    assert inline_scripts()
    assert all(0 < len(s) < 500 for s in inline_scripts())


def answered(kind: str) -> list[dict]:
    """Return what an application behind the middleware sends for a request of a kind."""
    sent: list[dict] = []

    async def inner(scope, receive, send):
        start = "http.response.start" if scope["type"] == "http" else "websocket.accept"
        await send({"type": start, "status": 200, "headers": [(b"x-frame-options", b"SAMEORIGIN")]})

    async def keep(message):
        sent.append(message)

    with suppress(StopIteration):
        SafeHeaders(inner)({"type": kind}, None, keep).send(None)
    return sent


def test_an_answer_gets_each_header_once_and_a_socket_none():
    ((start),) = answered("http")
    names = [name for name, _ in start["headers"]]
    assert len(names) == len(set(names)) == 6
    assert dict(start["headers"])[b"x-frame-options"] == b"DENY"
    ((accept),) = answered("websocket")
    assert accept["headers"] == [(b"x-frame-options", b"SAMEORIGIN")]
