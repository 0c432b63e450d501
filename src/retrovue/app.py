"""The composition root: the only place that wires the adapters to the core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from retrovue.core.api import RetroVue
from retrovue.core.context import Context, OpenSource, Pause, Secrets
from retrovue.errors import Conflict, DatabaseCorrupt, StorageError
from retrovue.model.account import Account, LocalServer
from retrovue.model.catalogue import Secret
from retrovue.model.notices import Channels
from retrovue.model.sync import MediaSource
from retrovue.notify import rules
from retrovue.notify.channels import AppriseChannels
from retrovue.secrets.store import FileSecrets, KeyringSecrets
from retrovue.settings import Settings
from retrovue.storage import backup, migrate, settings_table
from retrovue.storage.database import Database


def now() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


def build(
    settings: Settings,
    *,
    secrets: Secrets | None = None,
    open_source: OpenSource | None = None,
    clock: Callable[[], datetime] = now,
    pause: Pause = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    channels: Channels | None = None,
    scan: Callable[[], Sequence[LocalServer]] | None = None,
) -> RetroVue:
    """Opens the database (making or upgrading it) and wires everything. Tests hand the outside world in.

    Raises `StorageError` when the database cannot be used.
    """
    context = wire(
        settings,
        secrets=secrets,
        open_source=open_source,
        clock=clock,
        pause=pause,
        monotonic=monotonic,
        channels=channels,
        scan=scan,
    )
    try:
        migrate.ensure(context.database, clock())
    except DatabaseCorrupt as error:
        found = newest_good_backup(settings)
        if found is None:
            raise
        hint = f"Put the newest good backup in its place, the damaged one is set aside: retrovue restore '{found[0]}'"
        raise DatabaseCorrupt(error.title, error.message, hint) from error
    return RetroVue(context)


def wire(
    settings: Settings,
    *,
    secrets: Secrets | None = None,
    open_source: OpenSource | None = None,
    clock: Callable[[], datetime] = now,
    pause: Pause = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    channels: Channels | None = None,
    scan: Callable[[], Sequence[LocalServer]] | None = None,
) -> Context:
    """Everything wired, nothing opened."""
    database = Database(settings.database_url, busy_seconds=settings.number("database.busy_seconds"))

    def store() -> Secrets:
        if secrets is not None:
            return secrets
        if context.settings().text("secrets.store") == "keyring":
            return KeyringSecrets()
        return FileSecrets(settings.data_dir / "secrets.json")

    def account() -> Account:
        from retrovue.plex.client import ClientOptions  # lazily: httpx takes a while to load
        from retrovue.plex.signin import PlexTv

        now_set = context.settings()
        with context.database.transaction() as tx:
            installation = settings_table.installation(tx, clock())
        options = ClientOptions(
            client_identifier=installation,
            ca_file=now_set.text("plex.account_ca_file") or None,
            timeout_seconds=now_set.number("plex.timeout_seconds"),
        )
        return PlexTv(options, clock, now_set.text("plex.account_url"), pause)

    context = Context(
        database=database,
        base_settings=settings,
        secrets=store,
        open_source=open_source or open_plex,
        now=clock,
        pause=pause,
        monotonic=monotonic,
        decide=rules.decide,
        account=account,
        scan=scan or local_servers,
        channels=channels or AppriseChannels(),
    )
    return context


def newest_good_backup(settings: Settings) -> tuple[Path, datetime] | None:
    """The newest copy in the backups folder that passes its check, and when it was made."""
    database = Database(settings.database_url, busy_seconds=settings.number("database.busy_seconds"))
    try:
        found = backup.newest_good(database)
    finally:
        database.close()
    return None if found is None else (found.path, found.made_at)


def restore(settings: Settings, source: Path) -> Path | None:
    """Puts a backup in the database's place, after a copy of what was there; that copy.

    Works on a database that cannot be read any more. Raises `Conflict` while a sync runs, `DatabaseCorrupt`
    for a file that is no backup, `DatabaseNewer` for one of a newer program; then nothing changes.
    """
    _refuse_while_running(settings)
    database = Database(settings.database_url, busy_seconds=settings.number("database.busy_seconds"))
    try:
        migrate.check_backup(source)
        saved = backup.restore(database, source, now())
        migrate.ensure(database, now())
    finally:
        database.close()
    return saved


def _refuse_while_running(settings: Settings) -> None:
    try:
        retrovue = build(settings)
    except StorageError:
        return  # nothing can run on a database that cannot be opened
    try:
        retrovue.sync.recover()
        running = retrovue.history.running()
    finally:
        retrovue.close()
    if running:
        raise Conflict(
            "A sync is running",
            f"{running[0].library} of {running[0].server}",
            f"Wait for its end, or cancel it: retrovue history cancel {running[0].id}",
        )


def local_servers() -> Sequence[LocalServer]:
    """Asks the local network."""
    from retrovue.plex import local  # lazily: plexapi takes a while to load

    return local.scan()


def open_plex(
    url: str,
    token: Secret | None,
    *,
    verify_tls: bool,
    ca_file: str | None,
    settings: Settings,
    installation: str,
    pause: Pause,
) -> MediaSource:
    """Opens a Plex server as a media source."""
    from retrovue.plex.client import ClientOptions, PlexClient  # lazily: httpx takes a while to load
    from retrovue.plex.source import PlexSource

    options = ClientOptions(
        client_identifier=installation,
        verify_tls=verify_tls,
        ca_file=ca_file,
        timeout_seconds=settings.number("plex.timeout_seconds"),
        retries=settings.integer("plex.retries"),
        max_body=settings.integer("plex.max_body_mib") * 1024 * 1024,
    )
    return PlexSource(PlexClient(url, token, options, pause), page_size=settings.integer("sync.page_size"))
