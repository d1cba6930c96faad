"""The first layout: worlds, versions, uploads, operations, answers, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worlds",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("gaussians", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("thumbnail", sa.String(64)),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
        sa.Column("deleted", sa.Float(53)),
    )
    op.create_index("worlds_by_time", "worlds", ["deleted", "updated", "id"])
    op.create_table(
        "versions",
        sa.Column("world", sa.String(16), sa.ForeignKey("worlds.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("parent", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("operation", sa.String(16), unique=True),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("gaussians", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
    )
    op.create_table(
        "operations",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("slot", sa.String(96)),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("process", sa.JSON),
        sa.Column("wish", sa.String(8)),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("fraction", sa.Float(53), nullable=False),
        sa.Column("seconds_left", sa.Float(53)),
        sa.Column("preview", sa.Float(53)),
        sa.Column("world", sa.String(16)),
        sa.Column("result", sa.JSON),
        sa.Column("error", sa.Text),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("started", sa.Float(53)),
        sa.Column("finished", sa.Float(53)),
    )
    op.create_index("one_operation_per_slot", "operations", ["slot"], unique=True)
    op.create_index("operations_by_status", "operations", ["status", "created"])
    op.create_index("operations_by_time", "operations", ["created", "id"])
    op.create_table(
        "answers",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("body", sa.JSON),
        sa.Column("created", sa.Float(53), nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    for table in ("settings", "answers", "operations", "uploads", "versions", "worlds"):
        op.drop_table(table)
