"""Schedules on PostgreSQL: claimed once, one leads, another takes over, history in pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from retrovue import app, settings
from retrovue.demo.server import StandIn
from retrovue.errors import ChannelError
from retrovue.model.catalogue import CatalogueFilter, Secret, Shelf
from retrovue.model.doctor import Verdict
from retrovue.model.execution import HistoryFilter, Status
from retrovue.model.notices import PingEvent
from retrovue.model.schedule import Message
from retrovue.model.sync import Depth
from retrovue.secrets.store import MemorySecrets
from retrovue.storage import locks
from retrovue.storage.database import Database
from timeline import Service, add, at, runs, told
from worlds import Clock, World, make_world

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(postgres_url: str, server: StandIn, clock: Clock, tmp_path: Path) -> Iterator[World]:
    made = make_world(
        tmp_path, server, clock, "movie", {"sync.page_size": 12, "plex.retries": 0}, url=postgres_url
    )
    yield made
    made.rv.close()


def test_nights_takeover_and_pages(world: World) -> None:
    first, second = Service(world, pid=1), Service(world, pid=2)
    first.tick()
    second.tick()
    add(world, cron="0 */6 * * *", depth=Depth.COMPLETE)
    add(world, "Same time", cron="0 18 * * *", depth=Depth.QUICK)
    broken = add(world, "Broken", cron="5 18 * * *")
    with world.rv._context.database.transaction() as tx:
        tx.execute(text("UPDATE schedules SET timezone = 'Mars/Olympus' WHERE id = :i"), {"i": broken.id})
    first.wait(hours=13, step=1200)
    second.tick()
    assert [(e.schedule, e.status, e.due_at) for e in runs(world)] == [
        ("Nightly", Status.SUCCESS, at("2026-11-23 18:00")),
        ("Same time", Status.SKIPPED, at("2026-11-23 18:00")),
        ("Nightly", Status.SUCCESS, at("2026-11-24 00:00")),
    ]
    assert "Mars" in (world.rv.schedules.get("Broken").error or "")
    assert [one.pid for one in world.rv.service.health().processes] == [1, 2]
    (removed,) = world.rv.schedules.remove(["Same time"])
    assert world.rv.schedules.bring_back(removed) == removed.schedule
    first.die()
    second.wait(hours=12, step=1200)
    assert [one.pid for one in world.rv.service.health().processes] == [2]
    assert told(world, "Nightly")[-1] == (Status.SUCCESS, at("2026-11-24 12:00"))
    pages = list(world.rv.history.pages(HistoryFilter(schedule="Nightly"), size=2))
    assert [e.due_at for e in pages] == [
        at("2026-11-23 18:00") + n * timedelta(hours=6) for n in (3, 2, 1, 0)
    ]
    world.assert_mirrors_server()
    second.loop.close(0)
    assert world.rv.service.health().first is None


def test_the_scheduler_lock_that_is_lost_is_noticed(world: World) -> None:
    service = Service(world)
    service.tick()
    assert service.state == "leading"
    _end_sessions(world.rv._context.database)
    service.tick(1)
    other = Service(world, pid=2)
    other.tick()
    assert [service.state, other.state].count("leading") == 1
    other.loop.close(0)
    service.loop.close(0)


def test_a_lock_whose_session_ended_stays_lost(world: World) -> None:
    database = world.rv._context.database
    lock = locks.take(database, "library-1")
    assert lock is not None
    assert lock.intact()
    _end_sessions(database)
    assert not lock.intact()
    assert not lock.intact()
    lock.release()
    with locks.hold(database, "library-1") as got:
        assert got


def _end_sessions(database: Database) -> None:
    """Ends what the server holds for locks, as its restart would."""
    with database.transaction() as tx:
        tx.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND (query LIKE '%advisory%' OR query = 'SELECT 1')"
            )
        )


class Heard:
    """Channels that hear, and fail at first."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.fails = 1

    def service(self, url: Secret) -> str:
        """Any."""
        return url.reveal().partition(":")[0]

    def send(self, url: Secret, message: Message) -> None:
        """Hears."""
        if self.fails:
            self.fails -= 1
            raise ChannelError("It could not be sent")
        self.said.append(message.title)

    def ping(self, url: Secret, event: PingEvent) -> None:
        """Hears."""
        self.said.append(event.value)


def test_the_outbox(postgres_url: str, server: StandIn, clock: Clock, tmp_path: Path) -> None:
    heard = Heard()
    rv = app.build(
        settings.load(tmp_path, {"RETROVUE_DATABASE_URL": postgres_url, "RETROVUE_PLEX_RETRIES": "0"}),
        secrets=MemorySecrets(), clock=clock, pause=clock.pause, channels=heard,
    )  # fmt: skip
    rv.servers.add("Home", server.url, Secret(server.token))
    rv.libraries.discover("Home")
    world = World(rv, server, clock, tmp_path, "movie", "1")
    rv.notify.add("Phone", Secret("json://somewhere"))
    service = Service(world)
    service.tick()
    schedule = add(world, cron="0 * * * *", policies={"notify": ("success",)})
    rv.notify.set_ping(schedule, Secret("https://hc.example/key"))
    service.wait(hours=1, minutes=5)
    assert sorted(heard.said) == ["'Nightly' succeeded (Movies of Home)", "start", "success"]
    (target,) = rv.notify.list()
    assert (target.waiting, target.last_error) == (0, None)
    assert rv.notify.pings() == {"Nightly": "hc.example"}
    assert (
        rv.catalogue.glimpses(rv.catalogue.shelf(CatalogueFilter(), Shelf.LIVE))[0].title
        == "A Trip to the Moon"
    )
    assert rv.history.count(HistoryFilter(text="NIGHT%")) == 0
    assert rv.history.count(HistoryFilter(text="night")) == 1
    assert [f.verdict for f in rv.doctor.look() if f.subject == "Database"] == [Verdict.GOOD]
    service.loop.close(0)
    rv.close()
