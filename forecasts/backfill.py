"""The retrospective history of a board: one snapshot a week from what was published by then, resumable at any point.

Each date is a run of its own (`refit`), so a date that is published already is skipped, one that fails does not stop
the others, and an interrupted backfill goes on where it stopped. Dates are shared out, the newest first, among worker
processes of one thread each; every worker keeps its compiled kernel and writes its own snapshots.
"""

import multiprocessing
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter

from forecasts.artefacts import Artefacts
from forecasts.catalogue import at_hand, parameter_draws
from forecasts.errors import StoreError
from forecasts.instants import end_of_day, utc
from forecasts.refit import Outcome, Wanted, prune_futures, refit
from forecasts.replay import Moment, latest_instant, read_moment
from forecasts.side_by_side import live_with_parent
from forecasts.store import Store, open_store

type Tell = Callable[["Progress"], None]

SNAPSHOTS, DRAWS = "retrospective snapshots", "sampling draws"
"""Stages: the second comes first, where a date needs draws that are neither kept nor shipped."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage of a backfill has come."""

    done: int
    total: int
    """Dates; transitions of one fit where draws are sampled."""
    seconds_left: float | None
    """Estimate from the runs so far; None before the first one has ended, and while draws are sampled."""
    stage: str = SNAPSHOTS


@dataclass(frozen=True, slots=True)
class Report:
    """What a backfill did."""

    dates: tuple[date, ...]
    """All dates asked for, rising."""
    published: tuple[date, ...]
    unchanged: tuple[date, ...]
    """Dates that were published before."""
    failed: tuple[tuple[date, str], ...]
    """Dates that were refused or could not be computed, with the reason."""
    interrupted: bool
    """Stopped by a person; the same command goes on from here."""


@dataclass(slots=True)
class _Tally:
    """What has been done so far."""

    total: int
    started: float
    published: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    failed: list[tuple[date, str]] = field(default_factory=list)

    def count(self, day: date, kind: str, message: str) -> None:
        if kind == "refused":
            self.failed.append((day, message))
        else:
            (self.published if kind == "published" else self.unchanged).append(day)

    def progress(self) -> Progress:
        worked = len(self.published) + len(self.failed)
        done = worked + len(self.unchanged)
        each = (perf_counter() - self.started) / worked if worked else None
        return Progress(done, self.total, each * (self.total - done) if each is not None else None)

    def report(self, dates: Sequence[date], *, interrupted: bool) -> Report:
        return Report(
            tuple(dates),
            tuple(sorted(self.published)),
            tuple(sorted(self.unchanged)),
            tuple(sorted(self.failed)),
            interrupted,
        )


def backfill(
    store: Store,
    artefacts: Artefacts,
    board: str,
    *,
    start: date,
    now: datetime,
    every_days: int = 7,
    until: date | None = None,
    workers: int = 2,
    wanted: Wanted | None = None,
    progress: Tell | None = None,
) -> Report:
    """Publish the retrospective snapshots of every date from `start` on, as far as they are not published yet.

    Parameters
    ----------
    store, artefacts, board
        The record, its files, and the board's id.
    start, every_days, until
        The dates; `until` is the last confirmed day where it is not given.
    now
        The clock, aware UTC.
    workers
        Processes; 1 runs in this one.
    wanted
        Size and seed of the runs.
    progress
        Called after every date.

    Raises
    ------
    ValueError
        When the dates are none: a start before the board opened or after `until`, a step below one day.
    ParametersRefusedError
        When parameter draws had to be sampled and were refused.
    """
    now = utc(now)
    latest = read_moment(store, artefacts, board, as_of=latest_instant(store, board, now=now), mode="live", now=now)
    dates = wanted_dates(latest, start=start, every_days=every_days, until=until)
    tell = progress or (lambda _progress: None)
    _fetch_draws(store, artefacts, board, dates, now=now, tell=tell)
    asked = replace(wanted or Wanted(), threads=1, resample=False)
    tally = _Tally(len(dates), perf_counter())
    jobs = [_Job(board, day, now, replace(asked, keep_futures=day == dates[-1])) for day in reversed(dates)]
    run = _in_process(store, artefacts, jobs) if workers == 1 else _in_workers(store, artefacts, jobs, workers=workers)
    interrupted = False
    try:
        tell(tally.progress())
        for day, kind, message in run:
            tally.count(day, kind, message)
            tell(tally.progress())
    except KeyboardInterrupt:
        interrupted = True
    finally:
        run.close()
    prune_futures(store, artefacts, board)
    return tally.report(dates, interrupted=interrupted)


