"""Runs of a board whose series has a fitted panel: vintages, the law of editions, the law of the path.

Draws of the panel are made up, so nothing is sampled; everything after them is as shipped.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from forecasts import encode
from forecasts.catalogue import parameter_draws
from forecasts.definition import Series
from forecasts.domain import Edition, Share
from forecasts.evaluation import Effort, simulate_board
from forecasts.instants import end_of_day
from forecasts.panel_outlook import outlook
from forecasts.replay import read_moment
from forecasts.stored_futures import load_futures
from tests.forecasts import small_board
from tests.forecasts.panel_draws import keep_draws
from tests.forecasts.test_spending_editions import panel
from tests.jobs.small_home import NOW, START, open_home, small

NAMES = "ABCDEFGH"
AUTUMN, WINTER = date(2025, 9, 3), date(2026, 2, 20)


def shares(years: range, *, lift: float = 1.0, estimates: tuple[int, ...] = ()) -> tuple[Share, ...]:
    return tuple(
        Share(name, year, round(lift * printed(i, year), 2), year in estimates)
        for i, name in enumerate(NAMES)
        for year in years
    )


def printed(i: int, year: int) -> float:
    return float((1.4 + 0.1 * i) * 1.06 ** (year - 2016) + 0.02 * ((i * year) % 3))


def edition(on: date, values: tuple[Share, ...], name: str = "") -> Edition:
    return Edition(name or f"spending-{on}", "spending", on, f"Table of {on}", "Office", "", values, "")


FIRST = edition(AUTUMN, shares(range(2016, 2026), estimates=(2024, 2025)))
NEW = edition(WINTER, shares(range(2025, 2026), lift=1.05, estimates=(2025,)), "N001")


def fitted(**changes: object) -> Series:
    found = replace(
        panel(FIRST, weights=tuple(range(1, 9))),
        promises=(),
        breaks=(),
        slumps=(),
        goal=replace(panel(FIRST).goal, since=2024, review=2028, by=2031),
    )
    return replace(small_board.SERIES, states=(), damping=None, noise_sd=None, panel=replace(found, **changes))


@pytest.fixture(scope="module")
def board():
    return small(series=(fitted(),))


@pytest.fixture
def home(tmp_path, board):
    opened = open_home(tmp_path / "home", board)
    yield opened
    opened.store.close()


def moment(home, *, at: datetime = NOW, mode: str = "live", now: datetime | None = None):
    return read_moment(home.store, home.artefacts, home.board.id, as_of=at, mode=mode, now=now or NOW)


def refit(home, *, at: datetime = NOW, mode: str = "live", now: datetime | None = None, **choices):
    keep_draws(home.artefacts, moment(home, at=at, mode=mode, now=now))
    outcome = home.refit(now=now or NOW, as_of=at, mode=mode, **choices)
    assert outcome.kind in {"published", "unchanged"}, outcome.message
    return outcome.snapshot


def detail(home, snapshot):
    return json.loads(home.artefacts.get(snapshot.detail_hash))


def test_a_new_edition_counts_from_the_next_refit_and_no_earlier_as_of_moves(home) -> None:
    before = refit(home)
    home.add(NEW, at=datetime(2026, 4, 11, 9, tzinfo=UTC))
    later = datetime(2026, 4, 12, 9, tzinfo=UTC)
    after = refit(home, at=later, now=later)
    again = refit(home, at=NOW, now=later)
    assert again.id == before.id, "the same inputs: the snapshot stands to the byte"
    assert again.rows.equals(before.rows)
    found = {s.id: detail(home, s)["panels"]["spending"] for s in (before, after)}
    assert [e["id"] for e in found[before.id]["editions"]] == [FIRST.id]
    assert [e["id"] for e in found[after.id]["editions"]] == [FIRST.id, "N001"]
    ratio = found[after.id]["aggregate"]["weighted"][-1] / found[before.id]["aggregate"]["weighted"][-1]
    assert ratio == pytest.approx(1.05, abs=0.01)
    fits = [s.receipt["parameters"]["spending"]["input_hash"] for s in (before, after)]
    assert fits[0] != fits[1], "another table is another fit"


def test_in_retrospect_an_edition_counts_from_its_publication(home) -> None:
    home.add(NEW, at=datetime(2026, 4, 11, 9, tzinfo=UTC))
    now = datetime(2026, 4, 12, 9, tzinfo=UTC)
    read = {
        day: encode.vintage(found.board.series[0], found.board, as_of=found.day, known_through=found.known_through)
        for day in (date(2025, 6, 1), date(2025, 10, 1), date(2026, 2, 19), date(2026, 2, 20))
        for found in [moment(home, at=end_of_day(day), mode="retrospective", now=now)]
    }
    assert [v.year for v in read.values()] == [2024, 2025, 2025, 2025]
    assert [v.stands_in for v in read.values()] == [True, False, False, False]
    assert [v.published_on for v in read.values()] == [AUTUMN, AUTUMN, AUTUMN, WINTER]
    live = moment(home, at=NOW, now=now)
    seen = encode.vintage(live.board.series[0], live.board, as_of=live.day, known_through=live.known_through)
    assert seen.published_on == AUTUMN, "published in February, recorded in April: live runs before did not know it"


def test_before_the_first_edition_the_snapshot_says_later_revision(home) -> None:
    early = refit(home, at=end_of_day(date(2025, 6, 1)), mode="retrospective")
    notes = detail(home, early)["notes"]
    assert any(n.startswith("spending: later revision: the edition of 2025-09-03 stands in") for n in notes)
    assert detail(home, early)["panels"]["spending"]["stands_in"] is True
    assert not any("later revision" in n for n in detail(home, refit(home))["notes"])


def test_a_publication_that_nobody_entered_is_carried_over(home) -> None:
    found = moment(home)
    late = {"as_of": date(2026, 12, 31), "known_through": date(2026, 12, 31)}
    notes = encode.series_notes(found.board, **late)
    assert "spending: publication of 2026 not entered; carried forward from 2025" in notes
    assert encode.series_years(found.board, **late) == ((2027, 2028, 2029, 2030),)
    assert encode.series_years(found.board, as_of=found.day, known_through=found.known_through) == (
        (2026, 2027, 2028, 2029, 2030),
    )


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """Give the panel's outlook, and futures of the board without any pull of its edges."""
    calm = small(series=(replace(fitted(), response=small_board.judged(0.0, 0.0, 0.0)),))
    opened = open_home(tmp_path_factory.mktemp("walked"), calm)
    found = moment(opened)
    keep_draws(opened.artefacts, found)
    parameters = parameter_draws(found, opened.artefacts).all
    series = found.board.series[0]
    printed = encode.vintage(series, found.board, as_of=found.day, known_through=found.known_through).printed
    ahead = outlook(series, printed, parameters.fits[series.id], horizon=found.board.horizon)
    simulated = simulate_board(found, parameters, Effort(24_000, 5, 7), threads=2)
    yield ahead, simulated
    opened.store.close()


