"""Writing what is exported: JSON lines or a table, to standard output or into a file."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole or not at all."""
    from retrovue.errors import StorageError  # lazily, as everywhere here

    if path is None:
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            yield sys.stdout
            return
        target = io.TextIOWrapper(buffer, encoding="utf-8", newline="", write_through=True)
        try:
            yield target
        finally:
            target.detach()
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"{path} cannot be written",
            error.strerror or str(error),
            "Name a place that exists and is writable.",
        ) from error


def write_lines(target: TextIO, documents: Iterable[dict[str, Any]]) -> int:
    """A line of JSON a document; how many there were."""
    count = 0
    for document in documents:
        target.write(json.dumps(document, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_table(target: TextIO, documents: Iterable[dict[str, Any]]) -> int:
    """CSV with a heading; lists are joined with ` | `. How many documents there were."""
    writer = csv.writer(target)
    count = 0
    for document in documents:
        if count == 0:
            writer.writerow(document)
        writer.writerow(" | ".join(map(str, v)) if isinstance(v, list) else v for v in document.values())
        count += 1
    return count
