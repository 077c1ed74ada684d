"""An index for the list of the newest jobs, so that its cost does not grow with the number of jobs.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_index("ix_jobs_created", "jobs", ["created_at", "id"], unique=False)


def downgrade() -> None:
    """Change the tables back."""
    op.drop_index("ix_jobs_created", table_name="jobs")
