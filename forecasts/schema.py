"""Tables of the store, the one type of instants, and the triggers that make the record append-only.

The same tables on SQLite and PostgreSQL. Ledger, snapshots and their rows can only be added to: triggers refuse UPDATE,
DELETE, TRUNCATE and the REPLACE that SQLite would do without either. People and boards are ordinary rows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forecasts.instants import from_text, to_text, utc

SCHEMA = "0004"
"""Revision that this program reads and writes, the last of `forecasts/migrations`; they are ordered as text."""

PROTECTED = {
    "ledger": (
        "board = NEW.board AND position = NEW.position",
        "board = NEW.board AND entry = NEW.entry AND version = NEW.version",
    ),
    "snapshots": ("number = NEW.number", "id = NEW.id"),
    "snapshot_lines": ("number = NEW.number",),
    "snapshot_rows": ("line = NEW.line AND snapshot = NEW.snapshot",),
}
"""Insert-only tables, each with the conditions under which SQLite's REPLACE would remove a row."""


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime: `timestamptz` on PostgreSQL, fixed-width ISO text on SQLite, which knows no time zones."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the type of the database's column."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Convert on the way in; raises ValueError for a datetime without a zone."""
        if value is None:
            return None
        return utc(value) if dialect.name == "postgresql" else to_text(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Convert on the way out."""
        if value is None:
            return None
        return utc(value) if dialect.name == "postgresql" else from_text(value)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

boards = sa.Table("boards", metadata, sa.Column("id", sa.Text, primary_key=True))
"""One row a board: writers of a board's record lock it."""

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", sa.Text),
    sa.Column("published_on", sa.Date, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("board", "position"),
    sa.UniqueConstraint("board", "entry", "version"),
)
"""`record` is the canonical JSON that the digest covers; `kind`, `target` and `published_on` repeat parts of it."""

_IS_RETRACTION = ledger.c.target.is_not(None)
sa.Index(
    "ix_ledger_board_target",
    ledger.c.board,
    ledger.c.target,
    sqlite_where=_IS_RETRACTION,
    postgresql_where=_IS_RETRACTION,
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("erased_at", Instant),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("known_through", sa.Date, nullable=False),
    sa.Column("published_at", Instant, nullable=False),
    sa.Column("board_version", sa.Text, nullable=False),
    sa.Column("ledger_position", sa.Integer, nullable=False),
    sa.Column("ledger_digest", sa.Text, nullable=False),
    sa.Column("detail_hash", sa.Text, nullable=False),
    sa.Column("futures_hash", sa.Text),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Index(None, "board", "mode", "as_of"),
)

snapshot_lines = sa.Table(
    "snapshot_lines",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("grouping", sa.Text, nullable=False),
    sa.Column("deadline", sa.Text, nullable=False),
    sa.Column("measure", sa.Text, nullable=False),
    sa.UniqueConstraint("board", "subject", "grouping", "deadline", "measure"),
)
"""What a number of a snapshot speaks of, once for all snapshots; `deadline` is an ISO day, or empty for none."""

snapshot_rows = sa.Table(
    "snapshot_rows",
    metadata,
    sa.Column("line", sa.Integer, sa.ForeignKey("snapshot_lines.number"), nullable=False),
    sa.Column("snapshot", sa.Integer, sa.ForeignKey("snapshots.number"), nullable=False),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("low50", sa.Double),
    sa.Column("high50", sa.Double),
    sa.Column("low90", sa.Double),
    sa.Column("high90", sa.Double),
    sa.Column("mcse", sa.Double),
    sa.Column("band_resolved", sa.SmallInteger),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.PrimaryKeyConstraint("line", "snapshot"),
    sa.Index(None, "snapshot"),
    sqlite_with_rowid=False,
)
"""The numbers, narrow and clustered by line, so that a trend is one range read."""

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("board", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("snapshot", sa.Text),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Index(None, "board", "mode", "number"),
)

