"""The recorded rolling origins: of this code, within the bars, and what the page on the model says."""

import json
import re
from pathlib import Path

import pytest

from forecasts.recipe import code_digest
from forecasts.spending_fit import SAMPLER, SOURCES

ROOT = Path(__file__).resolve().parents[2]
FOUND = json.loads((ROOT / "tests" / "records" / "spending_origins.json").read_text(encoding="utf-8"))
ROWS = {
    "model": r"\*\*model\*\*",
    "rw": r"random walk, own scale",
    "rw_pooled": r"random walk, pooled scale",
    "drift_pooled": r"pooled drift",
    "arima": r"AutoARIMA",
}


def test_the_record_is_of_this_code_and_these_settings() -> None:
    assert FOUND["code"] == {source: code_digest(source) for source in SOURCES}, "run benchmarks.spending_origins"
    assert FOUND["sampler"] == dict(SAMPLER)


@pytest.mark.parametrize(
    ("horizon", "count", "walk", "others"),
    [(1, 217, 0.082, (0.079, 0.073, 0.103)), (2, 186, 0.130, (0.123, 0.118, 0.156))],
)
def test_the_model_is_within_its_bars(horizon: int, count: int, walk: float, others: tuple[float, ...]) -> None:
    found = FOUND[f"{horizon} ahead"]
    assert found["n"] == count
    assert found["model"]["crps"] < min(others)
    assert found["model"]["crps"] < min(s["crps"] for name, s in found.items() if name in ROWS and name != "model")
    assert found["model"]["crps"] < 0.85 * walk
    assert 0.85 <= found["model"]["coverage90"] <= 0.95
    assert sum(found["pit_fifths"]) == count


def test_the_page_says_what_the_record_says() -> None:
    page = (ROOT / "docs" / "spending-model.md").read_text(encoding="utf-8")
    for name, words in ROWS.items():
        line = re.search(rf"^\| {words}.*$", page, re.MULTILINE)
        assert line, name
        printed = [float(cell.strip(" *")) for cell in line[0].split("|")[2:8]]
        scores = [FOUND[f"{h} ahead"][name][k] for k in ("crps", "coverage90", "coverage50") for h in (1, 2)]
        assert printed == pytest.approx(scores, abs=5e-4), name
