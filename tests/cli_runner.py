"""Commands run in this process, with what they leave behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from retrovue.cli.main import run
from retrovue.demo.server import StandIn


@dataclass
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Cli:
    """Runs commands in this process."""

    def __init__(self, data_dir: Path, server: StandIn, capfd: pytest.CaptureFixture[str]) -> None:
        self.data_dir = data_dir
        self.server = server
        self._capfd = capfd

    def __call__(self, *arguments: str) -> Result:
        self._capfd.readouterr()
        code = run(["--data-dir", str(self.data_dir), *arguments])
        out, err = self._capfd.readouterr()
        assert self.server.token not in out + err
        assert "Traceback" not in out + err
        return Result(code, out, err)

    def ok(self, *arguments: str) -> Result:
        """Runs a command that must succeed."""
        result = self(*arguments)
        assert result.code == 0, result.err
        return result

    def fails(self, *arguments: str, code: int = 1) -> Result:
        """Runs a command that must fail, in a line on what happened and one on what to do."""
        result = self(*arguments)
        assert result.code == code, (result.code, result.err)
        lines = result.err.strip().splitlines()
        assert len(lines) == 2, result.err
        assert result.out == ""
        return result
