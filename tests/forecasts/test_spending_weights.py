"""The weights of the aggregate against the aggregate that NATO prints."""

import csv

import numpy as np
import pytest

from forecasts.spending_table import panel, read
from models.spending_summaries import aggregate
from tests.forecasts.spending_reference import EDITION, TABLE


def test_weighted_countries_give_the_printed_aggregate() -> None:
    with (TABLE.parent / "gdp.csv").open(encoding="utf-8") as file:
        output = {row["country"]: float(row["gdp_usd_bn"]) for row in csv.DictReader(file)}
    with TABLE.open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["country"] == "NATO Europe and Canada"]
    printed = {int(r["year"]): float(r["pct_gdp"]) for r in rows if r["edition"].startswith(EDITION)}
    values = [v for v in read(TABLE, edition=EDITION)[0] if v.country != "United States"]
    found = panel(values, first=2014, last=2024)
    assert {*found.countries} == {*output} - {"United States"}
    weights = np.array([output[c] for c in found.countries])
    weighted = np.exp(aggregate(found.log_share[None], weights)[0])
    assert weighted == pytest.approx([printed[y] for y in found.years], rel=0.007)
