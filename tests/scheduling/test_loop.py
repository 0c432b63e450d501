"""The service over days, nights, sleeps and wrong clocks, in a time that the tests drive: nothing lost, nothing twice."""

from __future__ import annotations

from datetime import timedelta

from retrovue.model.execution import Status
from retrovue.model.schedule import CatchUp
from retrovue.model.service import ServiceState
from retrovue.model.sync import Depth
from timeline import Service, add, at, runs, told
from worlds import World

S = Status


def test_a_nightly_schedule_over_three_nights(service: Service, films: World) -> None:
    made = add(films)
    assert made.next_run_at == at("2026-11-24 02:00")
    service.wait(days=3)
    assert told(films) == [
        (S.SUCCESS, at("2026-11-24 02:00")),
        (S.SUCCESS, at("2026-11-25 02:00")),
        (S.SUCCESS, at("2026-11-26 02:00")),
    ]
    first = runs(films)[0]
    assert (first.schedule, first.server, first.library) == ("Nightly", "Home", "Movies")
    assert first.added > 20
    assert "scanned" in films.log(first)
    films.assert_mirrors_server()
    kept = films.rv.schedules.get("Nightly")
    assert (kept.total_runs, kept.total_failures, kept.last_status) == (3, 0, S.SUCCESS)
    assert kept.next_run_at == at("2026-11-27 02:00")
    # Depth auto: every nightly run proves the catalogue.
    assert {e.depth for e in runs(films)} == {Depth.COMPLETE}


def test_frequent_runs_are_quick_and_one_a_day_is_complete(service: Service, films: World) -> None:
    add(films, every=timedelta(hours=6))
    service.wait(days=2)
    depths = [e.depth for e in runs(films)]
    assert depths == [
        Depth.COMPLETE, Depth.QUICK, Depth.QUICK, Depth.QUICK, Depth.COMPLETE, Depth.QUICK, Depth.QUICK, Depth.QUICK,
    ]  # fmt: skip


def test_all_enabled_libraries_run_one_after_the_other(service: Service, films: World) -> None:
    add(films, everything=True, cron="0 13 * * *")
    service.wait(hours=2)
    assert [(e.library, e.status) for e in runs(films)] == [("Movies", S.SUCCESS), ("TV Shows", S.SUCCESS)]
    for library in films.rv.libraries.list():
        films.rv.libraries.disable(library.id)
    service.wait(days=1)
    last = runs(films)[-1]
    assert (last.status, last.library) == (S.SKIPPED, "All enabled libraries")
    assert "enabled" in (last.reason or "")


def test_sleep_until_shortly_before_the_next_run(service: Service, films: World) -> None:
    add(films, cron="0 */2 * * *")
    films.clock.now = at("2026-11-23 13:50")
    service.tick()
    service.sleep(hours=8)  # 14:00 to 20:00 were slept through; awake at 21:50
    assert [e.status for e in runs(films)] == [S.MISSED]
    assert "4 runs were missed" in (runs(films)[0].reason or "")


def test_catch_up_waits_for_the_network(service: Service, films: World) -> None:
    add(films)
    service.sleep(days=2, hours=18)  # from Monday noon to Thursday 6:00
    assert told(films) == [(S.MISSED, at("2026-11-25 02:00")), (S.QUEUED, at("2026-11-26 02:00"))]
    assert "2 runs were missed" in (runs(films)[0].reason or "")
    service.wait(seconds=59, step=1)
    assert runs(films)[1].status is S.QUEUED
    service.wait(seconds=5, step=1)
    assert runs(films)[1].status is S.SUCCESS
    service.wait(days=1)
    assert len(runs(films)) == 3


def test_no_catch_up_shortly_before_the_next_run(service: Service, films: World) -> None:
    add(films, cron="*/15 * * * *")
    service.sleep(minutes=22)
    assert [(e.status, e.due_at) for e in runs(films)] == [(S.MISSED, at("2026-11-23 12:15"))]
    service.wait(minutes=10)
    assert told(films)[-1] == (S.SUCCESS, at("2026-11-23 12:30"))


