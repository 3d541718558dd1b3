"""Every attempt is kept, and the ones that did not succeed say since when the board is stale."""

from datetime import UTC, datetime, timedelta

import pytest

from forecasts import runs
from forecasts.errors import ForbiddenError
from forecasts.people import JOBS, LOCAL_OWNER, Actor
from forecasts.runs import Run, Stale

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def run(outcome, hour=0, **changes):
    at = NOW + timedelta(hours=hour)
    values = {
        "board": "b",
        "mode": "live",
        "as_of": at,
        "started_at": at,
        "ended_at": at + timedelta(seconds=4),
        "outcome": outcome,
        "message": f"{outcome} at hour {hour}",
        "receipt": {"rhat": 1.003, "seconds": [1, 2.5], "gate": None},
        "snapshot": "a" * 64 if outcome in {"published", "unchanged"} else None,
    }
    return Run(**values | changes)


def test_an_attempt_comes_back_with_its_number_newest_first(store):
    kept = [
        runs.append(store, run(outcome, hour), actor=JOBS)
        for hour, outcome in enumerate(("published", "refused", "failed"))
    ]
    assert [r.number for r in kept] == sorted({r.number for r in kept})
    assert runs.read(store, "b") == tuple(reversed(kept))
    assert runs.read(store, "b", limit=1) == (kept[2],)
    assert runs.read(store, "c") == ()


def test_modes_and_boards_are_apart(store):
    runs.append(store, run("published"), actor=LOCAL_OWNER)
    runs.append(store, run("failed", 1, mode="retrospective"), actor=JOBS)
    runs.append(store, run("failed", 2, board="c"), actor=JOBS)
    assert [r.outcome for r in runs.read(store, "b", mode="live")] == ["published"]
    assert runs.stale(store, "b") is None
    assert runs.stale(store, "b", mode="retrospective").attempts == 1
    assert runs.stale(store, "c").message == "failed at hour 2"


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], None),
        (["published"], None),
        (["refused", "published"], None),
        (["refused", "unchanged"], None),
        (["refused"], (0, 1, "refused")),
        (["published", "failed"], (1, 1, "failed")),
        (["published", "failed", "refused", "failed"], (1, 3, "failed")),
        (["failed", "published", "refused"], (2, 1, "refused")),
    ],
)
def test_since_when_a_board_is_stale(store, outcomes, expected):
    for hour, outcome in enumerate(outcomes):
        runs.append(store, run(outcome, hour), actor=JOBS)
    wanted = None
    if expected:
        hour, attempts, outcome = expected
        last = f"{outcome} at hour {len(outcomes) - 1}"
        wanted = Stale(NOW + timedelta(hours=hour), attempts, outcome, last)
    assert runs.stale(store, "b") == wanted


def test_who_may_not_publish_may_not_keep_an_attempt(store):
    with pytest.raises(ForbiddenError):
        runs.append(store, run("published"), actor=Actor("p1", "admin"))
    assert runs.read(store, "b") == ()


@pytest.mark.parametrize(
    "changes",
    [{"outcome": "done"}, {"board": "../b"}, {"receipt": {"rhat": float("nan")}}, {"receipt": {"x": object()}}],
)
def test_an_attempt_that_cannot_be_kept_is_refused(store, changes):
    with pytest.raises((ValueError, TypeError)):
        runs.append(store, run("published", **changes), actor=JOBS)
    assert runs.read(store, "b") == ()
