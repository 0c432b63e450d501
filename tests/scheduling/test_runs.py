"""Which runs go, wait, are skipped, tried again, put off, and told of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from retrovue.demo import faults
from retrovue.model.execution import Status
from retrovue.model.schedule import Notice, Overlap
from retrovue.model.sync import Depth, SyncOptions
from retrovue.storage.tables import schedule_executions
from timeline import Service, add, at, holding, runs, sql
from worlds import World

S = Status


def test_deepest_of_several_runs_and_covers_the_others(service: Service, films: World) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "Quick": {"depth": Depth.QUICK},
        "Dry": {"depth": Depth.COMPLETE, "dry_run": True},
        "Complete": {"depth": Depth.COMPLETE},
        "Auto": {"depth": Depth.AUTO},
    }
    for name, options in wanted.items():
        add(films, name, cron="0 13 * * *", **options)
    service.wait(hours=2)
    assert {e.schedule: e.status for e in runs(films)} == {
        "Quick": S.SKIPPED, "Dry": S.SKIPPED, "Complete": S.SUCCESS, "Auto": S.SKIPPED,
    }  # fmt: skip
    assert {e.reason for e in runs(films) if e.status is S.SKIPPED} == {"covered by 'Complete'"}


def test_what_is_not_covered_is_not_lost(service: Service, films: World) -> None:
    add(films, "Details", cron="0 13 * * *", depth=Depth.QUICK, details=True)
    add(films, "Complete", cron="0 13 * * *", depth=Depth.COMPLETE)
    service.wait(hours=2)
    assert {e.schedule: e.status for e in runs(films)} == {"Details": S.SUCCESS, "Complete": S.SUCCESS}


def test_overlap_skips_or_queues_one(service: Service, films: World) -> None:
    add(films, "Long", cron="0 13 * * *")
    add(films, "Skips", cron="10,20 13 * * *")
    add(films, "Queues", cron="30,40 13 * * *", policies={"overlap": Overlap.QUEUE})
    service.hold = True
    service.wait(minutes=61)
    sql(films, update(schedule_executions).values(status="running"))  # as if its worker had begun
    with holding(films):
        service.wait(minutes=50)
        assert [(e.schedule, e.status) for e in runs(films)] == [
            ("Long", S.RUNNING), ("Skips", S.SKIPPED), ("Skips", S.SKIPPED), ("Queues", S.QUEUED), ("Queues", S.SKIPPED),
        ]  # fmt: skip
        assert "running: 'Long'" in (runs(films)[1].reason or "")
        assert "waiting to run: 'Queues'" in (runs(films)[-1].reason or "")


def test_a_deeper_run_is_queued_behind_a_shallower_one(service: Service, films: World) -> None:
    add(films, "Quick", cron="0 13 * * *", depth=Depth.QUICK)
    add(films, "Deep", cron="10 13 * * *", depth=Depth.COMPLETE)
    service.hold = True
    service.wait(minutes=75)
    assert [(e.schedule, e.status) for e in runs(films)] == [("Quick", S.QUEUED), ("Deep", S.QUEUED)]
    service.hold = False
    service.release()
    service.wait(minutes=1)
    assert [e.status for e in runs(films)] == [S.SUCCESS, S.SUCCESS]


def test_a_sync_by_hand_blocks_a_scheduled_one_too(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    films.rv.sync.queue(films.library, SyncOptions())
    service.hold = True
    service.wait(minutes=70)
    skipped = runs(films)[-1]
    assert skipped.status is S.SKIPPED
    assert "started by hand" in (skipped.reason or "")


def test_a_run_waits_for_a_library_that_another_process_syncs(service: Service, films: World) -> None:
    films.rv.sync.queue(films.library, SyncOptions())
    with holding(films):
        service.tick()
        assert runs(films)[0].status is S.QUEUED
    service.wait(seconds=10, step=1)
    assert runs(films)[0].status is S.SUCCESS


def test_transient_failures_are_tried_again_in_the_same_row(service: Service, films: World) -> None:
    trouble = films.server.fault("/library/sections/1/all", faults.html(503))
    add(films, cron="0 13 * * *")
    service.wait(hours=1, seconds=10, step=10)
    (run,) = runs(films)
    assert (run.status, run.attempt) == (S.QUEUED, 2)
    assert "attempt 1 failed" in (run.reason or "")
    service.wait(seconds=70, step=10)
    (run,) = runs(films)
    assert (run.status, run.attempt) == (S.QUEUED, 3)
    films.server.faults.remove(trouble)
    service.wait(seconds=270, step=10)
    assert runs(films)[0].status is S.QUEUED
    service.wait(seconds=60, step=10)
    (run,) = runs(films)
    assert (run.status, run.attempt, run.reason) == (S.SUCCESS, 3, None)
    assert films.log(run).count("trying again in") == 2


def test_retries_end_and_a_refused_token_has_none(service: Service, films: World) -> None:
    films.server.fault("/library/sections/1/all", faults.html(503), times=3)
    add(films, cron="0 13 * * *")
    service.wait(hours=2)
    (run,) = runs(films)
    assert (run.status, run.attempt) == (S.FAILED, 3)
    films.server.fault("/library/sections", faults.html(401))
    service.wait(days=1)
    run = runs(films)[-1]
    assert (run.status, run.attempt) == (S.FAILED, 1)
    assert "token" in (run.reason or "")


def test_failures_pause_a_schedule_and_are_told(service: Service, films: World) -> None:
    trouble = films.server.fault("/library/sections", faults.raw(b"{"))
    add(films, "Strict", cron="0 * * * *", policies={"pause_after": 2, "notify": ()})
    service.wait(hours=4)
    kept = films.rv.schedules.get("Strict")
    assert kept.paused_reason is not None
    assert "2 failures in a row" in kept.paused_reason
    assert (kept.next_run_at, kept.enabled, kept.failures_in_a_row, kept.total_failures) == (None, True, 2, 2)
    assert len(runs(films)) == 2
    (message,) = films.rv.service.messages()
    assert "Strict" in message.message.title
    assert "pauses" in message.message.text
    films.server.faults.remove(trouble)
    films.rv.schedules.enable("Strict")
    service.wait(hours=1)
    kept = films.rv.schedules.get("Strict")
    assert (kept.paused_reason, kept.failures_in_a_row, kept.last_status) == (None, 0, S.SUCCESS)


def test_libraries_of_one_due_time_count_as_one_run(service: Service, films: World) -> None:
    films.server.fault("/library/sections", faults.html(401))
    add(films, everything=True, cron="0 13 * * *")
    service.wait(hours=2)
    assert [e.status for e in runs(films)] == [S.FAILED, S.FAILED]
    kept = films.rv.schedules.get("Nightly")
    assert (kept.failures_in_a_row, kept.last_status) == (1, S.FAILED)


def test_recovery_and_change_are_told_when_asked_for(service: Service, films: World) -> None:
    add(films, cron="0 * * * *", policies={"notify": (Notice.RECOVERY, Notice.CHANGE), "retries": 0})
    films.server.fault("/library/sections/1/all", faults.html(500), times=1)
    service.wait(hours=3)
    kinds = [message.message.kind for message in films.rv.service.messages()]
    assert kinds == [Notice.RECOVERY, Notice.CHANGE]


def test_waiting_for_quiet(service: Service, films: World) -> None:
    films.state.sessions.append({"ratingKey": "1", "type": "movie"})
    add(films, cron="0 13 * * *", policies={"wait_quiet": timedelta(minutes=30)})
    service.wait(minutes=70)
    (run,) = runs(films)
    assert run.status is S.QUEUED
    assert "streaming" in (run.reason or "")
    films.state.sessions.clear()
    service.wait(minutes=2)
    assert runs(films)[0].status is S.SUCCESS
    films.state.sessions.append({"ratingKey": "1", "type": "movie"})
    service.wait(days=1, minutes=30)
    assert runs(films)[1].status is S.SUCCESS, "after the longest wait it runs anyway"
    assert (runs(films)[1].start_time or films.clock()) >= at("2026-11-24 13:30")


def test_a_run_that_takes_too_long_times_out(service: Service, films: World) -> None:
    films.state.sections["1"].refreshing = True  # the run waits for the scan, on the tests' clock
    add(films, cron="0 13 * * *", policies={"timeout": timedelta(minutes=5)})
    later = iter(range(0, 100000, 100))
    object.__setattr__(films.rv._context, "monotonic", lambda: float(next(later)))
    service.wait(hours=1, seconds=20)
    (run,) = runs(films)
    assert (run.status, run.reason) == (S.FAILED, "timed out after 5 minutes")
