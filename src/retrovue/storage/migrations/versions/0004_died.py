"""When a service was found dead: whoever watches starts it again, but not one that was asked to stop."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("service_control", sa.Column("died_at", sa.BigInteger(), nullable=True))
