"""`retrovue catalogue`: look around, and take it elsewhere."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import Json, Session, emit, fields, local, new_group, say, size, table, when
from retrovue.export import flat_item, iso, item_json, opened, write_lines, write_table
from retrovue.model.catalogue import CatalogueFilter, Change, Kind

if TYPE_CHECKING:
    from retrovue.model.catalogue import ItemChange

app = new_group("What the catalogue holds.")
_SCREENFUL = 50

ServerOption = Annotated[
    str | None, typer.Option("--server", help="Only of this server.", show_default=False)
]
LibraryOption = Annotated[
    str | None, typer.Option("--library", help="Only of this library.", show_default=False)
]
KindOption = Annotated[Kind | None, typer.Option("--kind", help="Only of this kind.", show_default=False)]
SearchOption = Annotated[
    str | None, typer.Option("--search", help="Titles that hold this.", show_default=False)
]
RemovedOption = Annotated[bool, typer.Option("--removed", help="Those that are gone from the server.")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="No more than this.", show_default=False)
]
AfterOption = Annotated[
    int | None, typer.Option("--after", help="After the one with this id.", show_default=False)
]


class Format(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


def change_json(change: ItemChange) -> dict[str, Any]:
    """The keys of `catalogue changes`."""
    return {
        "id": change.id,
        "at": iso(change.at),
        "change": change.change.value,
        "execution_id": change.execution_id,
        "item_id": change.item_id,
        "server": change.server,
        "library": change.library,
        "rating_key": change.rating_key,
        "kind": change.kind.value,
        "title": change.title,
        "fields": {name: list(pair) for name, pair in change.fields.items()},
    }


@app.command("list")
def list_(
    context: typer.Context,
    server: ServerOption = None,
    library: LibraryOption = None,
    kind: KindOption = None,
    search: SearchOption = None,
    removed: RemovedOption = False,
    limit: LimitOption = None,
    after: AfterOption = None,
    as_json: Json = False,
) -> None:
    """Items, by id."""
    session: Session = context.obj
    shown = limit if limit is not None or as_json else _SCREENFUL + 1
    wanted = CatalogueFilter(kind=kind, search=search, removed=removed, limit=shown, after=after)
    with session.open() as retrovue:
        wanted = retrovue.catalogue.filter(wanted, server=server, library=library)
        found = list(retrovue.catalogue.search(wanted))
    if as_json:
        emit([{"id": item.id, **item_json(item)} for item in found])
        return
    more = limit is None and len(found) > _SCREENFUL
    found = found[:_SCREENFUL] if more else found
    table(
        ("Id", "Library", "Kind", "Title", "Year", "Files", "Size"),
        [
            (
                item.id,
                item.library,
                item.item.kind.value,
                item.item.display_title,
                item.item.year,
                len(item.files),
                size(sum(file.file.size_bytes or 0 for file in item.files)) if item.files else "",
            )
            for item in found
        ],
        empty="Nothing in the catalogue fits. Fill it: retrovue sync SERVER",
        right=("Id", "Year", "Files", "Size"),
    )
    if more:
        say(f"More: add --after {found[-1].id}, or --limit N")


@app.command()
def show(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Its id, or its rating key.")],
    as_json: Json = False,
) -> None:
    """Everything about one item, with its files and what changed."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.catalogue.get(item)
        changes = retrovue.catalogue.changes(item_id=found.id, limit=20)
    document = item_json(found)
    if as_json:
        extra = {"missing_since": iso(found.missing_since), "trashed_at": iso(found.item.trashed_at)}
        changed = [change_json(change) for change in changes]
        emit({"id": found.id, **document, **extra, "details": found.details, "changes": changed})
        return
    fields(
        [
            ("Title", found.item.display_title),
            ("Id", found.id),
            *((name.replace("_", " ").capitalize(), value) for name, value in document.items()
              if name not in {"files", "title", "guids", "genres", "labels", "collections"}),
            ("Missing since", local(found.missing_since)),
            ("In Plex's trash since", local(found.item.trashed_at)),
            *((name.capitalize(), ", ".join(document[name])) for name in ("genres", "labels", "collections", "guids")),
        ]
    )  # fmt: skip
    for file in found.files:
        fields([("File", file.file.plex_path), ("  here", file.local_path or "no mapping applies")])
        if file.local_path is not None and not os.path.exists(file.local_path):
            say("  The file is not there.")
    for change in changes:
        say(f"{local(change.at)}  {change.change.value}  {', '.join(change.fields)}")


