"""Create the table of users' identities with other issuers."""

import sqlalchemy as sa
from alembic import op

revision = "ch09"
down_revision = "ch08"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(), primary_key=True),
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column(
            "user_id",
            sa.Uuid(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )


def downgrade() -> None:
    """Drop the table: users log in with their passwords again."""
    op.drop_table("identities")
