"""Options of a view that live in its address: widgets follow the address, and the address follows the widgets.

A widget takes its value from the address whenever that was changed by something else than the widget: a link, a
bookmark, the way back. What is left at its default does not stand there.

A second choice made quickly after a first one comes with an address that the browser has not brought up to date yet.
It is no way back: a widget spoke. So every widget that stands in the address has `on_change=catch_up`.
"""

from collections.abc import Sequence

import streamlit as st

_WRITTEN = "address of "
_WHOLE = "whole address"


def given(name: str) -> list[str]:
    """Return the values that the address has for an option, as they stand there."""
    return list(st.query_params.get_all(name))


def one(name: str, allowed: Sequence[str], default: str) -> str:
    """Return an option of the address if it is an allowed one, else the default."""
    asked = st.query_params.get(name, default)
    return asked if asked in allowed else default


def several(name: str, allowed: Sequence[str]) -> list[str]:
    """Return those values of an option that are allowed, in the order of `allowed`."""
    asked = set(given(name))
    return [value for value in allowed if value in asked]


def held[T](key: str, name: str, value: T) -> T:
    """Return what a widget will hold when it is drawn later in this run: its own value, unless the address changed."""
    if key in st.session_state and st.session_state.get(_WRITTEN + key) == given(name):
        kept: T = st.session_state[key]
        return kept
    return value


def follow(key: str, name: str, value: object) -> None:
    """Give a widget the value that the address says, unless the widget itself wrote what stands there."""
    st.session_state[key] = held(key, name, value)


def write(key: str, name: str, values: Sequence[str]) -> None:
    """Put the values of a widget into the address; none takes the option out of it."""
    if given(name) != list(values):
        if values:
            st.query_params[name] = list(values)
        else:
            del st.query_params[name]
    st.session_state[_WRITTEN + key] = list(values)
    remember()


def remember() -> None:
    """Keep the address of this page as it stands now; whoever writes it does so."""
    st.session_state[_WHOLE] = (st.context.url, _whole())


def catch_up() -> None:
    """Put the address of this page as it was written last, when a widget's event came with an older one."""
    page, written = st.session_state.get(_WHOLE, (None, {}))
    if page == st.context.url and written not in ({}, _whole()):
        st.query_params.from_dict(written)


def _whole() -> dict[str, list[str]]:
    return {name: given(name) for name in st.query_params}


def drop(*names: str) -> None:
    """Take options that mean nothing in the present view out of the address."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]
    remember()
