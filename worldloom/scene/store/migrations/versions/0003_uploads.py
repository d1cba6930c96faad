"""Uploads for edits of one world."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("uploads", sa.Column("world", sa.String(16)))
    op.create_index("uploads_by_world", "uploads", ["world"])
