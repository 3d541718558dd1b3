"""A child that crashes, hangs, eats memory or talks nonsense costs its task one failed attempt, and nothing else."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import pytest

from forecasts import class_rates_fit, draws_file, runs, snapshots
from forecasts.jobs import one_board, serving
from forecasts.jobs.child import Limits
from forecasts.jobs.task import Ended, Task, ended_values, line, plain_line, read_ended, read_task, task_values
from tests.jobs.children import ENDS_WELL, PLENTY, ROOT, bad, real, says
from tests.jobs.small_home import NOW

TASK = Task("small", datetime(2026, 4, 10, tzinfo=UTC))
SLEEP = "time.sleep(600)"


def is_gone(pid):
    """Tell whether a process has ended, or is a zombie that nobody has reaped yet."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def pid_in(path):
    while not path.exists() or not path.read_text():
        time.sleep(0.01)
    return int(path.read_text())


def test_a_task_is_done_and_its_stages_are_told():
    stages = []
    with bad(says("{'stage': ['futures', 1, 2]}"), ENDS_WELL) as child:
        ended = child.run(TASK, now=NOW, tell=lambda *stage: stages.append(stage))
    assert (ended, stages) == (Ended("published", "done"), [("futures", 1, 2)])


def test_one_process_does_many_tasks_until_it_is_replaced(monkeypatch):
    monkeypatch.setattr("forecasts.jobs.child.MOST_TASKS", 2)
    said = "{'ended': {'kind': 'published', 'message': str(os.getpid()), 'code': 0, 'snapshot': None, 'gates': []}}"
    with bad(says(said)) as child:
        pids = [child.run(TASK, now=NOW).message for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("sys.exit('no more luck')", "ended with code 1: no more luck"),
        ("os._exit(7)", "ended with code 7"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL (by a person, or by the system for want of"),
        ("os.abort()", "was killed by SIGABRT"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("raise MemoryError('18 GB')", "ended with code 1: MemoryError: 18 GB"),
        ("print('garbage', flush=True)", "said what cannot be read"),
        ('print(\'{"ended": {"kind": "won"}}\', flush=True)', "said what cannot be read"),
        ("print('{\"ended\": 1', flush=True)", "said what cannot be read"),
        ("os.write(1, bytes([255, 254, 10]))", "said what cannot be read"),
        ("print('{\"stage\": 5}', flush=True)", "said what cannot be read"),
        ("subprocess.Popen(['sleep', '600']); os._exit(7)", "ended with code 7"),
    ],
)
def test_a_death_is_told_in_one_line_and_the_next_task_is_done(step, told):
    with bad(f"if task['seed'] is None: {step}", ENDS_WELL) as child:
        ended = child.run(TASK, now=NOW)
        assert (ended.kind, ended.code) == ("failed", 1)
        assert ended.message.startswith("small: the process that computed it ")
        assert told in ended.message
        assert child.run(replace(TASK, seed=1), now=NOW) == Ended("published", "done")


def test_a_task_that_takes_too_long_is_ended_with_all_that_it_has_started(tmp_path):
    mark = tmp_path / "pid"
    start = f"open({str(mark)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))"
    with bad(start, SLEEP, limits=Limits(1.0, PLENTY.memory)) as child:
        ended = child.run(TASK, now=NOW)
        assert ended.kind == "failed"
        assert "not done within 0:00:01, the time allowed" in ended.message
    assert is_gone(pid_in(mark))


@pytest.mark.parametrize("eater", ["itself", "what it has started"])
def test_a_task_that_uses_too_much_memory_is_ended(eater):
    eat = "x = bytearray(400_000_000)"
    step = eat if eater == "itself" else f"subprocess.Popen([sys.executable, '-c', '{eat}; import time; {SLEEP}'])"
    with bad(step, SLEEP, limits=Limits(60.0, 200_000_000)) as child:
        ended = child.run(TASK, now=NOW)
    assert ended.kind == "failed"
    assert "GB of memory in use, 0.20 GB allowed" in ended.message


def test_a_running_task_can_be_taken_back_from_another_thread(tmp_path):
    mark = tmp_path / "pid"
    with bad(f"open({str(mark)!r}, 'w').write(str(os.getpid()))", SLEEP) as child:
        threading.Thread(target=lambda: (pid_in(mark), child.cancel()), daemon=True).start()
        ended = child.run(TASK, now=NOW)
    assert ended.kind == "cancelled"
    assert is_gone(pid_in(mark))


def test_closing_ends_the_child():
    child = bad(
        says("{'ended': {'kind': 'busy', 'message': str(os.getpid()), 'code': 0, 'snapshot': None, 'gates': []}}")
    )
    pid = int(child.run(TASK, now=NOW).message)
    assert not is_gone(pid)
    child.close()
    assert is_gone(pid)
    child.close()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"board": "../x"}, "board"),
        ({"mode": "both"}, "mode"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"as_of": "today"}, "as_of"),
        ({"extra": 1}, "unknown field 'extra'"),
    ],
)
def test_a_task_is_read_strictly(changed, told):
    values = task_values(TASK)
    assert read_task(values) == TASK
    with pytest.raises((TypeError, ValueError), match=told):
        read_task(values | changed)


