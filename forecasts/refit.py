"""One run: what was known at an `as_of` -> an immutable snapshot, or a refusal that keeps the last good one.

Running it again with the same inputs finds the snapshot and changes nothing, however many run at once. Everything that
a number depends on is in the input hash; nothing here reads the clock, except to time itself.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Literal

import numpy as np
import polars as pl

from forecasts import catalogue, named_what_ifs, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.catalogue import ParameterDraws, ParametersRefusedError
from forecasts.domain import Mode
from forecasts.effort import efforts, first_effort
from forecasts.encode_chance import Chance
from forecasts.errors import StoreError
from forecasts.evaluation import Effort, Judged, Simulated, judge, simulate_board, weigh_board
from forecasts.gates import Gate, failed, history_gates, jump_gate, precision_gates
from forecasts.instants import utc
from forecasts.jobs import inputs
from forecasts.jump import expected_now, news_digest
from forecasts.people import JOBS, Actor
from forecasts.receipts import canonical, digest, model_version, package_versions, program_version
from forecasts.replay import Moment, default_as_of, read_moment
from forecasts.snapshot_detail import detail_of
from forecasts.snapshots import Snapshot
from forecasts.store import Store
from forecasts.stored_futures import dump_futures
from forecasts.summary import rows
from forecasts.what_if import Asked
from models.precision import Precision, assess
from models.weighing import Weighed

A_WRITE_TAKES = timedelta(hours=1)
"""A temporary file that has not been written to for so long was left by a killed process."""

type Progress = Callable[[str, int, int], None]
"""Called with (stage, steps done, steps in all); stages are `parameters`, `futures`, `weighing`, `publishing`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a run beyond board and instant; modelling choices are the board's."""

    resample: bool = False
    """Sample the parameter draws anew even when some are at hand."""
    futures: int | None = None
    """Number of futures instead of the board's."""
    seed: int | None = None
    """Seed instead of the board's."""
    accept_jump: bool = False
    """A person has looked at an unexplained jump and confirms it."""
    keep_futures: bool = True
    """Store the futures, for previews; only those of the latest snapshot of a mode are kept."""
    threads: int = 2
    """Threads; no number depends on it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    kind: Literal["published", "unchanged", "refused"]
    snapshot: Snapshot | None
    """What was published or found; when refused, the last good one, if there is one."""
    message: str
    """One line for a person."""
    gates: tuple[Gate, ...] = ()
    """As far as they were measured."""

    @property
    def imprecise(self) -> bool:
        """Whether the run was refused for want of precision alone (exit code 4, else 3)."""
        wrong = {g.name for g in failed(self.gates)}
        return self.kind == "refused" and bool(wrong) and wrong <= {"precision", "ess_futures", "ess_draws"}


@dataclass(frozen=True, slots=True)
class Computed:
    """A run's numbers, before they are published."""

    simulated: Simulated
    judged: Judged
    weighed: Weighed
    precision: Precision
    gates: tuple[Gate, ...]
    attempts: int


def refit(
    store: Store,
    artefacts: Artefacts,
    board: str,
    *,
    now: datetime,
    as_of: datetime | None = None,
    mode: Mode = "live",
    wanted: Wanted | None = None,
    actor: Actor = JOBS,
    progress: Progress | None = None,
) -> Outcome:
    """Publish a board's snapshot at an `as_of`, or find that it is published, or refuse.

    Parameters
    ----------
    store, artefacts, board
        The record, its files, and the board's id.
    now
        The clock, aware UTC.
    as_of
        Aware UTC instant; without it, for a live run, the later of the start of this UTC day and the last ledger row.
    mode
        `live` counts what was recorded by `as_of`, `retrospective` what was published by then.
    wanted
        Resampling, size, seed, threads.
    actor
        Who runs it.
    progress
        Called as the run goes on.

    Raises
    ------
    ReplayError, BoardStoreError
        When the board cannot be replayed at that instant.
    ValueError
        When size or seed cannot be used.
    StoreError
        When record or files cannot be read or written.
    """
    wanted, started = wanted or Wanted(), perf_counter()
    as_of = default_as_of(store, board, now=now) if as_of is None else utc(as_of)
    moment = read_moment(store, artefacts, board, as_of=as_of, mode=mode, now=now)
    effort = first_effort(moment.board, futures=wanted.futures, seed=wanted.seed)
    run = _Run(store, artefacts, moment, wanted, utc(now), started, actor, progress or _quiet)
    kept = None if wanted.resample else catalogue.at_hand(moment, artefacts)
    if kept is not None and (found := _published(store, input_hash(moment, effort, parameters=kept))):
        return _unchanged(run, found)
    try:
        return _run(run, effort)
    except Exception as error:
        with suppress(StoreError):
            _keep_attempt(run, "failed", f"{board}: {type(error).__name__}: {error}", {}, snapshot=None)
        raise


