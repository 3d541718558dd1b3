"""Restore a backup into a place where nothing is yet: files first, the record last, and that whole or not at all.

A restore that was killed leaves files that the same backup has too and no record; doing it again goes on from there.
"""

from collections.abc import Mapping, Set
from pathlib import Path

import sqlalchemy as sa

from forecasts.artefacts import Artefacts
from forecasts.backups import new_store
from forecasts.backups.manifest import Manifest
from forecasts.backups.reading import Backup, opened
from forecasts.errors import BackupError
from forecasts.local_files import LocalFiles
from forecasts.people import EVERYWHERE, Actor, authorise


def restore(path: Path, url: str, artefacts: Artefacts, boards: Path, *, actor: Actor) -> Manifest:
    """Restore a backup into a new store at a URL, and its files beside; returns its manifest.

    An older schema is brought up to date afterwards. The kind of database need not be the one it was made from.

    Parameters
    ----------
    artefacts : may hold nothing but files of this backup.
    boards : directory for the user's own board definitions; the same holds for it.

    Raises
    ------
    BackupError
        When there is something already, or the backup is damaged, of a newer schema or none at all.
    ForbiddenError, StoreError
        When the actor may not load, or the database refuses. There is no record then.
    """
    authorise(actor, "load", EVERYWHERE)
    new_store.check_is_free(url)
    with opened(path) as backup:
        names = {row[0] for row in backup.rows("artefacts")}
        check_holds_only(artefacts, names, {row[0]: row[1] for row in backup.rows("keys")})
        _put_definitions(boards, backup)
        _put_artefacts(artefacts, backup)

        def fill(connection: sa.Connection) -> None:
            new_store.copy_tables(lambda table: backup.table(table.name), connection, backup.manifest.schema)

        new_store.create(url, backup.manifest.schema, fill)
        return backup.manifest


def check_holds_only(artefacts: Artefacts, names: Set[str], keys: Mapping[str, str]) -> None:
    """Raise BackupError when a place has files other than these, or keys that lead elsewhere."""
    if others := sorted(artefacts.hashes() - names):
        raise BackupError(
            f"{artefacts.label}: there are files already that do not belong to it (such as {others[0][:12]}); "
            "an empty place is needed"
        )
    for key, name in artefacts.bindings().items():
        if keys.get(key) != name:
            raise BackupError(f"{artefacts.label}: key {key!r:.60} leads elsewhere already; an empty place is needed")


def _put_artefacts(artefacts: Artefacts, backup: Backup) -> None:
    for name, size in backup.rows("artefacts"):
        if artefacts.put(backup.artefact(name, size)) != name:
            raise BackupError(f"{backup.path}: artefacts/{name:.80}: damaged: its name is no hash of its bytes")
    for key, name in backup.rows("keys"):
        artefacts.bind(key, name)


def _put_definitions(boards: Path, backup: Backup) -> None:
    files = LocalFiles(boards)
    for path, name, size in backup.rows("definitions"):
        content = backup.definition(path, name, size)
        try:
            if not files.exists(path):
                files.write(path, content)
            elif files.read(path) != content:
                raise BackupError(f"{boards / path}: there is another file already; an empty home is needed")
        except OSError as error:
            raise BackupError(f"{boards / path}: cannot be written ({error.strerror or error})") from error
