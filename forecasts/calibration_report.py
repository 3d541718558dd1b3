"""One mode of a track record, judged: reliability, skill against every reference, movement, timing, forecasters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from forecasts import calibration, movement, scoring, skill, timing_scores
from forecasts.calibration import Reliability
from forecasts.movement import Movement
from forecasts.score_summary import forecaster_table, keep
from forecasts.scored_arrays import arrays
from forecasts.scored_rows import MODEL, REFERENCES
from forecasts.skill import Skill
from forecasts.timing_scores import Timing


@dataclass(frozen=True, slots=True)
class Report:
    """How a forecaster did in one mode; the tables are empty where nothing has been decided."""

    mode: str
    forecaster: str
    issued: int
    """Probabilities that the forecaster issued in this mode, decided or not."""
    reliability: Reliability | None
    """None while no question that the forecaster answered may be judged."""
    lead_times: pl.DataFrame
    quarters: pl.DataFrame
    everybody: pl.DataFrame
    """Calibration of each forecaster who is no reference; these three with the columns of `calibration.by`."""
    skills: tuple[Skill, ...]
    forecasters: pl.DataFrame
    """Columns of `score_summary.forecaster_table`: everybody but the references, over decided questions."""
    movements: tuple[Movement, ...]
    timings: tuple[Timing, ...]


def report(rows: pl.DataFrame, *, mode: str, as_of: float, forecaster: str = MODEL, threads: int = 1) -> Report:
    """Judge one mode of a frame of scored rows at an instant (seconds); `threads` change no number."""
    chosen = rows.filter(pl.col("mode") == mode)
    mine = chosen.filter(pl.col("forecaster") == forecaster)
    people = chosen.filter(~pl.col("forecaster").is_in(REFERENCES))
    return Report(
        mode=mode,
        forecaster=forecaster,
        issued=mine["probability"].count(),
        reliability=calibration.reliability(mine, as_of=as_of, threads=threads),
        lead_times=calibration.by_lead_time(mine, as_of=as_of, threads=threads),
        quarters=calibration.by_quarter(mine, as_of=as_of, threads=threads),
        everybody=calibration.by_forecaster(people, as_of=as_of, threads=threads),
        skills=skill.skills(chosen, forecaster=forecaster, threads=threads),
        forecasters=_forecasters(people),
        movements=movement.movements(people, threads=threads),
        timings=timing_scores.timings(chosen, as_of=as_of, threads=threads),
    )


def _forecasters(people: pl.DataFrame) -> pl.DataFrame:
    """Return everybody's scores over decided questions; live scores wait for nothing, a loss is a loss."""
    kept, _ = keep(people)
    return forecaster_table(arrays(kept), anonymous=False) if kept.height else pl.DataFrame()


def document(found: Report) -> dict[str, Any]:
    """Return a report as JSON fields; what does not exist is null or an empty list."""
    part = found.reliability
    return {
        "scoring_rule": scoring.rule_hash(),
        "mode": found.mode,
        "forecaster": found.forecaster,
        "n_issued": found.issued,
        "calibration": _reliability(part) if part else None,
        "by_lead_time": found.lead_times.to_dicts(),
        "by_quarter": found.quarters.to_dicts(),
        "by_forecaster": found.everybody.to_dicts(),
        "skill": [skill.document(s) for s in found.skills],
        "forecasters": found.forecasters.fill_nan(None).to_dicts(),
        "movement": [movement.document(m) for m in found.movements],
        "timing": [_timing(t) for t in found.timings],
    }


def _reliability(found: Reliability) -> Mapping[str, Any]:
    return {
        "n_forecasts": found.forecasts,
        "n_questions": found.questions,
        "n_independent": found.clusters,
        "not_yet": found.waiting,
        **asdict(found.parts),
        "mcb_null95": found.null.mcb95,
        "bins": found.bins.to_dicts(),
    }


def _timing(found: Timing) -> Mapping[str, Any]:
    low, high = found.crps.low, found.crps.high
    return {
        "forecaster": found.forecaster,
        "n_instants": found.instants,
        "n_skipped": found.skipped,
        "n_independent": found.crps.clusters,
        "restricted_crps": None if np.isnan(found.crps.mean) else found.crps.mean,
        "low": None if np.isnan(low) else low,
        "high": None if np.isnan(high) else high,
    }
