"""Who may write: the owner of a local server, people by the role they have now, and nobody else."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from app import login
from app.web import login_file
from app.web.login_file import LoginFileError
from forecasts import people
from forecasts.people import ANONYMOUS, LOCAL_OWNER
from forecasts.store import open_store

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
GOOD = {
    "client_id": "twixt",
    "client_secret": "not a secret at all",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
    "redirect_uri": "https://board.example.org/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}") as opened:
        yield opened


class User(dict):
    """What Streamlit tells of a login."""

    is_logged_in = True


def seen_as(monkeypatch, store, root, **user):
    monkeypatch.setattr(login.st, "user", User(user) if user else SimpleNamespace(is_logged_in=False))
    return login.actor(store, root)


@pytest.mark.parametrize(
    ("asked", "address", "expected"),
    [
        ("1", "localhost", LOCAL_OWNER),
        ("1", "127.0.0.1", LOCAL_OWNER),
        ("1", "::1", LOCAL_OWNER),
        ("1", "0.0.0.0", ANONYMOUS),
        ("1", None, ANONYMOUS),
        ("1", "localhost.example.org", ANONYMOUS),
        ("", "localhost", ANONYMOUS),
        ("true", "localhost", ANONYMOUS),
        (None, "localhost", ANONYMOUS),
    ],
)
def test_without_a_login_only_an_asked_for_local_server_has_an_owner(
    monkeypatch, store, tmp_path, *, asked, address, expected
):
    monkeypatch.delenv("TWIXT_LOCAL", raising=False)
    if asked is not None:
        monkeypatch.setenv("TWIXT_LOCAL", asked)
    monkeypatch.setattr(login.st, "get_option", lambda _: address)
    assert login.actor(store, tmp_path) == expected


def test_a_login_has_the_role_that_the_record_gives_now(monkeypatch, store, tmp_path):
    (tmp_path / "login.toml").write_text("")
    monkeypatch.setenv("TWIXT_LOCAL", "1")
    monkeypatch.setattr(login.st, "get_option", lambda _: "localhost")
    ada = people.add(store, "Ada", actor=LOCAL_OWNER, now=NOW, email="ada@example.org", role="forecaster")
    assert seen_as(monkeypatch, store, tmp_path) == ANONYMOUS, "asking for a local server does not outdo a login"
    as_ada = {"email": "Ada@Example.org", "email_verified": True}
    assert seen_as(monkeypatch, store, tmp_path, **as_ada) == people.Actor(ada.id, "forecaster")
    people.correct(store, replace(ada, role="viewer"), actor=LOCAL_OWNER)
    assert seen_as(monkeypatch, store, tmp_path, **as_ada).role == "viewer"
    people.erase(store, ada.id, actor=LOCAL_OWNER, now=NOW)
    assert seen_as(monkeypatch, store, tmp_path, **as_ada) == ANONYMOUS


@pytest.mark.parametrize(
    "user",
    [
        {"email": "stranger@example.org", "email_verified": True},
        {"email": "ada@example.org", "email_verified": False},
        {"email": "ada@example.org", "email_verified": "true"},
        {"email": None},
        {"email": ["ada@example.org"]},
        {"name": "Ada"},
    ],
)
def test_strangers_and_unverified_addresses_are_viewers(monkeypatch, store, tmp_path, user):
    (tmp_path / "login.toml").write_text("")
    people.add(store, "Ada", actor=LOCAL_OWNER, now=NOW, email="ada@example.org", role="admin")
    assert seen_as(monkeypatch, store, tmp_path, **user) == ANONYMOUS


def written(tmp_path, mode=0o600, **changes):
    path = tmp_path / "login.toml"
    values = {k: v for k, v in (GOOD | changes).items() if v is not None}
    path.write_text("".join(f'{k} = "{v}"\n' if isinstance(v, str) else f"{k} = {v}\n" for k, v in values.items()))
    path.chmod(mode)
    return path


def test_a_good_file_becomes_the_secrets_of_a_login(tmp_path):
    assert login_file.read(written(tmp_path)) == {"auth": GOOD}
    assert login_file.read(tmp_path / "none.toml") == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mode": 0o644}, "its mode is 644, so that others may read it; `chmod 600` it"),
        ({"client_id": None}, "client_id needs a text; allowed: client_id, client_secret"),
        ({"client_secret": ""}, "client_secret needs a text"),
        ({"client_id": 5}, "client_id needs a text"),
        ({"admins": "me"}, "'admins' is unknown; allowed: client_id"),
        ({"server_metadata_url": "http://id.example.org/x"}, "server_metadata_url must be an https address"),
        ({"server_metadata_url": "javascript:alert(1)"}, "server_metadata_url must be an https address"),
        (
            {"server_metadata_url": "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"},
            "server_metadata_url lets every tenant in",
        ),
        ({"redirect_uri": "https://board.example.org/"}, "redirect_uri must end with /oauth2callback"),
        ({"cookie_secret": "short"}, "cookie_secret needs at least 32 random characters"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_without_its_secrets(tmp_path, changes, said):
    with pytest.raises(LoginFileError) as caught:
        login_file.read(written(tmp_path, **changes))
    assert said in str(caught.value)
    assert "not a secret" not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


def test_http_is_allowed_on_this_machine_only(tmp_path):
    local = {"server_metadata_url": "http://127.0.0.1:9400/x", "redirect_uri": "http://localhost:8501/oauth2callback"}
    assert login_file.read(written(tmp_path, **local))["auth"]["redirect_uri"] == local["redirect_uri"]


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = written(tmp_path)
    path.write_text("client_id = ")
    with pytest.raises(LoginFileError, match=r"login\.toml: no TOML"):
        login_file.read(path)
