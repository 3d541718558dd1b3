"""The record: boards, ledger, people, snapshots and runs."""

import sqlalchemy as sa
from alembic import op

from forecasts.schema import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table; the triggers follow every migration."""
    op.create_table("boards", sa.Column("id", sa.Text, nullable=False), sa.PrimaryKeyConstraint("id", name="pk_boards"))
    _create_ledger()
    _create_people()
    _create_snapshots()
    _create_snapshot_rows()
    _create_runs()


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("board", sa.Text, nullable=False),
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
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_ledger_board"),
        sa.PrimaryKeyConstraint("board", "position", name="pk_ledger"),
        sa.UniqueConstraint("board", "entry", "version", name="uq_ledger_board_entry_version"),
    )
    retraction = sa.text("target IS NOT NULL")
    op.create_index(
        "ix_ledger_board_target",
        "ledger",
        ["board", "target"],
        sqlite_where=retraction,
        postgresql_where=retraction,
    )


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.Column("erased_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
    )


def _create_snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("board", sa.Text, nullable=False),
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
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_snapshots_board"),
        sa.PrimaryKeyConstraint("number", name="pk_snapshots"),
        sa.UniqueConstraint("id", name="uq_snapshots_id"),
    )
    op.create_index("ix_snapshots_board_mode_as_of", "snapshots", ["board", "mode", "as_of"])


def _create_snapshot_rows() -> None:
    op.create_table(
        "snapshot_lines",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("board", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("grouping", sa.Text, nullable=False),
        sa.Column("deadline", sa.Text, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_snapshot_lines_board"),
        sa.PrimaryKeyConstraint("number", name="pk_snapshot_lines"),
        sa.UniqueConstraint(
            "board",
            "subject",
            "grouping",
            "deadline",
            "measure",
            name="uq_snapshot_lines_board_subject_grouping_deadline_measure",
        ),
    )
    op.create_table(
        "snapshot_rows",
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("snapshot", sa.Integer, nullable=False),
        sa.Column("place", sa.SmallInteger, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("value", "low50", "high50", "low90", "high90", "mcse")),
        sa.Column("band_resolved", sa.SmallInteger),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.ForeignKeyConstraint(["line"], ["snapshot_lines.number"], name="fk_snapshot_rows_line"),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshots.number"], name="fk_snapshot_rows_snapshot"),
        sa.PrimaryKeyConstraint("line", "snapshot", name="pk_snapshot_rows"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_snapshot_rows_snapshot", "snapshot_rows", ["snapshot"])


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("board", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("as_of", Instant, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
    )
    op.create_index("ix_runs_board_mode_number", "runs", ["board", "mode", "number"])
