"""The service as real processes: two at once, kill -9 of the leader in mid-sync, takeover, the next run right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retrovue import app, settings
from retrovue.core.api import RetroVue
from retrovue.demo import faults
from retrovue.demo.server import StandIn
from retrovue.model.execution import Execution, Status
from retrovue.model.schedule import CronTrigger, Draft
from retrovue.model.service import ServiceState

PROGRAM = [sys.executable, "-m", "retrovue"]
SMALL = {"RETROVUE_SYNC_PAGE_SIZE": "5"}


@pytest.fixture
def rv(data_dir: Path, server: StandIn) -> Iterator[RetroVue]:
    """RetroVue on the real clock, with the stand-in added, the token where other processes find it."""
    from retrovue.model.catalogue import Secret

    server.state.set_clock(int(time.time()) - 86400)
    server.faults.clear()
    made = app.build(settings.load(data_dir, SMALL))
    made.servers.add("Home", server.url, Secret(server.token))
    made.libraries.discover("Home")
    yield made
    made.close()


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts services; those that still live at the end are ended."""
    made: list[subprocess.Popen[bytes]] = []

    def launch() -> subprocess.Popen[bytes]:
        log = (data_dir / f"service-{len(made)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [*PROGRAM, "service", "run"],
                env={**os.environ, **SMALL, "RETROVUE_DATA_DIR": str(data_dir)},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        made.append(process)
        return process

    yield launch
    for process in made:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def until(check: Callable[[], Any], seconds: float = 20) -> Any:
    """Polls until something is so; what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def leader(rv: RetroVue) -> int | None:
    """The process that leads."""
    first = rv.service.health().first
    return first.pid if first is not None and first.state is ServiceState.LEADING else None


def every_minute(rv: RetroVue, name: str = "Every minute") -> None:
    """A schedule of the films."""
    library = rv.libraries.get("Movies")
    rv.schedules.create(Draft(name, library.server_id, library.id, CronTrigger("* * * * *"), "UTC"))


def running(rv: RetroVue) -> Execution | None:
    """The run that is in the middle of writing."""
    return next((e for e in rv.history.running() if e.progress_done > 5), None)


@pytest.mark.timeout(300)
def test_kill_9_of_the_leader_and_takeover(
    rv: RetroVue, server: StandIn, start: Callable[..., subprocess.Popen[bytes]], data_dir: Path
) -> None:
    slow = server.fault("/library/sections/1/all", faults.slow(0.5))
    every_minute(rv)
    first = start()
    until(lambda: leader(rv) == first.pid)
    second = start()
    until(lambda: len(rv.service.health().processes) == 2)
    run = until(lambda: running(rv), 75)
    due_at = run.due_at
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    server.faults.remove(slow)
    until(lambda: leader(rv) == second.pid, 15)
    dead = until(lambda: e if (e := rv.history.get(run.id)).status.ended else None, 15)
    assert dead.status is Status.INTERRUPTED
    assert "ended without a word" in (dead.reason or "")
    following = until(lambda: _success_after(rv, due_at), 75)
    assert following.due_at == due_at + timedelta(minutes=1)
    assert following.complete
    titles = {row["title"] for row in server.state.sections["1"].rows.values()}
    assert {found.item.title for found in rv.catalogue.search(_films(rv))} == titles
    due = [e.due_at for e in rv.history.list()]
    assert len(due) == len(set(due)), "no due time ran twice"
    second.send_signal(signal.SIGTERM)
    assert second.wait(12) == 0
    assert (rv.service.health().first, rv.service.health().died_at) == (None, None)
    logs = "".join(path.read_text() for path in data_dir.glob("service-*.log"))
    assert "Traceback" not in logs
    assert server.token not in logs


def _success_after(rv: RetroVue, due_at: datetime) -> Execution | None:
    return next(
        (e for e in rv.history.list() if e.due_at and e.due_at > due_at and e.status is Status.SUCCESS), None
    )


def _films(rv: RetroVue) -> Any:
    from retrovue.model.catalogue import CatalogueFilter

    return CatalogueFilter(library_id=rv.libraries.get("Movies").id)


def test_a_stop_in_mid_sync_ends_within_ten_seconds(
    rv: RetroVue, server: StandIn, start: Callable[..., subprocess.Popen[bytes]], data_dir: Path
) -> None:
    from retrovue.model.sync import SyncOptions

    server.fault("/library/sections/1/all", faults.slow(0.5))
    process = start()
    until(lambda: leader(rv) == process.pid)
    ident = rv.sync.queue(rv.libraries.get("Movies"), SyncOptions())
    until(lambda: running(rv))
    began = time.monotonic()
    stopped = subprocess.run(
        [*PROGRAM, "--data-dir", str(data_dir), "service", "stop", "--json"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert json.loads(stopped.stdout)["state"] == "stopped"
    assert process.wait(5) == 0
    assert time.monotonic() - began < 12
    run = rv.history.get(ident)
    assert (run.status, run.added > 0) == (Status.INTERRUPTED, True)


def test_a_server_that_hangs_does_not_hold_the_service(
    rv: RetroVue, server: StandIn, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    from retrovue.model.sync import SyncOptions

    server.fault("/library/sections/1/all", faults.slow(25))
    process = start()
    until(lambda: leader(rv) == process.pid)
    ident = rv.sync.queue(rv.libraries.get("Movies"), SyncOptions())
    until(lambda: any(request.path.endswith("/1/all") for request in server.requests))
    process.send_signal(signal.SIGINT)
    assert process.wait(14) == 0
    assert rv.history.get(ident).status is Status.INTERRUPTED
    assert rv.service.health().first is None


def test_two_services_started_at_once_claim_each_due_time_once(
    rv: RetroVue, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    for number in range(20):
        every_minute(rv, f"Schedule {number}")
    soon = datetime.now(UTC) + timedelta(seconds=2)
    from sqlalchemy import update

    from retrovue.storage.tables import schedules

    processes = [start(), start(), start()]
    until(lambda: len(rv.service.health().processes) == 3)
    with rv._context.database.transaction() as tx:
        tx.execute(update(schedules).values(next_run_at=soon))
    until(lambda: len(rv.history.list()) >= 20)
    until(lambda: all(e.status.ended for e in rv.history.list()))
    found = [e for e in rv.history.list() if e.due_at and abs(e.due_at - soon) < timedelta(milliseconds=1)]
    assert len(found) == 20
    assert [e.status for e in found].count(Status.SUCCESS) == 1, "the deepest one covers the others"
    assert sum(process.poll() is None for process in processes) == 3
