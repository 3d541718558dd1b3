"""Who speaks to the web socket itself gets no more than their role allows.

Not by pressing what was never drawn for them, not by messages that no page sends, not by states that no browser would.
"""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from google.protobuf.descriptor import FieldDescriptor
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from app.web import messages
from app.web.limits import CLOSED
from app.web.messages import AT_ONCE, OPERATION, OPERATIONS, OURS, PER_SECOND, Pace, is_ours, only_ours
from forecasts import ledger, people, reading_list
from tests.jobs import small_home, voting_home
from tests.security.raw_socket import Drawn, RawClient, Widget, pressed, typed

ROOT = Path(__file__).resolve().parents[2]
KINDS = BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields
PAYLOADS = BackendOperationRequest.DESCRIPTOR.oneofs_by_name["payload"].fields


def of_kind(field: FieldDescriptor) -> BackMsg:
    message = BackMsg()
    if field.message_type is None:
        setattr(message, field.name, True)
    else:
        getattr(message, field.name).SetInParent()
    return message


def operation(field: FieldDescriptor, session: str = "") -> BackMsg:
    request = BackendOperationRequest(request_id="1", session_id=session)
    getattr(request, field.name).SetInParent()
    return BackMsg(backend_operation_request=request)


def test_of_all_messages_only_those_of_our_pages_pass() -> None:
    passed = {field.name for field in KINDS if is_ours(of_kind(field).SerializeToString())}
    assert passed == OURS
    assert {"clear_cache", "load_git_info", "set_run_on_save"} <= {f.name for f in KINDS} - passed
    assert {f.name for f in PAYLOADS if is_ours(operation(f).SerializeToString())} == OPERATIONS
    assert "install_skills" not in OPERATIONS
    assert not is_ours(BackMsg().SerializeToString()), "a message of no kind, or of one that is yet to come"
    assert not is_ours(None)
    assert is_ours(b"\xff\xff"), "what is no message is Streamlit's to refuse"
    assert OPERATION in {f.name for f in KINDS}


def test_a_socket_that_floods_is_slowed_down() -> None:
    pace = Pace()
    waits = [pace.hold(0.0) for _ in range(AT_ONCE + 20)]
    assert waits[:AT_ONCE] == [0.0] * AT_ONCE
    assert waits[AT_ONCE:] == pytest.approx([k / PER_SECOND for k in range(1, 21)])
    assert pace.hold(3.0) == 0.0, "after a pause it may go on"
    assert [pace.hold(1000.0) for _ in range(AT_ONCE + 1)][-1] == pytest.approx(1 / PER_SECOND), "no credit piles up"


