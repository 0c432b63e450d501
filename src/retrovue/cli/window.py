"""`retrovue gui`."""

from __future__ import annotations

import os

import typer

from retrovue.cli.output import Session


def gui(context: typer.Context) -> int:
    """Open the desktop program (needs a screen and the extra gui)."""
    from retrovue.errors import Conflict  # lazily, as everywhere here

    session: Session = context.obj
    try:
        from retrovue.gui import app
        from retrovue.gui.screen import need_screen
    except ImportError as error:
        raise Conflict(
            "The desktop program is not installed",
            str(error),
            "Install it: pip install 'retrovue[gui]', and on Debian libgl1 libegl1 libxkbcommon0 libxcb-cursor0",
        ) from error
    need_screen(os.environ)
    return app.run(session.settings())
