"""Create the tables of browsers' sessions and of authorization codes."""

import sqlalchemy as sa
from alembic import op

revision = "ch12"
down_revision = "ch09"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(), primary_key=True),
        sa.Column(
            "family_id",
            sa.Uuid(),
            sa.ForeignKey("families.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    op.create_table(
        "authorization_codes",
        sa.Column("code_hash", sa.String(), primary_key=True),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("client_id", "redirect_uri", "code_challenge")
        ),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column(
            "user_id",
            sa.Uuid(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
        ),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("password_changed_at", "expires_at")
        ),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column(
            "family_id",
            sa.Uuid(),
            sa.ForeignKey("families.id", ondelete="CASCADE"),
            index=True,
        ),
    )


def downgrade() -> None:
    """Drop the tables: browsers log in again."""
    for table in ("authorization_codes", "sessions"):
        op.drop_table(table)