def test_messages_wait_their_turn(monkeypatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.receive", "bytes": BackMsg(app_heartbeat=True).SerializeToString()}

    async def flood() -> None:
        receive_ours = only_ours(receive)
        for _ in range(AT_ONCE + 30):
            await receive_ours()

    monkeypatch.setattr(messages.asyncio, "sleep", sleep)
    with ThreadPoolExecutor(1) as thread:  # a browser of another test may have a loop in this one
        thread.submit(asyncio.run, flood()).result()
    assert len(slept) in range(20, 31)


starts_servers = pytest.mark.slow
"""These start the real server."""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[small_home.Home]:
    """Give a board with a fitted vote, an item and one real live snapshot."""
    opened = voting_home.open_home(tmp_path_factory.mktemp("raw") / "home")
    opened.add(small_home.evidence("E1"), small_home.evidence("E2"))
    assert opened.refit().kind == "published"
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def places(serve, home) -> dict[str, str]:
    """Give host and port of a server whose reader owns the record, and of one whose readers may only look."""
    root = home.artefacts.root.parent
    return {who: urlsplit(serve(root, local=who == "owner")).netloc for who in ("owner", "viewer")}


WRITES = [
    ("my_forecasts", "Your chance", "40%", "Save"),
    ("evidence?view=links", "", "https://example.org/a-report", "Keep for later"),
    ("what_if?if=truce+by+2028-12-31", "Name", "A truce holds", "Keep this what-if"),
    ("people", "Name", "Mallory", "Add"),
]
"""Page, the field that must be filled (the first one where there is no name), what with, and the button that writes."""


def field(page: Drawn, label: str) -> Widget:
    return next(w for w in page.widgets if w.kind in {"text_input", "text_area"} and (not label or label in w.label))


def everything(home: small_home.Home) -> tuple[object, ...]:
    """Return what a write could have changed."""
    board = home.board.id
    logs = home.artefacts.root.parent / "logs"
    return (
        ledger.tail(home.store, board),
        reading_list.read(home.store, board),
        people.everyone(home.store),
        sorted(p.name for p in logs.glob("refit-*")) if logs.is_dir() else [],
    )


@starts_servers
@pytest.mark.parametrize(("address", "label", "text", "button"), WRITES, ids=[w[0].partition("?")[0] for w in WRITES])
def test_pressing_what_was_never_drawn_writes_nothing(
    places, home, *, address: str, label: str, text: str, button: str
) -> None:
    with RawClient(places["owner"]) as owner, RawClient(places["viewer"]) as viewer:
        page = owner.draw(address)
        filled, press = field(page, label), page.button(button)
        before = everything(home)
        told = viewer.draw(address, typed(filled, text), pressed(press))
        again = viewer.draw(address, typed(filled, text), pressed(press))
        assert everything(home) == before
        assert not told.has(button)
        assert "you need one of these roles" in again.html
        owner.draw(address, typed(filled, text))
        owner.draw(address, typed(filled, text), pressed(press))
        assert everything(home) != before, "the same messages write for who may: the trial tries something"


@starts_servers
def test_a_run_of_the_models_is_not_to_be_had_either(places, home) -> None:
    with RawClient(places["owner"]) as owner, RawClient(places["viewer"]) as viewer:
        press = owner.draw("runs").button("Refit now")
        before = everything(home)
        for _ in range(2):
            told = viewer.draw("runs", pressed(press))
        assert everything(home) == before
        assert "you need one of these roles" in told.html


@starts_servers
def test_messages_that_no_page_sends_are_left_out(places) -> None:
    with RawClient(places["viewer"]) as viewer:
        viewer.draw("board")
        for message in [
            *(of_kind(f) for f in KINDS if f.name not in {*OURS, OPERATION}),
            *(operation(f, viewer.session) for f in PAYLOADS if f.name not in OPERATIONS),
        ]:
            viewer.send(message)
        said = viewer.acknowledged()
        assert {m.WhichOneof("type") for m in said} <= {"session_status_changed", "heartbeat_ack"}, "no answer to any"
        assert not any(m.session_status_changed.run_on_save for m in said)
        assert viewer.draw("board").words, "and the session goes on"


@starts_servers
@pytest.mark.parametrize("path", [*CLOSED, "/_stcore/agent/interact", "/_stcore/agent/mcp", "/_stcore/upload_file/a/b"])
def test_addresses_that_only_cost_work_are_closed(places, path: str) -> None:
    for method in ("GET", "POST"):
        assert httpx.request(method, f"http://{places['viewer']}{path}").status_code == 403


ODD = (
    {"string_value": "\x00" * 50},
    {"string_value": "x" * 200_000},
    {"int_value": -(2**63)},
    {"double_value": float("nan")},
    {"bool_value": True},
    {"json_value": "[" * 5_000},
    {"json_value": '{"selection": {"x": [1e999, null]}}'},
    {"bytes_value": b"\xff" * 100},
    {"trigger_value": True},
    {"json_trigger_value": "{"},
)
"""States that no browser would send."""


@starts_servers
@pytest.mark.parametrize("address", ["board", "question", "my_forecasts", "add_evidence", "what_if"])
def test_odd_states_of_widgets_tell_nothing_and_end_nothing(places, home, address: str) -> None:
    draw = random.Random(address)
    before = everything(home)
    with RawClient(places["viewer"]) as viewer:
        widgets = viewer.draw(address).widgets
        for _ in range(3):
            states = [WidgetState(id=w.id, **draw.choice(ODD)) for w in draw.sample(widgets, min(len(widgets), 4))]
            told = viewer.draw(address, *states)
            assert not {inside for inside in (str(ROOT), "Traceback", "site-packages") if inside in told.words}
            assert not any(e.exception.stack_trace for e in told.elements)
    with RawClient(places["viewer"]) as another:
        assert another.draw(address).widgets, "nobody else notices"
    assert everything(home) == before


@starts_servers
def test_what_is_no_message_ends_the_connection_and_nothing_else(places) -> None:
    draw = random.Random(5)
    for _ in range(20):
        with RawClient(places["viewer"]) as viewer, suppress(ConnectionClosed):
            viewer.socket.send(draw.randbytes(draw.randint(1, 400)))
            said = viewer.acknowledged()
            assert all(str(ROOT).encode() not in m.SerializeToString() for m in said)
    assert httpx.get(f"http://{places['viewer']}/_stcore/health").status_code == 200


@starts_servers
def test_a_strange_page_name_or_fragment_leads_nowhere(places) -> None:
    with RawClient(places["viewer"]) as viewer:
        for name in ("../../etc/passwd", "app/pages/people", "people.py", "\x00", "a" * 5_000):
            leaks = str(ROOT) in viewer.draw(name).words
            assert not leaks, name
        assert "you need one of these roles: admin" in viewer.draw("people").html
