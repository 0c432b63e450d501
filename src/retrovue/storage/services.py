"""Service processes, and what they are asked: to stop, to pause. Liveness is a lock, see `locks.service`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from retrovue.model.service import ServiceProcess, ServiceState
from retrovue.storage.database import bump
from retrovue.storage.tables import service_control, service_status

_s, _c = service_status, service_control


def register(tx: Connection, *, pid: int, host: str, version: str, now: datetime) -> int:
    """A service began, standing by; its id. What died before is made good."""
    values = {"pid": pid, "host": host, "version": version, "state": ServiceState.STANDBY.value}
    result = tx.execute(insert(_s).values(**values, started_at=now, heartbeat_at=now).returning(_s.c.id))
    tx.execute(update(_c).values(died_at=None))
    bump(tx, "service")
    return int(result.scalar_one())


def heartbeat(
    tx: Connection, service_id: int, state: ServiceState, last_error: str | None, now: datetime
) -> bool:
    """The service says how it is; False when its row is gone."""
    done = tx.execute(
        update(_s)
        .where(_s.c.id == service_id)
        .values(state=state.value, last_error=last_error, heartbeat_at=now)
    )
    bump(tx, "service")
    return done.rowcount == 1


def is_known(rx: Connection, service_id: int, *, pid: int, host: str) -> bool:
    """Whether the row of a service is there, and its own."""
    own = select(_s.c.id).where(_s.c.id == service_id, _s.c.pid == pid, _s.c.host == host)
    return rx.execute(own).first() is not None


def remove(tx: Connection, service_id: int) -> None:
    """The service ended, as it was asked to."""
    _remove(tx, service_id, died_at=None)


def bury(tx: Connection, service_id: int, now: datetime) -> None:
    """The service was found dead."""
    _remove(tx, service_id, died_at=now)


def _remove(tx: Connection, service_id: int, died_at: datetime | None) -> None:
    if tx.execute(delete(_s).where(_s.c.id == service_id)).rowcount:
        tx.execute(update(_c).values(died_at=died_at))
        bump(tx, "service")


def died_at(rx: Connection) -> datetime | None:
    """When a service was found dead, if none began or ended rightly since."""
    found: datetime | None = rx.execute(select(_c.c.died_at)).scalar_one()
    return found


def listing(rx: Connection) -> list[ServiceProcess]:
    """All rows, the leading one first, then the oldest."""
    rows = rx.execute(select(_s).order_by(_s.c.state != ServiceState.LEADING.value, _s.c.id))
    return [
        ServiceProcess(
            id=row.id,
            pid=row.pid,
            host=row.host,
            version=row.version,
            state=ServiceState(row.state),
            started_at=row.started_at,
            heartbeat_at=row.heartbeat_at,
            last_error=row.last_error,
        )
        for row in rows
    ]


def stop_number(rx: Connection) -> int:
    """Changes when all services are asked to stop."""
    return int(rx.execute(select(_c.c.stop_number)).scalar_one())


def request_stop(tx: Connection) -> None:
    """Asks every service that runs now to stop."""
    tx.execute(update(_c).values(stop_number=_c.c.stop_number + 1))
    bump(tx, "service")


def paused_at(rx: Connection) -> datetime | None:
    """Since when all schedules are paused; None when they are not."""
    found: datetime | None = rx.execute(select(_c.c.paused_at)).scalar_one()
    return found


def set_paused(tx: Connection, at: datetime | None) -> None:
    """Pauses all schedules, or resumes them."""
    tx.execute(update(_c).values(paused_at=at))
    bump(tx, "service", "schedules")
