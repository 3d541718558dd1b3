"""What a report would change, at once: the stored futures weighed again with it. Exact, and nothing is simulated.

One `Previewer` holds the stored futures of a snapshot in the form that the weighing reads; each preview is then one
pass over them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Self

import numpy as np

from forecasts import ledger, snapshots
from forecasts.artefacts import Artefacts
from forecasts.catalogue import readings_of
from forecasts.detail_evidence import subset
from forecasts.domain import Effect, Evidence, LedgerView, Mode
from forecasts.evaluation import Judged, judge, sample_of
from forecasts.gates import log_odds
from forecasts.implied import implied_lr
from forecasts.replay import Moment, latest_instant, read_moment
from forecasts.snapshots import Snapshot
from forecasts.store import Store
from forecasts.stored_futures import load_futures
from forecasts.summary import deadline_state
from models.precision import Precision, assess, bands, column_variance, ess, khat
from models.weighing import Sample, Weighed, weigh

BAND_DRAWS = 12_500
"""Draws from which a preview's bands are read."""


class NoFuturesError(LookupError):
    """There are no stored futures to preview on; the message says how to get them."""


@dataclass(frozen=True, slots=True)
class Weight:
    """The board under some evidence: probabilities and effective sizes."""

    judged: Judged
    weighed: Weighed
    ess_futures: float
    ess_draws: float
    khat: float


