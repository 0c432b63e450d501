"""The schema: made, upgraded with a backup first, and never touched when it is newer or somebody else's."""

from __future__ import annotations

import re
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from retrovue import errors
from retrovue.model.execution import HistoryFilter
from retrovue.storage import backup, executions, migrate, services
from retrovue.storage.database import Database
from retrovue.storage.tables import metadata

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_migrated_schema_is_the_declared_one(database: Database) -> None:
    migrate.ensure(database, NOW)
    with database.read() as rx:
        differences = compare_metadata(MigrationContext.configure(rx, opts={"compare_type": True}), metadata)
        indexes = {i["name"] for t in inspect(rx).get_table_names() for i in inspect(rx).get_indexes(t)} if not database.is_sqlite else set(
            rx.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'")).scalars()
        )  # fmt: skip
    ignored = {"uq_plex_servers_name", "uq_schedules_name", "uq_path_mappings_server_path"}
    found = [d for d in differences if getattr(d[1], "name", None) not in ignored]
    assert not [d for d in found if not _bigint_for_instant(d)]
    assert ignored <= indexes


def _bigint_for_instant(difference: object) -> bool:
    """Alembic sees our types as other types than the BIGINT and TEXT below them."""
    return isinstance(difference, list) and all(entry[0] == "modify_type" for entry in difference)


def test_migrated_indexes_are_the_declared_ones(tmp_path: Path) -> None:
    found = []
    for name in ("migrated", "declared"):
        database = Database(f"sqlite:///{tmp_path / name}.db")
        if name == "migrated":
            migrate.ensure(database, NOW)
        else:
            metadata.create_all(database.engine)
        with database.read() as rx:
            rows = rx.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            )
            found.append(
                {row.name: re.sub(r"[\s\"]|schedule_executions\.", "", row.sql).lower() for row in rows}
            )
        database.close()
    assert found[0] == found[1]


def test_the_first_schema_is_upgraded_with_everything_in_it(database: Database) -> None:
    migrate.ensure(database, NOW, head="0001")
    with database.transaction() as tx:
        tx.execute(text("INSERT INTO settings (key, value, updated_at) VALUES ('sync.page_size', '7', 0)"))
        tx.execute(
            text(
                "INSERT INTO schedule_executions (server_name, library_title, created_at, status, sync_options)"
                " VALUES ('Home', 'Movies', 5, 'success', '{}')"
            )
        )
    saved = migrate.ensure(database, NOW)
    assert migrate.revision_of(database) == migrate.HEAD
    with database.read() as rx:
        (kept,) = executions.listing(rx, HistoryFilter())
        assert (kept.server, kept.library) == ("Home", "Movies")
        assert services.stop_number(rx) == 0
        assert services.listing(rx) == []
    assert (saved is not None) is database.is_sqlite


def test_head_is_the_newest_step() -> None:
    assert ScriptDirectory(str(migrate.SCRIPTS)).get_current_head() == migrate.HEAD


def test_ensure_twice_does_nothing(database: Database) -> None:
    migrate.ensure(database, NOW)
    assert migrate.ensure(database, NOW) is None
    assert migrate.revision_of(database) == migrate.HEAD


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The steps of a later program."""
    folder = tmp_path / "newer"
    shutil.copytree(migrate.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_later.py").write_text(
        '"""Later."""\nimport sqlalchemy as sa\nfrom alembic import op\nrevision = "9999"\n'
        f'down_revision = "{migrate.HEAD}"\nbranch_labels = depends_on = None\n\n'
        'def upgrade():\n    op.add_column("plex_servers", sa.Column("later", sa.Text()))\n'
    )
    return folder


def test_upgrade_keeps_the_data_and_makes_a_backup_first(database: Database, newer: Path) -> None:
    migrate.ensure(database, NOW)
    with database.transaction() as tx:
        tx.execute(text("INSERT INTO settings (key, value, updated_at) VALUES ('sync.page_size', '7', 0)"))
    saved = migrate.ensure(database, NOW, scripts=newer, head="9999")
    with database.read() as rx:
        assert rx.execute(text("SELECT value FROM settings")).scalar() == "7"
        assert "later" in {column["name"] for column in inspect(rx).get_columns("plex_servers")}
    if database.is_sqlite:
        assert saved is not None
        assert backup.check(saved) == migrate.HEAD
        with sqlite3.connect(saved) as copy:
            assert copy.execute("SELECT value FROM settings").fetchone() == ("7",)
    else:
        assert saved is None


def test_newer_database_is_refused_in_plain_words(database: Database, newer: Path) -> None:
    migrate.ensure(database, NOW, scripts=newer, head="9999")
    with pytest.raises(errors.DatabaseNewer) as caught:
        migrate.ensure(database, NOW)
    assert "newer RetroVue" in str(caught.value)
    assert caught.value.hint
    assert migrate.revision_of(database) == "9999"


def test_upgrade_that_fails_leaves_the_old_schema(database: Database, newer: Path) -> None:
    migrate.ensure(database, NOW)
    step = newer / "versions" / "9999_later.py"
    step.write_text(step.read_text() + '    raise RuntimeError("half-way")\n')
    with pytest.raises(RuntimeError):
        migrate.ensure(database, NOW, scripts=newer, head="9999")
    assert migrate.revision_of(database) == migrate.HEAD
    with database.read() as rx:
        assert "later" not in {column["name"] for column in inspect(rx).get_columns("plex_servers")}


def test_somebody_elses_database_is_left_alone(database: Database) -> None:
    if database.path is not None:
        database.path.parent.mkdir()
    with database.transaction() as tx:
        tx.execute(text("CREATE TABLE recipes (id INTEGER)"))
    with pytest.raises(errors.Conflict, match="not a database of this RetroVue"):
        migrate.ensure(database, NOW)


def test_backup_is_refused_on_postgresql_with_what_to_use(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url)
    migrate.ensure(database, NOW)
    with pytest.raises(errors.Conflict) as caught:
        backup.create(database, tmp_path / "copy.db")
    assert "pg_dump" in caught.value.hint
    database.close()


def test_address_of_another_kind_of_database_is_refused() -> None:
    for url in ("mysql://x@y/z", "sqlite://", "nonsense"):
        with pytest.raises(errors.Invalid):
            Database(url)


def test_password_of_the_database_is_never_told() -> None:
    database = Database("postgresql://me:hunter2@127.0.0.1:1/none")
    with pytest.raises(errors.DatabaseUnavailable) as caught, database.read():
        pass
    assert "hunter2" not in str(caught.value) + caught.value.hint
    database.close()
