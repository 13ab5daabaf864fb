"""Decisions, letters and their delivery, proof, erasure, and a fuller model of promotions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "cancellation_listed",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_id", sa.String(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "file", "row", name=op.f("pk_cancellation_listed")),
    )
    op.create_table(
        "erased",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "order_id", name=op.f("pk_erased")),
    )
    op.create_table(
        "feed_error",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("result", sa.Integer(), nullable=False),
        sa.Column("record", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("warning", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "file", "row", name=op.f("pk_feed_error")),
    )
    op.create_table(
        "feed_result",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("processed", sa.Integer(), nullable=True),
        sa.Column("successful", sa.Integer(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("of_listings", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "file", "row", name=op.f("pk_feed_result")),
    )
    op.create_table(
        "delivery",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("letter_group", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_delivery_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", "order_id", "kind", name=op.f("pk_delivery")),
        sa.UniqueConstraint("message_id", name=op.f("uq_delivery_message_id")),
    )
    op.create_index("ix_delivery_state", "delivery", ["incident_id", "state"], unique=False)
    op.create_table(
        "event",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_event_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", "number", name=op.f("pk_event")),
    )
    op.create_table(
        "upload",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("laid_at", sa.BigInteger(), nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("pairs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_upload_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", "path", "laid_at", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_records", "upload", ["shop", "records"], unique=False)
    op.create_table(
        "delivery_message",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id", "order_id", "kind"],
            ["delivery.incident_id", "delivery.order_id", "delivery.kind"],
            name=op.f("fk_delivery_message_incident_id_order_id_kind"),
        ),
        sa.PrimaryKeyConstraint("incident_id", "order_id", "kind", name=op.f("pk_delivery_message")),
    )
    op.add_column("incident", sa.Column("start", sa.BigInteger(), nullable=True))
    op.add_column("incident", sa.Column("stopped_at", sa.BigInteger(), nullable=True))
    op.add_column("incident", sa.Column("told_open", sa.Integer(), server_default="0", nullable=False))
    op.add_column("incident", sa.Column("told_since", sa.BigInteger(), nullable=True))
    op.add_column("promotion", sa.Column("program", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("segments", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("combinability", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("combines_levels", sa.String(), nullable=True))
    op.add_column("promotion", sa.Column("tags", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("combines_tags", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("group", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("stops_others", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("promotion", sa.Column("excluded_skus", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("excludes_discounted", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("promotion", sa.Column("buy_skus", sa.String(), server_default="", nullable=False))
    op.add_column("promotion", sa.Column("max_units", sa.Integer(), nullable=True))
    op.add_column("promotion", sa.Column("max_discount", sa.String(), nullable=True))
    op.add_column("promotion", sa.Column("funded_share", sa.String(), nullable=True))
    op.add_column("promotion", sa.Column("locks_at", sa.BigInteger(), nullable=True))
