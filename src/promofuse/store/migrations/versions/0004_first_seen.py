"""When a processing report was first read, and which orders were to be honoured."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("feed_result", sa.Column("seen_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("incident_order", sa.Column("honoured", sa.Boolean(), server_default="0", nullable=False))
