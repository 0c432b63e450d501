"""The support bundle: what somebody who helps needs to know, and no secret."""

from __future__ import annotations

import json
import os
import platform
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import msgspec

from retrovue import __version__
from retrovue.core.context import Context, ping_name, secret_name
from retrovue.errors import Conflict, RetroVueError, SecretsError, StorageError
from retrovue.export import execution_json, iso
from retrovue.log import protect, redact
from retrovue.model.doctor import Finding
from retrovue.model.execution import HistoryFilter
from retrovue.storage import browse, deliveries, executions, migrate, schedules, servers

_RUNS = 200
_LOG_BYTES = 2_000_000


def write(context: Context, findings: list[Finding], target: Path) -> Path:
    """Writes the bundle, a zip file. Raises `Conflict` when the file exists, `StorageError` when it cannot be written."""
    target = target.expanduser().absolute()
    if target.exists():
        raise Conflict(f"{target} is already there", hint="Name a file that does not exist yet.")
    _protect_all(context)
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in _contents(context, findings):
                bundle.writestr(name, redact(text))
        part.chmod(0o600)
        os.replace(part, target)
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written",
            error.strerror or str(error),
            "Name a place that exists and is writable.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def _protect_all(context: Context) -> None:
    """Loads every secret once, so that it is known and taken out wherever it stands."""
    with context.database.read() as rx:
        names = [secret_name(server.id) for server in servers.all_servers(rx)]
        names += [f"notify-{target.id}" for target in deliveries.targets(rx)]
        names += [ping_name(ident) for ident in deliveries.pings(rx)]
    for name in [*names, "account"]:
        try:
            secret = context.secrets().get(name)
        except SecretsError:
            continue
        if secret is not None:
            protect(secret.reveal())


def _contents(context: Context, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    yield (
        "README.txt",
        "Made by 'retrovue support-bundle'. Tokens, passwords and addresses of targets are taken out.\n",
    )
    yield "doctor.json", _json(findings)
    yield "versions.json", _json(_versions())
    settings = context.settings()
    yield (
        "settings.json",
        _json({key: [value, settings.origins[key].value] for key, value in settings.values.items()}),
    )
    for name, read in (
        ("catalogue.json", _catalogue),
        ("schedules.json", _schedules),
        ("history.json", _history),
    ):
        try:
            yield name, _json(read(context))
        except RetroVueError as error:  # a broken database is what a bundle is often about
            yield name, _json({"error": str(error)})
    for log in sorted((settings.data_dir / "logs").glob("service.log*")):
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_BYTES))
            yield f"logs/{log.name}", file.read().decode("utf-8", "replace")


def _versions() -> dict[str, Any]:
    return {
        "retrovue": __version__,
        "schema": migrate.HEAD,
        "python": sys.version,
        "platform": platform.platform(),
        "packages": {
            one.name: one.version for one in sorted(distributions(), key=lambda one: one.name.lower())
        },
    }


def _catalogue(context: Context) -> dict[str, Any]:
    with context.database.read() as rx:
        return {
            "schema": migrate.revision_of(context.database),
            "libraries": browse.stats(rx),
            "servers": [
                {"id": one.id, "version": one.version, "https": one.url.startswith("https"), "verify_tls": one.verify_tls}
                for one in servers.all_servers(rx)
            ],
            "mappings": len(servers.mappings(rx)),
        }  # fmt: skip


def _schedules(context: Context) -> list[dict[str, Any]]:
    with context.database.read() as rx:
        return [
            {
                "id": one.id, "server": one.server_id, "library": one.library_id, "trigger": one.trigger,
                "timezone": one.timezone, "options": one.options, "policies": one.policies, "enabled": one.enabled,
                "paused": one.paused_reason, "error": one.error, "next": iso(one.next_run_at), "last": iso(one.last_run_at),
                "runs": one.total_runs, "failures": one.total_failures,
            }
            for one in schedules.listing(rx)
        ]  # fmt: skip


def _history(context: Context) -> list[dict[str, Any]]:
    with context.database.read() as rx:
        return [execution_json(one) for one in executions.listing(rx, HistoryFilter(limit=_RUNS))]


def _json(document: Any) -> str:
    return json.dumps(msgspec.to_builtins(document, enc_hook=str), ensure_ascii=False, indent=2) + "\n"
