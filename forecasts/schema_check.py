"""What of a database is not as the schema says: tables, columns, indexes, and the triggers that keep it append-only."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from forecasts import schema

_ENABLED = "O"
"""PostgreSQL's word for a trigger that fires in ordinary sessions."""


_MEND = "`twixt verify --mend` makes it anew"


def wrong_tables(connection: sa.Connection) -> Iterator[str]:
    """Give every difference between the tables of a database and those of the present schema, one line each."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name in schema.metadata.tables

    options = {"compare_type": True, "include_name": is_ours}
    for difference in compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata):
        for one in difference if isinstance(difference, list) else [difference]:
            yield f"schema {schema.SCHEMA} needs {' '.join(str(part) for part in one if part is not None)[:200]}"


def wrong_triggers(connection: sa.Connection) -> Iterator[str]:
    """Give every trigger that is missing, switched off or changed: without it rows of the record could be changed."""
    postgresql = connection.dialect.name == "postgresql"
    standing = _postgresql_triggers(connection) if postgresql else _sqlite_triggers(connection)
    for trigger in schema.triggers(connection.dialect.name):
        found = standing.get(trigger.name)
        if found is None or _words(found) != _words(trigger.create):
            state = "missing or switched off" if found is None else "not as it should be"
            yield f"trigger {trigger.name} is {state}: rows of {trigger.table} are not protected; {_MEND}"
    if postgresql:
        yield from _wrong_functions(connection)


def _sqlite_triggers(connection: sa.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row[0]: row[1] for row in rows}


def _postgresql_triggers(connection: sa.Connection) -> dict[str, str]:
    """Return the triggers that are switched on, each as a statement without the schema's name."""
    query = """
        SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT tgisinternal AND tgenabled = :enabled AND pg_table_is_visible(c.oid)"""
    rows = connection.execute(sa.text(query), {"enabled": _ENABLED})
    return {row[0]: row[1].replace(" ON public.", " ON ") for row in rows}


def _wrong_functions(connection: sa.Connection) -> Iterator[str]:
    query = "SELECT proname, prosrc FROM pg_proc WHERE pg_function_is_visible(oid) AND proname LIKE 'twixt_forbid_%'"
    bodies = {row[0]: row[1] for row in connection.execute(sa.text(query))}
    for name, text in schema.POSTGRESQL_FUNCTIONS.items():
        if _words(bodies.get(name, "")) != _words(text.split("$$")[1]):
            yield f"function {name} is missing or changed: the record is not protected; {_MEND}"


def _words(statement: str) -> str:
    """Return a statement in one spelling: PostgreSQL orders the events of a trigger anew."""
    flat = " ".join(statement.split())
    head, _, rest = flat.partition(" ON ")
    return f"{' '.join(sorted(head.split()))} ON {rest}"