@app.command()
def stats(context: typer.Context, as_json: Json = False) -> None:
    """Counts per library."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.catalogue.stats()
    if as_json:
        emit(
            [
                {
                    "server": s.server, "library": s.library, "kinds": s.kinds, "files": s.files,
                    "size_bytes": s.size_bytes, "missing": s.missing, "trashed": s.trashed, "removed": s.removed,
                }
                for s in found
            ]
        )  # fmt: skip
        return
    kinds = [kind.value for kind in Kind]
    headings = ("Movies", "Shows", "Seasons", "Episodes", "Files", "Size", "Missing", "In trash", "Removed")
    table(
        ("Server", "Library", *headings),
        [
            (s.server, s.library, *(f"{s.kinds.get(kind, 0):,}" for kind in kinds), f"{s.files:,}", size(s.size_bytes),
             s.missing, s.trashed, s.removed)
            for s in found
        ],
        empty="The catalogue is empty. Fill it: retrovue sync SERVER",
        right=headings,
    )  # fmt: skip


@app.command()
def changes(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(help="2026-11-01, or 7d for the last week.", show_default=False)
    ] = None,
    execution: Annotated[int | None, typer.Option(help="Only of this execution.", show_default=False)] = None,
    change: Annotated[
        Change | None, typer.Option(help="Only this kind of change.", show_default=False)
    ] = None,
    limit: LimitOption = None,
    after: AfterOption = None,
    as_json: Json = False,
) -> None:
    """What came, changed and went, newest first."""
    session: Session = context.obj
    shown = limit if limit is not None or as_json else _SCREENFUL + 1
    start = None if since is None else when(since, option="--since")
    with session.open() as retrovue:
        found = retrovue.catalogue.changes(
            since=start, execution_id=execution, change=change, limit=shown, after=after
        )
    if as_json:
        emit([change_json(entry) for entry in found])
        return
    more = limit is None and len(found) > _SCREENFUL
    found = found[:_SCREENFUL] if more else found
    table(
        ("Id", "When", "Library", "Change", "Kind", "Title", "Fields"),
        [
            (c.id, local(c.at), c.library, c.change.value, c.kind.value, c.title, _fields_in_words(c))
            for c in found
        ],
        empty="Nothing has changed.",
        right=("Id",),
    )
    if more:
        say(f"More: add --after {found[-1].id}, or --limit N")


def _fields_in_words(change: ItemChange) -> str:
    words = []
    for name, (old, new) in change.fields.items():
        simple = all(not isinstance(value, list | dict) for value in (old, new))
        words.append(f"{name}: {_short(old)} -> {_short(new)}" if simple else name)
    return ", ".join(words)


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


@app.command()
def export(
    context: typer.Context,
    format_: Annotated[Format, typer.Option("--format", help="A line an item, or a table.")] = Format.JSONL,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Into this file.", show_default=False)
    ] = None,
    server: ServerOption = None,
    library: LibraryOption = None,
    kind: KindOption = None,
    search: SearchOption = None,
    removed: RemovedOption = False,
    limit: LimitOption = None,
    after: AfterOption = None,
) -> None:
    """All items as JSON lines or CSV."""
    session: Session = context.obj
    wanted = CatalogueFilter(kind=kind, search=search, removed=removed, limit=limit, after=after)
    with session.open() as retrovue:
        wanted = retrovue.catalogue.filter(wanted, server=server, library=library)
        with opened(output) as target:
            documents = (item_json(item) for item in retrovue.catalogue.search(wanted))
            if format_ is Format.CSV:
                count = write_table(target, map(flat_item, documents))
            else:
                count = write_lines(target, documents)
    say(f"{count:,} items were exported.")
