"""Agreements forecast from earlier ones: what may be known, refusals, and the published agreements of 1975 to 1999.

`published` (module) is the backtest of the UCDP agreements: converted here, never stored.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts import agreement_table, backtest_durations
from forecasts.agreement_table import Agreement, Agreements
from forecasts.backtest_durations import FEWEST_CASES, better_by, check, durations, split
from models.durability_curves import kaplan_meier
from tests.conftest import shared

WATCHED = date(2021, 12, 31)
PUBLISHED = "peace/ucdp_pad_signed_1975_1999.parquet"


def agreement(number: int, *, held: int | None, signed: date = date(1980, 1, 1), feature: int = 0) -> Agreement:
    start = signed + timedelta(days=40 * number)
    end = None if held is None else start + timedelta(days=held)
    return Agreement(f"agreement {number}", start, end, WATCHED, (feature,), number + 2)


def made_up(count: int = 60) -> Agreements:
    rows = [agreement(i, held=None if i % 3 else 90 * (i + 1), feature=i % 2) for i in range(count)]
    return Agreements(("force",), tuple(rows))


def test_only_what_was_known_on_the_day_trains() -> None:
    cut = date(1983, 1, 1)
    before, after = split(made_up(), cut)
    assert len(before) == 28
    assert {a.watched for a in before} == {cut}
    assert all(a.ended is None or a.ended < cut for a in before)
    assert sum(a.ended is not None for a in before) < sum(
        a.ended is not None for a in made_up().rows if a.signed < cut
    ), "some that ended later count as in force"
    assert all(a.watched == WATCHED for a in after)
    again = split(Agreements(("force",), tuple(a.until(cut) for a in made_up().rows if a.signed < cut)), cut)[0]
    assert again == before, "nothing that came later matters"


def test_features_are_centred_and_ends_are_their_day() -> None:
    cases = durations(made_up().rows, ("force",))
    assert cases.design.mean() == pytest.approx(0)
    ended = cases.ended
    np.testing.assert_allclose((cases.upper - cases.lower)[ended], 1 / 365.25)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(1980, 2, 1), "1 agreements signed earlier, 0 of them known to have ended"),
        (date(1999, 1, 1), "no agreement was signed later; the last 1986-06-18"),
    ],
)
def test_cuts_that_leave_nothing_to_learn_or_to_forecast_are_refused(day: date, expected: str) -> None:
    (problem,) = check(made_up(), signed_before=day, file="a.csv")
    assert expected in str(problem)
    assert "--signed-before" in str(problem)


def test_a_training_part_without_ends_is_refused() -> None:
    rows = tuple(agreement(i, held=None) for i in range(FEWEST_CASES + 5))
    (problem,) = check(Agreements(("force",), rows), signed_before=date(1981, 3, 1), file="a.csv")
    assert "0 of them known to have ended" in str(problem)


def convert(path: Path, folder: Path) -> Path:
    """Write the published agreements in the schema of the command: `pko` is a force, `cease` a ceasefire."""
    data = pl.read_parquet(path)
    assert data.filter((pl.col("ended") == 1) & pl.col("end_date").is_null()).is_empty()
    table = data.select(
        name="pa_name",
        signed="pa_date",
        ended=pl.when(pl.col("ended") == 1).then("end_date"),
        censored_at=pl.lit(WATCHED),
        outside_force="pko",
        ceasefire="cease",
    )
    target = folder / "agreements.csv"
    table.write_csv(target)
    return target


def test_the_published_agreements_are_read_whole(testdata, tmp_path: Path) -> None:
    found, problems = agreement_table.read(convert(testdata(PUBLISHED), tmp_path))
    assert not problems
    assert len(found.rows) == 175
    assert sum(a.ended is not None for a in found.rows) == 76
    assert {a.name for a in found.rows if a.name.startswith("Protocol on the negotiating")}, "a name of three lines"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return table and backtest of agreements signed from 1994 on."""
    path = shared(PUBLISHED)
    if not path.exists():
        pytest.skip(f"published test data {PUBLISHED!r} is absent: set TWIXT_TESTDATA to its folder")
    table, problems = agreement_table.read(convert(path, tmp_path_factory.mktemp("published")))
    assert not problems
    return table, backtest_durations.run(table, signed_before=date(1994, 1, 1))


@pytest.mark.slow
def test_the_model_is_far_better_than_a_constant_hazard(published) -> None:
    found = published[1]
    assert (len(found.names), found.trained_on, found.ends) == (84, 91, 36)
    for of in (lambda s: s.log, lambda s: s.crps):
        gain, error = better_by(found.model, found.baselines["constant"], of=of)
        assert gain > 5 * error


@pytest.mark.slow
def test_the_model_is_no_worse_than_the_curve_of_earlier_agreements(published) -> None:
    """Log score: better. CRPS: the same within its error (docs/durability-model.md says by how much)."""
    found = published[1]
    sceptic = found.baselines["kaplan_meier"]
    gain, error = better_by(found.model, sceptic, of=lambda s: s.log)
    assert gain > error
    gain, error = better_by(found.model, sceptic, of=lambda s: s.crps)
    assert gain > -2 * error
    assert not found.model.clipped.any()
    assert sceptic.clipped.sum() == 7, "ends that the steps held impossible"


@pytest.mark.slow
def test_shares_in_force_lie_where_the_joint_forecast_put_them(published) -> None:
    for line in published[1].calibration:
        assert line.n == 84
        assert line.low90 - 0.03 <= line.observed <= line.high90 + 0.03, line


@pytest.mark.slow
def test_the_sceptics_are_what_they_are_called(published) -> None:
    table, found = published
    before, after = split(table, found.signed_before)
    years, ended = np.array([a.years for a in before]), np.array([a.ended is not None for a in before])
    rate = ended.sum() / years.sum()
    # an agreement in force: minus its log score is the rate times the years watched, unless that was clipped
    still = np.array([a.ended is None for a in after]) & ~found.baselines["constant"].clipped
    followed = np.array([a.followed for a in after])
    np.testing.assert_allclose(
        found.baselines["constant"].log[still], np.minimum(rate * followed, -np.log(0.001))[still], rtol=1e-9
    )
    last = kaplan_meier(years, ended)[1][-1]
    np.testing.assert_allclose(found.baselines["kaplan_meier"].log[[a.ended is None for a in after]], -np.log(last))


@pytest.mark.slow
def test_the_document_has_the_keys_that_are_promised(published) -> None:
    found = backtest_durations.document(published[1])
    assert list(found) == ["n", "model", "baselines", "calibration"]
    assert set(found["model"]) == {"log", "crps"}
    assert list(found["baselines"]) == ["kaplan_meier", "constant"]
    assert all(set(b) == {"log", "crps"} for b in found["baselines"].values())
    assert [line["years"] for line in found["calibration"]] == [1, 2, 5]
