"""Alerts: subscribers, and the outbox of messages to them; logins that were ended; questions of other sites."""

import sqlalchemy as sa
from alembic import op

from forecasts.schema import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _create_subscribers()
    _create_outbox()
    _create_ended_logins()
    _create_outside_questions()


def _create_subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("board", sa.Text, nullable=False),
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
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_subscribers_board"),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
    )
    op.create_index("ix_subscribers_board", "subscribers", ["board"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subscriber", sa.Text, nullable=False),
        sa.Column("board", sa.Text, nullable=False),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("answer", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.id"], name="fk_outbox_subscriber", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_outbox_board"),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
        sa.UniqueConstraint("subscriber", "occasion", name="uq_outbox_subscriber_occasion"),
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"])


def _create_ended_logins() -> None:
    op.create_table(
        "ended_logins",
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("ended_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("login", name="pk_ended_logins"),
    )


def _create_outside_questions() -> None:
    op.create_table(
        "outside_questions",
        sa.Column("board", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("outside", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_outside_questions_board"),
        sa.PrimaryKeyConstraint("board", "source", "outside", "version", name="pk_outside_questions"),
    )
