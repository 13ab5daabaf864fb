"""The first schema: every table as the code of this version declares it.

Until the first release there is no older database, so the tables are made from their declarations. From the release
on this file is frozen as explicit statements, and every change is a revision of its own.
"""

from alembic import op

from promofuse.store.tables import Row

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    Row.metadata.create_all(op.get_bind())
