"""Workers live through a network that is cut and a server that crashes, and publish every board once."""

import json
import math
import time
from pathlib import Path

import pytest

from forecasts.artefacts import Artefacts
from forecasts.jobs import queue
from forecasts.store import open_store
from tests.faults import servers
from tests.faults.proxy import Proxy
from tests.workers.sharing import check_exactly_once, enter_boards, host, published_times, wait

RECORD = Path(__file__).resolve().parents[1] / "records" / "workers_cut_off.json"
BOARDS = 20
ARGUMENTS = ("--silent-after", "3", "--grace", "5", "--check", "* * * * *")


@pytest.mark.nightly
@pytest.mark.postgres
def test_workers_outlive_a_cut_network_and_a_crashed_server(tmp_path):
    place = tmp_path / "shared"
    with servers.running() as server:
        url = server.new_database()
        known = enter_boards(url, Artefacts(place), BOARDS)
        proxy, began = Proxy(url), time.monotonic()
        try:
            with (
                open_store(url) as store,
                host(tmp_path / "one", *ARGUMENTS, url=proxy.url, artefacts=place) as one,
                host(tmp_path / "two", *ARGUMENTS, url=url, artefacts=place) as two,
            ):
                both = (one, two)

                def so_many(boards: int) -> None:
                    wait(lambda: len(published_times(store)) >= boards, seconds=180, hosts=both)

                wait(lambda: bool(one.boards() and two.boards()), seconds=120, hosts=both)
                proxy.cut()
                so_many(BOARDS // 2)
                proxy.mend()
                server.crash()
                time.sleep(1)
                server.start()
                so_many(BOARDS)
                wait(lambda: not queue.counts(store).keys() & set(queue.ACTIVE), seconds=120, hosts=both)
                check_exactly_once(store, Artefacts(place), known, outcomes=frozenset({"published", "failed"}))
                wait(lambda: all(one.events("begins_anew") for one in both), seconds=60, hosts=both)
                figures = {
                    "boards": BOARDS,
                    "published_once": sum(count == 1 for count in published_times(store).values()),
                    "begun_anew": sum(len(one.events("begins_anew")) for one in both),
                    "taken_over": sum(len(one.events("taken_over")) for one in both),
                    "seconds": round(time.monotonic() - began, 1),
                }
        finally:
            proxy.close()
    RECORD.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    check(figures)


def check(figures: dict[str, float]) -> None:
    assert set(figures) == {"boards", "published_once", "begun_anew", "taken_over", "seconds"}
    assert all(math.isfinite(number) for number in figures.values())
    assert figures["boards"] == figures["published_once"] == BOARDS
    assert figures["begun_anew"] >= 2


def test_the_record_of_workers_that_were_cut_off_is_whole_and_every_board_was_published_once():
    check(json.loads(RECORD.read_text(encoding="utf-8")))
