"""Alarms about a price that no promotion names."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("alarm", sa.Column("sku", sa.String(), nullable=False, server_default=""))
    op.add_column("alarm", sa.Column("since", sa.BigInteger(), nullable=True))
