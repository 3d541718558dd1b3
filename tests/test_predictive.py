"""Prior and posterior predictive checks of every fitted model, as recorded."""

import json

import pytest

from forecasts.recipe import code_digest
from tests.predictive import FIGURES, RECORD, checked, figure, models

TITLES = {
    "class_rates": "Class rates: cases counted again",
    "durability": "Durability: agreements watched again",
    "senate": "Senate: votes held again",
    "spending": "Spending: panels printed again",
}


@pytest.mark.nightly
def test_replicas_of_every_model() -> None:
    FIGURES.mkdir(exist_ok=True)
    record = {}
    for name, one in models().items():
        found = checked(one)
        record[name] = {"code": {s: code_digest(s) for s in one.recipe.sources[:3]}, "found": found}
        (FIGURES / f"{name}.svg").write_text(figure(TITLES[name], found), encoding="utf-8")
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", TITLES)
def test_the_recorded_replicas(name: str) -> None:
    kept = json.loads(RECORD.read_text(encoding="utf-8"))[name]
    recipe = models()[name].recipe
    assert kept["code"] == {s: code_digest(s) for s in recipe.sources[:3]}, "other code; run `make test-nightly`"
    found = kept["found"]
    assert (FIGURES / f"{name}.svg").read_text(encoding="utf-8") == figure(TITLES[name], found)
    for statistic, one in found.items():
        prior, posterior, seen = one["prior"], one["posterior"], one["observed"]
        assert prior[0] <= seen <= prior[-1], f"{statistic}: the prior does not foresee the like of the data"
        assert posterior[0] <= seen <= posterior[-1], f"{statistic}: replicas are unlike the data"
    widths = [
        (one["posterior"][3] - one["posterior"][1]) / (one["prior"][3] - one["prior"][1]) for one in found.values()
    ]
    assert sum(w < 1 for w in widths) > len(widths) / 2, "most of what is looked at is learned"