def test_catch_up_none_and_its_window(service: Service, films: World) -> None:
    add(films, "None", policies={"catch_up": CatchUp.NONE})
    add(films, "Narrow", policies={"catch_up_window": timedelta(hours=2)})
    service.sleep(hours=18)
    assert {(e.schedule, e.status) for e in runs(films)} == {("None", S.MISSED), ("Narrow", S.MISSED)}


def test_a_run_that_is_a_little_late_is_no_missed_one(service: Service, films: World) -> None:
    add(films, cron="0 13 * * *")
    service.sleep(minutes=60, seconds=40)
    service.wait(minutes=2)
    assert told(films) == [(S.SUCCESS, at("2026-11-23 13:00"))]


def test_the_clock_set_back_an_hour(service: Service, films: World) -> None:
    add(films, cron="0 * * * *")
    service.wait(hours=2)
    assert len(runs(films)) == 2
    films.clock.now -= timedelta(hours=1, minutes=10)
    service.tick()
    assert films.rv.schedules.get("Nightly").next_run_at == at("2026-11-23 13:00")
    service.wait(hours=3)
    assert [e.due_at for e in runs(films)] == [at(f"2026-11-23 {hour}:00") for hour in (13, 14, 15)]


def test_the_clock_ahead_a_day_and_back(service: Service, films: World) -> None:
    add(films)
    films.clock.now += timedelta(days=1)
    service.tick()
    films.clock.now -= timedelta(days=1)
    service.tick()
    assert films.rv.schedules.get("Nightly").next_run_at == at("2026-11-24 02:00")
    service.wait(days=3)
    due = [e.due_at for e in runs(films)]
    assert due == sorted(set(due), key=str)
    assert due[-1] == at("2026-11-26 02:00")


def test_a_boot_with_the_clock_at_2099(films: World) -> None:
    add(films)
    films.synced()
    right = films.clock.now
    films.clock.now = at("2099-01-01 12:00")
    wrong = Service(films)
    wrong.wait(minutes=90)
    assert wrong.state == ServiceState.LEADING.value
    wrong.die()
    films.clock.now = right
    service = Service(films)
    service.tick()
    assert films.rv.schedules.get("Nightly").next_run_at == at("2026-11-24 02:00")
    service.wait(days=2)
    assert [(e.status, e.due_at) for e in runs(films) if e.due_at and e.due_at.year == 2026 and e.status is S.SUCCESS] == [
        (S.SUCCESS, at("2026-11-24 02:00")),
        (S.SUCCESS, at("2026-11-25 02:00")),
    ]  # fmt: skip
    # The complete sync that lies in 2099 does not make the catalogue look fresh for ever.
    assert runs(films)[-1].depth is Depth.COMPLETE


def test_a_wrong_clock_costs_no_history(service: Service, films: World) -> None:
    films.synced()
    films.clock.now += timedelta(days=365 * 30)
    service.tick()
    service.wait(hours=20)
    assert len(runs(films)) == 1
    films.clock.now -= timedelta(days=365 * 30)
    service.tick()
    service.wait(hours=2)
    assert len(runs(films)) == 1


def test_history_is_pruned_daily(service: Service, films: World) -> None:
    films.synced()
    service.wait(days=89, step=7200)
    assert len(runs(films)) == 1
    service.wait(days=3, step=7200)
    assert not runs(films)


def test_a_service_that_died_is_told_from_one_that_was_stopped(service: Service, films: World) -> None:
    health = films.rv.service.health
    service.tick()
    assert health().died_at is None
    service.die()
    found = health()
    assert (found.first, found.died_at) == (None, films.clock.now)
    films.clock.advance(minutes=1)
    assert health().died_at == found.died_at
    second, third = Service(films, pid=2), Service(films, pid=3)
    second.tick()
    assert health().died_at is None
    third.tick()
    second.die()
    # The one that stood by goes on; when it is asked to stop, that is no death.
    assert [one.pid for one in health().processes] == [3]
    third.tick()
    third.loop.close(0)
    assert (health().first, health().died_at) == (None, None)
