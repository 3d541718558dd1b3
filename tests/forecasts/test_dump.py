from datetime import UTC, date, datetime

import pytest

from forecasts import dump, ledger, people, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.domain import BoardVersion, Retraction
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.runs import Run
from forecasts.store import open_store
from tests.forecasts.records import evidence, snapshot

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def artefacts(tmp_path):
    return Artefacts(tmp_path / "artefacts")


@pytest.fixture
def full(store, artefacts):
    """A store with everything in it."""
    definition, detail = artefacts.put("title = 'Ünïcode \u2028'\n".encode()), artefacts.put(b"\xff\x00binary")
    person = people.add(store, "Ada", actor=LOCAL_OWNER, now=NOW, email="ada@example.org")
    version = BoardVersion("board", definition, "owner", "first", date(2026, 1, 1))
    ledger.append(
        store, [version, evidence("E1"), evidence("E2", forecaster=person.id)], board="b", actor=LOCAL_OWNER, now=NOW
    )
    ledger.append(store, [Retraction("R1", "E1", "why", date(2026, 7, 1))], board="b", actor=LOCAL_OWNER, now=NOW)
    snapshots.write(store, snapshot(as_of=NOW, detail_hash=detail), actor=JOBS)
    runs.append(store, Run("b", "live", NOW, NOW, NOW, "refused", "R-hat 1.02 > 1.01", {"r": 1.02}), actor=JOBS)
    return store


def test_smoke(full, artefacts, tmp_path):
    lines = list(dump.dump(full, artefacts, "b", with_people=True))
    with open_store(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        other_artefacts = Artefacts(tmp_path / "other")
        dump.load(lines, other, other_artefacts, actor=LOCAL_OWNER, now=NOW)
        assert list(dump.dump(other, other_artefacts, "b", with_people=True)) == lines
        assert ledger.history(other, "b") == ledger.history(full, "b")
