"""What equal weights cost on the shipped board: errors of exported samples against what their stated error allows.

`make test-nightly` draws samples of two sizes with many seeds and writes tests/records/samples.json; a fast test holds
the record against its bars. `z` is a difference to the weighted value over sqrt(p (1 - p) / n), with n the samples that
hold the condition: root mean square at most 1 if samples cost no more than the command says.
"""

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from forecasts import board as boards
from forecasts import board_store, weighted_futures
from forecasts.artefacts import Artefacts
from forecasts.instants import end_of_day
from forecasts.people import LOCAL_OWNER
from forecasts.refit import Wanted, refit
from forecasts.settings import SHIPPED_BOARDS
from forecasts.store import open_store
from tests.jobs.small_home import Home

RECORD = Path(__file__).parents[1] / "records" / "samples.json"
BOARD = "indivisible-security"
NOW = datetime(2026, 7, 2, 9, tzinfo=UTC)
SIZES, SEEDS = (1_000, 10_000), 40
WORST_RMS, WORST = 1.05, 6.0
"""Bars: the stated error holds on average; and none of some 60,000 differences is a mistake rather than luck."""


def differences(futures, events, rows) -> tuple[np.ndarray, np.ndarray]:
    """Return z of each event, and of each event given each other one that is not rare, in equally weighted samples."""
    weight, held = futures.weight, events[rows].astype(float)
    exact, joint = weight @ events, (events * weight[:, None]).T @ events
    found, together = held.mean(axis=0), held.T @ held / len(rows)
    single = (found - exact) / np.sqrt(exact * (1 - exact) / len(rows))
    given, seen = joint / exact[:, None], together / np.maximum(found[:, None], 1e-9)
    error = np.sqrt(np.maximum(given * (1 - given), 1e-12) / (exact[:, None] * len(rows)))
    usual = (exact[:, None] > 0.05) & (given > 0.02) & (given < 0.98)
    return single, ((seen - given) / error)[usual]


def told(z: np.ndarray) -> dict[str, float | int]:
    return {"rms": float(np.sqrt((z**2).mean())), "largest": float(np.abs(z).max()), "count": int(z.size)}


@pytest.mark.nightly
def test_samples_of_the_shipped_board_cost_what_is_said(tmp_path):
    definition, _ = boards.load(Path(SHIPPED_BOARDS) / BOARD)
    home = Home(open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}"), Artefacts(tmp_path / "artefacts"), definition)
    board_store.initialise(home.store, home.artefacts, SHIPPED_BOARDS / BOARD, now=NOW, actor=LOCAL_OWNER)
    choices = {"as_of": end_of_day(date(2026, 7, 1)), "mode": "retrospective", "wanted": Wanted(threads=1)}
    outcome = refit(home.store, home.artefacts, BOARD, now=NOW, **choices)
    assert outcome.kind == "published", outcome.message
    futures = weighted_futures.of_snapshot(home.store, home.artefacts, outcome.snapshot, threads=1)
    by = (definition.horizon - definition.opens).days
    every = np.concatenate([futures.stored.day <= by, futures.marks.indicators], axis=1).astype(float)
    share = futures.weight @ every
    events = every[:, (share > 0.01) & (share < 0.99)]
    record = {"futures": futures.weight.size, "effective": float(1 / (futures.weight**2).sum()), "sizes": {}}
    for size in SIZES:
        pairs = [differences(futures, events, weighted_futures.resampled(futures, size, seed=s)) for s in range(SEEDS)]
        singles, conditionals = (np.concatenate(part) for part in zip(*pairs, strict=True))
        record["sizes"][str(size)] = {"probabilities": told(singles), "conditionals": told(conditionals)}
    home.store.close()
    check(record)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def check(record) -> None:
    """Raise AssertionError unless a record is whole and keeps its bars."""
    assert record["futures"] > 100_000
    assert 0 < record["effective"] <= record["futures"]
    assert sorted(record["sizes"], key=int) == [str(s) for s in SIZES]
    for size, found in record["sizes"].items():
        for kind, least in (("probabilities", 20 * SEEDS), ("conditionals", 100 * SEEDS)):
            one = found[kind]
            assert one["count"] >= least, (size, kind)
            assert all(math.isfinite(v) for v in one.values())
            assert 0.2 < one["rms"] <= WORST_RMS, (size, kind, "an error of 0 would be no sample")
            assert one["largest"] <= WORST, (size, kind)


def test_the_record_of_samples_keeps_its_bars():
    check(json.loads(RECORD.read_text(encoding="utf-8")))
