"""Two hosts share boards, one is killed midway, and every board is published exactly once."""

import json
import math
import time
from pathlib import Path

import pytest

from forecasts.artefacts import Artefacts
from forecasts.jobs import queue
from forecasts.store import open_store
from tests.workers.sharing import check_exactly_once, enter_boards, host, published_times, wait

RECORD = Path(__file__).resolve().parents[1] / "records" / "workers.json"
SILENT = 6
BOARDS = 200


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
