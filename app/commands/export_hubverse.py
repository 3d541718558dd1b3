"""`twixt export hubverse`: a board as a hub, with samples in which everything that holds jointly still does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, mode, whole
from app.commands.diagnose import find
from app.commands.export_files import check_folder, write_folder
from app.commands.export_report import report
from app.failures import CommandError
from app.session import Session

if TYPE_CHECKING:
    from forecasts.exchange.hubverse import Round
    from forecasts.snapshots import Snapshot

SAMPLES = 10_000
"""Samples of a round unless told otherwise: a probability of one half is off by half a point then."""
MOST = 100_000


@click.command(
    "hubverse",
    short_help="Model output and tasks.json of a hub.",
    epilog=examples(
        "twixt export hubverse hub",
        "twixt export hubverse hub --samples 100 --seed 7",
        "twixt export hubverse hub --all --samples 0",
    ),
)
@click.argument("folder")
@click.option("--snapshot", "wanted", metavar="ID", help="A snapshot's id or its beginning; by default the newest.")
@click.option("--all", "every", is_flag=True, help="A round for each day with a snapshot, instead of one snapshot.")
@click.option("--retrospective", is_flag=True, help="With --all: what was made with hindsight, instead of live.")
@click.option("--samples", metavar="N", help=f"Samples of a round, 0 for none. By default {SAMPLES}.")
@click.option("--seed", metavar="N", help="Seed of the samples. By default 0.")
@common
def command(
    session: Session,
    folder: str,
    *,
    wanted: str | None,
    every: bool,
    retrospective: bool,
    samples: str | None,
    seed: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Write a hub (hubverse schema v6.0.0) to FOLDER, which must be new or empty: pmf, cdf, quantile, mean and sample.

    Samples are equally weighted futures: one index is one future across all questions and series. What resampling
    costs in precision is printed. With --all, samples go with the rounds whose futures are still kept.
    """
    from forecasts import outcomes
    from forecasts.exchange import hubverse

    chosen = whole("--samples", samples, 0, MOST)
    count, luck = SAMPLES if chosen is None else chosen, whole("--seed", seed, 0, 2**31 - 1) or 0
    _check_choice(wanted, every=every, retrospective=retrospective)
    check_folder(folder)
    session.prepare_caches()
    board = session.board(board_id)
    found = _snapshots(session, board, wanted, every=every, retrospective=retrospective)
    rounds = hubverse.last_of_each_day(_rounds(session, found, count, luck))
    _check_samples(rounds, count)
    moment = session.moment(board)
    sizes = write_folder(folder, hubverse.files(rounds, outcomes.decided(moment.board, moment.view)))
    told = [_told(r) for r in rounds]
    lines = tuple(_line(t) for t in told if t["samples"])
    report(board, folder, sizes, as_json=as_json, more={"rounds": told}, remarks=lines)


def _check_choice(wanted: str | None, *, every: bool, retrospective: bool) -> None:
    if every and wanted is not None:
        raise CommandError("--snapshot: names one snapshot, and --all takes every one; give one of the two")
    if retrospective and not every:
        raise CommandError("--retrospective: goes with --all; --snapshot names a single retrospective one")


def _snapshots(session: Session, board: str, wanted: str | None, *, every: bool, retrospective: bool) -> list[Snapshot]:
    from forecasts import snapshots

    if not every:
        return [find(session, board, wanted)]
    replay = mode(retrospective=retrospective)
    index = snapshots.index(session.workspace().store, board, mode=replay)
    if index.is_empty():
        raise CommandError(f"{board}: nothing is published ({replay}); `twixt refit` computes the numbers")
    return [snapshots.get(session.workspace().store, i) for i in index["id"]]


def _rounds(session: Session, found: list[Snapshot], count: int, seed: int) -> list[Round]:
    """Return snapshots as rounds, with samples where their futures are kept."""
    from forecasts import weighted_futures
    from forecasts.board_store import read_definition
    from forecasts.exchange.hubverse import Round

    opened, rounds = session.workspace(), []
    versions = {s.board_version: s.board for s in found}
    boards = {version: read_definition(opened.artefacts, board, version) for version, board in versions.items()}
    for snapshot in found:
        if count and weighted_futures.kept(opened.artefacts, snapshot):
            futures = weighted_futures.of_snapshot(opened.store, opened.artefacts, snapshot, threads=2)
            rows = weighted_futures.resampled(futures, count, seed=seed)
            rounds.append(Round(boards[snapshot.board_version], snapshot, futures, rows, seed))
        else:
            rounds.append(Round(boards[snapshot.board_version], snapshot))
    return rounds


def _check_samples(rounds: list[Round], count: int) -> None:
    """Refuse where samples were wanted and there are no futures to draw any from."""
    if count and not any(r.rows is not None for r in rounds):
        last = rounds[-1].snapshot
        raise CommandError(
            f"--samples: the futures of the snapshot as of {last.as_of:%Y-%m-%d %H:%M} UTC are not kept (only those of "
            "the newest one of each mode are), so there is nothing to draw from; --samples 0 exports the rest"
        )


def _told(one: Round) -> dict[str, Any]:
    """Return what is to be known of a round: its samples, and how far they lie from what was published."""
    from forecasts.weighted_futures import largest_difference

    found: dict[str, Any] = {"origin_date": one.origin, "snapshot": one.snapshot.id, "samples": 0}
    if one.futures is not None and one.rows is not None:
        count = len(one.rows)
        off = largest_difference(one.futures, one.rows)
        found |= {"samples": count, "standard_error": 0.5 / math.sqrt(count), "largest_difference": off}
    return found


def _line(told: dict[str, Any]) -> str:
    return (
        f"{told['origin_date']}: {told['samples']:,} equally weighted samples; a probability read off them has a "
        f"standard error of about {told['standard_error']:.4f} at most; the farthest is off by "
        f"{told['largest_difference']:.4f}"
    )
