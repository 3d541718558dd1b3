"""Ids of new entries: the next number, whoever else writes at the same time."""

import threading
from datetime import UTC, date, datetime

import pytest

from forecasts import ledger
from forecasts.domain import Confirmation, Retraction
from forecasts.errors import ConflictError, StoreError
from forecasts.new_entry import append_new, next_id
from forecasts.people import LOCAL_OWNER
from forecasts.store import Store, open_store

NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)


def confirmation(entry: str) -> Confirmation:
    return Confirmation(entry, date(2026, 7, 1), date(2026, 7, 1), (), "")


def following(store: Store, board: str = "b") -> str:
    with store.reading() as connection:
        return next_id(connection, board, "C")


def test_numbers_follow_the_highest_one_ever_given(store: Store) -> None:
    assert following(store) == "C001"
    names = ["C009", "C2", "Cold", "C1000x", "c7000", "D", "D5000", "C112", "C1234567890"]
    ledger.append(store, [confirmation(n) for n in names], board="b", actor=LOCAL_OWNER, now=NOW)
    assert following(store) == "C113"
    ledger.append(store, [Retraction("X001", "C112", "wrong", date(2026, 7, 2))], board="b", actor=LOCAL_OWNER, now=NOW)
    assert following(store) == "C113", "an id is never given twice"
    assert following(store, "other") == "C001"


def test_nobody_writes_between_the_choice_of_a_number_and_the_entry(store: Store) -> None:
    with open_store(store.engine.url.render_as_string(hide_password=False), busy_seconds=0.05) as other:

        def late(entry: str) -> Confirmation:
            with pytest.raises(StoreError, match="is locked by another"):
                ledger.append(other, [confirmation(entry)], board="b", actor=LOCAL_OWNER, now=NOW)
            return confirmation(entry)

        first = append_new(store, late, letter="C", board="b", actor=LOCAL_OWNER, now=NOW)
        second = append_new(other, confirmation, letter="C", board="b", actor=LOCAL_OWNER, now=NOW)
    assert [(e.entry, e.position) for e in (first, second)] == [("C001", 1), ("C002", 2)]


def test_many_writers_lose_nothing(store: Store) -> None:
    def write() -> None:
        for _ in range(5):
            append_new(store, confirmation, letter="C", board="b", actor=LOCAL_OWNER, now=NOW)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(e.entry for e in ledger.history(store, "b")) == [f"C{i:03d}" for i in range(1, 21)]


def test_a_conflict_about_something_else_is_reported(store: Store) -> None:
    append_new(store, confirmation, letter="C", board="b", actor=LOCAL_OWNER, now=NOW)

    def retract(entry: str) -> Retraction:
        return Retraction(entry, "C001", "twice", date(2026, 7, 2))

    append_new(store, retract, letter="X", board="b", actor=LOCAL_OWNER, now=NOW)
    with pytest.raises(ConflictError, match="C001 was retracted by X001"):
        append_new(store, retract, letter="X", board="b", actor=LOCAL_OWNER, now=NOW)
