"""Two hosts share boards, one is killed midway, and every board is published exactly once."""

import json
import math
import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from forecasts.artefacts import Artefacts
from forecasts.jobs import queue
from forecasts.store import open_store
from tests.workers.sharing import Host, check_exactly_once, enter_boards, host, published_times, wait

RECORDS = Path(__file__).resolve().parents[1] / "records"
RECORD, HUNTED = RECORDS / "workers.json", RECORDS / "workers_hunted.json"
SILENT = 6
BOARDS = 200
KILLS, HUNTED_BOARDS = 15, 80


def share(tmp_path: Path, url: str, *, boards: int, artefacts: Path | str) -> dict[str, object]:
    """Let two hosts share so many boards, kill one in the midst of a board, and say what became of it."""
    files = Artefacts(artefacts)
    known = enter_boards(url, files, boards)
    arguments = ("--silent-after", f"{SILENT}", "--check", "* * * * *")
    began = time.monotonic()
    with (
        open_store(url) as store,
        host(tmp_path / "one", *arguments, url=url, artefacts=artefacts) as one,
        host(tmp_path / "two", *arguments, url=url, artefacts=artefacts) as two,
    ):
        wait(lambda: len(one.boards()) >= boards // 4, seconds=60 + 5 * boards, hosts=(one, two))
        wait(lambda: len(two.boards()) > 0, seconds=60, hosts=(one, two))
        one.kill_at_work(store)
        killed_after = time.monotonic() - began
        left = boards - len(published_times(store))
        wait(lambda: len(published_times(store)) == boards, seconds=60 + 5 * boards, hosts=(one, two))
        seconds = time.monotonic() - began
        wait(lambda: not queue.counts(store).keys() & set(queue.ACTIVE), seconds=60, hosts=(one, two))
        check_exactly_once(store, files, known)
        assert set(queue.counts(store)) == {"succeeded"}
        return {
            "boards": boards,
            "published_once": sum(count == 1 for count in published_times(store).values()),
            "by_the_killed": len(one.boards()),
            "by_the_other": len(two.boards()),
            "left_when_killed": left,
            "taken_over": len(two.events("taken_over")),
            "killed_after_seconds": round(killed_after, 1),
            "seconds": round(seconds, 1),
        }


@pytest.mark.slow
@pytest.mark.postgres
def test_two_hosts_share_twelve_boards_and_one_is_killed(tmp_path, postgres_url):
    figures = share(tmp_path, postgres_url, boards=12, artefacts=f"dir::file://{tmp_path / 'shared'}")
    assert figures["published_once"] == 12
    assert figures["taken_over"] == 1


@pytest.mark.nightly
@pytest.mark.postgres
def test_two_hosts_share_200_boards_and_one_is_killed(tmp_path, postgres_url):
    figures = share(tmp_path, postgres_url, boards=BOARDS, artefacts=tmp_path / "shared")
    RECORD.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    check(figures)


def check(figures: dict[str, object]) -> None:
    numbers = {name: float(str(value)) for name, value in figures.items()}
    assert set(numbers) == {
        "boards",
        "published_once",
        "by_the_killed",
        "by_the_other",
        "left_when_killed",
        "taken_over",
        "killed_after_seconds",
        "seconds",
    }
    assert all(math.isfinite(number) for number in numbers.values())
    assert numbers["boards"] == numbers["published_once"] == BOARDS
    assert BOARDS / 4 <= numbers["by_the_killed"] < BOARDS
    assert numbers["left_when_killed"] > BOARDS / 5
    assert numbers["taken_over"] >= 1


def test_the_record_of_200_boards_is_whole_and_every_board_was_published_once():
    check(json.loads(RECORD.read_text(encoding="utf-8")))


def hunt(tmp_path: Path, url: str, *, boards: int, kills: int) -> dict[str, object]:
    """Let two workers compute boards, kill one after another at random moments, and put another in its place."""
    place, luck = tmp_path / "shared", random.Random(20261123)
    known = enter_boards(url, Artefacts(place), boards)
    began, hosts = time.monotonic(), []
    with open_store(url) as store, ExitStack() as opened:

        def start() -> Host:
            arguments = ("--silent-after", "3", "--check", "* * * * *")
            folder = tmp_path / f"host{len(hosts)}"
            hosts.append(opened.enter_context(host(folder, *arguments, url=url, artefacts=place)))
            return hosts[-1]

        running = [start(), start()]
        for _ in range(kills):
            time.sleep(luck.uniform(1.0, 12.0))
            running.pop(0).kill()
            running.append(start())
        wait(lambda: len(published_times(store)) == boards, seconds=900, hosts=tuple(hosts))
        wait(lambda: not queue.counts(store).keys() & set(queue.ACTIVE), seconds=120, hosts=tuple(hosts))
        check_exactly_once(store, Artefacts(place), known, outcomes=frozenset({"published", "failed"}))
        return {
            "boards": boards,
            "published_once": sum(count == 1 for count in published_times(store).values()),
            "kills": kills,
            "taken_over": sum(len(one.events("taken_over")) for one in hosts),
            "seconds": round(time.monotonic() - began, 1),
        }


@pytest.mark.nightly
@pytest.mark.postgres
def test_workers_that_are_killed_again_and_again_publish_every_board_once(tmp_path, postgres_url):
    figures = hunt(tmp_path, postgres_url, boards=HUNTED_BOARDS, kills=KILLS)
    HUNTED.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    check_hunted(figures)


def check_hunted(figures: dict[str, object]) -> None:
    numbers = {name: float(str(value)) for name, value in figures.items()}
    assert set(numbers) == {"boards", "published_once", "kills", "taken_over", "seconds"}
    assert all(math.isfinite(number) for number in numbers.values())
    assert numbers["boards"] == numbers["published_once"] == HUNTED_BOARDS
    assert numbers["kills"] == KILLS
    assert numbers["taken_over"] > 0


def test_the_record_of_hunted_workers_is_whole_and_every_board_was_published_once():
    check_hunted(json.loads(HUNTED.read_text(encoding="utf-8")))
