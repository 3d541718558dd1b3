"""What people say, beside the model's numbers: the pool's lines and every voice in force, for a snapshot's detail."""

from typing import Any

from forecasts.detail import DIGITS
from forecasts.draws_file import DrawsFile
from forecasts.instants import to_text
from forecasts.people_pool import PoolLine, Voice, asked, learn, lines
from forecasts.pool_fit import with_draws
from forecasts.replay import Moment


def people(moment: Moment, fit: DrawsFile | None) -> dict[str, Any]:
    """Return the pool by question and deadline; empty while nobody has a forecast in force.

    Parameters
    ----------
    moment
        Board, instant and records in force.
    fit
        Draws of the hierarchical pool, where enough resolved questions asked for them.

    Returns
    -------
    Question -> ISO deadline -> `mean`, `recalibrated`, `hierarchical` (None where a rung was not reached), `rung`,
    `base_rate`, `note` and `voices` (list of `forecaster, probability, issued_at, weight, market`).
    """
    resolved = asked(moment.board, moment.view, now=moment.as_of)
    learned = learn(resolved)
    if fit is not None:
        learned = with_draws(learned, fit, resolved)
    found: dict[str, Any] = {}
    for line in lines(moment.board, moment.view, learned, at=moment.as_of):
        found.setdefault(line.pair[0], {})[line.pair[1].isoformat()] = _document(line)
    return found


def _document(line: PoolLine) -> dict[str, Any]:
    return {
        "mean": _rounded(line.mean),
        "recalibrated": _rounded(line.recalibrated),
        "hierarchical": _rounded(line.hierarchical),
        "rung": line.rung,
        "base_rate": _rounded(line.base_rate),
        "note": line.note,
        "voices": [_voice(v) for v in line.voices],
    }


def _voice(voice: Voice) -> dict[str, Any]:
    return {
        "forecaster": voice.forecaster,
        "probability": voice.probability,
        "issued_at": to_text(voice.issued_at),
        "weight": _rounded(voice.weight),
        "market": voice.market,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