def _run(run: "_Run", effort: Effort) -> Outcome:
    moment, artefacts, wanted = run.moment, run.artefacts, run.wanted
    try:
        parameters = catalogue.parameter_draws(
            moment, artefacts, resample=wanted.resample, progress=lambda d, n: run.tell("parameters", d, n)
        )
    except ParametersRefusedError as error:
        return _refused(run, str(error), ())
    run = replace(run, moment=replace(moment, readings=parameters.all.readings))
    return _compute_and_publish(run, parameters, effort)


def input_hash(moment: Moment, effort: Effort, *, parameters: Mapping[str, str]) -> str:
    """Return the id of a snapshot: the hash of everything that its numbers depend on.

    In retrospect the ledger's digest covers what was published by the `as_of` and nothing entered later.
    """
    return digest(
        {
            "board": moment.board.id,
            "definition": moment.board.content_hash,
            "mode": moment.mode,
            "as_of": moment.as_of,
            "known_through": moment.known_through,
            "ledger": moment.view.digest,
            "parameters": dict(parameters),
            "model": model_version(),
            "effort": asdict(effort),
        }
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """What the steps of one run share."""

    store: Store
    artefacts: Artefacts
    moment: Moment
    wanted: Wanted
    now: datetime
    started: float
    """Reading of the performance counter."""
    actor: Actor
    tell: Progress


def _quiet(_stage: str, _done: int, _total: int) -> None:
    pass


def _published(store: Store, snapshot: str) -> Snapshot | None:
    try:
        return snapshots.get(store, snapshot)
    except KeyError:
        return None


def _unchanged(run: _Run, found: Snapshot) -> Outcome:
    """Say that there is nothing to do; an attempt is kept only where it ends a row of failed ones."""
    told = named_what_ifs.fill(run.store, run.artefacts, found, now=run.now, threads=run.wanted.threads)
    message = f"{found.board}: nothing new as of {found.as_of.isoformat()}; the published snapshot stands"
    message += named_what_ifs.refusals(told)
    if runs.stale(run.store, found.board, mode=found.mode):
        _keep_attempt(run, "unchanged", message, {}, snapshot=found.id)
    return Outcome("unchanged", found, message)


def _compute_and_publish(run: _Run, parameters: ParameterDraws, effort: Effort) -> Outcome:
    snapshot_id = input_hash(run.moment, effort, parameters=parameters.artefacts)
    if found := _published(run.store, snapshot_id):
        return _unchanged(run, found)
    sampled_in = perf_counter() - run.started
    computed = _compute(run, parameters, effort)
    receipt = _receipt(run, parameters, computed) | {"seconds": {"parameters": round(sampled_in, 3)}}
    if wrong := failed(computed.gates):
        return _refused(run, "; ".join(map(str, wrong)), computed.gates, receipt=receipt)
    return _publish(run, parameters, computed, snapshot_id=snapshot_id, receipt=receipt)


def _compute(run: _Run, parameters: ParameterDraws, first: Effort) -> Computed:
    """Simulate and weigh, with more effort as long as precision asks for it."""
    moment, threads = run.moment, run.wanted.threads
    judged = judge(moment)
    computed = None
    for attempt, effort in enumerate(efforts(moment, parameters.all, first, threads=threads), 1):
        run.tell("futures", attempt - 1, attempt)
        simulated = simulate_board(moment, parameters.all, effort, threads=threads)
        run.tell("weighing", attempt - 1, attempt)
        weighed = weigh_board(simulated, judged, threads=threads)
        cluster = parameters.all.clusters(Chance(effort.draws, effort.seed))
        precision = assess(simulated.sample, weighed, threads=threads, cluster=cluster)
        gates = [
            *precision_gates(moment.board, weighed, precision, draws=effort.draws),
            *history_gates(simulated.history_khat, simulated.history_ess, draws=effort.draws),
        ]
        computed = Computed(simulated, judged, weighed, precision, tuple(gates), attempt)
        if not failed(gates):
            return _with_jump(run, computed)
    assert computed is not None
    return computed


def _with_jump(run: _Run, computed: Computed) -> Computed:
    moment = run.moment
    previous = snapshots.latest(run.store, moment.board.id, mode=moment.mode, as_of=moment.as_of)
    same_model = previous is not None and previous.receipt.get("model_version") == model_version()
    expected = expected_now(run.artefacts, previous if same_model else None, moment, threads=run.wanted.threads)
    gate = jump_gate(moment.board, expected, computed.weighed.probability, waived=run.wanted.accept_jump)
    return replace(computed, gates=(*computed.gates, gate))


def _refused(run: _Run, reason: str, gates: tuple[Gate, ...], *, receipt: dict[str, Any] | None = None) -> Outcome:
    """Keep the last good snapshot, and the attempt with its reason."""
    moment = run.moment
    last = snapshots.latest(run.store, moment.board.id, mode=moment.mode, as_of=moment.as_of)
    stays = f"the snapshot as of {last.as_of.isoformat()} stays" if last else "there is no earlier snapshot"
    message = f"{moment.board.id} as of {moment.as_of.isoformat()}: not published: {reason}; {stays}"
    _keep_attempt(run, "refused", message, receipt or {}, snapshot=None)
    return Outcome("refused", last, message, gates)


def _publish(
    run: _Run, parameters: ParameterDraws, computed: Computed, *, snapshot_id: str, receipt: dict[str, Any]
) -> Outcome:
    moment, simulated, threads = run.moment, computed.simulated, run.wanted.threads
    run.tell("publishing", 0, 1)
    lines = rows(simulated, computed.weighed, computed.precision)
    detail = detail_of(
        simulated, computed.judged, computed.weighed, parameters=parameters.all, gates=computed.gates, threads=threads
    )
    futures_hash = run.artefacts.put(dump_futures(simulated.stored)) if run.wanted.keep_futures else None
    receipt["seconds"]["all"] = round(perf_counter() - run.started, 3)
    snapshot = Snapshot(
        id=snapshot_id,
        board=moment.board.id,
        mode=moment.mode,
        as_of=moment.as_of,
        known_through=moment.known_through,
        published_at=run.now,
        board_version=moment.board.content_hash,
        ledger_position=moment.view.position,
        ledger_digest=moment.view.digest,
        rows=lines,
        receipt=receipt,
        detail_hash=run.artefacts.put(canonical(detail).encode("utf-8")),
        futures_hash=futures_hash,
    )
    new = snapshots.write(run.store, snapshot, actor=run.actor)
    message = f"{moment.board.id}: published as of {moment.as_of.isoformat()}, known through {moment.known_through}"
    if not new:
        return _unchanged(run, snapshots.get(run.store, snapshot_id))
    asked = Asked(parameters.all, computed.judged, simulated, computed.weighed, threads)
    told = named_what_ifs.answer_all(run.store, run.artefacts, snapshot, lambda: asked, now=run.now)
    message += named_what_ifs.refusals(told)
    _keep_attempt(run, "published", message, receipt, snapshot=snapshot_id)
    if futures_hash:
        prune_futures(run.store, run.artefacts, moment.board.id)
    run.artefacts.sweep(before=run.now - A_WRITE_TAKES)
    run.tell("publishing", 1, 1)
    return Outcome("published", snapshot, message, computed.gates)


def _keep_attempt(
    run: _Run, outcome: runs.RunOutcome, message: str, receipt: dict[str, Any], *, snapshot: str | None
) -> None:
    moment, ended = run.moment, run.now + timedelta(seconds=perf_counter() - run.started)
    kept = receipt | {inputs.INPUT: inputs.key_of(moment)}
    attempt = runs.Run(moment.board.id, moment.mode, moment.as_of, run.now, ended, outcome, message, kept, snapshot)
    runs.append(run.store, attempt, actor=run.actor)


def _receipt(run: _Run, parameters: ParameterDraws, computed: Computed) -> dict[str, Any]:
    """Return what the numbers were computed from and how far they can be trusted, as plain JSON values."""
    moment, simulated, precision = run.moment, computed.simulated, computed.precision
    found = {
        "twixt": program_version(),
        "model_version": model_version(),
        "packages": dict(package_versions()),
        "definition": {"hash": moment.board.content_hash, "version": moment.definition.version},
        "ledger": {"position": moment.view.position, "digest": moment.view.digest},
        "news": news_digest(moment),
        "parameters": parameters.receipt,
        "effort": asdict(simulated.effort),
        "futures": simulated.effort.futures,
        "attempts": computed.attempts,
        "ess_futures": round(precision.ess_futures, 1),
        "ess_draws": round(precision.ess_draws, 1),
        "khat": round(precision.khat, 4),
        "history_khat": round(simulated.history_khat, 4),
        "history_ess": round(simulated.history_ess, 1),
        "largest_mcse": float(f"{np.nanmax(precision.question.mcse):.3g}"),
        "gates": [asdict(g) for g in computed.gates],
    }
    plain: dict[str, Any] = json.loads(canonical(found))
    return plain


def prune_futures(store: Store, artefacts: Artefacts, board: str) -> int:
    """Remove the stored futures of a board that no latest snapshot of a mode needs; returns how many files."""
    index = snapshots.index(store, board)
    held = index.filter(pl.col("futures_hash").is_not_null())
    latest = set(held.group_by("mode", maintain_order=True).last()["futures_hash"])
    old = [h for h in held["futures_hash"].unique().to_list() if h not in latest and artefacts.has(h)]
    for name in old:
        artefacts.remove(name)
    return len(old)
