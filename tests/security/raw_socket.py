"""A client that speaks Streamlit's protocol over the web socket: what a browser could send, and what none would."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.sync.client import connect

XSRF = "_streamlit_xsrf"
NO_TOKEN = "none"
PATIENCE = 60.0
"""Seconds until an answer must have come."""


class Widget(NamedTuple):
    """Something on a page that a reader can change or press."""

    kind: str
    """`button`, `text_input`, ..."""
    id: str
    label: str


class Drawn(NamedTuple):
    """One run of a page, as it was sent."""

    messages: tuple[ForwardMsg, ...]

    @property
    def elements(self) -> tuple[Any, ...]:
        """Return what was drawn."""
        return tuple(_elements(self.messages))

    @property
    def widgets(self) -> tuple[Widget, ...]:
        """Return what can be changed or pressed."""
        found = []
        for element in self.elements:
            kind = element.WhichOneof("type")
            part = getattr(element, kind)
            if getattr(part, "id", "") and hasattr(part, "label"):
                found.append(Widget(kind, part.id, part.label))
        return tuple(found)

    @property
    def words(self) -> str:
        """Return everything that was sent, as far as it is text."""
        return "\n".join(m.SerializeToString().decode("utf-8", "ignore") for m in self.messages)

    @property
    def html(self) -> str:
        """Return the page's own markup."""
        return "\n".join(e.html.body for e in self.elements if e.WhichOneof("type") == "html")

    @property
    def redirect(self) -> str:
        """Return where the page sends its reader, or nothing."""
        return next((m.auth_redirect.url for m in self.messages if m.WhichOneof("type") == "auth_redirect"), "")

    def button(self, label: str) -> Widget:
        """Return the button of a name."""
        return next(w for w in self.widgets if w.kind == "button" and w.label == label)

    def has(self, label: str) -> bool:
        """Tell whether there is a button of a name."""
        return any(w.kind in {"button", "download_button"} and w.label == label for w in self.widgets)


def _elements(messages: Sequence[ForwardMsg]) -> Iterator[Any]:
    for message in messages:
        if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
            yield message.delta.new_element


class RawClient:
    """One web socket to an app's server; close it, or use it in a `with`."""

    def __init__(self, place: str, *, cookies: Mapping[str, str] | None = None, session: str = "") -> None:
        cookies = dict(cookies or {})
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        protocols = ["streamlit", cookies.get(XSRF, NO_TOKEN), *([session] if session else [])]
        self._stack, self.session = ExitStack(), ""
        self.socket = self._stack.enter_context(
            connect(
                f"ws://{place}/_stcore/stream",
                subprotocols=protocols,
                origin=f"http://{place}",
                additional_headers=header,
                max_size=None,
                open_timeout=PATIENCE,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, message: BackMsg) -> None:
        """Send one message."""
        self.socket.send(message.SerializeToString())

    def receive(self) -> ForwardMsg:
        """Return the next message of the server."""
        return ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE))

    def until(self, kind: str) -> tuple[ForwardMsg, ...]:
        """Return what the server says, up to a kind of message."""
        said = []
        while True:
            said.append(self.receive())
            if said[-1].WhichOneof("type") == "new_session":
                self.session = said[-1].new_session.initialize.session_id
            if said[-1].WhichOneof("type") == kind:
                return tuple(said)

    def draw(self, address: str, *states: WidgetState, fragment: str = "") -> Drawn:
        """Have a page drawn, `name?query`, with the state of its widgets."""
        name, _, query = address.partition("?")
        state = ClientState(
            query_string=query, page_name=name, widget_states=WidgetStates(widgets=states), fragment_id=fragment
        )
        self.send(BackMsg(rerun_script=state))
        said = self.until("script_finished")
        while said[-1].script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            said += self.until("script_finished")
        return Drawn(said)

    def acknowledged(self) -> tuple[ForwardMsg, ...]:
        """Return what comes up to the answer to a heartbeat: whatever was sent before it has been handled."""
        self.send(BackMsg(app_heartbeat=True))
        return self.until("heartbeat_ack")


def typed(widget: Widget, text: str) -> WidgetState:
    """Return the state of a field with words in it."""
    return WidgetState(id=widget.id, string_value=text)


def pressed(widget: Widget) -> WidgetState:
    """Return the state of a button that was just pressed."""
    return WidgetState(id=widget.id, trigger_value=True)


def first_cookies(place: str) -> dict[str, str]:
    """Return the cookies of somebody who has just opened the page."""
    with httpx.Client(base_url=f"http://{place}") as browser:
        browser.get("/_stcore/health").raise_for_status()
        return dict(browser.cookies)


def log_in(place: str, subject: str) -> dict[str, str]:
    """Go through the login at the provider as a browser does; returns the cookies afterwards."""
    with httpx.Client(base_url=f"http://{place}", timeout=PATIENCE) as browser:
        browser.get("/_stcore/health").raise_for_status()
        with RawClient(place, cookies=dict(browser.cookies)) as client:
            page = client.draw("runs")
            way = client.draw("runs", pressed(page.button("Log in"))).redirect
        to_provider = browser.get(way)
        with httpx.Client(timeout=PATIENCE) as elsewhere:
            agreed = elsewhere.post(to_provider.headers["location"], data={"sub": subject})
        back = re.sub(r"^https?://[^/]+", "", agreed.headers["location"])
        assert browser.get(back).status_code == 302
        return dict(browser.cookies)
