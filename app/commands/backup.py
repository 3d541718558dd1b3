"""`twixt backup`: the whole record and its files in one file, while everybody goes on working."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import examples, json_option, whole, with_session
from app.commands.verify import tell_problems
from app.failures import BAD_INPUT, OK, CommandError
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from forecasts.backups.manifest import Manifest

MOST_KEPT = 10_000
_NAMES = "twixt-*.zip"


@click.command(
    "backup",
    short_help="The whole record and its files in one file.",
    epilog=examples(
        "twixt backup",
        "twixt backup /mnt/elsewhere/twixt.zip",
        "twixt backup /mnt/elsewhere --keep 14   # from cron: a new file each time, the oldest go",
    ),
)
@click.argument("target", required=False)
@click.option("--keep", metavar="N", help="Leave only the newest N backups in the directory TARGET.")
@click.option("--without-futures", is_flag=True, help="Leave out simulated futures, which a refit makes again.")
@click.option("--despite-damage", is_flag=True, help="Go on without files that are missing or damaged; exit code 2.")
@json_option
@with_session
def command(
    session: Session,
    target: str | None,
    *,
    keep: str | None,
    without_futures: bool,
    despite_damage: bool,
    as_json: bool,
) -> int:
    """Back the record up to TARGET: a new file, or a directory in which a file named by the time is written.

    By default that is the directory `backups` of the home. Everybody can go on reading and writing; what was written
    when the backup began is in it. The file appears under its name only when it is whole. It holds every table, every
    artefact and your own board definitions; not login.toml, and nothing from the environment.
    """
    from forecasts.backups import writing

    kept = whole("--keep", keep, 1, MOST_KEPT)
    path = _path(session, target, keep=kept)
    opened = session.workspace()
    damage: list[str] = []
    with ProgressLine(quiet=as_json) as progress:
        progress("writing the backup", 0, 1)
        written = writing.write(
            opened.store,
            opened.artefacts,
            session.home.boards[1],
            path,
            now=session.now,
            with_futures=not without_futures,
            damage=(lambda error: damage.append(str(error))) if despite_damage else writing.raise_damage,
        )
    removed = _remove_older(path.parent, kept) if kept and not damage else []
    if as_json:
        print_json(document(written, path) | {"removed": [str(p) for p in removed], "problems": damage})
    else:
        click.echo(f"{path}: {told(written)}, {path.stat().st_size / 1e6:.1f} MB")
        click.echo(f"record {written.record}")
        for one in removed:
            click.echo(f"removed {one}")
    tell_problems(str(path), damage, as_json=as_json)
    return BAD_INPUT if damage else OK


def told(manifest: Manifest) -> str:
    """Return in words what is in a backup."""
    rows = sum(tally.rows for tally in manifest.tables.values())
    left = f" ({manifest.left_out} stored futures left out)" if manifest.left_out else ""
    return f"schema {manifest.schema}, {rows} rows, {manifest.lists['artefacts'].rows} artefacts{left}"


def document(manifest: Manifest, path: Path) -> dict[str, object]:
    """Return a backup's manifest as JSON values."""
    return {
        "file": str(path),
        "record": manifest.record,
        "schema": manifest.schema,
        "twixt": manifest.twixt,
        "taken_at": manifest.taken_at,
        "database": manifest.database,
        "tables": {name: {"rows": t.rows, "sha256": t.sha256} for name, t in manifest.tables.items()},
        "artefacts": manifest.lists["artefacts"].rows,
        "keys": manifest.lists["keys"].rows,
        "definitions": manifest.lists["definitions"].rows,
        "left_out": manifest.left_out,
    }


def _path(session: Session, target: str | None, *, keep: int | None) -> Path:
    place = session.home.backups if target is None else Path(target).absolute()
    if target is None or place.is_dir():
        return place / f"twixt-{session.now:%Y%m%dT%H%M%SZ}.zip"
    if keep is not None:
        raise CommandError(f"--keep: TARGET must be a directory for it; {str(place)[:200]!r} is none")
    return place


def _remove_older(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest backups that were named by their time; the new one is whole by now."""
    older = sorted(folder.glob(_NAMES))[:-keep]
    for path in older:
        path.unlink()
    return older