reading_list = sa.Table(
    "reading_list",
    metadata,
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("board", "number"),
    sa.UniqueConstraint("board", "page"),
)
"""Links that somebody wants to read: no knowledge yet, so not in the ledger. `page` is a link's comparable form."""

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("since", Instant),
    sa.PrimaryKeyConstraint("person", "board"),
)
"""When a person was last on a board's page, and when before that: theirs alone, so it goes when they are erased."""

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index(None, "board"),
)
"""Who is told of what happens on a board. `sealed` is the address and its signing secret, encrypted with a key that is
not in the database; `host` is all that is shown of the address; `rules` and `seen`, what was delivered last of each
topic, are canonical JSON; `note` says why it rests."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("subscriber", sa.Text, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("answer", sa.Text, nullable=False),
    sa.UniqueConstraint("subscriber", "occasion"),
    sa.Index(None, "state", "next_at"),
)
"""Messages to subscribers: `occasion` is what set one off, so that it is told once; `id` is that of every attempt."""

ended_logins = sa.Table(
    "ended_logins",
    metadata,
    sa.Column("login", sa.Text, primary_key=True),
    sa.Column("ended_at", Instant, nullable=False),
)
"""Logins that somebody has ended, by the digest of what the provider said: a copy of their cookie is refused."""

outside_questions = sa.Table(
    "outside_questions",
    metadata,
    sa.Column("board", sa.Text, sa.ForeignKey("boards.id"), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("outside", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("board", "source", "outside", "version"),
)
"""Questions of other sites, each with its own criteria, as they stood in a file; a later file adds a version. `outside`
is the site's id, `record` canonical JSON."""

_REFUSAL = "is append-only"
_NO_GAPS = "ledger positions have no gaps"


def protect(connection: sa.Connection) -> None:
    """Create the triggers of all insert-only tables anew; a migration that rebuilds a table on SQLite loses them."""
    present = set(sa.inspect(connection).get_table_names())
    is_postgresql = connection.dialect.name == "postgresql"
    for function in POSTGRESQL_FUNCTIONS.values() if is_postgresql else ():
        connection.execute(sa.text(f"CREATE OR REPLACE FUNCTION {function}"))
    for trigger in triggers(connection.dialect.name):
        if trigger.table in present:
            place = f" ON {trigger.table}" if is_postgresql else ""
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {trigger.name}{place}"))
            connection.execute(sa.text(trigger.create))


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger, as it has to stand in the database."""

    name: str
    table: str
    create: str
    """The statement that makes it."""


def triggers(dialect: str) -> tuple[Trigger, ...]:
    """Return the triggers of all insert-only tables on a kind of database."""
    return _postgresql_triggers() if dialect == "postgresql" else _sqlite_triggers()


_GAP = "NEW.position <> 1 + coalesce((SELECT max(position) FROM ledger WHERE board = NEW.board), 0)"


def _sqlite_triggers() -> tuple[Trigger, ...]:
    found = []
    for table, keys in PROTECTED.items():
        refuse = f"{table} {_REFUSAL}"
        taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys)  # noqa: S608
        found.append(_sqlite_trigger(table, "update", f"UPDATE ON {table}", refuse))
        found.append(_sqlite_trigger(table, "delete", f"DELETE ON {table}", refuse))
        found.append(_sqlite_trigger(table, "replace", f"INSERT ON {table} WHEN {taken}", refuse))
    return (*found, _sqlite_trigger("ledger", "gap", f"INSERT ON ledger WHEN {_GAP}", _NO_GAPS))


def _sqlite_trigger(table: str, forbids: str, before: str, refuse: str) -> Trigger:
    name = f"{table}_forbid_{forbids}"
    return Trigger(name, table, f"CREATE TRIGGER {name} BEFORE {before} BEGIN SELECT RAISE(ABORT, '{refuse}'); END")


def _postgresql_triggers() -> tuple[Trigger, ...]:
    moment = "BEFORE UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION twixt_forbid_change()"
    found = [_postgresql_trigger(table, "change", moment.format(table)) for table in PROTECTED]
    gap = "BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION twixt_forbid_gap()"
    return (*found, _postgresql_trigger("ledger", "gap", gap))


def _postgresql_trigger(table: str, forbids: str, rest: str) -> Trigger:
    name = f"{table}_forbid_{forbids}"
    return Trigger(name, table, f"CREATE TRIGGER {name} {rest}")


POSTGRESQL_FUNCTIONS = {
    "twixt_forbid_change": f"""twixt_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% {_REFUSAL}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$""",
    "twixt_forbid_gap": f"""twixt_forbid_gap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_GAP} THEN
    RAISE EXCEPTION '{_NO_GAPS}' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
}
"""What PostgreSQL's triggers call: name -> what stands behind `CREATE FUNCTION`."""
