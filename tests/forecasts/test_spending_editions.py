"""Editions: what was in force on a day."""

from datetime import date

import numpy as np
import pytest

from forecasts.spending_editions import Printed, in_force, read
from tests.forecasts.spending_reference import TABLE

AUGUST, MARCH = date(2025, 8, 28), date(2026, 3, 31)


def table() -> tuple[Printed, ...]:
    settled = [Printed(c, y, 2.0, AUGUST, estimate=False) for c in "AB" for y in (2021, 2022, 2023)]
    return (
        *settled,
        Printed("A", 2024, 2.1, AUGUST, estimate=True),
        Printed("B", 2024, 2.2, AUGUST, estimate=True),
        Printed("A", 2025, 2.4, AUGUST, estimate=True),
        Printed("A", 2024, 2.15, MARCH, estimate=False),
        Printed("B", 2025, 2.6, MARCH, estimate=True),
    )


def test_a_later_edition_revises_from_its_day_on() -> None:
    before, after = in_force(table(), as_of=date(2026, 3, 30)), in_force(table(), as_of=MARCH)
    assert np.exp(before.panel.log_share[:, 3]) == pytest.approx([2.1, 2.2])
    assert before.panel.years == (2021, 2022, 2023, 2024)
    assert before.notes == ("2025 left out: no value for B",)
    assert np.exp(after.panel.log_share[:, 3:]) == pytest.approx(np.array([[2.15, 2.4], [2.2, 2.6]]))
    assert after.panel.provisional.tolist() == [0, 0, 0, 1, 1]
    assert after.notes == ()


def test_before_the_first_edition_its_settled_years_stand_in() -> None:
    found = in_force(table(), as_of=date(2025, 2, 15))
    assert found.panel.years == (2021, 2022, 2023, 2024)
    (note,) = found.notes
    assert "later revision" in note
    assert in_force(table(), as_of=date(2024, 6, 1)).panel.years == (2021, 2022, 2023)


def test_the_shipped_editions() -> None:
    values = read(TABLE)
    august, march = in_force(values, as_of=AUGUST), in_force(values, as_of=MARCH)
    assert august.panel.years == tuple(range(2014, 2025))
    assert any("Germany" in note for note in august.notes)
    assert march.panel.years == tuple(range(2014, 2026))
    assert march.notes == ()
    assert len(march.panel.countries) == 31
    assert march.panel.provisional.tolist() == [0] * 10 + [1, 1]


def test_an_edition_without_a_day_is_refused(tmp_path) -> None:
    text = "country,year,pct_gdp,edition,estimate,status,confidence\nA,2014,2,June,0,VERIFIED,1\n"
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match="line 2: edition 'June'"):
        read(tmp_path / "t.csv")
