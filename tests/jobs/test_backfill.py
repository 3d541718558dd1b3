"""A backfill fills what is missing, goes on after a failure or an interruption, and needs no care about order."""

from datetime import date, timedelta

import pytest

from forecasts import snapshots
from forecasts.backfill import backfill
from forecasts.board import load
from forecasts.catalogue import recipes
from forecasts.errors import StoreError
from forecasts.instants import end_of_day
from forecasts.settings import SHIPPED_BOARDS
from forecasts.shipped import SHIPPED
from forecasts.store import open_store
from scripts.draws import moment
from tests.jobs.small_home import NOW, THROUGH, evidence, occurrence

START = date(2026, 3, 3)
WEEKS = [START + timedelta(days=7 * k) for k in range(5)]


def filled(home, **choices):
    values = {"start": START, "now": NOW, "workers": 1} | choices
    return backfill(home.store, home.artefacts, "small", **values)


def days(home):
    return [d.date() for d in snapshots.index(home.store, "small", mode="retrospective")["as_of"]]


def test_every_week_to_the_last_confirmed_day_is_published(home):
    home.add(evidence("E1", published_on=date(2026, 3, 12)), occurrence("O1", "fund", date(2026, 3, 20)))
    told = []
    report = filled(home, progress=told.append)
    assert WEEKS[-1] == THROUGH
    assert (list(report.published), report.failed, report.interrupted) == (WEEKS, (), False)
    assert sorted(days(home)) == WEEKS
    assert [(p.done, p.total) for p in told] == [(k, 5) for k in range(6)]
    assert told[0].seconds_left is None
    assert told[-1].seconds_left == 0.0
    each = {d: snapshots.latest(home.store, "small", mode="retrospective", as_of=end_of_day(d)) for d in WEEKS}
    states = [s.rows.filter(s.rows["subject"] == "fund")["state"][0] for s in each.values()]
    assert states == ["open", "open", "open", "occurred", "occurred"]
    assert [home.artefacts.has(s.futures_hash) if s.futures_hash else None for s in each.values()] == [None] * 4 + [
        True
    ]


def test_running_it_again_changes_nothing(home):
    filled(home, every_days=14)
    again = filled(home)
    assert again.unchanged == (WEEKS[0], WEEKS[2], WEEKS[4])
    assert again.published == (WEEKS[1], WEEKS[3])


def test_an_interrupted_backfill_goes_on_where_it_stopped(home):
    def stop(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    report = filled(home, progress=stop)
    assert report.interrupted
    assert len(days(home)) == len(report.published) == 2
    assert filled(home).published == tuple(WEEKS[:3]), "newest first"


def test_a_date_that_fails_does_not_stop_the_others(home, monkeypatch):
    from forecasts import backfill as module

    whole = module.refit

    def failing(store, artefacts, board, **choices):
        if choices["as_of"].date() == WEEKS[2]:
            raise StoreError("the disk is full")
        return whole(store, artefacts, board, **choices)

    monkeypatch.setattr(module, "refit", failing)
    report = filled(home)
    assert report.failed == ((WEEKS[2], "the disk is full"),)
    assert len(report.published) == 4


def test_worker_processes_write_the_same_snapshots(home, new_home):
    other = new_home("other")
    report = filled(home, workers=2, every_days=14)
    assert list(report.published) == WEEKS[::2], report
    filled(other, every_days=14)
    for day in WEEKS[::2]:
        a, b = (snapshots.latest(h.store, "small", mode="retrospective", as_of=end_of_day(day)) for h in (home, other))
        assert (a.id, a.detail_hash) == (b.id, b.detail_hash)
        assert a.rows.equals(b.rows)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"start": date(2024, 12, 1)}, "the board opened on 2025-01-01"),
        ({"start": date(2026, 4, 2)}, "start 2026-04-02 lies after 2026-03-31"),
        ({"every_days": 0}, "every 0 days"),
        ({"until": date(2026, 4, 30)}, "until 2026-04-30: today is 2026-04-10"),
    ],
)
def test_dates_that_are_none(home, choices, message):
    with pytest.raises(ValueError, match=message):
        filled(home, **choices)


def test_a_worker_reaches_the_same_record_on_either_database(store_url):
    with open_store(store_url) as store:
        again = store.engine.url.render_as_string(hide_password=False)
        with open_store(again, migrate=False) as other:
            assert other.label == store.label


def test_a_history_of_the_shipped_board_samples_nothing_whatever_its_dates():
    """A fit that the first history had to sample once cost a newcomer two minutes."""
    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None, problems
    known = {entry.input_hash for entry in SHIPPED.entries().values()}
    for day in (board.opens + timedelta(days=k) for k in range((date(2026, 7, 1) - board.opens).days + 1)):
        needed = {key: recipe.input_hash for key, recipe in recipes(moment(board, day)).items()}
        assert set(needed.values()) <= known, (day, needed)
