"""The pool beside a snapshot: nothing where nobody spoke, the lines of who did; it moves no number."""

import json
from datetime import date, timedelta

import polars as pl

from forecasts import catalogue
from forecasts.detail_people import people
from forecasts.domain import Forecast
from forecasts.recipe import ParametersRefusedError, Recipe
from forecasts.replay import read_moment
from tests.jobs.small_home import NOW

D28 = date(2028, 12, 31)


def forecast(entry: str, who: str, p: float) -> Forecast:
    return Forecast(entry, "truce", D28, who, p, NOW, NOW.date(), "", "", "")


def test_people_stand_beside_the_numbers_and_move_none(new_home) -> None:
    silent, spoken = new_home("silent"), new_home("spoken")
    spoken.add(forecast("F1", "ann", 0.6), forecast("F2", "crowd:x", 0.2))
    published = [home.refit(now=NOW + timedelta(hours=1)).snapshot for home in (silent, spoken)]
    quiet, loud = (json.loads(h.artefacts.get(s.detail_hash)) for h, s in zip((silent, spoken), published, strict=True))
    assert quiet["people"] == {}
    numbers = [s.rows.select(pl.exclude("state")).rows() for s in published]
    assert numbers[0] == numbers[1]
    (line,) = loud["people"]["truce"].values()
    assert list(loud["people"]["truce"]) == ["2028-12-31"]
    assert (line["rung"], line["hierarchical"]) == ("recalibrated", None)
    assert [(v["forecaster"], v["probability"], v["market"]) for v in line["voices"]] == [
        ("ann", 0.6, False),
        ("crowd:x", 0.2, True),
    ]
    assert 0 < line["base_rate"] < 1
    assert "0 of the 30" in line["note"]


def test_a_refused_fit_of_the_pool_refuses_no_snapshot(home, monkeypatch) -> None:
    moment = read_moment(home.store, home.artefacts, home.board.id, as_of=NOW, mode="live", now=NOW)
    wanted = catalogue.recipes(moment)
    refused = {catalogue.POOL: next(iter(wanted.values()))}
    monkeypatch.setattr(catalogue, "recipes", lambda _: refused)

    def refuse(*_: object, **__: object) -> None:
        raise ParametersRefusedError("pool: R-hat")

    monkeypatch.setattr(Recipe, "sampled", refuse)
    assert catalogue.parameter_draws(moment, home.artefacts, resample=True).all.pool is None
    assert people(moment, None) == {}
