"""A file that is exported appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrovue.errors import DatabaseLocked, StorageError
from retrovue.export import opened, write_lines


def test_what_breaks_off_leaves_nothing_behind_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("older")
    with pytest.raises(DatabaseLocked), opened(path) as target:
        write_lines(target, [{"number": 1}])
        raise DatabaseLocked("Another program is writing to the database")
    assert [one.name for one in tmp_path.iterdir()] == ["export.jsonl"]
    assert path.read_text() == "older"
    with opened(path) as target:
        assert write_lines(target, ({"number": number} for number in range(3))) == 3
    assert [one.name for one in tmp_path.iterdir()] == ["export.jsonl"]
    assert path.read_text().splitlines()[2] == '{"number": 2}'


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"), opened(tmp_path / "no" / "such"):
        pass
