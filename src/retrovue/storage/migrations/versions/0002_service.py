"""Services as rows of their own, messages to people, and history in the order of its start times."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("service_status")
    op.create_table(
        "service_status",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('leading', 'standby')", name=op.f("ck_service_status_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_status")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "service_control",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_service_control_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_control")),
    )
    op.execute("INSERT INTO service_control (id) VALUES (1)")
    op.create_table(
        "messages",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", ID, nullable=True),
        sa.Column("execution_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_messages_schedule_id_schedules"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["schedule_executions.id"],
            name=op.f("fk_messages_execution_id_schedule_executions"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_execution", "messages", ["execution_id"])
    op.create_index("ix_messages_schedule", "messages", ["schedule_id"])
    op.add_column(
        "schedule_executions",
        sa.Column("for_service", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.drop_index("ix_schedule_executions_schedule", "schedule_executions")
    op.drop_index("ix_schedule_executions_status", "schedule_executions")
    began = "coalesce(start_time, created_at)"
    for name, first in (
        ("began", ()),
        ("schedule", ("schedule_id",)),
        ("name", ("lower(schedule_name)",)),
        ("status", ("status",)),
    ):
        columns = [sa.text(column) for column in (*first, began, "id")]
        op.create_index(f"ix_schedule_executions_{name}", "schedule_executions", columns)
