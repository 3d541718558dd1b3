"""A clock that jumps: entries keep their order, nothing vanishes from a replay, runs go on."""

from datetime import timedelta
from itertools import pairwise

import pytest

from forecasts import ledger, snapshots
from tests.cli.conftest import Place
from tests.faults import homes
from tests.faults.homes import BOARD, NOW
from tests.faults.test_kills import ADD

DAY = timedelta(days=1)

pytestmark = pytest.mark.parametrize("template", ["sqlite"], indirect=True)


def rows(place: Place) -> tuple[ledger.Entry, ...]:
    with homes.opened(place) as (store, _):
        return ledger.history(store, BOARD)


def published(place: Place) -> list[object]:
    with homes.opened(place) as (store, _):
        return snapshots.index(store, BOARD)["as_of"].to_list()


def test_an_entry_after_a_jump_back_follows_the_last_one_and_is_counted_at_once(hurt: Place) -> None:
    before = rows(hurt)
    homes.run(hurt, *ADD, now=NOW - 30 * DAY)
    after = rows(hurt)
    assert after[:-1] == before
    assert after[-1].recorded_at - before[-1].recorded_at == timedelta(microseconds=1)
    homes.run(hurt, "refit", now=NOW - 30 * DAY)
    assert published(hurt)[-1] == after[-1].recorded_at, "the ledger's own time bounds the run, not the clock"
    homes.state(hurt)


def test_a_jump_back_hides_nothing_and_publishes_nothing_twice(hurt: Place) -> None:
    homes.run(hurt, "refit")
    known = published(hurt)
    homes.run(hurt, "refit", now=NOW - 3 * DAY)
    assert published(hurt) == known
    homes.run(hurt, *ADD, now=NOW + DAY)
    homes.run(hurt, "refit", now=NOW + DAY)
    assert all(a < b for a, b in pairwise(published(hurt)))


def test_a_row_from_a_clock_that_ran_ahead_carries_the_ledger_along_until_the_clock_arrives(hurt: Place) -> None:
    homes.run(hurt, *ADD, now=NOW + 2 * DAY)
    homes.run(hurt, *ADD, now=NOW)
    ahead, repaired = rows(hurt)[-2:]
    assert repaired.recorded_at - ahead.recorded_at == timedelta(microseconds=1)
    homes.run(hurt, "refit", now=NOW)
    assert published(hurt)[-1] == repaired.recorded_at
    homes.run(hurt, *ADD, now=NOW + 3 * DAY)
    assert rows(hurt)[-1].recorded_at == NOW + 3 * DAY, "from then on the clock rules again"
