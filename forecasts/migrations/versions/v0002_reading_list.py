"""The reading list: links for later, beside the record."""

import sqlalchemy as sa
from alembic import op

from forecasts.schema import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of links."""
    op.create_table(
        "reading_list",
        sa.Column("board", sa.Text, nullable=False),
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
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_reading_list_board"),
        sa.PrimaryKeyConstraint("board", "number", name="pk_reading_list"),
        sa.UniqueConstraint("board", "page", name="uq_reading_list_board_page"),
    )