class Previewer:
    """Stored futures of one snapshot, ready to be weighed by other evidence."""

    def __init__(self, moment: Moment, sample: Sample, snapshot: Snapshot, *, threads: int = 2) -> None:
        self.moment = moment
        self.sample = sample
        self.snapshot = snapshot
        self.threads = threads

    @classmethod
    def load(
        cls,
        store: Store,
        artefacts: Artefacts,
        board: str,
        *,
        now: datetime,
        mode: Mode = "live",
        threads: int = 2,
    ) -> Self:
        """Read the stored futures of a board's newest snapshot and the evidence that is in force now.

        Ages count to the snapshot's `as_of`, so as long as nothing was entered since, `before` is what was published.

        Raises
        ------
        NoFuturesError
            When nothing was published in this mode, or the snapshot's futures are no longer kept.
        CorruptArtefactError, CorruptFuturesError
            When the stored futures are damaged.
        """
        newest = snapshots.latest(store, board, mode=mode)
        if newest is None or not newest.futures_hash or not artefacts.has(newest.futures_hash):
            what = "no snapshot" if newest is None else "no stored futures of the newest snapshot"
            raise NoFuturesError(f"{board}: {what} ({mode}) to preview on; `twixt refit` makes them")
        moment = read_moment(store, artefacts, board, as_of=newest.as_of, mode=mode, now=now)
        moment = replace(moment, readings=readings_of(artefacts, newest.receipt.get("parameters", {})))
        if mode == "live":
            clock = latest_instant(store, board, now=now)
            moment = _with_evidence_of(moment, ledger.read(store, board, as_of=clock, mode=mode))
        stored = load_futures(artefacts.get(newest.futures_hash), name=newest.futures_hash[:12])
        return cls(moment, sample_of(moment.board, stored), newest, threads=threads)

    @cached_property
    def before(self) -> Weight:
        """The board under the evidence in force."""
        return self._weighed(self.moment.evidence)

    def preview(self, add: Sequence[Evidence] = (), *, remove: Collection[str] = ()) -> dict[str, Any]:
        """Return what every question and scenario would become with items added or replaced, and others taken back.

        Parameters
        ----------
        add
            Items; one whose id is in force stands in for it, as a new version would.
        remove
            Ids of items to take back.

        Returns
        -------
        `questions`: list of `question, deadline, before, after, low, high` (90 % band of `after`), `total_ratio` (the
        ratio of odds after to before: what the report as a whole implies for the question; None where an end is 0 or
        1), `state`; `scenarios`: list of `scenario, before, after, low, high`; `ess` and `ess_draws` (effective
        futures and draws), `khat`, `inert` (effects whose deadline has passed, which move nothing).

        Raises
        ------
        KeyError
            When an id to take back is not in force, or an effect names an unknown question.
        ValueError
            When an effect's deadline is none of the board's.
        """
        after = self._weighed(self.evidence_with(add, remove=remove))
        spread = self._spread(after.weighed)
        return {
            "board": self.moment.board.id,
            "as_of": self.moment.as_of.isoformat(),
            "known_through": self.moment.known_through.isoformat(),
            "questions": self._questions(after.weighed, spread),
            "scenarios": self._scenarios(after.weighed, spread),
            "ess": round(after.ess_futures, 1),
            "ess_draws": round(after.ess_draws, 1),
            "khat": round(after.khat, 4),
            "inert": [
                {"id": e.id, "question": f.question, "deadline": f.deadline.isoformat()}
                for e in add
                for f in e.effects
                if f.deadline <= self.moment.known_through
            ],
        }

    def implied_lr(
        self, draft: Evidence, question: str, deadline: date, *, target: float, remove: Collection[str] = ()
    ) -> float:
        """Return the likelihood ratio on a question by a deadline that makes its probability `target`.

        "This is what I now believe", converted to what the report must then have said, given all else that is in force.
        The draft's grade, story, age and forecaster shrink its ratio as they do in a preview, so that a preview with
        the result shows the target. Its other effects are held as they are.

        Parameters
        ----------
        draft
            The report; an effect of its own on this question and deadline is replaced.
        target
            Wanted probability.
        remove
            Ids of items to take back.

        Returns
        -------
        The ratio.

        Raises
        ------
        KeyError
            When the question is unknown or an id is not in force.
        ValueError
            When the target is not inside (0, 1), the deadline is none of the question's or has passed, or no ratio
            within the cap reaches the target; the message names the nearest probability that one reaches.
        """
        self._place(question, deadline)
        others = self.evidence_with((), remove=remove)
        return implied_lr(self.moment, self.sample, others, draft, Effect(question, deadline, 1, 1, 1), target=target)

    def evidence_with(self, add: Sequence[Evidence], *, remove: Collection[str] = ()) -> tuple[Evidence, ...]:
        """Return the evidence in force with items added or replaced by id, and others taken back; raises KeyError."""
        known = {e.id: e for e in self.moment.evidence}
        if unknown := sorted(set(remove) - set(known)):
            raise KeyError(f"evidence {unknown[0]!r} is not in force on {self.moment.board.id}")
        for item in add:
            for effect in item.effects:
                self._place(effect.question, effect.deadline)
        known |= {e.id: e for e in add}
        return tuple(e for name, e in known.items() if name not in set(remove))

    def _place(self, question: str, deadline: date) -> tuple[int, int]:
        board = self.moment.board
        q = board.index(question)
        allowed = board.questions[q].deadlines
        if deadline not in allowed:
            raise ValueError(f"{question} by {deadline}: the question has the deadlines {', '.join(map(str, allowed))}")
        return q, board.deadlines.index(deadline)

    def _weighed(self, evidence: Sequence[Evidence]) -> Weight:
        judged = judge(self.moment, evidence=evidence)
        weighed = weigh(self.sample, judged.table, points=judged.design.points, threads=self.threads)
        mass = np.add.reduceat(weighed.weight, np.flatnonzero(np.diff(self.sample.draw, prepend=-1)))
        return Weight(judged, weighed, *ess(weighed.weight, self.sample.draw), khat(np.log(mass[mass > 0])))

    def _spread(self, weighed: Weighed) -> Precision:
        """Return the spread between draws, from a part of them: a preview's band need not be a published one's."""
        rows = self.sample.draw % max(1, round((int(self.sample.draw[-1]) + 1) / BAND_DRAWS)) == 0
        weight = weighed.weight[rows]
        return assess(subset(self.sample, rows), replace(weighed, weight=weight / weight.sum()), threads=self.threads)

    def _questions(self, after: Weighed, spread: Precision) -> list[dict[str, Any]]:
        board, rows = self.moment.board, []
        before, now = self.before.weighed.probability, after.probability
        band = bands(now, spread.question, column_variance(after.share, after.points))
        with np.errstate(invalid="ignore"):
            ratio = np.exp(log_odds(now) - log_odds(before))
        for q, question in enumerate(board.questions):
            for g, deadline in enumerate(board.deadlines):
                if deadline in question.deadlines:
                    rows.append(
                        {
                            "question": question.id,
                            "deadline": deadline.isoformat(),
                            "before": float(before[q, g]),
                            "after": float(now[q, g]),
                            "low": float(band.low90[q, g]),
                            "high": float(band.high90[q, g]),
                            "total_ratio": float(ratio[q, g]) if np.isfinite(ratio[q, g]) else None,
                            "state": deadline_state(self.moment, question.id, deadline),
                        }
                    )
        return rows

    def _scenarios(self, after: Weighed, spread: Precision) -> list[dict[str, Any]]:
        band = bands(after.scenario, spread.scenario, column_variance(after.scenario_share, after.points))
        return [
            {
                "scenario": scenario.id,
                "before": float(self.before.weighed.scenario[s]),
                "after": float(after.scenario[s]),
                "low": float(band.low90[s]),
                "high": float(band.high90[s]),
                "overlay": scenario.group == "overlay",
            }
            for s, scenario in enumerate(self.moment.board.scenarios)
        ]


def _with_evidence_of(moment: Moment, view: LedgerView) -> Moment:
    """Return the moment with the evidence of a later view that its definition can place."""
    board = moment.board
    places = {(q.id, d) for q in board.questions for d in q.deadlines}
    others = [e for e in moment.view.entries if not isinstance(e.record, Evidence)]
    fitting = [
        e
        for e in view.entries
        if isinstance(e.record, Evidence) and all((f.question, f.deadline) in places for f in e.record.effects)
    ]
    return replace(moment, view=replace(moment.view, entries=(*others, *fitting)))
