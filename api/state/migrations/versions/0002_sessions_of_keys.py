"""A session notes the key that began it, with its limits; a job how many of its owner may run. Sessions end."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from api.state.columns import UtcTime

revision = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Change the tables."""
    op.add_column("jobs", sa.Column("at_once", sa.Integer(), nullable=True))
    _drop()
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.String(length=100), nullable=False),
        sa.Column("key_id", sa.String(length=100), nullable=True),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=False),
        *_times(),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_sessions_key_id")),
        *_user_and_key(),
    )
    op.create_index(op.f("ix_sessions_key_id"), "sessions", ["key_id"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def downgrade() -> None:
    """Change the tables back."""
    op.drop_column("jobs", "at_once")
    op.drop_index(op.f("ix_sessions_key_id"), table_name="sessions")
    _drop()
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.String(length=100), nullable=False),
        sa.Column("csrf_hash", sa.String(length=128), nullable=False),
        *_times(),
        *_user_and_key(),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def _drop() -> None:
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")


def _times() -> tuple["sa.Column[object]", ...]:
    return (
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
    )


def _user_and_key() -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
    )
