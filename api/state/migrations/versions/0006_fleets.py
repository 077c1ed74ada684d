"""Models of vehicles, quality of their telemetry by day, and reports about fleets.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from api.state.columns import UtcTime

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "vehicle_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.String(length=100), nullable=False),
        sa.Column("vehicle", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("train_type", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=op.f("fk_vehicle_models_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_models")),
    )
    op.create_index("ix_vehicle_models_line_id", "vehicle_models", ["line_id", "vehicle", "day", "id"], unique=False)
    op.create_index("ix_vehicle_models_version", "vehicle_models", ["line_id", "version"], unique=False)
    op.create_table(
        "telemetry_days",
        sa.Column("line_id", sa.String(length=100), nullable=False),
        sa.Column("vehicle", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=op.f("fk_telemetry_days_line_id")),
        sa.PrimaryKeyConstraint("line_id", "vehicle", "day", name=op.f("pk_telemetry_days")),
    )
    op.create_index("ix_telemetry_days_line_id", "telemetry_days", ["line_id", "day"], unique=False)
    op.create_table(
        "fleet_reports",
        sa.Column("line_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("job_id", sa.String(length=100), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name=op.f("fk_fleet_reports_line_id")),
        sa.PrimaryKeyConstraint("line_id", "kind", name=op.f("pk_fleet_reports")),
    )


def downgrade() -> None:
    """Change the tables back."""
    op.drop_table("fleet_reports")
    op.drop_index("ix_telemetry_days_line_id", table_name="telemetry_days")
    op.drop_table("telemetry_days")
    op.drop_index("ix_vehicle_models_version", table_name="vehicle_models")
    op.drop_index("ix_vehicle_models_line_id", table_name="vehicle_models")
    op.drop_table("vehicle_models")
