"""Fifty viewers at once: real sessions over websockets against the served app, on the home of two years.

Each viewer opens a session as the page's own script does, speaks Streamlit's protocol, and every twenty seconds does
one thing: opens another page, question or deadline. An action lasts from its message until the script's run has ended
and all that it drew has arrived. Clients and server share the machine, so a figure is an upper bound of what the server
needs.
"""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.main import RENDER
from benchmarks import two_years
from benchmarks.served import served

VIEWERS = 50
PERIOD = 20.0
"""Seconds from one action of a viewer to the next."""
ROUNDS = 4
"""Actions of each viewer that are counted, after the opening."""
BAR_S = 2.0
PATIENCE = 60.0
DEADLINES = ("2026-12-31", "2027-12-31", "2028-12-31", "2030-12-31")
QUESTIONS = ("ceasefire", "settlement", "treaty_transmitted", "nato_russia_talks", "rearmament_3pct", "resumption")

type Action = tuple[str, str]
"""A page's name and its query."""


def actions(viewer: int) -> Iterator[Action]:
    """Give what a viewer does, one after the other: mostly the board and questions, each other page by turns."""
    others = itertools.cycle([*RENDER][viewer % len(RENDER) :] + [*RENDER][: viewer % len(RENDER)])
    for i in itertools.count(viewer):
        yield "board", ""
        day = DEADLINES[i % len(DEADLINES)]
        yield "question", urlencode({"question": QUESTIONS[i % len(QUESTIONS)], "deadline": day})
        yield next(others), ""
        yield "question", urlencode({"question": QUESTIONS[(i + 3) % len(QUESTIONS)], "deadline": day})


def message(action: Action) -> bytes:
    """Return what the browser sends to see a page."""
    asked = BackMsg()
    page, asked.rerun_script.query_string = action
    asked.rerun_script.page_name = "" if page == "board" else page  # the page that an address without a name leads to
    asked.rerun_script.context_info.timezone = "UTC"
    return asked.SerializeToString()


async def act(session: websockets.ClientConnection, action: Action) -> float:
    """Do one thing and return the seconds until all of it has arrived.

    Raises
    ------
    RuntimeError
        When the page was not drawn: an error on it, or a script that did not run to its end.
    """
    begun = perf_counter()
    await session.send(message(action))
    while True:
        told = ForwardMsg.FromString(await asyncio.wait_for(session.recv(), PATIENCE))
        kind = told.WhichOneof("type")
        if kind == "page_not_found":
            raise RuntimeError(f"{action}: there is no such page")
        if kind == "delta" and told.delta.new_element.WhichOneof("type") == "exception":
            raise RuntimeError(f"{action}: {told.delta.new_element.exception.message}")
        if kind == "script_finished":
            if told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                continue  # an earlier run that this action has cut short
            return perf_counter() - begun


async def view(address: str, viewer: int, start: float) -> list[float]:
    """Be one viewer from an instant on; return the seconds of each counted action."""
    todo = actions(viewer)
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    await asyncio.sleep(max(0.0, start + PERIOD * viewer / VIEWERS - perf_counter()))
    begun, found = perf_counter(), []
    async with websockets.connect(stream, subprotocols=["streamlit"], origin=address, max_size=None) as session:
        await act(session, next(todo))
        for turn in range(1, ROUNDS + 1):
            await asyncio.sleep(max(0.0, begun + turn * PERIOD - perf_counter()))
            found.append(await act(session, next(todo)))
    return found


async def warmed(address: str) -> None:
    """Draw every page once, so that the caches hold what the snapshots give."""
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with websockets.connect(stream, subprotocols=["streamlit"], origin=address, max_size=None) as session:
        for action in [*((name, "") for name in RENDER), *itertools.islice(actions(0), 4 * len(QUESTIONS))]:
            await act(session, action)


async def watch(address: str) -> list[float]:
    """Return the seconds of every counted action of all viewers."""
    await warmed(address)
    start = perf_counter() + 1
    everybody = await asyncio.gather(*(view(address, i, start) for i in range(VIEWERS)))
    return list(itertools.chain.from_iterable(everybody))


def measured(home: Path) -> list[dict[str, object]]:
    """Return the figures on a home."""
    with served(home) as address:
        seconds = sorted(asyncio.run(watch(address)))
    hundredths = statistics.quantiles(seconds, n=100, method="inclusive")
    name = f"{VIEWERS} viewers, one action each {PERIOD:.0f} s, {len(seconds)} actions"
    slow = hundredths[94]
    return [
        {"name": f"{name}: 95th percentile", "value": round(slow, 3), "unit": "s", "bar": BAR_S, "ok": slow <= BAR_S},
        {"name": f"{name}: median", "value": round(hundredths[49], 3), "unit": "s", "bar": None, "ok": None},
        {"name": f"{name}: slowest", "value": round(seconds[-1], 3), "unit": "s", "bar": None, "ok": None},
    ]


def rows() -> list[dict[str, object]]:
    """Make the home and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TWIXT_HOME"] = folder
        two_years.build(Path(folder))
        return measured(Path(folder))


if __name__ == "__main__":
    for row in measured(Path(sys.argv[1])) if len(sys.argv) > 1 else rows():
        print(row)
