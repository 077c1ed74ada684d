"""What users did on live lines.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from api.state.columns import UtcTime

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "live_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.String(length=100), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=op.f("fk_live_actions_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_actions")),
    )
    op.create_index("ix_live_actions_line_id", "live_actions", ["line_id", "id"], unique=False)


def downgrade() -> None:
    """Change the tables back."""
    op.drop_index("ix_live_actions_line_id", table_name="live_actions")
    op.drop_table("live_actions")
