"""`twixt diagnose`: how well the chains behind a snapshot agree, and how far its fits hang on their priors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.failures import OK, REFUSED, CommandError
from app.session import Session
from app.terminal import ProgressLine, print_json, table

if TYPE_CHECKING:
    from forecasts.recipe import Recipe
    from forecasts.snapshots import Snapshot


@click.command(
    "diagnose",
    short_help="How well the chains of a snapshot's fits agree.",
    epilog=examples("twixt diagnose", "twixt diagnose --json", "twixt diagnose --snapshot 15394d4214"),
)
@click.option("--snapshot", "wanted", metavar="ID", help="A snapshot's id or its beginning; by default the newest.")
@click.option("--progress", "lines", is_flag=True, help="Stages as lines on stderr, also without a terminal.")
@common
def command(session: Session, *, wanted: str | None, lines: bool, board_id: str | None, as_json: bool) -> int:
    """Judge every quantity of every fit behind a snapshot: R-hat, effective sizes, ranks, prior and posterior.

    Each fit takes some seconds, once; the answer is kept in the cache, where the page Diagnostics reads it. Exit code 3
    when a quantity is out of bounds.
    """
    session.prepare_caches()
    board = session.board(board_id)
    snapshot = find(session, board, wanted)
    with ProgressLine(quiet=as_json and not lines, lines=lines) as progress:
        documents = diagnose(session, snapshot, progress)
    if as_json:
        print_json({"board": board, "snapshot": snapshot.id, "fits": {k: brief(d) for k, d in documents.items()}})
    else:
        show(documents)
    return REFUSED if any(line["wrong"] for d in documents.values() for line in d["quantities"]) else OK


def find(session: Session, board: str, wanted: str | None) -> Snapshot:
    """Return the snapshot that an id or its beginning names, or the newest; raises CommandError without one."""
    from forecasts import snapshots

    store = session.workspace().store
    if wanted is None:
        found = snapshots.latest(store, board, mode="live") or snapshots.latest(store, board, mode="retrospective")
        if found is None:
            raise CommandError(f"{board}: nothing is published yet; `twixt refit` computes the numbers")
        return found
    ids = [i for i in snapshots.index(store, board)["id"].to_list() if i.startswith(wanted)] if wanted else []
    if len(ids) != 1:
        raise CommandError(f"--snapshot: {wanted[:60]!r} names {len(ids)} snapshots of {board}; one is needed")
    return snapshots.get(store, ids[0])


def diagnose(session: Session, snapshot: Snapshot, progress: ProgressLine) -> dict[str, dict[str, Any]]:
    """Return the diagnosis of every fit of a snapshot, by key; what is not kept yet is made and kept."""
    from forecasts import diagnosis, draws_file

    kept = diagnosis.folder(session.home.cache)
    fits = snapshot.receipt.get("parameters", {})
    found: dict[str, dict[str, Any]] = {}
    recipes: dict[str, Recipe] | None = None
    for done, (key, one) in enumerate(fits.items()):
        progress(f"fit: {key}", done, len(fits))
        document = diagnosis.read(kept, one["artefact"])
        if document is None:
            recipes = _recipes(session, snapshot) if recipes is None else recipes
            file = draws_file.from_bytes(session.workspace().artefacts.get(one["artefact"]))
            document = diagnosis.make(file, recipes.get(one["input_hash"]))
            diagnosis.keep(kept, one["artefact"], document)
        found[key] = document
    return found


def _recipes(session: Session, snapshot: Snapshot) -> dict[str, Recipe]:
    """Return the recipes of the fits that a snapshot needed, by the hash of their inputs."""
    from forecasts import catalogue, replay

    opened = session.workspace()
    moment = replay.read_moment(
        opened.store,
        opened.artefacts,
        snapshot.board,
        as_of=snapshot.as_of,
        mode=snapshot.mode,
        now=max(snapshot.published_at, snapshot.as_of),
    )
    return {recipe.input_hash: recipe for recipe in catalogue.recipes(moment).values()}


def brief(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a diagnosis without the lines of its plots, whose numbers only a picture needs."""
    left = {k: v for k, v in document.items() if k not in {"traces", "ranks", "prior"}}
    p_values = {name: one["p"] for name, one in document["ranks"].items()}
    narrowed = {name: one["narrowed"] for name, one in document["prior"].items()}
    return left | {"rank_p": p_values, "narrowed": narrowed}


def show(documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Print one table for each fit."""
    if not documents:
        click.echo("this snapshot reads no fitted model: everything in it was elicited")
    for key, document in documents.items():
        click.echo(f"\n{key}: {document['model']}, {document['chains']} chains of {document['draws']} draws")
        moved = (document["sensitivity"] or {}).get("lines", {})
        ranks = document["ranks"]
        rows = [_row(line, ranks.get(line["name"], {}), moved.get(line["name"], {})) for line in document["quantities"]]
        head = ("quantity", "median", "5 %", "95 %", "R-hat", "bulk ESS", "tail ESS", "remarks")
        click.echo(table(head, rows, right="123456"))
        if document["no_prior"]:
            click.echo(document["no_prior"])


def _row(line: Mapping[str, Any], ranked: Mapping[str, Any], moved: Mapping[str, Any]) -> tuple[str, ...]:
    from forecasts.convergence import RANK_P

    p = ranked.get("p")
    remarks = [*line["wrong"], *([f"chains rank unevenly (p {p:.3f})"] if p is not None and p < RANK_P else [])]
    remarks += [moved["flag"]] if moved.get("flag") else []
    measured = (_number(line["rhat"], ".4f"), _number(line["ess_bulk"], ".0f"), _number(line["ess_tail"], ".0f"))
    spread = (f"{line[k]:.4g}" for k in ("median", "low", "high"))
    return (line["name"], *spread, *measured, "; ".join(remarks))


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
