"""Check a backup by restoring it: into a database of its own for a while, where the whole record is verified."""

import tempfile
from pathlib import Path

import sqlalchemy as sa

from forecasts import verification
from forecasts.backups import new_store
from forecasts.backups.manifest import Manifest
from forecasts.backups.reading import Backup, opened
from forecasts.backups.writing import needed_artefacts
from forecasts.errors import StoreError
from forecasts.store import Store, open_store
from forecasts.verification import Verified


def check(path: Path, *, tell: verification.Tell = lambda _: None) -> tuple[Manifest, Verified]:
    """Return a backup's manifest, and what is wrong with it; raises BackupError when it is no backup at all."""
    with opened(path) as backup:
        return backup.manifest, _check(backup, tell)


def _check(backup: Backup, tell: verification.Tell) -> Verified:
    found = Verified()
    with tempfile.TemporaryDirectory(prefix="twixt-verify-") as folder:
        url = f"sqlite:///{Path(folder) / 'twixt.sqlite'}"
        tell("rows")
        try:
            new_store.create(url, backup.manifest.schema, lambda target: _fill(backup, target))
        except StoreError as error:
            found.tell(" ".join(str(error).split()))
        else:
            with open_store(url, migrate=False) as store:
                found = verification.verify(store, None, tell=tell)
                _check_needed(store, backup, found)
    tell("artefacts")
    _check_files(backup, found)
    return found


def _fill(backup: Backup, target: sa.Connection) -> None:
    new_store.copy_tables(lambda table: backup.table(table.name), target, backup.manifest.schema)


def _check_needed(store: Store, backup: Backup, found: Verified) -> None:
    """Every artefact that the rows name is there; a backup made before a migration has none at all."""
    if backup.manifest.taken_at is None:
        return
    there = {row[0] for row in backup.rows("artefacts")}
    with store.reading() as connection:
        missing = sorted(needed_artefacts(connection).always - there)
    for name in missing:
        found.tell(f"{backup.path}: artefact {name[:12]} is missing: a definition or a snapshot needs it")


def _check_files(backup: Backup, found: Verified) -> None:
    for name, size in backup.rows("artefacts"):
        found.add("artefacts")
        with found.collecting():
            backup.artefact(name, size)
    there = {row[0] for row in backup.rows("artefacts")}
    for key, name in backup.rows("keys"):
        found.add("keys")
        if name not in there:
            found.tell(f"{backup.path}: key {key!r:.60} leads to {name[:12]}, which is not there")
    for row in backup.rows("definitions"):
        found.add("definitions")
        with found.collecting():
            backup.definition(*row)
