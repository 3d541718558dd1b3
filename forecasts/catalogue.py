"""Which fitted model answers for which kind of question, and where a run gets its draws.

| question | model | state |
|---|---|---|
| `event` | `models.reference_class`: class rate; times the board's adjustment (`encode_rates`) | class rate fitted |
| `vote` | `models.senate`, or gates as judged (`encode_votes`) | fitted or elicited |
| `threshold` | a path of the series (`encode_series`): `models.spending`, or as judged | fitted or elicited |

`recipes` lists the fits that a board needs at a moment; each comes from its own `forecasts/<model>_fit.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from forecasts import (
    class_rates,
    class_rates_fit,
    draws_file,
    durability_fit,
    pool_fit,
    readings_fit,
    recipe,
    senate_fit,
    spending_fit,
)
from forecasts.class_rates import NO_RATES
from forecasts.definition import Board, Question
from forecasts.definition_panel import FittedPanel
from forecasts.draws_file import DrawsFile, DrawsFileError
from forecasts.encode_chance import stable_key
from forecasts.errors import CorruptArtefactError
from forecasts.panel_futures import Whole
from forecasts.parameters import Parameters
from forecasts.people_pool import asked, learn
from forecasts.recipe import Kept, ParametersRefusedError, Progress, Recipe
from forecasts.replay import Moment
from forecasts.side_by_side import Work, processors, side_by_side
from forecasts.spending_editions import EditionPanel, days_of_change, in_force

if TYPE_CHECKING:
    from forecasts.artefacts import Artefacts

__all__ = [
    "ParameterDraws",
    "ParametersRefusedError",
    "at_hand",
    "label",
    "parameter_draws",
    "read_back",
    "readings_of",
    "recipes",
]

RATES = "class rates"
"""Key of the class rates among the fits of a board; no question or series is called so."""

POOL = "pool of people"
"""Key of the hierarchical pool, which is fitted where enough resolved questions were forecast by people."""
READINGS = "whom to believe"
"""Key of what resolved questions teach of forecasters, grades and repetition, where there are enough of them."""
BESIDE = (POOL, READINGS)
"""Fits that a board can do without: refused, the pool falls back a rung and evidence is read by the prior."""


@dataclass(frozen=True, slots=True)
class ParameterDraws:
    """The draws that a run uses, and where they come from."""

    all: Parameters
    kept: Mapping[str, Kept]
    """By key of `recipes`; empty for a board without a fitted model."""

    @property
    def artefacts(self) -> dict[str, str]:
        """Hash of each draws file, by key: what a snapshot's id and `read_back` go by."""
        return {key: kept.artefact for key, kept in self.kept.items()}

    @property
    def sampled(self) -> bool:
        """Whether any were sampled just now."""
        return any(kept.sampled for kept in self.kept.values())

    @property
    def receipt(self) -> dict[str, dict[str, Any]]:
        """What a snapshot's receipt says of each fit, by key."""
        return {
            key: {
                "artefact": kept.artefact,
                "input_hash": kept.file.input_hash,
                "origin": kept.origin,
                "note": kept.note,
                "fit": dict(kept.file.receipt),
            }
            for key, kept in self.kept.items()
        }


def label(board: Board, question: Question) -> str:
    """Return what stands beside a question's numbers wherever their origin is shown."""
    if question.kind == "vote":
        return "fitted" if any(v.fitted and v.question == question.id for v in board.votes) else "elicited"
    if question.kind == "threshold":
        panels = (s for s in board.series if s.panel is not None)
        return "fitted" if any(level.question == question.id for s in panels for level in s.levels) else "elicited"
    return "fitted class rate x elicited" if question.duration is None else "fitted to its cases x elicited"


def recipes(moment: Moment) -> dict[str, Recipe]:
    """Return the recipe of every fit that a board needs at a moment, by what it is of.

    Keys: `RATES` for the class rates, `POOL` for the pool of people, `READINGS` for whom to believe, the question of a
    vote, the id of a series, or a question with covariates of its own. What is not here is drawn from elicited numbers.
    """
    board, found = moment.board, {}
    if board.cases:
        found[RATES] = class_rates_fit.recipe(board)
    found |= {q.id: durability_fit.recipe(board, q) for q in board.questions if q.duration is not None}
    found |= {v.question: senate_fit.recipe(v.fitted) for v in board.votes if v.fitted is not None}
    found |= _panels(moment)
    resolved = asked(board, moment.view, now=moment.as_of)
    found |= {POOL: pool_fit.recipe(resolved)} if learn(resolved).enough else {}
    return found | ({READINGS: readings_fit.recipe(board, moment.lessons)} if moment.lessons else {})


def _panels(moment: Moment) -> dict[str, Recipe]:
    """Return the recipe of each series' panel as it was in force; before the first edition one stands in."""
    found = {}
    for series in moment.board.series:
        if series.panel is not None:
            printed = in_force(series.panel, as_of=moment.day)
            variant = _variant(series.panel, printed, moment.day)
            whole = Whole(series.panel, printed, moment.board.horizon.year, stable_key(series.id))
            found[series.id] = spending_fit.recipe(printed.panel, printed.setting, variant=variant, whole=whole)
    return found


