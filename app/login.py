"""Who is looking: the person at a local keyboard, somebody who has logged in, or an anonymous viewer.

Roles live in the record's `people` table and are read anew at each action; a login only says who somebody is. Who logs
out ends that login everywhere: its cookie counts no more, whoever kept a copy.
"""

import os
from datetime import datetime
from pathlib import Path

import streamlit as st

from app.look import literal, words
from app.web.local_mode import LOCAL, LOCALHOST
from app.web.login_file import LOGIN_FILE
from forecasts import logins, people
from forecasts.people import ALLOWED, ANONYMOUS, LOCAL_OWNER, Action, Actor
from forecasts.store import Store


def actor(store: Store, root: Path) -> Actor:
    """Return who acts now, with the role they have now.

    Where a provider is configured: the person of the login's verified e-mail, a viewer when the record does not know
    it. Without one: the owner, where that was asked for and the server answers on localhost only; else a viewer.
    """
    if configured(root):
        return _of_login(store)
    return LOCAL_OWNER if _is_local() else ANONYMOUS


def may(actor: Actor, action: Action) -> bool:
    """Tell whether somebody may do something, so that a page offers only what will pass."""
    return action in ALLOWED[actor.role]


def configured(root: Path) -> bool:
    """Tell whether people can log in to the app of a home."""
    return (root / LOGIN_FILE).exists()


def _is_local() -> bool:
    return os.environ.get(LOCAL) == "1" and st.get_option("server.address") in LOCALHOST


def _of_login(store: Store) -> Actor:
    if not _is_logged_in(store):
        return ANONYMOUS
    email, verified = st.user.get("email"), st.user.get("email_verified", True)
    person = people.by_email(store, email) if isinstance(email, str) and verified is True else None
    return people.actor_for(store, person.id) if person else ANONYMOUS


def _is_logged_in(store: Store) -> bool:
    """Tell whether somebody has logged in, and has not logged out since, here or in another window."""
    login = _login()
    return bool(st.user.is_logged_in) and not (login and logins.has_ended(store, login))


def _login() -> str | None:
    """Return what stands for the login of this session, None where there is none or nothing tells it from others."""
    return logins.digest({claim: st.user.get(claim) for claim in logins.CLAIMS}) if st.user.is_logged_in else None


def who_may(action: Action, what: str, root: Path) -> str:
    """Return in words which roles an action needs and how to get one; `what` names it for a person, after "to"."""
    roles = ", ".join(role for role in people.GIVEN_ROLES if action in ALLOWED[role])
    return f"To {what} you need one of these roles: {roles}. {way_in(root)}"


def way_in(root: Path) -> str:
    """Return in words how to get a role."""
    if configured(root):
        return "Log in at the top of the page; an admin gives roles."
    return "This server has no login, and the person who runs it has not asked for a local one (`twixt app` does)."


def draw(found: Actor, root: Path, *, store: Store, now: datetime) -> None:
    """Draw who is logged in with the way in or out, and a role that has changed; nothing where nobody can log in."""
    if not configured(root):
        return
    _tell_a_change(found)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="login"):
        if not _is_logged_in(store):
            if st.button("Log in", key="log_in"):
                st.login()
            return
        name = st.user.get("name") or st.user.get("email") or "somebody"
        st.html(f'<span class="tx tx-small tx-muted">{words(name)} · {words(found.role)}</span>', width="content")
        if st.button("Log out", key="log_out"):
            _log_out(store, now)


def _log_out(store: Store, now: datetime) -> None:
    """End the login for every copy of its cookie; whatever comes of that, take the cookie out of this browser."""
    login = _login()
    try:
        if login is not None:
            logins.end(store, login, now=now)
    finally:
        st.logout()


def _tell_a_change(found: Actor) -> None:
    """Say once when a role was given or taken since this session last asked: a press may then have done nothing."""
    before = st.session_state.get("role_seen", found.role)
    st.session_state["role_seen"] = found.role
    if before == found.role:
        return
    lost = ALLOWED[before] - ALLOWED[found.role]
    told = "What needs the old role was not written just now." if lost else "It counts from now on."
    st.warning(literal(f"Your role was changed from {before} to {found.role}. {told}"))
