"""The cookies of a visit: instants only, set where a page is opened, and read back without trust."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from app.web import visit_cookie
from app.web.visit_cookie import VisitCookie, last_visit
from forecasts.visits import Visit

NOW = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)
PAGE = {"type": "http", "method": "GET", "scheme": "http"}


def cookies_set(*, cookie: str = "", accept: str = "text/html,*/*;q=0.8", status: int = 200, **scope) -> list[str]:
    """Return the `Set-Cookie` lines of the answer to a request."""
    sent: list[dict] = []

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def keep(message):
        sent.append(message)

    headers = [(b"accept", accept.encode()), *([(b"cookie", cookie.encode())] if cookie else [])]
    with suppress(StopIteration):
        VisitCookie(inner, clock=lambda: NOW)(PAGE | {"headers": headers} | scope, None, keep).send(None)
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_first_visit_sets_an_instant_and_nothing_else():
    (line,) = cookies_set()
    value, *rest = line.split("; ")
    assert value == "twixt_seen=20260720T093000Z"
    assert set(rest) == {"Max-Age=34560000", "Path=/", "HttpOnly", "SameSite=Lax"}
    (line,) = cookies_set(scheme="https")
    assert line.endswith("; Secure")


# cookies that came with the request -> cookies that are set
VISITS = [
    ("twixt_seen=20260719T080000Z", ["twixt_seen=20260720T093000Z", "twixt_since=20260719T080000Z"]),
    (
        "twixt_seen=20260720T092000Z; twixt_since=20260719T080000Z",
        ["twixt_seen=20260720T093000Z", "twixt_since=20260719T080000Z"],
    ),
    (
        "x=1; twixt_seen=20260720T080000Z; twixt_since=20260719T080000Z",
        ["twixt_seen=20260720T093000Z", "twixt_since=20260720T080000Z"],
    ),
    ("twixt_seen=20270101T000000Z", ["twixt_seen=20260720T093000Z"]),
    ("twixt_seen=20200101T000000Z", ["twixt_seen=20260720T093000Z"]),
    ("twixt_seen=<script>alert(1)</script>", ["twixt_seen=20260720T093000Z"]),
    ("twixt_seen=" + "9" * 4000, ["twixt_seen=20260720T093000Z"]),
    ("twixt_since=20260719T080000Z", ["twixt_seen=20260720T093000Z"]),
]


@pytest.mark.parametrize(("cookie", "wanted"), VISITS)
def test_a_visit_goes_on_or_a_new_one_begins(cookie, wanted):
    assert [line.split(";")[0] for line in cookies_set(cookie=cookie)] == wanted


def test_only_a_page_that_is_opened_counts():
    assert cookies_set(accept="*/*") == []
    assert cookies_set(method="POST") == []
    assert cookies_set(status=404) == []
    assert cookies_set(status=304) != [], "a page that the browser still has was opened too"
    assert cookies_set(type="websocket") == []


def test_what_is_set_is_read_back():
    visit = Visit(NOW, NOW - timedelta(days=3))
    values = dict(line.split(";")[0].split("=") for line in visit_cookie.set_lines(visit, secure=False))
    assert last_visit(values, NOW) == visit
    assert all(re.fullmatch(r"\d{8}T\d{6}Z", v) for v in values.values())
    assert last_visit(values | {"twixt_since": "20260720T093001Z"}, NOW + timedelta(days=1)) == Visit(NOW, None)
    assert last_visit({}, NOW) is None
