"""`retrovue import-legacy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retrovue.cli.output import Json, Session, emit, say


def import_legacy(
    context: typer.Context,
    old: Annotated[
        Path, typer.Argument(metavar="OLD.db", help="The database of RetroVue 1.2.x; it is only read.")
    ],
    as_json: Json = False,
) -> None:
    """Bring servers, tokens, libraries and path mappings over from RetroVue 1.2.x."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.legacy.bring(old)
    if as_json:
        emit(
            {
                "servers": found.servers,
                "libraries": found.libraries,
                "mappings": found.mappings,
                "left": found.left,
                "counted": found.counted,
            }
        )
        return
    say(f"Servers: {', '.join(found.servers) or 'none'}")
    say(f"Libraries: {', '.join(found.libraries) or 'none'}")
    say(f"Path mappings: {found.mappings}")
    for line in found.left:
        say(f"Not brought over: {line}")
    items = found.counted.get("content_items", 0)
    if found.servers and items:
        say(f"\nThe old catalogue had {items:,} items. A sync makes it anew, and rightly:")
        for name in found.servers:
            say(f"  retrovue sync '{name}'")
