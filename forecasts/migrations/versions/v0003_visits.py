"""Last visits: when each person was last on a board's page."""

import sqlalchemy as sa
from alembic import op

from forecasts.schema import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table of visits."""
    op.create_table(
        "visits",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("board", sa.Text, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("since", Instant),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_visits_board"),
        sa.PrimaryKeyConstraint("person", "board", name="pk_visits"),
    )
