"""Logs of edits with branches, and links to share a world."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("branch", sa.String(64), nullable=False, server_default="main"))
    op.create_table(
        "branches",
        sa.Column("world", sa.String(16), sa.ForeignKey("worlds.id"), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("base", sa.BigInteger, nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("forked", sa.BigInteger, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
    )
    op.create_table(
        "edits",
        sa.Column("world", sa.String(16), sa.ForeignKey("worlds.id"), primary_key=True),
        sa.Column("branch", sa.String(64), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("operation", sa.JSON),
        sa.Column("target", sa.String(64)),
        sa.Column("version", sa.BigInteger),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
    )
    op.create_index("one_edit_per_id", "edits", ["world", "branch", "id"], unique=True)
    op.create_table(
        "shares",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("world", sa.String(16), sa.ForeignKey("worlds.id"), nullable=False),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("revoked", sa.Float(53)),
    )
    op.create_index("shares_by_world", "shares", ["world", "created"])
