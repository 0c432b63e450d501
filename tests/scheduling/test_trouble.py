"""Services that die, rows that are broken, databases and servers that go away; and what people ask of a service."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text, update

from retrovue import app, settings
from retrovue.core.scheduling import due
from retrovue.demo import faults
from retrovue.model.execution import HistoryFilter, Status
from retrovue.model.service import ServiceState
from retrovue.model.sync import Depth, SyncOptions
from retrovue.storage.tables import plex_libraries, schedule_executions, schedules
from timeline import Service, add, at, holding, runs, sql, told
from worlds import World

S = Status


def test_two_services_one_leads(service: Service, films: World) -> None:
    second = Service(films, pid=2)
    add(films, cron="*/5 * * * *")
    for _ in range(30):
        service.wait(minutes=1)
        second.tick(1)
    assert second.state == ServiceState.STANDBY.value
    health = films.rv.service.health()
    assert [(one.pid, one.state) for one in health.processes] == [
        (1, ServiceState.LEADING),
        (2, ServiceState.STANDBY),
    ]
    service.die()
    second.wait(minutes=10)
    assert second.state == ServiceState.LEADING.value
    assert [one.pid for one in films.rv.service.health().processes] == [2]
    due = [e.due_at for e in runs(films) if e.status is S.SUCCESS]
    assert due == [at("2026-11-23 12:05") + n * timedelta(minutes=5) for n in range(8)]


def test_a_takeover_ends_what_the_dead_one_ran(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    service.hold = True
    service.wait(minutes=61)
    sql(films, update(schedule_executions).values(status="running", start_time=films.clock()))
    service.die()
    second = Service(films, pid=2)
    second.wait(minutes=1)
    (run,) = runs(films)
    assert run.status is S.INTERRUPTED
    assert "ended without a word" in (run.reason or "")
    assert films.rv.schedules.get("Nightly").last_status is S.INTERRUPTED
    second.wait(days=1)
    assert told(films)[1:] == [(S.SUCCESS, at("2026-11-24 13:00"))]


def test_what_was_claimed_and_not_begun_is_run_by_the_next_one(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    service.hold = True
    service.wait(minutes=61)
    assert [e.status for e in runs(films)] == [S.QUEUED]
    service.die()
    second = Service(films, pid=2)
    second.wait(minutes=1)
    assert told(films) == [(S.SUCCESS, at("2026-11-23 13:00"))]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("timezone", "Mars/Olympus", "no time zone"),
        ("cron_expression", "61 * * * *", "minute '61'"),
        ("sync_options", "{broken", "options cannot be read"),
        ("policies", '{"overlap": "never"}', "policies cannot be read"),
    ],
)
def test_a_broken_row_is_set_aside_and_the_others_go_on(
    service: Service, films: World, column: str, value: str, words: str
) -> None:
    broken, good = add(films, "Broken", cron="0 13 * * *"), add(films, "Good", cron="5 13 * * *")
    with films.rv._context.database.transaction() as tx:
        tx.execute(text(f"UPDATE schedules SET {column} = :v WHERE id = :i"), {"v": value, "i": broken.id})
    service.wait(hours=2)
    assert [(e.schedule, e.status) for e in runs(films)] == [("Good", S.SUCCESS)]
    kept = films.rv.schedules.get("Broken")
    assert words in (kept.error or "")
    assert kept.next_run_at is None
    assert films.rv.schedules.get(good.id).error is None
    # A row that can be used again comes back at the next start.
    mended = {"timezone": "UTC", "cron_expression": "0 * * * *", "sync_options": "{}", "policies": "{}"}[
        column
    ]
    with films.rv._context.database.transaction() as tx:
        tx.execute(text(f"UPDATE schedules SET {column} = :v WHERE id = :i"), {"v": mended, "i": broken.id})
    service.die()
    second = Service(films, pid=2)
    second.wait(hours=1)
    assert films.rv.schedules.get("Broken").error is None
    assert films.rv.schedules.get("Broken").next_run_at is not None


def test_a_schedule_that_raises_stops_no_other(
    service: Service, films: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(films, "Odd", cron="0 13 * * *")
    add(films, "Good", cron="5 13 * * *")
    real = due.fire

    def fire(trigger: object, *arguments: object) -> object:
        if "0 13" in str(trigger):
            raise RuntimeError("not later")
        return real(trigger, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(due, "fire", fire)
    service.wait(hours=2)
    assert [(e.schedule, e.status) for e in runs(films)] == [("Good", S.SUCCESS)]
    assert "RuntimeError" in (films.rv.schedules.get("Odd").error or "")


def test_a_server_that_is_down_for_a_day(service: Service, films: World) -> None:
    trouble = films.server.fault("/", faults.html(502))
    add(films, cron="0 * * * *")
    service.wait(days=1, minutes=10)
    assert {e.status for e in runs(films)} == {S.FAILED}
    assert len(runs(films)) == 24
    titles = [message.message.title for message in films.rv.service.messages(limit=1000)]
    assert len(titles) == 24
    films.server.faults.remove(trouble)
    service.wait(hours=1)
    assert runs(films)[-1].status is S.SUCCESS
    films.assert_mirrors_server()


def test_a_database_that_vanishes_and_returns(service: Service, films: World) -> None:
    add(films, cron="0 * * * *")
    service.wait(minutes=30)
    hidden = films.data_dir.with_name("elsewhere")
    films.data_dir.rename(hidden)
    service.wait(minutes=45)
    assert not films.data_dir.exists(), "no empty database is made in its place"
    hidden.rename(films.data_dir)
    service.wait(hours=2)
    assert told(films)[-1] == (S.SUCCESS, at("2026-11-23 15:00"))
    (one,) = films.rv.service.health().processes
    assert one.state is ServiceState.LEADING


def test_a_locked_database_delays_and_loses_nothing(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    service.wait(minutes=59)
    films.rv._context.database._busy_seconds = 0
    films.rv._context.database.engine.dispose()
    films.rv._context.database.engine = films.rv._context.database._create_engine()
    other = sqlite3.connect(films.data_dir / "retrovue.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    service.wait(seconds=90, step=5)
    other.execute("ROLLBACK")
    other.close()
    service.wait(seconds=60, step=5)
    assert told(films) == [(S.SUCCESS, at("2026-11-23 13:00"))]


def test_a_disk_that_fills_while_a_run_writes(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *", policies={"retries": 0})
    database = films.rv._context.database
    with database.read() as rx:
        pages = int(rx.execute(text("PRAGMA page_count")).scalar_one()) + 3

    def full(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(database.engine, "connect", full)
    database.engine.pool.dispose()
    service.wait(hours=2)
    event.remove(database.engine, "connect", full)
    database.engine.pool.dispose()
    service.wait(hours=1)
    (run,) = runs(films)
    assert run.status in {S.FAILED, S.INTERRUPTED}
    assert run.reason
    service.wait(days=1)
    assert told(films)[1:] == [(S.SUCCESS, at("2026-11-24 13:00"))]
    films.assert_mirrors_server()


def test_the_service_leaves_alone_what_another_process_is_about_to_run(
    service: Service, films: World
) -> None:
    ident = films.rv.sync._create(films.library, SyncOptions(), for_service=False)
    service.wait(seconds=50, step=10)
    assert films.rv.history.get(ident).status is S.QUEUED
    service.wait(minutes=2)
    assert films.rv.history.get(ident).status is S.INTERRUPTED, "nobody takes a minute to begin"


def test_a_queued_run_that_another_holds_already_is_not_taken_back(service: Service, films: World) -> None:
    ident = films.rv.sync.queue(films.library, SyncOptions())
    with holding(films):
        sql(films, update(schedule_executions).values(status="running"))
        service.loop._executor.execute(ident, patient=True)
        assert films.rv.history.get(ident).status is S.RUNNING


def test_the_last_error_is_kept(service: Service, films: World) -> None:
    hidden = films.data_dir.with_name("elsewhere")
    films.data_dir.rename(hidden)
    service.wait(minutes=5)
    hidden.rename(films.data_dir)
    service.wait(minutes=10)
    (one,) = films.rv.service.health().processes
    assert "not there" in (one.last_error or "")


def test_pause_all_and_resume_all(service: Service, films: World) -> None:
    add(films, cron="0 * * * *")
    films.rv.service.pause_all()
    by_hand = films.rv.sync.queue(films.library, SyncOptions())
    service.wait(hours=3)
    assert [e.id for e in runs(films)] == [by_hand]
    assert runs(films)[0].status is S.SUCCESS
    health = films.rv.service.health()
    assert (health.paused, health.next_run) == (True, None)
    films.rv.service.resume_all()
    service.wait(minutes=90)
    assert told(films)[1:] == [(S.SUCCESS, at("2026-11-23 16:00"))]


def test_enabling_never_fires_what_was_missed(service: Service, films: World) -> None:
    add(films, cron="0 * * * *")
    films.rv.schedules.disable("Nightly")
    service.wait(hours=5)
    films.rv.schedules.enable("Nightly")
    service.wait(minutes=90)
    assert [e.due_at for e in runs(films)] == [at("2026-11-23 18:00")]


def test_disabling_cancels_what_waits(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    service.hold = True
    films.rv.sync.queue(films.library, SyncOptions(limit=1))
    service.wait(minutes=61)
    films.rv.schedules.disable("Nightly")
    assert [e.status for e in runs(films)][-1] is S.CANCELLED


def test_cancel_of_a_waiting_and_of_a_running_one(service: Service, films: World) -> None:
    waiting = films.rv.sync.queue(films.library, SyncOptions())
    films.rv.history.cancel(waiting)
    assert films.rv.history.get(waiting).status is S.CANCELLED
    running = films.rv.sync.queue(films.library, SyncOptions())
    films.server.fault("/library/sections/1/all", lambda *_: _cancel(films, running), times=1)
    service.tick()
    assert films.rv.history.get(running).status is S.CANCELLED


def test_stopping_marks_what_runs_and_blames_nobody(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    films.server.fault("/library/sections/1/all", lambda *_: _stop(service), times=1)
    service.wait(minutes=61)
    (run,) = runs(films)
    assert run.status is S.INTERRUPTED
    assert "service was stopped" in (run.reason or "")
    assert films.rv.schedules.get("Nightly").failures_in_a_row == 0
    assert not films.rv.service.messages()


def test_a_stop_request_reaches_those_that_run_and_not_those_that_come(
    service: Service, films: World
) -> None:
    films.rv.service.request_stop()
    service.tick()
    assert service.loop.stop_asked
    late = Service(films, pid=3)
    late.tick()
    assert not late.loop.stop_asked


def test_a_stop_request_reaches_one_that_has_only_just_begun(films: World) -> None:
    service = Service(films)
    service.loop._register(films.clock())
    assert [one.pid for one in films.rv.service.health().processes] == [1]
    films.rv.service.request_stop()
    service.tick(1)
    assert service.loop.stop_asked


def test_a_restored_backup_does_not_stop_the_service(films: World) -> None:
    first = Service(films)
    first.tick()
    saved = films.rv.backup(films.data_dir / "saved.db")
    films.rv.service.request_stop()
    first.loop.close(0)
    second = Service(films, pid=2)
    second.tick()
    app.restore(settings.load(films.data_dir, {}), saved)
    second.tick()
    assert not second.loop.stop_asked
    assert [one.pid for one in films.rv.service.health().processes] == [2]
    films.rv.service.request_stop()
    second.tick()
    assert second.loop.stop_asked


def test_a_restored_backup_does_not_lose_the_service(service: Service, films: World) -> None:
    saved = films.data_dir / "saved.db"
    films.rv.backup(saved)
    sql(films, text("DELETE FROM service_status"))
    service.wait(seconds=40)
    assert [one.pid for one in films.rv.service.health().processes] == [1]


def test_new_zone_data_or_a_moved_next_run_is_put_right_at_the_start(films: World) -> None:
    add(films)
    sql(films, update(schedules).values(next_run_at=at("2026-12-24 02:00")))
    service = Service(films)
    service.tick()
    assert films.rv.schedules.get("Nightly").next_run_at == at("2026-11-24 02:00")


def test_a_disabled_library_that_a_schedule_names_still_runs(service: Service, films: World) -> None:
    films.rv.libraries.disable(films.library.id)
    add(films, cron="0 13 * * *")
    service.wait(hours=2)
    assert [e.status for e in runs(films)] == [S.SUCCESS]
    sql(films, update(plex_libraries).values(gone_at=films.clock()))
    assert runs(films)


def test_history_by_schedule_finds_renamed_and_removed_ones(service: Service, films: World) -> None:
    made = add(films, "Old name", cron="0 * * * *")
    service.wait(hours=1)
    films.rv.schedules.update(made.id, replace(films.rv.schedules.draft_of(made.id), name="New name"))
    service.wait(hours=1)
    assert [e.schedule for e in runs(films, "new NAME")] == ["Old name", "New name"]
    films.rv.schedules.remove(["New name"])
    assert [e.schedule for e in runs(films, "New name")] == ["New name"]
    assert [e.schedule_id for e in runs(films, "Old name")] == [None]


def test_history_pages(service: Service, films: World) -> None:
    add(films, cron="*/5 * * * *", depth=Depth.QUICK)
    service.wait(hours=2)
    every = films.rv.history.list()
    assert len(every) == 24
    assert [e.id for e in films.rv.history.pages(HistoryFilter(), size=7)] == [e.id for e in every]
    some = HistoryFilter(
        status=S.SUCCESS, since=at("2026-11-23 12:30"), until=at("2026-11-23 13:00"), limit=4
    )
    assert [e.due_at for e in films.rv.history.pages(some, size=3)] == [
        at(f"2026-11-23 12:{minute}") for minute in (55, 50, 45, 40)
    ]


def test_run_again(service: Service, films: World) -> None:
    first = films.rv.sync.queue(films.library, SyncOptions(limit=3))
    service.tick()
    again = films.rv.history.run_again(first)
    service.tick()
    found = films.rv.history.get(again)
    assert (found.status, found.options.limit) == (S.SUCCESS, 3)


def _cancel(world: World, execution_id: int) -> None:
    world.rv.history.cancel(execution_id)


def _stop(service: Service) -> None:
    for worker in service.loop._dispatcher._workers.values():
        worker.stop.set(by_service=True)