def wanted_dates(latest: Moment, *, start: date, every_days: int, until: date | None) -> list[date]:
    """Return the dates of a backfill, rising; raises ValueError when there is none or one lies outside the board."""
    last = until or latest.known_through
    if every_days < 1:
        raise ValueError(f"every {every_days} days: at least 1 is needed")
    if start < latest.board.opens:
        raise ValueError(f"start {start}: the board opened on {latest.board.opens}")
    if start > last:
        raise ValueError(f"start {start} lies after {last}, the last day to fill")
    if last > latest.day:
        raise ValueError(f"until {last}: today is {latest.day}")
    return [start + timedelta(days=k) for k in range(0, (last - start).days + 1, every_days)]


def _fetch_draws(
    store: Store, artefacts: Artefacts, board: str, dates: Sequence[date], *, now: datetime, tell: Tell
) -> None:
    """Get the draws that the dates need before any worker begins: two would sample the same fit at once."""
    for day in dates:
        moment = read_moment(store, artefacts, board, as_of=end_of_day(day), mode="retrospective", now=now)
        if at_hand(moment, artefacts) is None:
            parameter_draws(
                moment, artefacts, progress=lambda done, total: tell(Progress(done, total, None, stage=DRAWS))
            )


@dataclass(frozen=True, slots=True)
class _Job:
    """One date."""

    board: str
    day: date
    now: datetime
    wanted: Wanted


type _Done = tuple[date, str, str]
"""(date, kind of outcome, message)."""


def _run(store: Store, artefacts: Artefacts, job: _Job) -> _Done:
    outcome: Outcome = refit(
        store,
        artefacts,
        job.board,
        now=job.now,
        as_of=end_of_day(job.day),
        mode="retrospective",
        wanted=job.wanted,
    )
    return job.day, outcome.kind, outcome.message


def _in_process(store: Store, artefacts: Artefacts, jobs: Sequence[_Job]) -> Generator[_Done]:
    for job in jobs:
        try:
            yield _run(store, artefacts, job)
        except (ValueError, ArithmeticError, LookupError, StoreError) as error:
            yield job.day, "refused", str(error)


def _in_workers(store: Store, artefacts: Artefacts, jobs: Sequence[_Job], *, workers: int) -> Generator[_Done]:
    """Run the jobs in processes; a worker that dies costs the dates it was at, not the others."""
    left = list(jobs)
    while left:
        url = store.engine.url.render_as_string(hide_password=False)
        pool = ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare_worker,
            initargs=(url, artefacts.root),
        )
        try:
            yield from _shared_out(pool, left, workers)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _shared_out(pool: ProcessPoolExecutor, left: list[_Job], workers: int) -> Generator[_Done]:
    """Hand out jobs, two ahead of each worker, until none is left or the pool breaks."""
    running: dict[Future[_Done], _Job] = {}
    while left or running:
        while left and len(running) < 2 * workers:
            job = left.pop(0)
            running[pool.submit(_run_in_worker, job)] = job
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        broken = False
        for one in ended:
            job, error = running.pop(one), one.exception()
            broken = broken or isinstance(error, BrokenProcessPool)
            yield one.result() if error is None else (job.day, "refused", f"{type(error).__name__}: {error}")
        if broken:
            yield from ((job.day, "refused", "the worker process died") for job in running.values())
            return


_WORKER: dict[str, tuple[Store, Artefacts]] = {}
"""What a worker process has opened, for all of its dates."""


def _prepare_worker(url: str, root: Path | str) -> None:
    live_with_parent()
    _WORKER["opened"] = open_store(url, migrate=False), Artefacts(root)


def _run_in_worker(job: _Job) -> _Done:
    store, artefacts = _WORKER["opened"]
    return _run(store, artefacts, job)
