"""The screen of `twixt score` and `twixt calibrate`: scores, decomposition, forecasters, and how far each is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.terminal import shorten, table

if TYPE_CHECKING:
    from forecasts.score_summary import Summary
    from models.resampling import Interval

MOST = 40
"""Forecasters listed, those with most questions."""


def screen(found: Summary, *, title: str, dropped: Mapping[str, int], notes: Sequence[str]) -> str:
    """Return a summary as text for a terminal."""
    gone = ", ".join(f"{count} {name}" for name, count in dropped.items() if count)
    head = f"{title}: {found.forecasts} forecasts of {found.questions} questions" + (
        f"; left out: {gone}" if gone else ""
    )
    parts = [head, *notes, "", _scores(found), "", *_calibration(found), "", _pools(found)]
    if found.forecasters.height > 1:
        parts += ["", *_forecasters(found)]
    return "\n".join(parts)


def _scores(found: Summary) -> str:
    rows = [
        ("Brier (0 to 1)", f"{found.losses.brier:.4f}", _bounds(found.brier_interval)),
        ("log (nats)", f"{found.losses.log:.4f}", _bounds(found.log_interval)),
    ]
    if found.averaged:
        over = f"over the scheduled life, coverage {found.averaged.coverage:.0%}, {found.averaged.questions} questions"
        rows += [
            ("Brier, time-averaged", f"{found.averaged.brier:.4f}", over),
            ("log, time-averaged", f"{found.averaged.log:.4f}", "the same"),
        ]
    if found.spot:
        stood = f"{found.spot.questions} questions, {found.spot.settled} more had ended by then"
        rows.append((f"Brier, {found.spot.lead_days:g} days before", f"{found.spot.brier:.4f}", stood))
    text = table(("score", "mean", "95 % interval, by question"), rows, right="1")
    return text + (
        f"\n{found.clipped} forecasts beyond .001 and .999 were clipped for the log score." if found.clipped else ""
    )


def _bounds(found: Interval) -> str:
    if math.isnan(found.low):
        return f"{found.clusters} questions are too few for one"
    return f"{found.low:.4f} to {found.high:.4f}"


def _calibration(found: Summary) -> list[str]:
    waiting = (
        [f"{found.waiting} forecasts of questions that ended early wait for their scheduled close."]
        if found.waiting
        else []
    )
    if found.calibration is None:
        return ["calibration: no question may be judged yet", *waiting]
    parts, null = found.calibration
    verdict = "within" if parts.mcb <= null.mcb95 else "above"
    rows = [
        (
            "MCB miscalibration",
            f"{parts.mcb:.4f}",
            f"{verdict} {null.mcb95:.4f}, what 95 % of calibrated ones stay below",
        ),
        ("DSC discrimination", f"{parts.dsc:.4f}", "more is better"),
        ("UNC uncertainty", f"{parts.unc:.4f}", "Brier score of the base rate"),
    ]
    return [table(("Brier = MCB - DSC + UNC", "", ""), rows, right="1"), *waiting]


def _small(value: float) -> str:
    """Return four digits after the point, or two that count where those would all be zero."""
    return f"{value:.4f}" if value >= 0.001 or value <= 0 else f"{value:.2g}"


def _pools(found: Summary) -> str:
    rows = [(name, f"{v.brier:.4f}", f"{v.log:.4f}") for name, v in found.pools.items()]
    return table(("pool of last forecasts", "Brier", "log"), rows, right="12")


def _forecasters(found: Summary) -> list[str]:
    """Return the forecasters: ranked only where every one has the questions that a ranking needs."""
    from forecasts.score_summary import WORTH

    listed = found.forecasters.sort("n_questions", descending=True, maintain_order=True).head(MOST)
    lines = listed.to_dicts()
    short = [line for line in lines if line["more_questions"] is None or line["more_questions"] > 0]
    if short:
        lines.sort(key=lambda line: line["forecaster"])
        needed = [line["more_questions"] for line in short if line["more_questions"] is not None]
        order = "Not ranked: hardly any two answered the same questions."
        if needed:
            order = f"Not ranked: seeing a difference of {WORTH} takes up to {max(needed)} more shared questions."
    else:
        lines.sort(key=lambda line: -line["versus_others"])
        order = "By Brier score against the others on the same questions; an interval that holds 0 tells nobody apart."
    header = ("forecaster", "questions", "Brier", "log", "baseline", "peer", "vs others", "95 % interval", "more")
    hidden = found.forecasters.height - len(lines)
    more = [f"and {hidden} more forecasters with fewer questions"] if hidden else []
    return [order, table(header, [_row(line) for line in lines], right="123456"), *more]


def _row(line: Mapping[str, Any]) -> tuple[str, ...]:
    known = line["low"] is not None
    return (
        shorten(line["forecaster"], 28),
        f"{line['n_questions']}",
        f"{line['brier']:.4f}",
        f"{line['log']:.4f}",
        f"{line['baseline']:.1f}",
        "-" if line["peer"] is None else f"{line['peer']:.1f}",
        "-" if line["versus_others"] is None else f"{line['versus_others']:+.4f}",
        f"{line['low']:+.3f} to {line['high']:+.3f}" if known else "-",
        "-" if line["more_questions"] is None else f"{line['more_questions']}",
    )