def test_an_ending_comes_back_as_it_was_and_any_message_fits_on_a_line():
    ended = Ended(
        "refused", plain_line("a\nb\x00c\u2028d " + "x" * 9000), 4, "s" * 64, ({"name": "khat", "value": None},)
    )
    assert read_ended(ended_values(ended)) == ended
    assert ended.message.startswith("a b c d xxx")
    assert len(ended.message) == 2000
    assert line(ended=ended_values(ended)).count(b"\n") == 1


def test_the_real_child_publishes_once_and_keeps_its_failures(home, tmp_path):
    folder = tmp_path / "home"
    with real(folder) as child:
        first = child.run(TASK, now=NOW)
        assert first.kind == "published", first.message
        assert snapshots.index(home.store, "small")["id"].to_list() == [first.snapshot]
        assert {g["name"] for g in first.gates} >= {"precision", "khat"}
        assert child.run(TASK, now=NOW).kind == "unchanged"
        refused = child.run(replace(TASK, futures=900, seed=1), now=NOW)
        assert (refused.kind, refused.code, refused.snapshot) == ("refused", 4, first.snapshot)
        unknown = child.run(replace(TASK, board="nowhere"), now=NOW)
        assert (unknown.kind, unknown.code) == ("failed", 2)
        assert "no definition in the record" in unknown.message
    assert [r.outcome for r in runs.read(home.store, "small")] == ["refused", "published"]
    assert [r.outcome for r in runs.read(home.store, "nowhere")] == ["failed"]


@pytest.mark.slow
def test_the_child_ends_when_nobody_wants_its_task_any_more(home, tmp_path):
    """As when the scheduler itself is killed: the pipe closes, and the task under way is not published."""
    child = real(tmp_path / "home")
    process = subprocess.Popen(
        child.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child.environment,
        cwd=ROOT,
        start_new_session=True,
    )
    process.stdin.write(line(task=task_values(TASK), now="2026-04-10T09:00:00.000000Z"))
    process.stdin.close()
    assert process.wait(60) == -9
    process.stdout.close()
    assert snapshots.index(home.store, "small").is_empty()


@pytest.mark.slow
def test_a_record_that_cannot_be_opened_is_told_in_the_attempt(tmp_path):
    with real(tmp_path / "nothing") as child:
        ended = child.run(TASK, now=NOW)
    assert ended.kind == "failed"
    assert "there is no record yet" in ended.message


def explain(error):
    return str(error), 2


def test_while_another_process_computes_the_board_nothing_is_tried(home):
    holder = f"""
import sys, time
from forecasts.jobs import one_board
from forecasts.store import open_store
with open_store({str(home.store.engine.url)!r}) as store, one_board.computing(store, "small") as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout.readline() == "True\n"
    assert one_board.is_computing(home.store, "small")
    ended = serving.do(home.store, home.artefacts, TASK, now=NOW, explain=explain)
    assert (ended.kind, ended.code) == ("busy", 0)
    process.communicate()
    assert not one_board.is_computing(home.store, "small")
    assert runs.read(home.store, "small") == ()


@pytest.mark.slow
def test_a_child_keeps_its_compiled_models_between_tasks(home):
    folder = home.artefacts.root.parent
    wanted, made_by = class_rates_fit.recipe(home.board).input_hash, []
    with real(folder) as child:
        for seed in (1, 2):
            ended = child.run(replace(TASK, resample=True, seed=seed), now=NOW)
            assert ended.kind == "published", ended.message
            kept = home.artefacts.get(home.artefacts.bound(wanted))
            made_by.append(draws_file.from_bytes(kept).receipt["made_by"])
    assert made_by == ["nutpie", "nutpie, model kept"]
