"""The files of jobs and of versions of scenarios.

Revision ID: 0003
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "job_files",
        sa.Column("job_id", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_files_job_id")),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name=op.f("fk_job_files_sha256")),
        sa.PrimaryKeyConstraint("job_id", "role", "name", name=op.f("pk_job_files")),
    )
    op.create_index(op.f("ix_job_files_sha256"), "job_files", ["sha256"], unique=False)
    op.create_table(
        "scenario_files",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["scenario_versions.id"], name=op.f("fk_scenario_files_version_id")),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name=op.f("fk_scenario_files_sha256")),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_scenario_files")),
    )
    op.create_index(op.f("ix_scenario_files_sha256"), "scenario_files", ["sha256"], unique=False)
    op.create_index("ix_jobs_kind_created", "jobs", ["kind", "created_at", "id"], unique=False)


def downgrade() -> None:
    """Change the tables back."""
    op.drop_index("ix_jobs_kind_created", table_name="jobs")
    op.drop_index(op.f("ix_scenario_files_sha256"), table_name="scenario_files")
    op.drop_table("scenario_files")
    op.drop_index(op.f("ix_job_files_sha256"), table_name="job_files")
    op.drop_table("job_files")
