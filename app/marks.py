"""Small marks drawn as HTML: the dot and bar of a probability, a change, a trend, tags. Numbers and words in, text out.

Pure. Everything a person wrote passes `look.words`; every picture carries the same numbers in words.
"""

from collections.abc import Sequence
from urllib.parse import quote

from app.look import words
from app.spec import percent, points
from app.thinning import evenly

SPARK_WIDTH, SPARK_HEIGHT = 120, 32
SPARK_POINTS = 60
"""Two pixels apart: more cannot be seen, and a board of two years of days would be three times as heavy."""
SPARK_COLOUR = "#3d8fae"
"""Survives both grounds (contrast at least 3 on each), because an image cannot see the page's theme."""


def dot_and_bar(value: float, low: float | None, high: float | None) -> str:
    """Return a probability on an axis from 0 to 100 with its 90 % band, both ends labelled.

    A value outside [0, 1] raises ValueError: a chart must not hide it.
    """
    for number in (value, low, high):
        if number is not None and not 0 <= number <= 1:
            raise ValueError(f"{number!r} is no probability")
    dot = f'<span class="tx-dot" style="left:{100 * value:.2f}%"></span>'
    if low is None or high is None:
        return f'<div class="tx-track" aria-hidden="true">{dot}</div>'
    band = f'<span class="tx-band" style="left:{100 * low:.2f}%;width:{100 * (high - low):.2f}%"></span>'
    left = f"min({100 * low:.2f}%, calc({100 * value:.2f}% - .5rem))"
    right = f"max({100 * high:.2f}%, calc({100 * value:.2f}% + .5rem))"
    ends = (
        f'<span class="tx-end low" style="left:{left}">{_end(low)}</span>'
        f'<span class="tx-end high" style="left:{right}">{_end(high)}</span>'
    )
    return f'<div class="tx-track" aria-hidden="true">{band}{dot}{ends}</div>'


def _end(value: float) -> str:
    fine = 0.0005 <= value < 0.0095 or 0.9905 < value < 0.9995
    return f"{100 * value:.1f}" if fine else f"{100 * value:.0f}"


def axis() -> str:
    """Return the labels of the 0 to 100 axis that all dots of a section share."""
    ticks = "".join(f'<span style="left:{t}%">{t}</span>' for t in (0, 50, 100))
    return f'<div class="tx-axis" aria-hidden="true">{ticks}</div>'


def change(value: float | None, label: str) -> str:
    """Return a change in percentage points with its arrow; `label` names the span where no heading does."""
    if value is None:
        return f'<div class="tx-change tx-flat" title="no earlier snapshot">–<small> {words(label)}</small></div>'
    rounded = round(100 * value, 1)
    kind, arrow = ("tx-flat", "") if rounded == 0 else (("tx-up", "▲ ") if rounded > 0 else ("tx-down", "▼ "))
    return f'<div class="tx-change {kind}">{arrow}{points(value).lstrip("+")}<small> {words(label)}</small></div>'


def sparkline(values: Sequence[float], *, dashed: bool, words_for: str) -> str:
    """Return a trend as a small picture on its own scale from 0; `words_for` says the same for those who hear it.

    `values` are probabilities in order of time; dashed means retrospective.
    """
    if len(values) < 2:
        return '<span class="tx-spark"></span>'
    values = [values[i] for i in evenly(len(values), SPARK_POINTS)]
    top = max(*values, 0.02) * 1.08
    step = (SPARK_WIDTH - 6) / (len(values) - 1)
    spots = [(3 + i * step, SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * v / top) for i, v in enumerate(values)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    dash = ' stroke-dasharray="3 2"' if dashed else ""
    (x, y), base = spots[-1], SPARK_HEIGHT - 1
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}">'
        f'<path d="M0 {base}H{SPARK_WIDTH}" stroke="{SPARK_COLOUR}" stroke-opacity=".35"/>'
        f'<polyline points="{path}" fill="none" stroke="{SPARK_COLOUR}" stroke-width="1.6"{dash}/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{SPARK_COLOUR}"/></svg>'
    )
    return f'<img class="tx-spark" alt="{words(words_for)}" src="data:image/svg+xml,{quote(picture)}">'


def number(value: float) -> str:
    """Return a probability as the large figure of its row."""
    text, _, sign = percent(value).rpartition(" ")
    return f'<div class="tx-num">{words(text)}<small>&thinsp;{sign}</small></div>'


def tags(items: Sequence[tuple[str, str]]) -> str:
    """Return a row of short facts; each is (kind, words) with kind `""`, `plain` or `warn`."""
    inner = "".join(f'<li class="tx-tag {kind}">{words(text)}</li>' for kind, text in items)
    return f'<ul class="tx-facts tx">{inner}</ul>'


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = (), stack: bool = True
) -> str:
    """Return a plain table from cells that are already safe HTML; on a phone its rows become blocks.

    `numeric` are the columns set to the right. A table that is not to be stacked moves sideways within its own frame,
    also by keyboard.
    """
    top = "".join(_head(h, _right(i, numeric)) for i, h in enumerate(head))
    body = "".join(
        "<tr>"
        + "".join(f'<td{_right(i, numeric)} data-label="{words(head[i])}">{cell}</td>' for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    kind = "tx-table stack" if stack else "tx-table"
    drawn = f'<table class="tx {kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    if stack:
        return drawn
    name = words(f"Table: {', '.join(filter(None, head))}")
    return f'<div class="tx-wide" role="region" tabindex="0" aria-label="{name}">{drawn}</div>'


def _head(text: str, side: str) -> str:
    """Return the head of a column; a column without a name has no heading to be read out."""
    return f'<th scope="col"{side}>{words(text)}</th>' if text.strip() else f"<td{side}></td>"


def _right(column: int, numeric: Sequence[int]) -> str:
    return ' class="n"' if column in numeric else ""
