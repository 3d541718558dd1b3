"""The shipped spending table, and small tables for tests."""

from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "data" / "reference" / "nato_spending.csv"
EDITION = "NATO Aug-2025 series"
"""Settled years, 2014 to 2024, of one edition."""


def rows(*, countries: int = 3, first: int = 2014, last: int = 2020) -> list[str]:
    """Return the lines of a table without mistakes."""
    lines = ["country,year,pct_gdp"]
    for c in range(countries):
        lines += [f"Land{c},{year},{1 + c / 10 + (year - first) * 0.05:.2f}" for year in range(first, last + 1)]
    return lines


def write(path: Path, lines: list[str]) -> Path:
    """Write the lines and return the path."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
