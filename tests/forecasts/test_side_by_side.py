"""Work in several processes: it really runs there, all of it counts or none, and nothing is left running."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from forecasts import side_by_side as module
from forecasts.recipe import ParametersRefusedError
from forecasts.side_by_side import ONE_THREAD, ProcessDiedError, Progress, Work, side_by_side

ROOT = Path(__file__).resolve().parents[2]


def meets(folder: Path, name: str, other: str, progress: Progress) -> tuple[int, list[str | None]]:
    """Wait until the other work runs at the same time; returns the process and its threads by library."""
    (folder / name).touch()
    while not (folder / other).exists():
        time.sleep(0.01)
    progress(1, 2)
    progress(2, 2)
    return os.getpid(), [os.environ.get(n) for n in ONE_THREAD]


def refuses(words: str, progress: Progress) -> bytes:
    raise ParametersRefusedError(words)


def dies(how: int, progress: Progress) -> bytes:
    os.kill(os.getpid(), how)
    raise AssertionError("still alive")


def leaves(code: int, progress: Progress) -> bytes:
    os._exit(code)


def waits(mark: Path, progress: Progress) -> bytes:
    mark.write_text(str(os.getpid()))
    while True:
        time.sleep(60)


def answers(value: int, progress: Progress) -> int:
    progress(5, 10)
    progress(10, 10)
    return value


def pid_in(mark: Path) -> int:
    while not mark.exists() or not mark.read_text():
        time.sleep(0.01)
    return int(mark.read_text())


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_two_works_run_at_the_same_time_in_processes_with_one_thread_each(tmp_path: Path) -> None:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    works = {a: Work(partial(meets, tmp_path, a, b), 2) for a, b in (("x", "y"), ("y", "x"))}
    found = side_by_side(works, processes=2)
    assert list(found) == ["x", "y"]
    assert len({os.getpid(), *(pid for pid, _ in found.values())}) == 3
    assert all(threads == ["1"] * len(ONE_THREAD) for _, threads in found.values())
    assert {name: os.environ.get(name) for name in ONE_THREAD} == before


def test_no_more_processes_run_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    most, begun = [], module._begun
    monkeypatch.setattr(
        module, "_begun", lambda work: (most.append(1 + len(multiprocessing.active_children())), begun(work))[1]
    )
    works = {str(k): Work(partial(answers, k), 10) for k in range(4)}
    assert side_by_side(works, processes=2) == {str(k): k for k in range(4)}
    assert len(most) == 4
    assert max(most) == 2


def test_progress_is_that_of_all_together() -> None:
    seen: list[tuple[int, int]] = []
    works = {str(k): Work(partial(answers, k), 10) for k in range(3)}
    side_by_side(works, processes=2, progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {30}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (30, 30)
    assert any(0 < done < 30 for done, _ in seen)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (partial(refuses, "senate: R-hat 1.4"), ParametersRefusedError, "^senate: R-hat 1.4\\n(.|\\n)*in refuses"),
        (partial(dies, signal.SIGKILL), ProcessDiedError, "^faulty: the process .* was killed by SIGKILL .*memory"),
        (partial(dies, signal.SIGSEGV), ProcessDiedError, "^faulty: the process .* was killed by SIGSEGV$"),
        (partial(leaves, 7), ProcessDiedError, "^faulty: the process .* ended with code 7$"),
    ],
)
def test_one_that_fails_ends_the_others(
    tmp_path: Path, fault: Callable[[Progress], bytes], error: type[Exception], words: str
) -> None:
    mark = tmp_path / "pid"
    works = {"long": Work(partial(waits, mark), 1), "faulty": Work(partial(after, mark, fault), 1)}
    with pytest.raises(error, match=words):
        side_by_side(works, processes=2)
    assert is_gone(pid_in(mark))
    assert multiprocessing.active_children() == []


def after(mark: Path, do: Callable[[Progress], bytes], progress: Progress) -> bytes:
    pid_in(mark)
    return do(progress)


def begins(mark: Path, progress: Progress) -> bytes:
    progress(1, 2)
    return waits(mark, progress)


def test_a_person_who_stops_it_stops_all_of_it(tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        for name in "ab":
            pid_in(tmp_path / name)
        raise KeyboardInterrupt

    works = {name: Work(partial(begins, tmp_path / name), 2) for name in "ab"}
    with pytest.raises(KeyboardInterrupt):
        side_by_side(works, processes=2, progress=interrupt)
    assert all(is_gone(pid_in(tmp_path / name)) for name in "ab")


PARENT = """
import sys
from functools import partial
from pathlib import Path
from forecasts.side_by_side import Work, side_by_side
from tests.forecasts.test_side_by_side import waits
if __name__ == "__main__":
    side_by_side({n: Work(partial(waits, Path(sys.argv[1]) / n), 1) for n in "ab"}, processes=2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_processes_end_with_whoever_began_them_and_count_as_its_children(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, start_new_session=True)
    pids = [pid_in(tmp_path / name) for name in "ab"]
    assert set(pids) <= {p.pid for p in psutil.Process(parent.pid).children(recursive=True)}
    assert {os.getsid(pid) for pid in pids} == {parent.pid}
    parent.kill()
    parent.wait()
    while not all(is_gone(pid) for pid in pids):
        time.sleep(0.05)