def test_the_path_in_the_kernel_follows_the_panels_fan_year_by_year(walked) -> None:
    ahead, simulated = walked
    logs = np.log(simulated.stored.share[:, 0, :].astype(float))
    assert logs.shape[1] == 5
    for year in range(5):
        fan = ahead.aggregate[:, year]
        spread = fan.std()
        for p in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert abs(np.quantile(logs[:, year], p) - np.quantile(fan, p)) < 0.06 * spread, (year, p)
        assert logs[:, year].std() == pytest.approx(spread, rel=0.1), "beyond the last knots tails are normal"


def test_levels_are_reached_as_often_as_by_the_panels_own_futures(walked) -> None:
    ahead, simulated = walked
    logs = np.log(simulated.stored.share[:, 0, :].astype(float))
    for value in (2.6, 2.8, 3.0, 3.5):
        mine = np.maximum.accumulate(logs, axis=1) >= np.log(value)
        theirs = np.maximum.accumulate(ahead.aggregate[:, :5], axis=1) >= np.log(value)
        assert mine.mean(axis=0) == pytest.approx(theirs.mean(axis=0), abs=0.03), value


def test_all_levels_are_read_off_one_path(walked) -> None:
    _, simulated = walked
    day = {q: simulated.stored.day[:, i].astype(int) for i, q in enumerate(simulated.stored.questions)}
    assert (day["three"] <= day["four"]).all()
    reached = (simulated.stored.share[:, 0, :] >= 2.95).any(axis=1)
    assert np.mean(reached != (day["three"] < 32767)) < 1e-4


def test_what_the_page_shows_is_the_panel_alone(home) -> None:
    snapshot = refit(home)
    found = detail(home, snapshot)["panels"]["spending"]
    assert found["years"] == [2026, 2027, 2028, 2029, 2030, 2031], "to the goal's year"
    assert [m["name"] for m in found["members"]] == [*NAMES]
    weights = np.arange(1, 9) / 36
    printed = np.array([m["printed"] for m in found["members"]])
    assert found["aggregate"]["weighted"] == pytest.approx((weights @ printed).tolist(), abs=2e-3)
    assert found["aggregate"]["printed"][:-1] == found["aggregate"]["weighted"][:-1], "the table prints no aggregate"
    assert set(found["estimates"]) == {"2024", "2025"}
    counts = found["counts"]
    assert all(sum(row) == pytest.approx(1.0, abs=1e-3) for row in counts["chances"])
    means = [sum(k * p for k, p in enumerate(row)) for row in counts["chances"]]
    assert means == pytest.approx(counts["mean"], abs=0.01)
    at_goal = [sum(m["at"]["3.5"][i] for m in found["members"]) for i in range(6)]
    assert at_goal == pytest.approx(counts["mean"], abs=0.01), "a count's mean is the sum of the chances"
    reached = found["aggregate"]["reached"]["2"]
    assert reached == sorted(reached)
    assert np.all(np.array(found["aggregate"]["reached"]["2"]) >= np.array(found["aggregate"]["reached"]["3.5"]))
    line = found["on_line"]
    # from the share of 2024 to 3.5 in 2031, by 2028: 4 of 7 years
    first = printed[0][found["printed_years"].index(2024)]
    assert line["needed"][0] == pytest.approx(first + (3.5 - first) * 4 / 7, abs=2e-3)
    assert all(0 <= p <= 1 for p in line["chances"])


def test_the_board_and_the_panel_speak_of_the_same_years(home) -> None:
    snapshot = refit(home)
    years = snapshot.rows.filter((pl.col("subject") == "spending") & (pl.col("measure") == "quantile"))
    assert years["deadline"].dt.year().to_list() == [2026, 2027, 2028, 2029, 2030]
    stored = load_futures(home.artefacts.get(snapshot.futures_hash), name="x")
    assert stored.share.shape[2] == 5
    assert START < NOW
