"""How the end of a run is put: its status, its reason in words, its counts."""

from __future__ import annotations

from datetime import timedelta

from retrovue.core.scheduling.stop import Stop
from retrovue.core.sync.run import Limits
from retrovue.errors import Cancelled, RetroVueError
from retrovue.model.execution import Status
from retrovue.model.schedule import Schedule
from retrovue.model.sync import SyncReport
from retrovue.model.words import duration
from retrovue.settings import Settings


def stopped(stop: Stop, schedule: Schedule | None, error: Cancelled) -> tuple[Status, str]:
    """Status and reason of a run that was asked to stop: by the service, by its time limit, or by a person."""
    if stop.by_service:
        return Status.INTERRUPTED, "the service was stopped; what the run had written is kept"
    if stop.timed_out() and schedule is not None:
        return Status.FAILED, f"timed out after {duration(schedule.policies.timeout)}"
    return Status.CANCELLED, error.title


def reason(error: RetroVueError) -> str:
    """What happened on the first line, what to do on the second."""
    return f"{error}\n{error.hint}" if error.hint else str(error)


def limits(settings: Settings) -> Limits:
    """The limits of a sync, as they are set."""
    return Limits(
        scan_wait=timedelta(minutes=settings.number("sync.scan_wait_minutes")),
        brake_percent=settings.number("removals.brake_percent"),
        brake_items=settings.integer("removals.brake_items"),
    )


def summary(report: SyncReport) -> str:
    """All counts in one line of the log."""
    return (
        f"{'Dry run: ' if report.dry_run else ''}{report.scanned:,} scanned, {report.added:,} added, "
        f"{report.updated:,} updated, {report.removed:,} removed, {report.restored:,} restored, "
        f"{report.unchanged:,} unchanged, {report.errors:,} errors, {report.removals_held:,} removals held; "
        f"{report.requests:,} requests, {report.bytes:,} bytes"
    )
