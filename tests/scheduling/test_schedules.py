"""Schedules as a person makes and changes them; the field at fault is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from retrovue.errors import Conflict, Invalid, NotFound
from retrovue.model.execution import Status
from retrovue.model.schedule import CronTrigger, IntervalTrigger, Notice, Overlap, Policies
from retrovue.model.sync import Depth, KindChoice, SyncOptions
from timeline import Service, add, at, runs
from worlds import World


def test_everything_is_kept(films: World) -> None:
    policies = {
        "overlap": Overlap.QUEUE,
        "timeout": timedelta(hours=1),
        "retries": 5,
        "pause_after": 4,
        "wait_quiet": timedelta(minutes=10),
        "notify": (Notice.CHANGE,),
    }
    made = add(
        films,
        " Two   words ",
        every=timedelta(hours=3),
        timezone="Asia/Tokyo",
        policies=policies,
        dry_run=True,
        limit=7,
        kinds=(KindChoice.MOVIE,),
        depth=Depth.QUICK,
        details=True,
    )
    found = films.rv.schedules.get(made.id)
    assert found == made
    assert (found.name, found.timezone, found.server, found.library) == (
        "Two words",
        "Asia/Tokyo",
        "Home",
        "Movies",
    )
    assert found.trigger == IntervalTrigger(timedelta(hours=3), films.clock())
    assert found.options == SyncOptions(True, 7, (KindChoice.MOVIE,), Depth.QUICK, True)
    assert found.policies == Policies(**policies)  # type: ignore[arg-type]
    assert found.next_run_at == at("2026-11-23 15:00")
    assert films.rv.schedules.describe(found) == "Every 3 hours"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": "   "}),
        ("name", {"name": "x" * 201}),
        ("name", {"name": "a\x1bb"}),
        ("server", {"server_id": 99}),
        ("library", {"library_id": 99}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("cron", {"trigger": CronTrigger("61 * * * *")}),
        ("cron", {"trigger": CronTrigger("0 0 30 2 *")}),
        ("cron", {"trigger": CronTrigger("0 0 2 * * *")}),
        ("every", {"trigger": IntervalTrigger(timedelta(minutes=2), at("2026-01-01 00:00"))}),
        ("limit", {"options": SyncOptions(limit=0)}),
        ("kinds", {"options": SyncOptions(kinds=(KindChoice.EPISODE,))}),
        ("options", {"options": SyncOptions(approve=1)}),
        ("timeout", {"policies": Policies(timeout=timedelta(seconds=5))}),
        ("catch_up_window", {"policies": Policies(catch_up_window=timedelta(days=60))}),
        ("wait_quiet", {"policies": Policies(wait_quiet=timedelta(days=2))}),
        ("retries", {"policies": Policies(retries=11)}),
        ("pause_after", {"policies": Policies(pause_after=-1)}),
    ],
)
def test_the_field_at_fault_is_named_and_nothing_is_kept(
    films: World, field: str, changes: dict[str, object]
) -> None:
    made = add(films)
    good = films.rv.schedules.draft_of(made.id)
    bad = replace(good, **{"name": "Another", **changes})  # type: ignore[arg-type]
    for attempt in (films.rv.schedules.check, films.rv.schedules.create):
        with pytest.raises(Invalid) as caught:
            attempt(bad)
        assert caught.value.field == field
    with pytest.raises(Invalid):
        films.rv.schedules.update(made.id, bad)
    assert films.rv.schedules.list() == [made]


def test_a_library_of_a_type_that_is_not_catalogued(films: World) -> None:
    music = next(lib for lib in films.rv.libraries.list() if not lib.supported)
    draft = replace(films.rv.schedules.draft_of(add(films).id), name="Music", library_id=music.id)
    with pytest.raises(Invalid, match="artist") as caught:
        films.rv.schedules.create(draft)
    assert caught.value.field == "library"


def test_names_are_unique_whatever_their_case(films: World) -> None:
    first, second = add(films, "Nightly"), add(films, "Weekly")
    with pytest.raises(Conflict, match="'Nightly' already"):
        add(films, "NIGHTLY")
    with pytest.raises(Conflict):
        films.rv.schedules.update(second.id, replace(films.rv.schedules.draft_of(second.id), name="nightly"))
    kept = films.rv.schedules.update(first.id, replace(films.rv.schedules.draft_of(first.id), name="NIGHTLY"))
    assert kept.name == "NIGHTLY"


def test_the_database_itself_refuses_a_second_of_the_same_name(films: World) -> None:
    from retrovue.storage import schedules

    draft = films.rv.schedules.draft_of(add(films).id)
    with pytest.raises(Conflict), films.rv._context.database.transaction() as tx:
        schedules.add(tx, replace(draft, name="nightly"), None, films.clock())


def test_an_edit_of_something_else_leaves_the_times_alone(films: World) -> None:
    made = add(films, every=timedelta(hours=5))
    films.clock.advance(hours=2)
    draft = films.rv.schedules.draft_of(made.id)
    renamed = films.rv.schedules.update(made.id, replace(draft, name="Renamed"))
    assert renamed.next_run_at == made.next_run_at
    same = replace(draft, trigger=IntervalTrigger(timedelta(hours=5), films.clock()))
    assert films.rv.schedules.update(made.id, same).trigger == made.trigger, "the anchor stays"
    other = replace(draft, trigger=IntervalTrigger(timedelta(hours=6), films.clock()))
    assert films.rv.schedules.update(made.id, other).next_run_at == at("2026-11-23 20:00")
    moved = films.rv.schedules.update(
        made.id, replace(draft, trigger=CronTrigger("0 2 * * *"), timezone="Asia/Tokyo")
    )
    assert moved.next_run_at == at("2026-11-23 17:00")


def test_an_edit_does_not_lose_a_run_that_is_due(films: World) -> None:
    made = add(films, cron="0 13 * * *")
    films.clock.advance(hours=1)
    films.rv.schedules.update(made.id, replace(films.rv.schedules.draft_of(made.id), name="Renamed"))
    service = Service(films)
    service.tick()
    assert [e.status for e in runs(films)] == [Status.SUCCESS]
    service.die()


def test_duplicates_are_disabled(films: World) -> None:
    made = add(films)
    first, second = films.rv.schedules.duplicate(made.id), films.rv.schedules.duplicate("Nightly")
    assert (first.name, second.name) == ("Nightly (copy)", "Nightly (copy 2)")
    assert (first.enabled, first.next_run_at) == (False, None)
    assert first.trigger == made.trigger


def test_run_now_changes_no_times_and_takes_a_disabled_one(films: World) -> None:
    made = add(films, every=timedelta(hours=5), enabled=False)
    (ident,) = films.rv.schedules.run("Nightly")
    service = Service(films)
    service.tick()
    done = films.rv.history.get(ident)
    assert (done.status, done.schedule, done.due_at) == (Status.SUCCESS, "Nightly", None)
    kept = films.rv.schedules.get(made.id)
    assert (kept.next_run_at, kept.trigger, kept.last_status) == (None, made.trigger, Status.SUCCESS)
    service.die()


def test_run_here_and_its_cancel(films: World) -> None:
    add(films, everything=True)
    done = list(films.rv.schedules.run_here("Nightly"))
    assert [(e.library, e.status) for e in done] == [("Movies", Status.SUCCESS), ("TV Shows", Status.SUCCESS)]
    from retrovue.core.api import Stop

    stop = Stop()
    found = []
    for execution in films.rv.schedules.run_here("Nightly", stop=stop):
        found.append(execution.status)
        stop.set()
    assert found == [Status.SUCCESS], "the other one is not begun"
    assert len(runs(films)) == 3


def test_run_with_no_library_to_cover(films: World) -> None:
    add(films, everything=True)
    for library in films.rv.libraries.list():
        films.rv.libraries.disable(library.id)
    with pytest.raises(Conflict, match="covers no library"):
        films.rv.schedules.run("Nightly")


def test_removing(films: World) -> None:
    add(films, "One"), add(films, "Two")
    (waiting,) = films.rv.schedules.run("One")
    films.rv.schedules.remove(["One", "Two"])
    assert films.rv.schedules.list() == []
    assert films.rv.history.get(waiting).status is Status.CANCELLED
    with pytest.raises(NotFound):
        films.rv.schedules.get("One")


def test_a_removal_is_taken_back_whole(service: Service, films: World) -> None:
    add(films, "One", cron="0 * * * *", policies={"retries": 0})
    add(films, "Two", every=timedelta(hours=2))
    with films.rv._context.database.transaction() as tx:
        tx.execute(text("UPDATE schedules SET policies = 'not json' WHERE name = 'Two'"))
    service.wait(hours=3)
    before = films.rv.schedules.list()
    assert before[0].total_runs == 3
    removed = films.rv.schedules.remove(["One", "Two"])
    films.clock.advance(seconds=10)
    assert [films.rv.schedules.bring_back(one).id for one in removed] == [one.id for one in before]
    assert films.rv.schedules.list() == before
    assert len(films.rv.schedules.recent(before[0].id)) == 3
    service.wait(hours=1)
    assert len(films.rv.schedules.recent(before[0].id)) == 4


def test_a_removal_cannot_be_taken_back_into_nothing(films: World) -> None:
    add(films, "One")
    (removed,) = films.rv.schedules.remove(["One"])
    add(films, "ONE")
    with pytest.raises(Conflict, match="There is a schedule 'One' already"):
        films.rv.schedules.bring_back(removed)
    films.rv.servers.remove("Home", with_schedules=True)
    with pytest.raises(Conflict, match="the server 'Home' was removed"):
        films.rv.schedules.bring_back(removed)
    assert films.rv.schedules.list() == []


def test_a_server_in_use_does_not_vanish_unasked(films: World) -> None:
    add(films, "One"), add(films, "Two")
    with pytest.raises(Conflict, match="One, Two"):
        films.rv.servers.remove("Home")
    assert len(films.rv.schedules.list()) == 2
    (waiting,) = films.rv.schedules.run("One")
    films.rv.servers.remove("Home", with_schedules=True)
    assert films.rv.schedules.list() == []
    assert films.rv.servers.list() == []
    kept = films.rv.history.get(waiting)
    assert (kept.status, kept.schedule, kept.server) == (Status.CANCELLED, "One", "Home")
    with pytest.raises(Conflict, match="was removed"):
        films.rv.history.run_again(waiting)


def test_enabling_a_broken_one_says_what_is_wrong(films: World) -> None:
    from sqlalchemy import text

    made = add(films, enabled=False)
    with films.rv._context.database.transaction() as tx:
        tx.execute(text("UPDATE schedules SET timezone = 'Mars/Olympus'"))
    with pytest.raises(Invalid, match="Mars/Olympus"):
        films.rv.schedules.enable(made.id)
    assert "Mars" not in films.rv.schedules.describe(films.rv.schedules.get(made.id))


def test_preview_is_bounded(films: World) -> None:
    with pytest.raises(Invalid):
        films.rv.schedules.preview(CronTrigger("0 2 * * *"), "UTC", count=0)
    with pytest.raises(Invalid, match="time zone"):
        films.rv.schedules.preview(CronTrigger("0 2 * * *"), "Nowhere")
    assert len(films.rv.schedules.preview(CronTrigger("* * * * *"), "UTC", count=1000)) == 1000


def test_recent_runs_for_a_sparkline(films: World) -> None:
    made = add(films)
    for _ in range(3):
        list(films.rv.schedules.run_here("Nightly"))
        films.clock.advance(minutes=5)
    found = films.rv.schedules.recent(made.id, limit=2)
    assert [e.id for e in found] == [3, 2]
