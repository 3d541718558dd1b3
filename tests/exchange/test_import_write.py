"""An import enters the record whole or not at all, on both databases; questions keep versions, and dumps carry them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import dump, ledger
from forecasts.artefacts import Artefacts
from forecasts.domain import Confirmation, Forecast
from forecasts.errors import ConflictError, DumpError, ForbiddenError
from forecasts.exchange import import_write, outside_store
from forecasts.exchange.import_report import Asked, Import
from forecasts.exchange.outside import OutsideQuestion
from forecasts.people import LOCAL_OWNER, Actor
from forecasts.store import open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CRITERIA = "First line.\nSecond line with “quotes”, =1+1 and \u2028 an odd line end."


@pytest.fixture
def store(store_url: str):
    with open_store(store_url) as opened:
        yield opened


def question(outside: str = "501", **changes: object) -> OutsideQuestion:
    values = {"title": "Truce?", "criteria": CRITERIA, "url": "https://example.org/1", "opened_at": None}
    values |= {"closes_at": NOW, "resolved_at": None, "outcome": None, "licence": "CC0"}
    return OutsideQuestion(source="metaculus", id=outside, **values | changes)


def forecast(day: int, chance: float | None = 0.3) -> Forecast:
    at = datetime(2026, 2, day, 9, 30, 0, 123_000, UTC)
    return Forecast(
        "new", "truce", date(2026, 12, 31), "crowd:metaculus", chance, at, at.date(), "", "Metaculus 501", ""
    )


def prepared(*records: Forecast, questions: tuple[OutsideQuestion, ...] = (), position: int = 0) -> Import:
    asked = tuple(Asked(q, ("truce", date(2026, 12, 31)), "new", kept=True) for q in questions)
    return Import("metaculus", asked, records, (), (), position)


def write(store, found: Import, **changes):
    return import_write.write(store, found, **{"board": "b", "actor": LOCAL_OWNER, "now": NOW} | changes)


def test_forecasts_and_questions_enter_in_one_step(store) -> None:
    ledger.append(store, [forecast_by_hand()], board="b", actor=LOCAL_OWNER, now=NOW)
    found = prepared(forecast(1), forecast(2), forecast(3, None), questions=(question(), question("502")), position=1)
    entries = write(store, found)
    assert [e.entry for e in entries] == ["F008", "F009", "F010"]
    assert [e.record for e in entries] == [replace(f, id=e.entry) for f, e in zip(found.accepted, entries, strict=True)]
    assert ledger.history(store, "b")[1:] == entries
    ledger.verify(store, "b")
    kept = outside_store.newest(store, "b")
    assert [(k.question, k.version, k.added_by, k.added_at) for k in kept] == [
        (question(), 1, "owner", NOW),
        (question("502"), 1, "owner", NOW),
    ]


def forecast_by_hand() -> Forecast:
    return replace(forecast(1), id="F007", forecaster="crowd:by-hand")


def test_a_record_that_moved_on_refuses_the_import_whole(store) -> None:
    note = Confirmation("C001", date(2026, 2, 1), date(2026, 2, 1), (), "")
    ledger.append(store, [note], board="b", actor=LOCAL_OWNER, now=NOW)
    with pytest.raises(ConflictError, match=r"wrote to the record meanwhile \(row 1, compared with 0\); import again"):
        write(store, prepared(forecast(1), questions=(question(),)))
    assert len(ledger.history(store, "b")) == 1
    assert outside_store.history(store, "b") == ()


def test_of_imports_at_the_same_time_one_is_written(store) -> None:
    found = prepared(*(forecast(day) for day in range(1, 28)), questions=(question(),))

    def attempt(_: int) -> bool:
        with suppress(ConflictError):
            return bool(write(store, found))
        return False

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == [False] * 5 + [True]
    assert len(ledger.history(store, "b")) == 27
    assert len(outside_store.history(store, "b")) == 1


@pytest.mark.parametrize("role", ["viewer", "forecaster", "jobs"])
def test_only_who_may_enter_the_forecasts_of_others_may_import(store, role: str) -> None:
    for found in (prepared(forecast(1)), prepared(questions=(question(),))):
        with pytest.raises(ForbiddenError, match="in another person's name"):
            write(store, found, actor=Actor("p1", role))  # type: ignore[arg-type]
    assert ledger.history(store, "b") == ()
    assert outside_store.history(store, "b") == ()


def test_a_record_that_cannot_be_kept_leaves_its_question_out_too(store) -> None:
    twice = replace(forecast(1), source="control \x00 character")
    with pytest.raises(ValueError, match="control character"):
        write(store, prepared(forecast(2), twice, questions=(question(),)))
    assert ledger.history(store, "b") == ()
    assert outside_store.history(store, "b") == ()


def test_a_question_gets_a_version_only_when_its_site_says_something_else(store) -> None:
    write(store, prepared(questions=(question(),)))
    write(store, prepared(questions=(question(),)), now=NOW + timedelta(days=1))
    later = question(criteria="Other criteria.", outcome="no", resolved_at=NOW)
    write(store, prepared(questions=(later,)), now=NOW + timedelta(days=2))
    assert [(k.version, k.question) for k in outside_store.history(store, "b")] == [(1, question()), (2, later)]
    assert [k.version for k in outside_store.newest(store, "b")] == [2]
    assert outside_store.history(store, "other") == ()


def test_a_dump_carries_outside_questions_to_another_store(store, tmp_path) -> None:
    artefacts = Artefacts(tmp_path / "artefacts")
    write(store, prepared(forecast(1), questions=(question(), question("502", url=""))))
    write(store, prepared(questions=(question(outcome="yes"),), position=1))
    lines = list(dump.dump(store, artefacts, "b"))
    with open_store(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        dump.load(lines, other, Artefacts(tmp_path / "there"), actor=LOCAL_OWNER, now=NOW)
        assert outside_store.history(other, "b") == outside_store.history(store, "b")
        assert len(outside_store.history(other, "b")) == 3
        assert list(dump.dump(other, artefacts, "b")) == lines


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"outside":{', '"outside":{"colour":"red",', "unknown field 'colour'"),
        ('"version":1', '"version":0', "a version from 1"),
        ('"board":"b","question"', '"board":"c","question"', "of board c among those of b"),
        ('"outcome":null', '"outcome":"maybe"', "allowed: yes, no, ambiguous, annulled"),
        ('"added_at":"2026', '"added_at":"2036', "lies after now"),
    ],
)
def test_a_dump_with_a_wrong_outside_question_is_refused(tmp_path, old: str, new: str, why: str) -> None:
    artefacts = Artefacts(tmp_path / "artefacts")
    with open_store(f"sqlite:///{tmp_path / 'one.sqlite'}") as store:
        write(store, prepared(forecast(1), questions=(question(),)))
        lines = list(dump.dump(store, artefacts, "b"))
    place = next(i for i, line in enumerate(lines) if line.startswith('{"outside"'))
    changed = lines[place].replace(old, new, 1)
    assert changed != lines[place]
    with pytest.raises(DumpError, match=why):
        dump.read([*lines[:place], changed, *lines[place + 1 :]], now=NOW)
