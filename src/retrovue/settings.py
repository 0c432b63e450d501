"""All settings: typed, validated, each with its meaning and unit.

A value comes from the first of these that has it: the environment (`RETROVUE_SYNC_PAGE_SIZE`), the file
`retrovue.toml` in the data folder, the settings table, the default. The data folder and the database's
address are never in the table, since they say where the table is.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from retrovue.errors import Invalid

Value = int | float | str


class Origin(StrEnum):
    """Where a value in force comes from."""

    DEFAULT = "default"
    TABLE = "table"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting: its key, default, meaning, unit, and what it may be."""

    key: str
    default: Value
    meaning: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    stored: bool = True

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "RETROVUE_" + self.key.replace(".", "_").upper()

    def parse(self, raw: object) -> Value:
        """The value that `raw` (text, or a TOML value) stands for; raises `Invalid` naming the key."""
        kind = type(self.default)
        try:
            if isinstance(raw, bool) or not isinstance(raw, int | float | str):
                raise ValueError(raw)
            value: Value = kind(raw)
            if kind is int and float(raw) != value:
                raise ValueError(raw)
        except ValueError:
            raise self._invalid(raw, "a whole number" if kind is int else "a number") from None
        if self.choices and value not in self.choices:
            raise self._invalid(raw, " or ".join(self.choices))
        if isinstance(value, int | float):
            self._check_range(value, raw)
        return value

    def _check_range(self, value: float, raw: object) -> None:
        if self.least is not None and not value >= self.least:
            raise self._invalid(raw, f"at least {self.least:g}{self._suffix()}")
        if self.most is not None and not value <= self.most:
            raise self._invalid(raw, f"at most {self.most:g}{self._suffix()}")

    def _suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _invalid(self, raw: object, wanted: str) -> Invalid:
        return Invalid(
            self.key,
            f"The setting {self.key} cannot be {raw!r}",
            f"it must be {wanted}",
            f"Set it with: retrovue settings set {self.key} {self.default}",
        )


