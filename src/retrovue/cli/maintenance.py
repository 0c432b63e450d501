"""`retrovue backup` and `retrovue restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retrovue.cli.output import Json, Session, confirm, emit, say


def backup(context: typer.Context, file: Path, as_json: Json = False) -> None:
    """Copy the database into FILE, also while it is in use."""
    session: Session = context.obj
    with session.open() as retrovue:
        made = retrovue.backup(file)
    if as_json:
        emit({"file": str(made), "size_bytes": made.stat().st_size})
    else:
        say(f"Wrote {made}. Tokens are not in it.")


def restore(
    context: typer.Context,
    file: Path,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Put the backup FILE in the place of the database, after a copy of what is there."""
    session: Session = context.obj
    from retrovue import app  # lazily: SQLAlchemy takes a while to load

    confirm(f"Put {file} in the place of the catalogue?", yes=yes)
    saved = app.restore(session.settings(), file)
    if as_json:
        emit({"restored": str(file), "saved": None if saved is None else str(saved)})
        return
    say("Restored.")
    if saved is not None:
        say(f"What was there before is kept in {saved}")
