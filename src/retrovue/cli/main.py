"""The program's commands, and the one place that turns errors into words and exit codes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from retrovue import __version__
from retrovue.cli import (
    catalogue,
    demo,
    doctor,
    history,
    legacy,
    libraries,
    maintenance,
    mappings,
    notify,
    removals,
    schedules,
    servers,
    service,
    settings,
    sign_in,
    status,
    sync,
    window,
)
from retrovue.cli.output import CANCELLED, DONE, FAILED, USAGE, Session, quiet_stdout, say
from retrovue.errors import Cancelled, Invalid, RetroVueError
from retrovue.log import redact

app = typer.Typer(
    name="retrovue",
    help="A local catalogue of the media on your Plex servers: always fresh, never wrong about removals.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
servers.app.command("sign-in")(sign_in.sign_in)
app.add_typer(servers.app, name="servers")
app.add_typer(libraries.app, name="libraries")
app.add_typer(mappings.app, name="mappings")
app.add_typer(removals.app, name="removals")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(schedules.app, name="schedules")
app.add_typer(history.app, name="history")
app.add_typer(service.app, name="service")
app.add_typer(notify.app, name="notify")
app.add_typer(settings.app, name="settings")
app.command("sync")(sync.sync)
app.command("status")(status.status)
app.command("backup")(maintenance.backup)
app.command("restore")(maintenance.restore)
app.command("doctor")(doctor.doctor)
app.command("support-bundle")(doctor.support_bundle)
app.command("import-legacy")(legacy.import_legacy)
app.command("demo")(demo.demo)
app.command("gui")(window.gui)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"retrovue {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder of the data (or RETROVUE_DATA_DIR).", show_default=False)
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the log and tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before the command."""
    import logging  # lazily, as everywhere here

    from retrovue import log

    log.set_up(logging.DEBUG if debug else logging.CRITICAL)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    context.obj = Session(data_dir, debug)


def run(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code. Errors end as one line on what happened and one on what to do."""
    debug = "--debug" in arguments
    try:
        code = app(args=list(arguments), prog_name="retrovue", standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        say("Cancelled.")
        return CANCELLED
    except KeyboardInterrupt:
        say("Cancelled.")
        return CANCELLED
    except BrokenPipeError:
        quiet_stdout()
        return FAILED
    except RetroVueError as error:
        return _explain(error, debug=debug)
    except Exception as error:  # noqa: BLE001  (the boundary of a command)
        return _explain_other(error, debug=debug)
    return code if isinstance(code, int) else DONE


def _explain(error: RetroVueError, *, debug: bool) -> int:
    if debug:
        say(redact(traceback.format_exc()))
    say(redact(f"Error: {error}"))
    if error.hint:
        say(redact(error.hint))
    if isinstance(error, Cancelled):
        return CANCELLED
    return USAGE if isinstance(error, Invalid) else FAILED


def _explain_other(error: Exception, *, debug: bool) -> int:
    show = getattr(error, "show", None)  # the usage errors of the command line's parser
    if show is not None and hasattr(error, "exit_code"):
        show()
        return int(error.exit_code)
    if debug:
        say(redact(traceback.format_exc()))
    say(redact(f"Error: a fault in RetroVue: {type(error).__name__}: {error}"))
    say("Run it again with --debug before the command and report what it prints.")
    return FAILED