SPECS: tuple[Spec, ...] = (
    Spec(
        "database.url", "", "Address of the database in SQLAlchemy form; empty: retrovue.db in the data folder",
        stored=False,
    ),
    Spec(
        "database.busy_seconds", 10.0, "How long to wait for another program that is writing", "seconds", 0, 300,
        stored=False,
    ),
    Spec(
        "secrets.store", "file",
        "Where tokens are kept. A keyring is locked without a login, so nightly runs then fail",
        choices=("file", "keyring"),
    ),
    Spec("plex.timeout_seconds", 30.0, "How long one answer of a server may take", "seconds", 1, 600),
    Spec("plex.retries", 3, "How often a request is tried again after a passing failure", "times", 0, 10),
    Spec("plex.max_body_mib", 32, "The largest answer that is read", "MiB", 1, 1024),
    Spec("plex.account_url", "https://plex.tv", "Where signing in asks"),
    Spec("plex.account_ca_file", "", "A PEM file to trust there, in networks that inspect TLS"),
    Spec("sync.page_size", 1000, "Rows asked for at a time", "rows", 2, 1000),
    Spec("sync.scan_wait_minutes", 15.0, "How long to wait for a library that the server is scanning", "minutes", 0, 240),
    Spec(
        "sync.auto_complete_hours", 24.0,
        "Depth auto looks at everything again when the last complete sync is older", "hours", 0, 8760,
    ),
    Spec("removals.brake_percent", 10.0, "Removals of more than this part of a library are held", "%", 0, 100),
    Spec("removals.brake_items", 20, "Removals of no more than this many items are never held", "items", 0),
    Spec("service.parallel_servers", 2, "Servers that are synced at the same time", "servers", 1, 8),
    Spec("notify.stale_hours", 0, "A message when a library was not synced for so long; 0: none", "hours", 0, 87600),
    Spec("backup.days", 7, "The service copies the database so often; 0: never", "days", 0, 365),
    Spec("backup.keep", 4, "So many of these copies are kept", "copies", 1, 365),
    Spec(
        "gui.theme", "system", "Colours of the window; system follows the platform where it tells",
        choices=("system", "light", "dark"),
    ),
    Spec(
        "gui.start_service", "yes",
        "The window starts the service when it opens and none runs, and again when it has died",
        choices=("yes", "no"),
    ),
    Spec("history.days", 90, "Executions older than this are pruned", "days", 1),
    Spec("history.per_schedule", 1000, "Executions kept of each schedule", "executions", 1),
    Spec("history.log_days", 30, "Logs older than this are pruned", "days", 1),
    Spec("history.log_kib", 1024, "Size of one execution's log; the first and the last part are kept", "KiB", 16),
    Spec("journal.days", 365, "Changes older than this are pruned", "days", 1),
)  # fmt: skip
BY_KEY: dict[str, Spec] = {spec.key: spec for spec in SPECS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force, and where each comes from."""

    data_dir: Path
    values: Mapping[str, Value]
    origins: Mapping[str, Origin]

    def integer(self, key: str) -> int:
        """The value of a setting that is a whole number."""
        value = self.values[key]
        if not isinstance(value, int):
            raise TypeError(key)
        return value

    def number(self, key: str) -> float:
        """The value of a setting that is a number."""
        value = self.values[key]
        if isinstance(value, str):
            raise TypeError(key)
        return float(value)

    def text(self, key: str) -> str:
        """The value of a setting that is text."""
        return str(self.values[key])

    @property
    def database_url(self) -> str:
        """The database's address; by default a SQLite file in the data folder."""
        return self.text("database.url") or f"sqlite:///{self.data_dir / 'retrovue.db'}"

    def with_table(self, table: Mapping[str, Value]) -> Settings:
        """These settings with the stored ones under the file and the environment.

        A stored value that is no longer valid falls back to the default, and shows its origin so.
        """
        values, origins = dict(self.values), dict(self.origins)
        for key, raw in table.items():
            spec = BY_KEY.get(key)
            if spec is None or not spec.stored or origins[key] in {Origin.FILE, Origin.ENVIRONMENT}:
                continue
            try:
                values[key], origins[key] = spec.parse(raw), Origin.TABLE
            except Invalid:
                continue
        return Settings(self.data_dir, values, origins)


def spec_of(key: str) -> Spec:
    """The setting with this key; raises `Invalid` when there is none."""
    if key not in BY_KEY:
        raise Invalid(
            "key",
            f"There is no setting '{key}'",
            hint="See all of them with: retrovue settings list",
        )
    return BY_KEY[key]


def default_data_dir() -> Path:
    """The platform's folder for this user's data."""
    import platformdirs  # lazily: only needed when no folder was named

    return Path(platformdirs.user_data_dir("retrovue", appauthor=False))


def load(data_dir: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads file and environment (the table comes later, by `with_table`). Raises `Invalid` naming the key."""
    env = os.environ if environment is None else environment
    folder = data_dir or (
        Path(env["RETROVUE_DATA_DIR"]) if env.get("RETROVUE_DATA_DIR") else default_data_dir()
    )
    folder = folder.expanduser().absolute()
    values: dict[str, Value] = {spec.key: spec.default for spec in SPECS}
    origins = dict.fromkeys(values, Origin.DEFAULT)
    for key, raw in _read_file(folder / "retrovue.toml").items():
        values[key], origins[key] = spec_of(key).parse(raw), Origin.FILE
    for spec in SPECS:
        if spec.variable in env and env[spec.variable] != "":
            values[spec.key], origins[spec.key] = spec.parse(env[spec.variable]), Origin.ENVIRONMENT
    return Settings(folder, values, origins)


def _read_file(path: Path) -> dict[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid("file", f"{path} cannot be read", str(error), "Mend or remove the file.") from error
    flat: dict[str, object] = {}
    for group, entries in document.items():
        if not isinstance(entries, dict):
            raise Invalid(
                "file",
                f"{path}: '{group}' stands outside of a group",
                hint="Write [sync] above it.",
            )
        flat.update({f"{group}.{name}": value for name, value in entries.items()})
    return flat
