"""Editions: what was in force on a day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasts.definition_panel import FittedPanel, Goal, Member, Promise, Turn
from forecasts.domain import Edition, Share
from forecasts.elicited import Elicited
from forecasts.spending_editions import in_force

AUGUST, MARCH = date(2025, 8, 28), date(2026, 3, 31)


def edition(published_on: date, *shares: Share, name: str = "") -> Edition:
    return Edition(name or f"spending-{published_on}", "spending", published_on, "Table", "A source", "", shares, "")


def panel(*editions: Edition, weights: tuple[float, ...] = (3.0, 1.0)) -> FittedPanel:
    return FittedPanel(
        aggregate="All",
        members=tuple(Member(name, weight) for name, weight in zip("ABCDEFGH", weights, strict=False)),
        ignored=(),
        editions=editions,
        breaks=(Turn(2022, date(2022, 3, 1), "x"), Turn(2025, date(2025, 3, 1), "x")),
        slumps=(Turn(2020, date(2020, 4, 1), "x"),),
        promises=(Promise(date(2014, 9, 5), 2024, 2.0, "x"), Promise(date(2025, 6, 25), 2035, 3.5, "x")),
        phase=3,
        break_rate=0.1,
        break_up=0.75,
        slump_rate=0.07,
        chances_reason="x",
        discrepancy=Elicited(0.0, -0.01, 0.01, "x"),
        goal=Goal(2025, 2029, 2035, 3.5, "x"),
        lines=(2.0, 3.5),
    )


SETTLED = tuple(Share(c, y, 2.0, estimate=False) for c in "AB" for y in (2021, 2022, 2023))
FIRST = edition(
    AUGUST,
    *SETTLED,
    Share("A", 2024, 2.1, estimate=True),
    Share("B", 2024, 2.2, estimate=True),
    Share("A", 2025, 2.4, estimate=True),
    Share("All", 2024, 2.125, estimate=True),
)
SECOND = edition(MARCH, Share("A", 2024, 2.15, estimate=False), Share("B", 2025, 2.6, estimate=True))
TWO = panel(FIRST, SECOND)


def test_a_later_edition_revises_from_its_day_on() -> None:
    before, after = in_force(TWO, as_of=date(2026, 3, 30)), in_force(TWO, as_of=MARCH)
    assert before.panel.years == after.panel.years == (2021, 2022, 2023, 2024, 2025)
    assert np.exp(before.panel.log_share[0]) == pytest.approx([2.0, 2.0, 2.0, 2.1, 2.4])
    assert np.exp(after.panel.log_share[:, 3:]) == pytest.approx(np.array([[2.15, 2.4], [2.2, 2.6]]))
    assert after.panel.provisional.tolist() == [0, 0, 0, 1, 1], "B's value of 2024 is an estimate still"
    assert (before.published_on, after.published_on) == (AUGUST, MARCH)
    assert after.notes == ()


def test_a_last_year_that_lacks_little_is_filled_in_with_the_growth_of_the_others() -> None:
    found = in_force(TWO, as_of=AUGUST)
    # only A has 2024 and 2025: growth 2.4 / 2.1, B is filled in with 2.2 * 2.4 / 2.1
    assert np.exp(found.panel.log_share[1, 4]) == pytest.approx(2.2 * 2.4 / 2.1)
    assert found.notes == ("2025: B filled in with the growth of the others (+14.3%)",)


@pytest.mark.parametrize("weights", [(1.0, 3.0), (2.0, 1.0)])
def test_a_last_year_that_lacks_much_is_left_out(weights: tuple[float, ...]) -> None:
    found = in_force(panel(FIRST, SECOND, weights=weights), as_of=AUGUST)
    assert found.panel.years == (2021, 2022, 2023, 2024)
    assert found.notes == ("2025 left out: no value for B",)


def test_before_the_first_edition_its_earlier_years_stand_in() -> None:
    found = in_force(TWO, as_of=date(2025, 2, 15))
    assert found.panel.years == (2021, 2022, 2023, 2024)
    assert found.stands_in
    (note,) = found.notes
    assert "later revision" in note
    assert in_force(TWO, as_of=date(2024, 6, 1)).panel.years == (2021, 2022, 2023)


def test_what_was_known_of_the_world_is_bounded_by_the_same_day() -> None:
    early, spring, summer = (in_force(TWO, as_of=date(2025, *d)) for d in ((2, 15), (3, 1), (6, 25)))
    assert early.setting.breaks == (2022,)
    assert spring.setting.breaks == (2022, 2025)
    assert [len(f.setting.pledges) for f in (early, spring, summer)] == [1, 1, 2]
    assert summer.fitted.breaks == (2022,), "the panel ends in 2024: a fit to it reads no later break"
    assert [p.announced for p in summer.fitted.pledges] == [2014]
    assert [p.announced for p in in_force(TWO, as_of=MARCH).fitted.pledges] == [2014, 2025]


def test_the_printed_aggregate_is_no_member() -> None:
    assert in_force(TWO, as_of=MARCH).panel.countries == ("A", "B")


def test_too_few_whole_years_are_refused() -> None:
    short = replace(FIRST, shares=SETTLED[:2] + SETTLED[3:5])
    with pytest.raises(ValueError, match="three whole years"):
        in_force(panel(short), as_of=MARCH)
