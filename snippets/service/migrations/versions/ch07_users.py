"""Create the table of users."""

import sqlalchemy as sa
from alembic import op

revision = "ch07"
down_revision = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("username_key", sa.String(), nullable=False, unique=True),
        sa.Column("email", sa.String()),
        sa.Column("full_name", sa.String()),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("hashed_password", sa.String(), nullable=False),
        sa.Column(
            "password_changed_at", sa.DateTime(timezone=True), nullable=False
        ),
    )


def downgrade() -> None:
    """Drop the table, and with it all users."""
    op.drop_table("users")
