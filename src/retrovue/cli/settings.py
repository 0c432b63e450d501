"""`retrovue settings`: what can be set, and where each value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from retrovue.cli.output import Json, Session, emit, new_group, say, table, write

if TYPE_CHECKING:
    from retrovue.core.api import SettingValue

app = new_group("What can be set.")


def setting_json(setting: SettingValue) -> dict[str, Any]:
    """The keys of `settings list`."""
    return {
        "key": setting.spec.key,
        "value": setting.value,
        "default": setting.spec.default,
        "origin": setting.origin.value,
        "unit": setting.spec.unit,
        "meaning": setting.spec.meaning,
        "variable": setting.spec.variable,
    }


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """Every setting with its value, unit and meaning."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.settings.list()
    if as_json:
        emit([setting_json(setting) for setting in found])
        return
    table(
        ("Setting", "Value", "Unit", "From", "Meaning"),
        [(s.spec.key, _shown(s), s.spec.unit, s.origin.value, s.spec.meaning) for s in found],
        empty="",
        right=("Value",),
    )


def _shown(setting: SettingValue) -> str:
    from retrovue.log import redact  # lazily, as everywhere here

    return redact(str(setting.value))


@app.command()
def get(context: typer.Context, key: str, as_json: Json = False) -> None:
    """The value of one setting."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.settings.get(key)
    if as_json:
        emit(setting_json(found))
    else:
        write(f"{_shown(found)}\n")


@app.command("set")
def set_(context: typer.Context, key: str, value: str, as_json: Json = False) -> None:
    """Change a setting."""
    session: Session = context.obj
    with session.open() as retrovue:
        changed = retrovue.settings.set(key, value)
    if as_json:
        emit(setting_json(changed))
        return
    say(f"{key} is {changed.value} now.")
    if key == "secrets.store":
        say("Tokens are not moved: give them again with 'retrovue servers edit NAME --token-stdin'.")
        if changed.value == "keyring":
            say("A keyring is locked until somebody logs in, so unattended syncs may fail.")
