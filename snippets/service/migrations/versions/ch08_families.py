"""Create the tables of logins, refresh tokens and revoked tokens."""

import sqlalchemy as sa
from alembic import op

revision = "ch08"
down_revision = "ch07"


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "families",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "user_id",
            sa.Uuid(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("password_changed_at", moment, nullable=False),
        sa.Column("renewed_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column(
            "family_id",
            sa.Uuid(),
            sa.ForeignKey("families.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.Column("access_jti", sa.Uuid(), nullable=False),
        sa.Column("access_expires_at", moment, nullable=False),
    )
    op.create_table(
        "revoked_tokens",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("jti", sa.Uuid(), nullable=False, index=True),
        sa.Column("expires_at", moment, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables: everybody logs in again."""
    for table in ("revoked_tokens", "refresh_tokens", "families"):
        op.drop_table(table)
