"""Real processes: kill -9 at any moment, cancel from elsewhere, two at once; the catalogue is right afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from retrovue.demo import faults
from retrovue.model.execution import Status
from retrovue.storage import migrate
from worlds import World

PROGRAM = [sys.executable, "-m", "retrovue"]


@pytest.fixture
def real(build_world: Callable[..., World], request: pytest.FixtureRequest) -> World:
    """A world whose token other processes find in the token file."""
    world = build_world(request.param, sync__page_size=10)
    secrets = world.data_dir / "secrets.json"
    secrets.write_text(json.dumps({"server-1": world.server.token}))
    secrets.chmod(0o600)
    return world


def start(world: World, *arguments: str) -> subprocess.Popen[str]:
    """`retrovue` in a process of its own, with small pages."""
    environment = {**os.environ, "RETROVUE_SYNC_PAGE_SIZE": "10", "RETROVUE_DATA_DIR": str(world.data_dir)}
    return subprocess.Popen(
        [*PROGRAM, *arguments], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def wait_until(check: Callable[[], bool], seconds: float = 20) -> None:
    """Polls until something is so."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def hold(world: World) -> threading.Event:
    """Lets the server keep every page of rows back until the event is set."""
    gate = threading.Event()

    def wait(_request: object, _response: object) -> None:
        gate.wait(25)

    world.server.fault("/all", wait)
    return gate


def _asked(world: World, process: subprocess.Popen[str], count: int) -> bool:
    """Whether a process has asked the server so often, or has ended."""
    return len(world.server.requests) >= count or process.poll() is not None


both = pytest.mark.parametrize("real", ["movie", "show"], indirect=True)


@both
def test_kill_9_at_any_moment(real: World) -> None:
    """Killed again and again at other points; each next run goes on, and the last one ends right."""
    slow = real.server.fault("/all", faults.slow(0.03))
    dice = random.Random(1902)
    for round_ in range(4):
        process = start(real, "sync", "Home", real.title, "--json")
        enough = dice.randrange(1, 7)
        real.server.requests.clear()
        reached = partial(_asked, real, process, enough)
        wait_until(reached)
        time.sleep(dice.random() * 0.05)
        process.kill()
        process.communicate(timeout=10)
        if round_ == 1:
            real.state.remove(real.keys()[0])
            real.state.edit(real.keys()[3], title=f"Changed in round {round_}")
    real.server.faults.remove(slow)
    process = start(real, "sync", "Home", real.title, "--json")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(output)[0]["complete"]
    real.assert_mirrors_server()
    statuses = [execution.status for execution in real.rv.history.list()]
    assert statuses[0] is Status.SUCCESS
    assert Status.RUNNING not in statuses
    assert Status.INTERRUPTED in statuses


@both
def test_cancel_from_another_process(real: World) -> None:
    gate = hold(real)
    process = start(real, "sync", "Home", real.title, "--json")
    wait_until(lambda: bool(real.rv.history.running()))
    other = start(real, "history", "cancel", str(real.rv.history.running()[0].id))
    other.communicate(timeout=30)
    gate.set()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(output)[0]["status"] == "cancelled"
    real.server.faults.clear()
    assert real.synced().complete
    real.assert_mirrors_server()


@both
def test_interrupt_stops_after_the_page(real: World) -> None:
    gate = hold(real)
    process = start(real, "sync", "Home", "--json")
    wait_until(lambda: bool(real.rv.history.running()))
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    gate.set()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(output)[0]["status"] == "cancelled"
    assert "Traceback" not in errors
    assert len(json.loads(output)) == 1, "the other library is not begun"


@both
def test_two_syncs_of_one_library_do_not_mix(real: World) -> None:
    gate = hold(real)
    first = start(real, "sync", "Home", real.title, "--json")
    wait_until(lambda: bool(real.rv.history.running()))
    second = start(real, "sync", "Home", real.title, "--json")
    output, errors = second.communicate(timeout=60)
    assert second.returncode == 4
    assert json.loads(output)[0]["status"] == "skipped"
    assert "another sync" in errors
    gate.set()
    first.communicate(timeout=60)
    assert first.returncode == 0
    real.assert_mirrors_server()


def test_a_first_start_that_is_killed_leaves_a_database_that_works(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    environment = {**os.environ, "RETROVUE_DATA_DIR": str(folder)}
    for delay in (0.3, 0.45, 0.6, 0.7, 0.8):
        process = subprocess.Popen(
            [*PROGRAM, "status", "--json"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.kill()
        process.wait(10)
    done = subprocess.run(
        [*PROGRAM, "status", "--json"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["service"]["running"] is False
    assert migrate.HEAD


def test_first_starts_at_the_same_time_do_not_collide(tmp_path: Path) -> None:
    environment = {**os.environ, "RETROVUE_DATA_DIR": str(tmp_path / "data")}
    processes = [
        subprocess.Popen(
            [*PROGRAM, "status", "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