def _variant(fitted: FittedPanel, printed: EditionPanel, day: date) -> str:
    """Return what tells the fits of a panel apart: its edition, and the day on which more became known after it."""
    last = printed.panel.years[-1]
    edition, since = printed.published_on.isoformat(), printed.published_on
    if printed.stands_in:
        edition, since = f"{last}-stand-in", date(last, 12, 31)
    later = [d for d in days_of_change(fitted) if since < d <= day]
    return f"{edition}-as-of-{max(later)}" if later else edition


def parameter_draws(
    moment: Moment, artefacts: "Artefacts", *, resample: bool = False, progress: Progress | None = None
) -> ParameterDraws:
    """Return the draws of a board's fitted models: kept, shipped, or sampled now.

    Several fits are sampled side by side as far as there are processors, but for a process that keeps its models; then
    all are kept or none.

    Parameters
    ----------
    moment, artefacts
        What was known, and where draws are kept.
    resample
        Sample even when draws are at hand; from then on the new ones are used.
    progress
        Called while sampling: with the transitions of all fits together where they are side by side, else for each fit
        from the start.

    Raises
    ------
    ParametersRefusedError
        When a fit was refused twice; nothing of it is kept.
    ProcessDiedError
        When a process that sampled a fit beside others was killed or died.
    ValueError
        When a case has an exposure, count or weight that no rate can be fitted to.
    """
    found = recipes(moment)
    looked = {key: (None, "") if resample else recipe.at_hand(one, artefacts) for key, one in found.items()}
    kept = {key: one for key, (one, _) in looked.items() if one is not None}
    for key, data in _sampled(moment, found, [key for key in found if key not in kept], progress):
        if data is not None:
            kept[key] = recipe.keep(found[key], artefacts, data, note=looked[key][1])
    kept = {key: kept[key] for key in found if key in kept}
    return ParameterDraws(_parameters({key: one.file for key, one in kept.items()}), kept)


def _sampled(
    moment: Moment, found: Mapping[str, Recipe], keys: Sequence[str], progress: Progress | None
) -> Iterator[tuple[str, bytes | None]]:
    """Sample fits, and return each draws file by key; None for one of `BESIDE` that was refused."""
    processes = 1 if recipe.models_are_kept() else min(processors(), len(keys))
    if processes <= 1:
        yield from ((key, _draws(found[key], key, progress)) for key in keys)
        return
    # votes and panels come last among the recipes and take longest: they are begun first
    works = {key: Work(partial(_draws_at, moment, key), _transitions(found[key])) for key in reversed(keys)}
    yield from side_by_side(works, processes=processes, progress=progress).items()


def _draws_at(moment: Moment, key: str, progress: Progress) -> bytes | None:
    """Sample one fit in another process: recipes hold functions that cannot be sent, a moment can."""
    return _draws(recipes(moment)[key], key, progress)


def _draws(fit: Recipe, key: str, progress: Progress | None) -> bytes | None:
    try:
        return fit.sampled(progress)
    except ParametersRefusedError:
        if key not in BESIDE:
            raise
        return None


def _transitions(fit: Recipe) -> int:
    return int(fit.sampler["chains"]) * (int(fit.sampler["draws"]) + int(fit.sampler["tune"]))


def at_hand(moment: Moment, artefacts: "Artefacts") -> dict[str, str] | None:
    """Return the hash of each draws file that a run would use, or None when one is not kept in the home.

    A damaged pointer to draws counts as none; whether the files are whole is not looked at.
    """
    found = {}
    for key, one in recipes(moment).items():
        try:
            kept = artefacts.bound(one.input_hash)
        except CorruptArtefactError:
            kept = None
        if kept is None:
            return None
        found[key] = kept
    return found


def read_back(artefacts: "Artefacts", receipt: Mapping[str, Any]) -> Parameters:
    """Return the draws that a snapshot was computed from, given what its receipt says of them.

    Raises
    ------
    CorruptArtefactError, DrawsFileError
        When a file is missing or damaged, or the receipt is that of an older version.
    """
    if "artefact" in receipt:
        raise DrawsFileError("the draws of this snapshot were kept by an older version of twixt")
    return _parameters({key: draws_file.from_bytes(artefacts.get(one["artefact"])) for key, one in receipt.items()})


def readings_of(artefacts: "Artefacts", receipt: Mapping[str, Any]) -> DrawsFile | None:
    """Return what a snapshot had learned of whom to believe, or None where it read evidence by the prior."""
    one = receipt.get(READINGS)
    return draws_file.from_bytes(artefacts.get(one["artefact"])) if one else None


def _parameters(files: Mapping[str, DrawsFile]) -> Parameters:
    rates = class_rates.read(files[RATES]) if RATES in files else NO_RATES
    fits = {key: file for key, file in files.items() if key not in {RATES, *BESIDE}}
    return Parameters(rates, fits, pool=files.get(POOL), readings=files.get(READINGS))
