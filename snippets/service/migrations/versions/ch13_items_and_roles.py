"""Create the tables of items and of roles."""

import sqlalchemy as sa
from alembic import op

revision = "ch13"
down_revision = "ch12"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "items",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "owner_id",
            sa.Uuid(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("title", sa.String(), nullable=False),
    )
    op.create_table(
        "roles",
        sa.Column(
            "user_id",
            sa.Uuid(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("role", sa.String(), primary_key=True),
    )


def downgrade() -> None:
    """Drop the tables: items are lost, and nobody is an administrator."""
    for table in ("roles", "items"):
        op.drop_table(table)
