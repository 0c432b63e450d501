"""Schedules: next times, the claim, lateness, an idle service, a long history; beside cronsim, croniter, APScheduler 3.

`python -m benchmarks.scheduling [cron|claim|lateness|idle|history]…`, all of them by default (about 6 minutes). Prints
tables and writes benchmarks/results/scheduling.json.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
from sqlalchemy import text

from retrovue import __version__, app, settings
from retrovue.core.api import RetroVue
from retrovue.core.scheduling import claim, cron
from retrovue.model.catalogue import Item, Kind, Secret
from retrovue.model.execution import HistoryFilter, Status
from retrovue.model.schedule import CronTrigger, Draft
from retrovue.model.sync import (
    Busy,
    Confirmation,
    LibraryListing,
    Page,
    Row,
    ServerIdentity,
    Traffic,
)
from retrovue.secrets.store import MemorySecrets
from retrovue.service import process
from retrovue.storage import schedules
from retrovue.storage.types import to_millis

RESULTS = Path(__file__).parent / "results"
Line = dict[str, Any]
ZONE = "Europe/Berlin"
EXPRESSIONS = ("0 2 * * *", "*/5 * * * *", "0 0 * * 6", "0 */2 * * *", "30 3 1 * *", "15 4 29 2 *")
LISTING = LibraryListing("1", "uuid-1", "Library", "movie", ("/media",), refreshing=False)


class NothingSource:
    """A media source with one empty library, so that a run costs what RetroVue itself costs."""

    mapping_version = 1

    def identity(self) -> ServerIdentity:
        """Who answers."""
        return ServerIdentity("benchmark-machine", "1.0")

    def libraries(self) -> list[LibraryListing]:
        """The one."""
        return [LISTING]

    def server_time(self) -> datetime | None:
        """Now."""
        return datetime.now(UTC)

    def count(self, library: LibraryListing, kind: Kind) -> int | None:
        """None at all."""
        return 0

    def pages(self, library: LibraryListing, kind: Kind, limit: int | None = None) -> Iterator[Page]:
        """One empty page."""
        yield Page(0, 0, ())

    def recent(self, library: LibraryListing, kind: Kind, since: datetime) -> Iterator[Page]:
        """One empty page."""
        yield Page(0, 0, ())

    def decode(self, row: Row) -> Item:
        """Never asked for."""
        raise NotImplementedError

    def confirm(self, library: LibraryListing, keys: Sequence[str], control: str) -> Confirmation:
        """Nothing is there."""
        return Confirmation(True, {})

    def details(self, keys: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """None."""
        return {}

    def busy(self, library: LibraryListing, *, streams: bool = False) -> Busy:
        """Never."""
        return Busy(False)

    def traffic(self) -> Traffic:
        """None."""
        return Traffic(0, 0)

    def close(self) -> None:
        """Nothing to close."""


def built(folder: str, count: int) -> RetroVue:
    """RetroVue with one empty library and so many schedules of it."""
    rv = app.build(
        settings.load(Path(folder), {}),
        secrets=MemorySecrets(),
        open_source=lambda *_a, **_k: NothingSource(),
    )
    rv.servers.add("Benchmark", "http://127.0.0.1:1", Secret("benchmark-token"))
    rv.libraries.discover("Benchmark")
    library = rv.libraries.get("Library")
    first = rv.schedules.create(
        Draft("Schedule 0", library.server_id, library.id, CronTrigger("0 2 * * *"), ZONE)
    )
    draft = rv.schedules.draft_of(first.id)
    with rv._context.database.transaction() as tx:
        for number in range(1, count):
            trigger = CronTrigger(f"{number % 60} {number // 60 % 24} * * *")
            one = replace(draft, name=f"Schedule {number}", trigger=trigger)
            schedules.add(tx, one, datetime.now(UTC) + timedelta(days=1), datetime.now(UTC))
        claim.realign(tx, schedules.listing(tx), datetime.now(UTC))  # as every service does when it starts
    return rv


def rate(step: Callable[[], object], seconds: float = 0.6) -> float:
    """Calls a second."""
    for _ in range(20):
        step()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for _ in range(20):
            step()
        count += 20
    return count / (time.perf_counter() - began)


def steppers(expression: str) -> dict[str, Callable[[], object]]:
    """For each library something that gives the following occurrence at each call, from 2026 on."""
    from apscheduler.triggers.cron import CronTrigger as Aps
    from croniter import croniter
    from cronsim import CronSim

    zone = ZoneInfo(ZONE)
    start = datetime(2026, 1, 1, tzinfo=zone)
    state: dict[str, Any] = {"ours": start.astimezone(UTC), "aps": start}
    sim, iterator = CronSim(expression, start), croniter(expression, start)
    trigger = Aps.from_crontab(expression, timezone=ZONE)

    def ours() -> None:
        state["ours"] = cron.next_after(expression, ZONE, state["ours"])

    def aps() -> None:
        state["aps"] = trigger.get_next_fire_time(state["aps"], state["aps"])

    return {
        "RetroVue": ours,
        "cronsim": lambda: next(sim),
        "croniter": lambda: iterator.get_next(datetime),
        "APScheduler 3": aps,
    }


def bench_cron() -> list[Line]:
    """Next occurrences per second, each from the one before; parsed once."""
    lines: list[Line] = []
    for expression in EXPRESSIONS:
        far = expression.endswith("29 2 *")  # APScheduler and croniter walk there; the calendar ends early
        rates = {name: rate(step, 0.05 if far else 0.6) for name, step in steppers(expression).items()}
        lines.append({"expression": expression, **rates, "× cronsim": rates["RetroVue"] / rates["cronsim"]})
    return lines


def bench_claim(count: int = 10_000) -> list[Line]:
    """All schedules are due in the same second: until their rows and their next times are committed."""
    with tempfile.TemporaryDirectory() as folder:
        rv = built(folder, count)
        due = datetime.now(UTC).replace(microsecond=0)
        with rv._context.database.transaction() as tx:
            tx.execute(text("UPDATE schedules SET next_run_at = :at"), {"at": to_millis(due)})
        began = time.perf_counter()
        with rv._context.database.transaction() as tx:
            rows = claim.claim_due(tx, due + timedelta(milliseconds=1))
        ours = time.perf_counter() - began
        assert rows == count
        rv.close()
    theirs = apscheduler_claim(count)
    return [
        {"what": f"RetroVue, {count:,} schedules", "seconds": ours, "times faster": theirs / ours},
        {"what": f"APScheduler 3 on SQLite, {count:,} jobs", "seconds": theirs, "times faster": 1.0},
    ]


def nothing() -> None:
    """The job."""


def apscheduler_claim(count: int) -> float:
    """APScheduler finds its due jobs, hands them to an executor that does nothing, and stores their next times."""
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.base import BaseScheduler

    class Plain(BaseScheduler):  # type: ignore[misc]
        """One without a loop of its own."""

        def wakeup(self) -> None:
            """Nobody sleeps."""

        def shutdown(self, wait: bool = True) -> None:
            """Nothing waits."""
            super().shutdown(wait)

    with tempfile.TemporaryDirectory() as folder:
        store = SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.db")
        scheduler = Plain(jobstores={"default": store}, executors={"default": DebugExecutor()})
        scheduler.start()
        due = datetime.now(UTC)
        for number in range(count):
            scheduler.add_job(
                "benchmarks.scheduling:nothing", "cron", hour=2, minute=number % 60, id=str(number),
                next_run_time=due, misfire_grace_time=3600,
            )  # fmt: skip
        began = time.perf_counter()
        scheduler._process_jobs()
        seconds = time.perf_counter() - began
        scheduler.shutdown()
    return seconds


def bench_lateness(count: int = 1000, seconds: int = 60) -> list[Line]:
    """How late runs start whose due times are spread one a second, in a service that knows many schedules."""
    with tempfile.TemporaryDirectory() as folder:
        rv = built(folder, count)
        stop = threading.Event()
        thread = threading.Thread(target=process.run, args=(rv, stop), daemon=True)
        thread.start()
        while rv.service.health().first is None:
            time.sleep(0.05)
        time.sleep(1)
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
        with rv._context.database.transaction() as tx:
            for number in range(count):
                at = to_millis(first + timedelta(seconds=number))
                tx.execute(
                    text("UPDATE schedules SET next_run_at = :at WHERE id = :i"), {"at": at, "i": number + 1}
                )
            tx.execute(text("UPDATE changes SET n = n + 1 WHERE topic = 'schedules'"))
        time.sleep(seconds + 5)
        stop.set()
        thread.join(20)
        done = [e for e in rv.history.list() if e.start_time and e.due_at and e.status is Status.SUCCESS]
        late = sorted(
            (e.start_time - e.due_at).total_seconds() * 1000 for e in done if e.start_time and e.due_at
        )
        rv.close()
    assert len(late) >= seconds - 5, len(late)
    return [
        {"runs": len(late), "median ms": statistics.median(late), "p99 ms": late[int(len(late) * 0.99)], "most ms": late[-1]}
    ]  # fmt: skip


def bench_idle(count: int = 1000, seconds: int = 120) -> list[Line]:
    """What a service process costs that has nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        built(folder, count).close()
        service = subprocess.Popen(
            [sys.executable, "-m", "retrovue", "--data-dir", folder, "service", "run"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            time.sleep(5)
            known = psutil.Process(service.pid)
            before = known.cpu_times()
            time.sleep(seconds)
            after = known.cpu_times()
            memory = known.memory_info().rss / 1e6
        finally:
            service.terminate()
            service.wait(20)
    used = after.user + after.system - before.user - before.system
    return [
        {"schedules": count, "seconds": seconds, "% of a core": 100 * used / seconds, "resident MB": memory}
    ]


FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO schedule_executions (schedule_id, server_id, library_id, schedule_name, server_name, library_title, due_key,
    due_at, created_at, start_time, end_time, status, sync_options, items_scanned)
SELECT 1 + i % 50, 1, 1, 'Schedule ' || (i % 50), 'Benchmark', 'Library', 'k' || i, :from + i * 60000, :from + i * 60000,
    :from + i * 60000, :from + i * 60000 + 5000,
    CASE WHEN i % 97 = 0 THEN 'failed' WHEN i % 1000 = 0 THEN 'interrupted' ELSE 'success' END, '{}', i
FROM n
"""


def bench_history(count: int = 1_000_000) -> list[Line]:
    """Pages of 50 from a history of a million executions."""
    with tempfile.TemporaryDirectory() as folder:
        rv = built(folder, 50)
        start = datetime(2024, 1, 1, tzinfo=UTC)
        with rv._context.database.transaction() as tx:
            tx.execute(text(FILL), {"count": count, "from": to_millis(start)})
        middle = rv.history.list(HistoryFilter(limit=1, until=start + timedelta(minutes=count // 2)))[0].id
        month = {"since": start + timedelta(days=200), "until": start + timedelta(days=230)}
        filters: dict[str, dict[str, Any]] = {
            "first page": {},
            "a page in the middle": {"after": middle},
            "of one schedule": {"schedule": "Schedule 7"},
            "of a status": {"status": Status.FAILED},
            "of a rare status": {"status": Status.INTERRUPTED},
            "of a month": month,
            "of a schedule, a status and a month": {
                **month,
                "schedule": "Schedule 7",
                "status": Status.FAILED,
            },
            "of a schedule that is gone": {"schedule": "Never was"},
        }
        lines: list[Line] = []
        for name, values in filters.items():
            times = []
            for _ in range(21):
                began = time.perf_counter()
                rv.history.list(HistoryFilter(limit=50, **values))
                times.append((time.perf_counter() - began) * 1000)
            lines.append({"page": name, "median ms": statistics.median(times), "most ms": max(times)})
        rv.close()
    return lines


def table(lines: list[Line]) -> str:
    """Lines in Markdown."""
    head = list(lines[0])
    rows = ["| " + " | ".join(_cell(line[name]) for name in head) + " |" for line in lines]
    marks = ["---:" if isinstance(lines[0][name], int | float) else "---" for name in head]
    return "\n".join(["| " + " | ".join(head) + " |", "| " + " | ".join(marks) + " |", *rows])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return f"`{value}`" if isinstance(value, str) and "*" in value else str(value)


BENCHES: dict[str, Callable[[], list[Line]]] = {
    "cron": bench_cron,
    "claim": bench_claim,
    "lateness": bench_lateness,
    "idle": bench_idle,
    "history": bench_history,
}


def run(chosen: list[str], benches: Mapping[str, Callable[[], list[Line]]], file: str) -> None:
    """Runs the chosen ones, or all; prints their tables and writes the results."""
    found = {}
    for name in chosen or list(benches):
        found[name] = benches[name]()
        print(f"\n{(benches[name].__doc__ or name).splitlines()[0]}\n\n{table(found[name])}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    document = {"version": __version__, "cores": os.cpu_count(), "results": found}
    (RESULTS / file).write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    run(sys.argv[1:], BENCHES, "scheduling.json")
