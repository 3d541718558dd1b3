"""A login ends when its person logs out: then no copy of its cookie does, nor a page left open; a forged one never."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import oidc_provider_mock
import pytest
from itsdangerous import URLSafeTimedSerializer

from forecasts import ledger, logins, people
from forecasts.people import LOCAL_OWNER
from forecasts.schema import ended_logins
from tests.browser.conftest import free_port
from tests.jobs import small_home
from tests.security.raw_socket import Drawn, RawClient, Widget, first_cookies, log_in, pressed, typed

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
EMAIL = "ada@example.org"
SECRET = "0123456789abcdef0123456789abcdef"
COOKIE = "_streamlit_user"


CLAIMS = {"iss": "https://id.example.org", "sub": "ada", "aud": "twixt", "iat": 1_780_000_000, "nonce": "n1"}


def test_each_login_has_a_digest_of_its_own() -> None:
    first = logins.digest(CLAIMS)
    assert first == logins.digest(CLAIMS | {"name": "Ada", "tokens": {}})
    others = [CLAIMS | {"iat": 1_780_000_001}, CLAIMS | {"nonce": "n2"}, CLAIMS | {"sub": "bob"}, CLAIMS | {"iss": "x"}]
    assert len({first, *map(logins.digest, others)}) == 5
    assert logins.digest({"sub": "ada", "iss": "x"}) is None, "the next login of the same person would be this one"


def test_a_login_that_was_ended_stays_so_until_no_cookie_of_it_can_be_valid(store) -> None:
    logins.end(store, "a", now=NOW)
    logins.end(store, "a", now=NOW + timedelta(days=1))
    assert (logins.has_ended(store, "a"), logins.has_ended(store, "b")) == (True, False)
    logins.end(store, "b", now=NOW + timedelta(days=34))
    assert logins.has_ended(store, "a")
    logins.end(store, "c", now=NOW + timedelta(days=36))
    assert not logins.has_ended(store, "a")
    assert logins.has_ended(store, "b")
    with store.reading() as connection:
        assert len(connection.execute(ended_logins.select()).all()) == 2


def test_no_cookie_outlives_what_is_kept_of_ended_logins() -> None:
    from streamlit.web.server.starlette import starlette_app_utils

    assert timedelta(days=starlette_app_utils._DEFAULT_SIGNED_VALUE_MAX_AGE_DAYS) < logins.KEPT


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[small_home.Home]:
    opened = small_home.open_home(tmp_path_factory.mktemp("replay") / "home")
    assert opened.refit().kind == "published"
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def place(serve, home) -> Iterator[str]:
    """Give host and port of a server that people log in to with a provider on this machine."""
    root, port = home.artefacts.root.parent, free_port()
    user = oidc_provider_mock.User(sub="ada", claims={"email": EMAIL, "email_verified": True, "name": "Ada"})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as provider:
        values = {
            "client_id": "twixt",
            "client_secret": "for this test only",
            "server_metadata_url": f"http://localhost:{provider.server_port}/.well-known/openid-configuration",
            "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": SECRET,
        }
        path = root / "login.toml"
        path.write_text("".join(f'{key} = "{value}"\n' for key, value in values.items()))
        path.chmod(0o600)
        yield urlsplit(serve(root, port=port)).netloc


@pytest.fixture(scope="module")
def ada(home) -> people.Person:
    return people.add(home.store, "Ada", actor=LOCAL_OWNER, now=small_home.NOW, email=EMAIL, role="forecaster")


PROBABILITY, SAVE = "Your chance", "Save"


def saves(client: RawClient, page: Drawn, text: str) -> Drawn:
    """Fill the form of one's own forecasts and press its button, with the widgets of a page that was drawn before."""
    field: Widget = next(w for w in page.widgets if w.kind == "text_input" and PROBABILITY in w.label)
    client.draw("my_forecasts", typed(field, text))
    return client.draw("my_forecasts", typed(field, text), pressed(page.button(SAVE)))


@pytest.mark.slow
def test_after_a_logout_neither_a_copied_cookie_nor_an_open_page_writes(place, home, ada) -> None:
    def rows() -> int:
        return ledger.tail(home.store, home.board.id).position

    cookies = log_in(place, "ada")
    with RawClient(place, cookies=cookies) as here, RawClient(place, cookies=cookies) as there:
        form = there.draw("my_forecasts")
        assert form.has("Log out")
        before = rows()
        saves(there, form, "40%")
        assert rows() == before + 1, "the same messages write while the login counts"
        page = here.draw("board")
        assert here.draw("board", pressed(page.button("Log out"))).redirect.endswith("/auth/logout")
        assert saves(there, form, "41%").has("Log in"), "a page that was left open elsewhere"
    with RawClient(place, cookies=cookies) as copied:
        assert saves(copied, form, "42%").has("Log in"), "a copy of the cookie"
    assert rows() == before + 1
    with RawClient(place, cookies=log_in(place, "ada")) as anew:
        saves(anew, form, "43%")
    assert rows() == before + 2, "who logs in again may write again"


@pytest.mark.slow
def test_a_role_that_was_taken_away_is_gone_for_a_page_and_a_cookie_from_before(place, home, ada) -> None:
    cookies = log_in(place, "ada")
    with RawClient(place, cookies=cookies) as client:
        form = client.draw("my_forecasts")
        before = ledger.tail(home.store, home.board.id)
        people.correct(home.store, replace(ada, role="viewer"), actor=LOCAL_OWNER)
        try:
            told = saves(client, form, "44%")
            with RawClient(place, cookies=cookies) as later:
                assert not saves(later, form, "45%").has(SAVE)
        finally:
            people.correct(home.store, replace(ada, role="forecaster"), actor=LOCAL_OWNER)
        assert not told.has(SAVE)
        assert ledger.tail(home.store, home.board.id) == before


def signed(secret: str, value: Mapping[str, object]) -> str:
    return str(URLSafeTimedSerializer(secret, salt=COOKIE).dumps(json.dumps(value)))


@pytest.mark.slow
def test_a_forged_cookie_is_nobodys(place, home, ada) -> None:
    said = CLAIMS | {"email": EMAIL, "email_verified": True, "is_logged_in": True, "origin": f"http://{place}"}
    true = first_cookies(place)
    forged = {
        "signed with another secret": true | {COOKIE: signed("f" * 32, said)},
        "not signed": true | {COOKIE: json.dumps(said).replace('"', "'")},
        "cut": true | {COOKIE: signed(SECRET, said)[:-3]},
        "of another site": true | {COOKIE: signed(SECRET, said | {"origin": "https://evil.example"})},
        "without the token of the page": {COOKIE: signed(SECRET, said)},
    }
    for name, cookies in forged.items():
        with RawClient(place, cookies=cookies) as client:
            assert client.draw("runs").has("Log in"), name
    with RawClient(place, cookies=true | {COOKIE: signed(SECRET, said)}) as client:
        assert client.draw("runs").has("Log out"), "the secret is what counts: whoever has it is everybody"


@pytest.mark.slow
def test_a_session_is_not_taken_over_by_its_name(place, home, ada) -> None:
    cookies = log_in(place, "ada")
    with RawClient(place, cookies=cookies) as owner:
        owner.draw("runs")
        with RawClient(place, cookies=first_cookies(place), session=owner.session) as stranger:
            assert stranger.draw("runs").has("Log in")
            assert stranger.session != owner.session
        assert owner.draw("runs").has("Log out")
    with RawClient(place, session=owner.session) as stranger:
        assert stranger.draw("runs").has("Log in"), "nor after its person has gone"
