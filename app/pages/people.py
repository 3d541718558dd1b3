"""People: who they are, how they log in and what they may do; added, changed and erased by admins."""

from collections.abc import Sequence

import streamlit as st

from app import data, frame, login, marks, roles_data
from app.look import literal, words
from app.spec import spoken_day
from forecasts.people import ALLOWED, GIVEN_ROLES, WORDS, Person, Role

NAME_LIMIT, EMAIL_LIMIT = 200, 320
"""Characters."""
ROLE_WORDS: dict[Role, str] = {
    "viewer": "viewer: looks at everything",
    "forecaster": "forecaster: enters what is known and what they believe",
    "admin": "admin: also judges outcomes, changes boards and gives roles",
}


def render() -> None:
    """Draw the page."""
    st.title("People", anchor=False)
    if not frame.allowed("people", "see people and give roles"):
        return
    _done()
    st.html(
        '<p class="tx tx-lead">Who may do what, on all boards. A role counts from a person’s next action on, also in a '
        "page that is open already. Everybody else only looks.</p>"
    )
    found = roles_data.everyone()
    _listed(found)
    left, right = st.columns(2, gap="large")
    with left:
        _add()
    with right:
        _change_or_erase(found)
    st.header("What each role may", anchor=False)
    st.html(roles_table())


def _listed(found: Sequence[Person]) -> None:
    if not login.configured(data.home().root):
        frame.note("Nobody can log in yet: a login.toml in the home names who vouches for people (docs/login.md).")
    if not found:
        frame.note("Nobody is in the record yet.")
        return
    if not any(p.role == "admin" for p in found):
        st.html(marks.tags([("warn", "Nobody is an admin: only the owner of the files can give roles.")]))
    st.html(people_table(found, me=data.actor().id))


def people_table(found: Sequence[Person], *, me: str) -> str:
    """Return people as a table: name, e-mail, role, day added, id."""
    rows = [
        [
            f"<b>{words(p.name)}</b>{' (you)' if p.id == me else ''}",
            words(p.email or "cannot log in"),
            words(p.role),
            words(spoken_day(p.added_at.date())),
            f"<code>{words(p.id)}</code>",
        ]
        for p in found
    ]
    return marks.table(["Name", "Logs in as", "Role", "Added", "Id in the record"], rows)


def roles_table() -> str:
    """Return who may do what: one row for each action that a person can have."""
    given = [a for a in WORDS if any(a in ALLOWED[r] for r in GIVEN_ROLES)]
    rows = [[words(WORDS[a]), *("yes" if a in ALLOWED[r] else "–" for r in GIVEN_ROLES)] for a in given]
    return marks.table(["May", *(r.capitalize() for r in GIVEN_ROLES)], rows, stack=False)


def _add() -> None:
    st.header("Add somebody", anchor=False)
    name = st.text_input("Name", key=_key("name"), max_chars=NAME_LIMIT)
    email = st.text_input(
        "E-mail",
        key=_key("email"),
        max_chars=EMAIL_LIMIT,
        placeholder="name@example.org",
        help="The verified address that the login tells. Without one they cannot log in.",
    )
    role = st.selectbox("Role", GIVEN_ROLES, index=1, format_func=ROLE_WORDS.__getitem__, key=_key("role"))
    if st.button("Add", type="primary", key=_key("add")):
        _end(roles_data.add(name, email=email, role=role), f"{name.strip()} is added as {role}.")


def _change_or_erase(found: Sequence[Person]) -> None:
    st.header("Change or erase", anchor=False)
    person = st.selectbox("Who", found, index=None, format_func=_called, key=_key("who"), placeholder="Choose a person")
    if person is not None:
        _change(person)
        with st.expander("Erase this person"):
            _erase(person)


def _change(person: Person) -> None:
    name = st.text_input("Their name", person.name, key=_key(f"name_{person.id}"), max_chars=NAME_LIMIT)
    email = st.text_input("Their e-mail", person.email or "", key=_key(f"email_{person.id}"), max_chars=EMAIL_LIMIT)
    role = st.selectbox(
        "Their role",
        GIVEN_ROLES,
        index=GIVEN_ROLES.index(person.role),
        format_func=ROLE_WORDS.__getitem__,
        key=_key(f"role_{person.id}"),
    )
    if st.button("Save the change", type="primary", key=_key("save")):
        _end(roles_data.change(person, name=name, email=email, role=role), f"{name.strip()} is a {role} from now on.")


def _erase(person: Person) -> None:
    frame.note(
        "Name, e-mail and role are forgotten for good. What they entered stays in the record under an id that leads to "
        "nobody, and no number changes."
    )
    sure = st.text_input("Type the name to confirm", key=_key(f"sure_{person.id}"), max_chars=NAME_LIMIT)
    if st.button("Erase for good", key=_key("erase")):
        refused = "" if sure.strip() == person.name else f"Type {person.name!r} to confirm; nothing was erased."
        _end(refused or roles_data.erase(person), f"{person.name} is erased.")


def _called(person: Person) -> str:
    return f"{person.name} ({person.email or person.id})"


def _key(name: str) -> str:
    """Return a widget's key; after a change a new generation starts with fresh fields."""
    return f"pp{st.session_state.get('people_generation', 0)}_{name}"


def _end(refused: str, told: str) -> None:
    """Say why nothing was written, or start anew with what was done on top."""
    if refused:
        st.error(literal(refused))
        return
    st.session_state["people_done"] = told
    st.session_state["people_generation"] = st.session_state.get("people_generation", 0) + 1
    st.rerun()


def _done() -> None:
    if told := st.session_state.pop("people_done", ""):
        st.success(literal(told))
