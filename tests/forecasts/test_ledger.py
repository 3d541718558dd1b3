from datetime import UTC, date, datetime

from forecasts import ledger
from forecasts.domain import Retraction
from forecasts.people import LOCAL_OWNER
from tests.forecasts.records import evidence

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_smoke(store):
    ledger.append(store, [evidence("E1"), evidence("E2")], board="b", actor=LOCAL_OWNER, now=NOW)
    ledger.append(store, [Retraction("R1", "E1", "why", date(2026, 7, 1))], board="b", actor=LOCAL_OWNER, now=NOW)
    view = ledger.read(store, "b", as_of=NOW.replace(hour=13), mode="live")
    assert [e.entry for e in view.entries] == ["E2", "R1"]
    assert ledger.verify(store, "b").position == 3
