"""Single values of other sites' files: units, zones, prices and what means nothing, as tables of literals."""

from datetime import UTC, datetime

import pytest

from forecasts.exchange import outside_values as values


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-01 12:00:00+00:00", at(2026, 6, 1, 12)),
        ("2026-06-01T12:00:00.250Z", at(2026, 6, 1, 12, 0, 0, 250_000)),
        ("2026-06-01T12:00:00.123456789+02:00", at(2026, 6, 1, 10, 0, 0, 123_456)),
        ("2026-07-07 21:25:17+00", at(2026, 7, 7, 21, 25, 17)),
        ("2026-01-05 09:00:3", at(2026, 1, 5, 9, 0, 3)),  # Fatebook does not pad its seconds
        ("2026-01-05 09:00:03 UTC", at(2026, 1, 5, 9, 0, 3)),
        ("2026-01-05", at(2026, 1, 5)),
        ("9999-12-31T23:59:59Z", None),
        ("N/A", None),
        ("", None),
        (None, None),
        (datetime(2022, 7, 31, 18, 30), at(2022, 7, 31, 18, 30)),
    ],
)
def test_instants_as_sites_write_them(text: object, expected: datetime | None) -> None:
    assert values.instant(text) == expected


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (values.milliseconds, 1653850472294, at(2022, 5, 29, 18, 54, 32, 294_000)),  # the example of Manifold's API
        (values.milliseconds, 253402300799000, None),  # year 9999
        (values.milliseconds, 8.64e15, None),  # the largest instant of JavaScript
        (values.seconds, 1732500060, at(2024, 11, 25, 2, 1)),
        (values.seconds, 1732500060000, None),
        (values.price, "0.5600", 0.56),
        (values.price, "$0.56", 0.56),
        (values.price, 56, 0.56),
        (values.price, 0, 0.0),
        (values.price, None, None),
        (values.percent, 30, 0.3),
        (values.probability, "0.25", 0.25),
        (values.probability, "1e-3", 0.001),
        (values.probability, "N/A", None),
    ],
)
def test_units(read, value: object, expected: object) -> None:
    assert read(value) == expected


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (values.milliseconds, 1653850472, "milliseconds since 1970 are needed"),  # seconds: January 1970
        (values.milliseconds, "soon", "a number is needed"),
        (values.milliseconds, 10**399, "a finite number is needed"),
        (values.instant, "01/02/2026", "a time like"),
        (values.instant, "2026-02-30", "a time like"),
        (values.instant, "2026-01-01T00:00:75", "a time like"),
        (values.instant, "0001-01-01 00:00:00+14", "a time like"),
        (values.instant, "1900-01-01", "a time like"),
        (values.instant, 1653850472294, "a time like"),
        (values.price, 0.56, "dollars as text or whole cents"),  # dollars, or half a cent?
        (values.price, "56", "0 to 1 dollar"),
        (values.price, 101, "0 to 1 dollar"),
        (values.price, True, "a number is needed"),
        (values.probability, 1.01, "from 0 to 1"),
        (values.probability, float("inf"), "a finite number"),
        (values.probability, "٠.٥", "a number is needed"),
        (values.probability, "1_0", "a number is needed"),
        (values.probability, [0.5], "a list: a number is needed"),
        (values.percent, 101, "from 0 to 100"),
        (values.text, 5, "a text is needed"),
        (values.identifier, "", "an id of 1 to 200 characters"),
        (values.identifier, "x" * 201, "an id of 1 to 200 characters"),
        (values.identifier, True, "an id of 1 to 200 characters"),
    ],
)
def test_nothing_is_guessed(read, value: object, why: str) -> None:
    with pytest.raises(values.OddValueError, match=why):
        read(value)


def test_texts_can_be_kept_and_shown() -> None:
    assert values.text("a\r\nb\x07\ud800\u202ec\u0301") == "a\nb   \u0107"
    assert values.text("e\u0301") == "é"
    assert values.line(" a\n\tb ") == "a b"
    assert values.line("x" * 600) == "x" * 494 + " [...]"
    assert len(values.text("x" * 30_000)) == 20_000
    assert values.identifier(12345) == "12345"
    assert values.address("javascript:alert(1)") == values.address(None) == ""
    assert values.address(" https://example.org/a ") == "https://example.org/a"


def test_a_code_is_the_same_for_the_same_name_and_does_not_hold_it() -> None:
    assert values.code("fatebook", "Ann") == values.code("fatebook", "Ann") != values.code("fatebook", "Bob")
    assert values.code("a", "bc") != values.code("ab", "c")
    assert len(values.code("\ud800")) == 10
