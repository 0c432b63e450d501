"""The command line, as the tests of living with it use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_runner import Cli
from retrovue.demo.server import StandIn


@pytest.fixture
def cli(
    data_dir: Path, server: StandIn, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cli:
    """The command line with the stand-in's token in the environment."""
    monkeypatch.setenv("RETROVUE_PLEX_TOKEN", server.token)
    monkeypatch.setenv("RETROVUE_PLEX_RETRIES", "0")
    return Cli(data_dir, server, capfd)


@pytest.fixture
def home(cli: Cli) -> Cli:
    """With the server added and its libraries discovered."""
    cli.ok("servers", "add", "Home", cli.server.url)
    cli.ok("libraries", "discover", "Home")
    return cli
