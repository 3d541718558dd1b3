"""What a reader sees when a page cannot be drawn: plain words and an id, which the log line and the report carry too.

A page never shows a traceback, and no path or name of the server to somebody who may not write; the report does.
"""

import functools
import logging
from collections.abc import Callable

import streamlit as st

from app import data, login
from app.failures import explain_failure, is_a_surprise, keep_report, one_line
from app.look import words
from forecasts.errors import ConflictError, ForbiddenError

log = logging.getLogger("twixt.pages")


def guarded[**P](render: Callable[P, None]) -> Callable[P, None]:
    """Return a page, or a part of one, that says in plain words what went wrong instead of showing a traceback."""

    @functools.wraps(render)
    def page(*given: P.args, **named: P.kwargs) -> None:
        try:
            render(*given, **named)
        except Exception as error:  # noqa: BLE001 - the last line of defence; the traceback goes to the logs
            _failed(error, place=f"{render.__module__}.{render.__name__}")

    return page


def _failed(error: Exception, *, place: str) -> None:
    number, where = keep_report(error, logs=data.logs(), now=data.now())
    log.error("error %s in %s: %s; %s", number, place, one_line(f"{type(error).__name__}: {error}"), where)
    st.title(_title(error), anchor=False)
    st.html(
        f'<section class="tx tx-empty" role="alert"><h2>What happened</h2><p>{words(told(error))}</p>'
        f"<p>{words(_way_on(error))} If you ask for help, give the id <code>{number}</code>; the server’s log has "
        "the same one.</p></section>"
    )


def _title(error: Exception) -> str:
    if isinstance(error, ForbiddenError):
        return "Not allowed"
    if isinstance(error, ConflictError):
        return "Somebody else was first"
    return "This page could not be drawn"


def _way_on(error: Exception) -> str:
    if isinstance(error, ForbiddenError):
        return f"Nothing was written. {login.way_in(data.home().root)}"
    if isinstance(error, ConflictError):
        return "Nothing of yours was written. Reload the page to see what stands now."
    return "Nothing was written. Reload the page to try again."


def told(error: Exception) -> str:
    """Return what a reader is told of an error: that a surprise is one, and of the rest as much as they may know."""
    if is_a_surprise(error):
        return "An error inside twixt. It is no fault of what you entered."
    if isinstance(error, ForbiddenError | ConflictError) or _may_know():
        return explain_failure(error, logs=None, now=data.now())[0]
    return "The record cannot be read or written at the moment."


def _may_know() -> bool:
    """Tell whether who is looking may see paths and names of the server: somebody with a role that writes something."""
    try:
        return data.may("evidence")
    except Exception:  # noqa: BLE001 - what broke the page may keep us from knowing who asks
        return False
