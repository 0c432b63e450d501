"""The program as a process of its own: help, completion, the demonstration, pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli_runner import Cli


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, without a terminal. It must end by itself: the demonstration promises two minutes."""
    return subprocess.run(
        [sys.executable, "-m", "retrovue", *arguments], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    done = process("--help")
    assert done.returncode == 0
    for command in ("demo", "gui", "status", "servers", "libraries", "mappings", "sync", "removals", "catalogue", "schedules",
                    "history", "service", "notify", "settings", "backup", "restore", "doctor", "support-bundle",
                    "import-legacy"):  # fmt: skip
        assert f"  {command}" in done.stdout
    heavy = ("sqlalchemy", "httpx", "rich", "alembic", "pydantic", "keyring")
    code = f"import sys, retrovue.cli.main; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert loaded.stdout.strip() == "[]"


def test_shell_completion_is_offered() -> None:
    done = process("--show-completion", "bash")
    assert done.returncode == 0
    assert "complete -o default -F _retrovue_completion retrovue" in done.stdout


def test_the_demonstration_ends_by_itself_in_a_folder_of_its_own(tmp_path: Path) -> None:
    done = process("demo", RETROVUE_DATA_DIR=str(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    assert "Plan 9 from Outer Space" in done.stdout
    assert "What to try next" in done.stdout
    assert not (tmp_path / "mine" / "retrovue.db").exists()
    again = process("demo", RETROVUE_DATA_DIR=str(tmp_path / "mine"))
    assert again.returncode == 0
    shown = process("--data-dir", str(tmp_path / "mine" / "demo"), "catalogue", "stats", "--json")
    assert {entry["library"] for entry in json.loads(shown.stdout)} == {"Movies", "TV Shows", "Music"}


def test_the_demonstration_leaves_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")
    done = process("demo", RETROVUE_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"


def test_a_pipe_that_closes_early_is_no_fault(home: Cli, make_pipe: Callable[[Path], int]) -> None:
    home.ok("sync", "Home")
    assert make_pipe(home.data_dir) == 0


@pytest.fixture
def make_pipe() -> Callable[[Path], int]:
    """Runs an export into a pipe that is read one line of; 0 when nothing ugly was said."""

    def piped(data_dir: Path) -> int:
        command = f"{sys.executable} -m retrovue --data-dir {data_dir} catalogue export | head -n 1"
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60
        )
        assert "Traceback" not in done.stderr
        assert "BrokenPipe" not in done.stderr
        return done.returncode

    return piped
