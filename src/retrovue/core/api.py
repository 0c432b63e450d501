"""The façade: everything that a face may do, in groups."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from pathlib import Path

from retrovue.core import support
from retrovue.core.catalogue.browse import Catalogue
from retrovue.core.catalogue.libraries import Libraries
from retrovue.core.catalogue.path_mapping import Mappings
from retrovue.core.catalogue.servers import Removal, Servers
from retrovue.core.catalogue.sign_in import SignIn
from retrovue.core.context import Context
from retrovue.core.doctor import Doctor
from retrovue.core.legacy import Brought, Legacy
from retrovue.core.scheduling.executor import Executor
from retrovue.core.scheduling.history import History
from retrovue.core.scheduling.loop import About, Loop
from retrovue.core.scheduling.manager import Removed, Schedules
from retrovue.core.scheduling.notices import Notify
from retrovue.core.scheduling.services import Service
from retrovue.core.scheduling.stop import Stop
from retrovue.core.scheduling.sync import Removals, Syncs
from retrovue.errors import Conflict
from retrovue.settings import SPECS, Origin, Settings, Spec, Value, spec_of
from retrovue.storage import backup, settings_table
from retrovue.storage.watch import Watcher

__all__ = ["About", "Brought", "Loop", "Removal", "Removed", "RetroVue", "SettingValue", "Stop", "Watcher"]


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting with the value in force and where it comes from."""

    spec: Spec
    value: Value
    origin: Origin


class SettingsGroup:
    """`rv.settings`: what can be set."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def now(self) -> Settings:
        """All settings in force."""
        return self._context.settings()

    def list(self) -> list[SettingValue]:
        """Every setting with its value and origin."""
        now = self.now()
        return [SettingValue(spec, now.values[spec.key], now.origins[spec.key]) for spec in SPECS]

    def get(self, key: str) -> SettingValue:
        """One setting. Raises `Invalid` for a key that does not exist."""
        spec, now = spec_of(key), self.now()
        return SettingValue(spec, now.values[key], now.origins[key])

    def set(self, key: str, raw: str) -> SettingValue:
        """Stores a value. Raises `Invalid` when it cannot be right, `Conflict` when it would not count."""
        spec = spec_of(key)
        value = spec.parse(raw)
        origin = self.get(key).origin
        if not spec.stored or origin in {Origin.FILE, Origin.ENVIRONMENT}:
            where = {Origin.ENVIRONMENT: f"the environment ({spec.variable})", Origin.FILE: "retrovue.toml"}
            raise Conflict(
                f"{key} cannot be stored",
                f"it is set by {where[origin]}" if origin in where else "it must be known before the database is opened",
                f"Set {spec.variable}, or write it into retrovue.toml in the data folder.",
            )  # fmt: skip
        with self._context.database.transaction() as tx:
            settings_table.put(tx, key, value, self._context.now())
        return self.get(key)


class RetroVue:
    """The one door for every face. Methods raise `RetroVueError`; values are frozen."""

    def __init__(self, context: Context) -> None:
        self._context = context
        executor = Executor(context)
        self.libraries = Libraries(context)
        self.mappings = Mappings(context)
        self.catalogue = Catalogue(context)
        self.sync = Syncs(context, executor)
        self.removals = Removals(context, self.sync)
        self.history = History(context)
        self.schedules = Schedules(context, self.sync)
        self.servers = Servers(context, self.schedules.resume_of)
        self.sign_in = SignIn(context, self.servers)
        executor.find_again = self.sign_in.find_again
        self.notify = Notify(context)
        self.service = Service(context, executor, self.history, self.notify)
        self.settings = SettingsGroup(context)
        self.legacy = Legacy(context, self.servers, self.libraries, self.mappings)
        self.doctor = Doctor(context, self.servers, self.mappings, self.schedules, self.service, self.notify)

    def support_bundle(self, target: Path) -> Path:
        """Writes what somebody who helps needs to know, without secrets. Raises `Conflict` and `StorageError`."""
        return support.write(self._context, self.doctor.look(), target)

    def backup(self, target: Path) -> Path:
        """A consistent copy of the database, also while others write. Raises `Conflict` on PostgreSQL."""
        return backup.create(self._context.database, target)

    def versions(self) -> builtins.dict[str, int]:
        """A number per topic that grows whenever something of that topic changed."""
        return self._context.database.versions()

    def follow(self) -> Watcher:
        """Tells, cheaply and again and again, which topics changed since it was last asked. For one thread."""
        return Watcher(self._context.database)

    def close(self) -> None:
        """Gives the database's connections back."""
        self._context.database.close()
