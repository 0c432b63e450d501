"""What the database promises, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import exc, text

from retrovue import errors
from retrovue.core.sync.diff import fingerprint
from retrovue.model.catalogue import Change, ExternalId, Item, Kind, MediaFile
from retrovue.model.execution import HistoryFilter, Status
from retrovue.model.sync import LibraryListing, SyncOptions, SyncReport
from retrovue.storage import (
    execution_logs,
    executions,
    holds,
    items,
    journal,
    locks,
    migrate,
    servers,
    settings_table,
)
from retrovue.storage.database import TOPICS, Database, bump
from retrovue.storage.items import Written
from retrovue.storage.journal import Entry

NOW = datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)


def film(key: str, **values: object) -> Item:
    """A film with a file, an id and a genre."""
    path = f"/m/{key}.mkv"
    file = MediaFile(0, 0, path, 2**40, "mkv", "h264", "aac", 1, 2, 3, 4, "sd", "24p", 2, False, None)
    base: dict[str, object] = {
        "key": key, "kind": Kind.MOVIE, "guid": f"plex://movie/{key}", "title": f"Film {key}", "title_sort": None,
        "original_title": "日本語 ½ 🎬", "year": 1922, "summary": "", "tagline": None, "studio": None,
        "content_rating": None, "duration_ms": 2**40, "originally_available_at": "1922-03-04", "added_at": NOW,
        "updated_at": None, "trashed_at": None, "parent_key": None, "grandparent_key": None, "show_title": None,
        "season_number": None, "episode_number": None, "files": (file,), "external_ids": (ExternalId("imdb", key),),
        "genres": ("Horror", "Drama"), "labels": (), "collections": ("Silents",),
    }  # fmt: skip
    return Item(**{**base, **values})  # type: ignore[arg-type]


def written(item: Item) -> Written:
    """The item ready to be written."""
    return Written(item, b"raw", fingerprint(item))


@pytest.fixture
def filled(database: Database) -> Iterator[tuple[Database, int, int]]:
    """A database with a server and a library: database, server id, library id."""
    migrate.ensure(database, NOW)
    with database.transaction() as tx:
        server = servers.add(
            tx,
            name="Home",
            url="http://x",
            machine_identifier="m",
            version="1",
            verify_tls=True,
            ca_file=None,
            now=NOW,
        )
        listing = LibraryListing("1", "u", "Movies", "movie", ("/m",), False)
        library = servers.add_library(tx, server, listing, enabled=True, now=NOW)
    yield database, server, library


def queue(database: Database, server: int, library: int) -> int:
    """A queued execution."""
    with database.transaction() as tx:
        return executions.create(
            tx,
            server_id=server,
            library_id=library,
            server="Home",
            library="Movies",
            options=SyncOptions(),
            now=NOW,
            for_service=True,
        )


def test_items_come_back_as_they_were_written(filled: tuple[Database, int, int]) -> None:
    database, _, library = filled
    made = [film("1"), film("2", files=(), external_ids=(), genres=(), collections=(), added_at=None)]
    with database.transaction() as tx:
        ids = items.insert(tx, library, [written(item) for item in made], NOW)
    with database.read() as rx:
        stored = items.load(rx, ids)
    assert [stored[ident].item for ident in ids] == made
    assert fingerprint(stored[ids[0]].item) == stored[ids[0]].fingerprint


def test_rewriting_replaces_files_ids_and_tags(filled: tuple[Database, int, int]) -> None:
    database, _, library = filled
    with database.transaction() as tx:
        (ident,) = items.insert(tx, library, [written(film("1"))], NOW)
        items.tombstone(tx, [ident], NOW)
    again = film("1", title="Anew", genres=("Comedy",), files=(), labels=("seen",))
    with database.transaction() as tx:
        items.rewrite(tx, [(ident, written(again))])
    with database.read() as rx:
        stored = items.load(rx, [ident])[ident]
    assert stored.item == again
    assert not stored.removed


def test_a_rating_key_is_unique_among_live_items_of_a_library(filled: tuple[Database, int, int]) -> None:
    database, _, library = filled
    with database.transaction() as tx:
        (ident,) = items.insert(tx, library, [written(film("1"))], NOW)
    with pytest.raises(errors.StorageError), database.transaction() as tx:
        items.insert(tx, library, [written(film("1"))], NOW)
    with database.transaction() as tx:
        items.tombstone(tx, [ident], NOW)
        items.insert(tx, library, [written(film("1"))], NOW)


def test_a_transaction_that_fails_leaves_nothing(filled: tuple[Database, int, int]) -> None:
    database, _, library = filled
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        items.insert(tx, library, [written(film("1"))], NOW)
        raise ZeroDivisionError
    with database.read() as rx:
        assert not items.any_item(rx, library)


def test_one_running_execution_per_library(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    first, second = queue(database, server, library), queue(database, server, library)
    with database.transaction() as tx:
        assert executions.start(tx, first, NOW)
    with pytest.raises(errors.StorageError), database.transaction() as tx:
        executions.start(tx, second, NOW)


def test_an_execution_starts_and_ends_once(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    ident = queue(database, server, library)
    with database.transaction() as tx:
        assert executions.start(tx, ident, NOW)
        assert not executions.start(tx, ident, NOW)
        assert executions.finish(tx, ident, Status.SUCCESS, now=NOW, report=SyncReport(SyncOptions().depth))
        assert not executions.finish(tx, ident, Status.FAILED, now=NOW)
    with pytest.raises(errors.ExecutionLost), database.transaction() as tx:
        executions.proceed(tx, ident, 1, 2, "listing")


def test_a_cancelled_execution_does_not_start(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    ident = queue(database, server, library)
    with database.transaction() as tx:
        assert executions.request_cancel(tx, ident, NOW)
        assert not executions.start(tx, ident, NOW)


def test_history_is_filtered_and_paged(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    idents = [queue(database, server, library) for _ in range(4)]
    for number, ident in enumerate(idents):
        with database.transaction() as tx:
            executions.start(tx, ident, NOW + timedelta(hours=number))
            executions.finish(
                tx, ident, Status.FAILED if number % 2 else Status.SUCCESS, now=NOW + timedelta(days=1)
            )

    def found(**wanted: object) -> list[int]:
        with database.read() as rx:
            return [e.id for e in executions.listing(rx, HistoryFilter(**wanted))]  # type: ignore[arg-type]

    assert found() == idents[::-1]
    assert found(status=Status.FAILED) == [idents[3], idents[1]]
    assert found(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3)) == [idents[2], idents[1]]
    assert found(limit=2) == [idents[3], idents[2]]
    assert found(limit=2, after=idents[2]) == [idents[1], idents[0]]
    assert found(schedule="Nightly") == []


def test_a_due_time_fires_once(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    first, second = queue(database, server, library), queue(database, server, library)
    statement = text("UPDATE schedule_executions SET due_key = '1/1/0' WHERE id = :id")
    with database.transaction() as tx:
        tx.execute(statement, {"id": first})
    with pytest.raises(errors.StorageError), database.transaction() as tx:
        tx.execute(statement, {"id": second})


def test_one_open_hold_per_library_replaced_by_the_newest(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    first, second = queue(database, server, library), queue(database, server, library)
    for ident in (first, second):
        with database.transaction() as tx:
            holds.place(
                tx,
                execution_id=ident,
                library_id=library,
                keys=["1"],
                emptied=False,
                percent=50,
                reason="r",
                now=NOW,
            )
    with database.read() as rx:
        assert [hold.execution_id for hold in holds.open_holds(rx)] == [second]
        replaced = holds.of_execution(rx, first)
    assert replaced is not None
    assert replaced.state == "replaced"


def test_the_journal_keeps_old_and_new_values(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    ident = queue(database, server, library)
    entry = Entry(
        Change.UPDATED, None, "1", Kind.MOVIE, "日本語", {"genres": (("a",), ("b", "c")), "year": (None, 1)}
    )
    with database.transaction() as tx:
        journal.write(tx, ident, library, [entry], NOW)
    with database.read() as rx:
        (found,) = journal.listing(rx)
    assert found.fields == {"genres": (["a"], ["b", "c"]), "year": (None, 1)}
    assert (found.at, found.title, found.library) == (NOW, "日本語", "Movies")


def test_pruning_an_execution_keeps_the_journal(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    ident = queue(database, server, library)
    with database.transaction() as tx:
        journal.write(tx, ident, library, [Entry(Change.ADDED, None, "1", Kind.MOVIE, "x")], NOW)
        executions.finish(tx, ident, Status.SUCCESS, now=NOW)
    later = NOW + timedelta(days=1)
    with database.transaction() as tx:
        old = executions.prunable(tx, before=later, per_schedule=10)
        assert executions.forget(tx, old) == 1
    with database.read() as rx:
        assert [change.execution_id for change in journal.listing(rx)] == [None]
        assert executions.listing(rx, HistoryFilter()) == []


def test_removing_a_server_keeps_its_history(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    ident = queue(database, server, library)
    with database.transaction() as tx:
        items.insert(tx, library, [written(film("1"))], NOW)
        executions.finish(tx, ident, Status.SUCCESS, now=NOW)
        servers.remove(tx, server)
    with database.read() as rx:
        (kept,) = executions.listing(rx, HistoryFilter())
    assert (kept.server, kept.library, kept.server_id, kept.library_id) == ("Home", "Movies", None, None)


def test_a_long_log_keeps_its_first_and_last_part(filled: tuple[Database, int, int]) -> None:
    database, server, library = filled
    ident = queue(database, server, library)
    for start in range(0, 1000, 100):
        lines = [(NOW, "info", f"line {number:04d} " + "x" * 90) for number in range(start, start + 100)]
        with database.transaction() as tx:
            execution_logs.append(tx, ident, lines, keep_bytes=20_000)
    with database.read() as rx:
        log = execution_logs.lines(rx, ident)
        dropped = execution_logs.dropped(rx, ident)
    assert log[0].message.startswith("line 0000")
    assert log[-1].message.startswith("line 0999")
    assert sum(len(line.message) for line in log) <= 20_000
    assert dropped == 1000 - len(log)


def test_topics_grow_at_commit(filled: tuple[Database, int, int]) -> None:
    database, _, _ = filled
    before = database.versions()
    assert before.keys() == set(TOPICS)
    with database.transaction() as tx:
        bump(tx, "catalogue")
    after = database.versions()
    assert after["catalogue"] == before["catalogue"] + 1
    assert after["servers"] == before["servers"]


def test_the_installation_is_made_once_and_is_no_setting(filled: tuple[Database, int, int]) -> None:
    database, _, _ = filled
    with database.transaction() as tx:
        first = settings_table.installation(tx, NOW)
        assert settings_table.installation(tx, NOW) == first
        settings_table.put(tx, "sync.page_size", 5, NOW)
        assert settings_table.stored(tx) == {"sync.page_size": 5}


def test_a_lock_excludes_and_is_given_back(filled: tuple[Database, int, int]) -> None:
    database, _, _ = filled
    with closing(Database(database.url.render_as_string(hide_password=False))) as other:
        with locks.hold(database, "library-1") as got:
            assert got
            with locks.hold(other, "library-1") as second, locks.hold(other, "library-2") as third:
                assert not second
                assert third
            with locks.hold(other, "library-1", wait_seconds=0.3) as second:
                assert not second
        with locks.hold(other, "library-1") as second:
            assert second


def test_a_lock_that_was_given_back_is_free_at_once(filled: tuple[Database, int, int]) -> None:
    database, _, _ = filled
    with closing(Database(database.url.render_as_string(hide_password=False))) as other:
        for _ in range(100):
            with locks.hold(database, "library-1"):
                # A connection of the other's that is open already asks sooner than the server forgets a closed one.
                assert locks.take(other, "library-1") is None
            with locks.hold(other, "library-1") as got:
                assert got


def test_naive_times_are_a_bug(filled: tuple[Database, int, int]) -> None:
    database, _, _ = filled
    with pytest.raises((TypeError, exc.StatementError)), database.transaction() as tx:
        settings_table.put(tx, "sync.page_size", 5, datetime(2026, 1, 1))
