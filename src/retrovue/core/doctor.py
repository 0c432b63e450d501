"""The check-up: everything that RetroVue depends on, how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from retrovue import __version__
from retrovue.core.catalogue.path_mapping import Mappings
from retrovue.core.catalogue.servers import Servers
from retrovue.core.context import Context
from retrovue.core.scheduling import zones
from retrovue.core.scheduling.manager import Schedules
from retrovue.core.scheduling.notices import Notify
from retrovue.core.scheduling.services import Service
from retrovue.errors import RetroVueError
from retrovue.log import redact
from retrovue.model.catalogue import Server, ServerState, TokenState
from retrovue.model.doctor import Finding, Verdict
from retrovue.storage import health, holds

_GOOD, _WARNING, _BAD = Verdict.GOOD, Verdict.WARNING, Verdict.BAD
_LITTLE = 500_000_000
_CLOCK = timedelta(minutes=2)
_OLD = timedelta(days=14)
_MOST_MISSING = 0.02
_SILENT = timedelta(minutes=3)


class Doctor:
    """`rv.doctor`: looks at everything and changes nothing."""

    def __init__(
        self,
        context: Context,
        servers: Servers,
        mappings: Mappings,
        schedules: Schedules,
        service: Service,
        notify: Notify,
    ) -> None:
        self._context = context
        self._servers, self._mappings = servers, mappings
        self._schedules, self._service, self._notify = schedules, service, notify

    def look(self) -> list[Finding]:
        """Everything, in the order in which it should be mended. Raises nothing that a broken part can cause."""
        checks = (
            self._database, self._backups, self._disk, self._secrets, self._servers_and_clock, self._paths,
            self._background, self._plans, self._held, self._targets, self._zone,
        )  # fmt: skip
        return [finding for check in checks for finding in _safely(check)]

    def _database(self) -> Iterator[Finding]:
        found = health.problems(self._context.database)
        if found:
            yield Finding(
                "Database", _BAD, f"It is damaged: {'; '.join(found)}",
                "Put the newest backup in its place: retrovue restore FILE",
            )  # fmt: skip
            return
        bytes_ = health.size(self._context.database)
        where = "PostgreSQL answers" if bytes_ is None else f"It is sound, {bytes_ / 1e6:,.0f} MB"
        yield Finding("Database", _GOOD, f"{where}.")

    def _backups(self) -> Iterator[Finding]:
        if self._context.database.path is None:
            return
        newest, now = health.newest_backup(self._context.database), self._context.now()
        remedy = "Make one: retrovue backup FILE. The service makes one every backup.days."
        if newest is None:
            yield Finding("Backups", _WARNING, "There is none yet.", remedy)
        elif now - newest > _OLD:
            yield Finding("Backups", _WARNING, f"The newest is {(now - newest).days} days old.", remedy)
        else:
            yield Finding("Backups", _GOOD, f"The newest is of {newest.astimezone():%Y-%m-%d %H:%M}.")

    def _disk(self) -> Iterator[Finding]:
        free = health.free(self._context.database)
        if free is None:
            return
        verdict = _GOOD if free > _LITTLE else _BAD
        remedy = (
            "" if verdict is _GOOD else "Make room where the data folder lies, or move it: --data-dir DIR"
        )
        yield Finding("Disk", verdict, f"{free / 1e9:,.1f} GB are free.", remedy)

    def _secrets(self) -> Iterator[Finding]:
        kind = self._context.settings().text("secrets.store")
        self._context.secrets().get("server-0")  # raises when the store cannot be used
        yield Finding("Tokens", _GOOD, f"The store ({kind}) can be read.")

    def _servers_and_clock(self) -> Iterator[Finding]:
        every = self._servers.list()
        if not every:
            yield Finding(
                "Servers", _WARNING, "None is known yet.",
                "Add one: retrovue servers sign-in, or retrovue servers add NAME URL --token-stdin",
            )  # fmt: skip
            return
        with ThreadPoolExecutor(min(8, len(every))) as pool:
            yield from (_of_server(state) for state in self._servers.look())
            yield from (found for found in pool.map(self._clock_of, every) if found is not None)

    def _clock_of(self, server: Server) -> Finding | None:
        source = self._context.source_of(server, impatient=True)
        try:
            source.identity()
            there, here = source.server_time(), self._context.now()
        except RetroVueError:
            return None  # said of the server already
        finally:
            source.close()
        if there is None or abs(there - here) <= _CLOCK:
            return None
        ahead = "ahead of" if here > there else "behind"
        return Finding(
            "Clock", _WARNING, f"This machine is {abs(here - there)} {ahead} '{server.name}'.".replace(".000000", ""),
            "Let both set their clocks by the network (NTP): schedules fire by this one.",
        )  # fmt: skip

    def _paths(self) -> Iterator[Finding]:
        for server in self._servers.list():
            rules = self._mappings.list(server.id)
            if not rules:
                continue
            report = self._mappings.test(server.id)
            lost = report.files - report.existing
            text = f"{report.resolved:,} of {report.files:,} files of '{server.name}' resolve, {report.existing:,} exist."
            bad = report.files > 0 and lost > report.files * _MOST_MISSING
            worst = (
                f"Most are missing in {report.worst_folders[0][0]}. " if bad and report.worst_folders else ""
            )
            remedy = f"{worst}See: retrovue mappings test '{server.name}'" if bad else ""
            yield Finding("Path mappings", _WARNING if bad else _GOOD, text, remedy)

    def _background(self) -> Iterator[Finding]:
        state = self._service.health()
        first = state.first
        if first is None:
            wanted = any(one.live for one in self._schedules.list())
            text = "It has died" if state.died_at else "It does not run"
            text += ", so no schedule fires." if wanted else "."
            yield Finding(
                "Service", _BAD if wanted else _WARNING, text,
                "Start it: retrovue service start. With the machine: retrovue service install",
            )  # fmt: skip
            return
        if first.version != __version__:
            yield Finding(
                "Service", _BAD, f"It is RetroVue {first.version}, this program is {__version__}.",
                "Let the new one take over: retrovue service stop, then retrovue service start",
            )  # fmt: skip
        elif self._context.now() - first.heartbeat_at > _SILENT:
            yield Finding(
                "Service", _BAD,
                f"Process {first.pid} on {first.host} lives, but has been silent since {first.heartbeat_at:%Y-%m-%d %H:%M}Z.",
                "End that process if 'retrovue service stop' does not, then: retrovue service start",
            )  # fmt: skip
        elif first.last_error is not None:
            yield Finding("Service", _WARNING, first.last_error, "Look into its log: retrovue service logs")
        elif state.paused:
            yield Finding(
                "Service", _WARNING, "All schedules are paused.", "Resume: retrovue schedules resume-all"
            )
        else:
            yield Finding("Service", _GOOD, f"It runs (process {first.pid} on {first.host}).")

    def _plans(self) -> Iterator[Finding]:
        every = self._schedules.list()
        for one in every:
            if one.error is not None:
                yield Finding(
                    "Schedules", _BAD, f"'{one.name}' cannot be used: {one.error}",
                    f"Write it anew: retrovue schedules edit '{one.name}'",
                )  # fmt: skip
            elif one.paused_reason is not None:
                yield Finding(
                    "Schedules", _WARNING, f"'{one.name}' has paused: {one.paused_reason}",
                    f"When that is mended: retrovue schedules enable '{one.name}'",
                )  # fmt: skip
        if all(one.error is None and one.paused_reason is None for one in every):
            live = sum(one.live for one in every)
            yield Finding("Schedules", _GOOD, f"{live} of {len(every)} are enabled.")

    def _held(self) -> Iterator[Finding]:
        with self._context.database.read() as rx:
            found = holds.open_holds(rx)
        for hold in found:
            yield Finding(
                "Removals", _WARNING, f"{hold.count:,} removals in '{hold.library}' wait for a decision.",
                "Look at them: retrovue removals list",
            )  # fmt: skip

    def _targets(self) -> Iterator[Finding]:
        for target in self._notify.list():
            if target.last_error is not None:
                yield Finding(
                    "Notifications", _WARNING, f"'{target.name}': {target.last_error}",
                    f"Try it: retrovue notify test '{target.name}'",
                )  # fmt: skip

    def _zone(self) -> Iterator[Finding]:
        name = zones.local_name()
        here = self._context.now().astimezone()
        there = here.astimezone(zones.zone(name))
        if here.utcoffset() == there.utcoffset():
            yield Finding("Time zone", _GOOD, f"{name}, {here:%H:%M} now; zone data {zones.DATA_VERSION}.")
        else:
            yield Finding(
                "Time zone", _WARNING, f"This machine's clock shows {here:%H:%M}, its zone {name} {there:%H:%M}.",
                "Name a zone in every schedule, or set the machine's: timedatectl set-timezone CONTINENT/CITY",
            )  # fmt: skip


def _safely(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    subject = check.__name__.strip("_").replace("_", " ").capitalize()
    try:
        return list(check())
    except RetroVueError as error:
        return [Finding(subject, _BAD, redact(str(error)), error.hint)]
    except OSError as error:
        return [
            Finding(subject, _BAD, redact(str(error)), "Give this user the right to read and write there.")
        ]


def _of_server(state: ServerState) -> Finding:
    name = state.server.name
    if state.problem is None:
        return Finding("Servers", _GOOD, f"'{name}' answers and takes the token ({state.version}).")
    if state.reachable and state.token is not TokenState.OK:
        remedy = "Sign in again: retrovue servers sign-in"
    else:
        remedy = (
            f"Is it switched on, and is its address still right? retrovue servers edit '{name}' --url URL"
        )
    return Finding("Servers", _BAD, f"'{name}': {state.problem}", remedy)
