"""What the command line prints: aligned tables, numbers with the digits they can bear, JSON, and a line of progress."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import click

_RESET = "\r\x1b[2K"


def print_json(value: object) -> None:
    """Print one JSON document; a number that is not finite is a mistake of the caller and raises ValueError."""
    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def percent(probability: float | None) -> str:
    """Return a probability as a percentage: one digit after the point near 0 and 1, never a false 0 % or 100 %."""
    if probability is None or math.isnan(probability):
        return "-"
    if probability in {0.0, 1.0}:
        return "0%" if probability == 0 else "100%"
    if probability < 0.001:
        return "<0.1%"
    if probability > 0.999:
        return ">99.9%"
    return f"{probability:.1%}" if not 0.095 <= probability <= 0.905 else f"{probability:.0%}"


def points(change: float | None) -> str:
    """Return a change of probability in percentage points with its sign; nothing measurable is `0.0`."""
    if change is None or math.isnan(change):
        return "-"
    rounded = round(100 * change, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def band(low: float | None, high: float | None) -> str:
    """Return a band as two percentages."""
    return "-" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: str = "") -> str:
    """Return aligned columns, two spaces apart.

    Parameters
    ----------
    header
        Column titles.
    rows
        Cells as text; every row as long as the header.
    right
        Digits of the columns (from 0) that are aligned to the right, for example `"234"`.
    """
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    numeric = {int(c) for c in right}

    def line(cells: Sequence[str]) -> str:
        padded = (
            c.rjust(w) if i in numeric else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(header), *(line(row) for row in rows)])


def shorten(text: str, width: int) -> str:
    """Return a text cut to a width, with an ellipsis where something is missing."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


class ProgressLine:
    """What a long command is doing, on stderr: one line that is rewritten on a terminal, or a line for each stage."""

    def __init__(self, *, quiet: bool, lines: bool = False) -> None:
        """Stay silent when `quiet`, or without a terminal; `lines` writes plain lines wherever stderr goes."""
        self._lines = lines
        self._on = not quiet and (lines or sys.stderr.isatty())
        self._last = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show a stage in words, with how many of its parts are done where that is known."""
        if not self._on:
            return
        if self._lines:
            done -= done % max(1, total // 50)
        bar = "" if self._lines else _bar(done, total)
        text = f"{stage} {bar}{done}/{total}" if total > 1 else stage
        if text == self._last:
            return
        self._last = text
        click.echo(text if self._lines else f"{_RESET}{text}", err=True, nl=self._lines)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._on and not self._lines:
            click.echo(_RESET, err=True, nl=False)


def _bar(done: int, total: int, *, width: int = 24) -> str:
    full = width * done // max(1, total)
    return f"[{'#' * full}{'.' * (width - full)}] "
