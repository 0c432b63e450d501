"""`retrovue gui`."""

from __future__ import annotations

import typer

from retrovue.cli.output import Session


def gui(context: typer.Context) -> int:
    """Open the desktop program (needs the extra gui)."""
    from retrovue.errors import Conflict  # lazily, as everywhere here

    session: Session = context.obj
    try:
        from retrovue.gui import app
    except ImportError as error:
        raise Conflict(
            "The desktop program is not installed",
            str(error),
            "Install it: pip install 'retrovue[gui]', and on Debian libgl1 libegl1 libxkbcommon0 libxcb-cursor0",
        ) from error
    return app.run(session.settings())
