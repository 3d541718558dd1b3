"""The network to PostgreSQL is cut: at any message, with a reset, or so that everything is swallowed."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from forecasts import ledger
from forecasts.errors import StoreError
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store
from tests.cli.conftest import Place, complaint, run_at
from tests.faults import homes, proxy, record, servers
from tests.faults.homes import BOARD, NOW
from tests.faults.streams import Stream
from tests.faults.test_kills import ADD, DEEDS
from tests.jobs.small_home import evidence

pytestmark = pytest.mark.postgres

GIVES_UP_WITHIN = 60.0
"""Seconds after which both ends must have noticed that nothing comes through any more."""
HERE, THERE = "10.203.77.1", "10.203.77.2"
"""Addresses of a cable that never leaves this machine."""


@pytest.fixture
def far(template: Place, tmp_path) -> Iterator[Place]:
    """Give a home whose database is a PostgreSQL that can be reached through a proxy."""
    if not template.database:
        pytest.skip("SQLite has no network")
    with homes.copied(template, tmp_path / "home") as place:
        yield place


@pytest.mark.parametrize("template", [pytest.param("postgresql")], indirect=True)
@pytest.mark.parametrize(("when", "kept"), [("before", False), ("after", True)])
def test_a_cut_at_the_commit_is_told_as_what_it_is(far: Place, when: str, *, kept: bool) -> None:
    before = homes.state(far).entries
    written: list[bytes] = []

    def sent(_number: int, moment: str, data: bytes) -> None:
        written.extend([data] if b"INSERT INTO ledger" in data else [])
        if written and moment == when and b"COMMIT" in data:
            through.cut()

    with proxy.before(far.database, sent=sent) as through:
        refused = run_at(Place(far.root, through.url), *ADD, now=NOW)
    assert refused.exit_code == 2
    assert "the connection was lost while this was being kept; look whether it is there" in complaint(refused)
    assert homes.state(far).entries == (*before, *(["E004"] if kept else []))
    homes.run(far, *ADD)


def cut_at_messages(template: Place, arguments: tuple[str, ...], folder: Path, *, points: int) -> dict[str, int]:
    """Cut the connection just after a drawn message, again and again; returns how often the command was refused."""
    with homes.copied(template, folder / "reference") as place, proxy.before(place.database) as through:
        homes.run(Place(place.root, through.url), *arguments)
        messages, reference = through.count, homes.state(place)
    refused = 0
    for number in np.random.default_rng(3).integers(1, messages + 1, points):

        def sent(n: int, when: str, _data: bytes, number: int = int(number)) -> None:
            if (n, when) == (number, "after"):
                through.cut()

        with homes.copied(template, folder / "home") as place:
            with proxy.before(place.database, sent=sent) as through:
                result = run_at(Place(place.root, through.url), *arguments, now=NOW)
            refused += result.exit_code == 2
            assert result.exit_code in {0, 2}, result.output
            if result.exit_code:
                assert "connection" in complaint(result) or "cannot be reached" in complaint(result)
            homes.check_against(homes.state(place), reference)
            homes.run(place, *arguments)
    return {"points": points, "refused": refused}


@pytest.mark.slow
@pytest.mark.parametrize("template", [pytest.param("postgresql")], indirect=True)
def test_a_cut_at_any_message_leaves_a_whole_record(template: Place, tmp_path: Path) -> None:
    assert cut_at_messages(template, ADD, tmp_path, points=4)["refused"]


@pytest.mark.nightly
@pytest.mark.parametrize("template", [pytest.param("postgresql")], indirect=True)
@pytest.mark.parametrize(("name", "points"), [("evidence", 25), ("refit", 15)])
def test_cuts_at_many_messages(template: Place, name: str, points: int, tmp_path: Path) -> None:
    record.keep("network", name, cut_at_messages(template, DEEDS[name].arguments, tmp_path, points=points))


@pytest.mark.parametrize(("name", "points"), [("evidence", 25), ("refit", 15)])
def test_the_recorded_cuts(name: str, points: int) -> None:
    found = record.kept()["network"][name]
    assert found["points"] == points
    assert found["refused"] > points / 2


@pytest.mark.parametrize("template", [pytest.param("postgresql")], indirect=True)
def test_what_is_open_finds_the_server_again(far: Place) -> None:
    with proxy.before(far.database) as through, open_store(through.url) as store:
        position = ledger.tail(store, BOARD).position
        through.cut()
        with pytest.raises(StoreError, match="cannot be reached"):
            ledger.tail(store, BOARD)
        through.mend()
        ledger.append(store, [evidence("E900")], board=BOARD, actor=LOCAL_OWNER, now=NOW)
        assert ledger.tail(store, BOARD).position == position + 1


@contextmanager
def other_machine() -> Iterator[tuple[list[str], list[str]]]:
    """Give the words that start a command on a machine of its own, and those that cut it off without a sign."""
    name = "twixt-faults"
    steps = [
        f"ip netns add {name}",
        f"ip link add {name}-a type veth peer name {name}-b netns {name}",
        f"ip addr add {HERE}/30 dev {name}-a",
        f"ip link set {name}-a up",
        f"ip -n {name} addr add {THERE}/30 dev {name}-b",
        f"ip -n {name} link set {name}-b up",
    ]
    try:
        for step in steps:
            made = subprocess.run(step.split(), capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"no network of one's own can be made here: {made.stderr.strip()}")
        yield ["ip", "netns", "exec", name], ["ip", "link", "set", f"{name}-a", "down"]
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", f"{name}-a"], capture_output=True, check=False)


@pytest.mark.nightly
def test_a_network_that_swallows_everything_is_noticed_at_both_ends() -> None:
    """A writer's machine is cut off amid its writes: it gives up, and the board it may have held is free again."""
    with servers.running() as server, other_machine() as (there, cut):
        url = server.new_database()
        open_store(url).close()
        server.listen(HERE)
        stream = Stream(server.url_at(HERE, url), board=BOARD, before=there)
        stream.read(50)
        subprocess.run(cut, check=True)
        began = time.monotonic()
        assert stream.finish() == 2
        gave_up = time.monotonic() - began
        with open_store(url, busy_seconds=GIVES_UP_WITHIN) as store:
            ledger.append(store, [evidence("next")], board=BOARD, actor=LOCAL_OWNER, now=NOW)
            free = time.monotonic() - began
            rows = [row.entry for row in ledger.history(store, BOARD)]
            ledger.verify(store, BOARD)
    assert set(stream.acknowledged) <= set(rows)
    figures = {"gave_up_seconds": round(gave_up, 1), "free_again_seconds": round(free, 1)}
    record.keep("network", "swallowed", {"acknowledged": len(stream.acknowledged), "kept": len(rows) - 1, **figures})


def test_the_recorded_silence() -> None:
    found = record.kept()["network"]["swallowed"]
    assert 0 <= found["kept"] - found["acknowledged"] <= 1
    assert found["gave_up_seconds"] < GIVES_UP_WITHIN
    assert found["free_again_seconds"] < 2 * GIVES_UP_WITHIN
