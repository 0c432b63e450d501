"""Notification targets, pings of schedules, and an outbox for both."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _ref(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}_{target}"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "notify_targets",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_sent_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_targets")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_notify_targets_name", "notify_targets", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "schedule_pings",
        sa.Column("schedule_id", ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        _ref("schedule_pings", "schedule_id", "schedules"),
    )
    op.create_index("uq_schedule_pings_schedule", "schedule_pings", ["schedule_id"], unique=True)
    op.create_table(
        "deliveries",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("target_id", ID, nullable=True),
        sa.Column("schedule_id", ID, nullable=True),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(message_id is not null and target_id is not null) or (schedule_id is not null and event is not null)",
            name=op.f("ck_deliveries_what"),
        ),
        _ref("deliveries", "message_id", "messages"),
        _ref("deliveries", "target_id", "notify_targets"),
        _ref("deliveries", "schedule_id", "schedules"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    for name, column in (
        ("not_before", "not_before"),
        ("message", "message_id"),
        ("target", "target_id"),
        ("schedule", "schedule_id"),
    ):
        op.create_index(f"ix_deliveries_{name}", "deliveries", [column])
