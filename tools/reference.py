"""Writes docs/settings.md and docs/cli.md from the code; with --check says whether they are what it would write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from retrovue.cli.main import app
from retrovue.settings import SPECS

DOCS = Path(__file__).parent.parent / "docs"
HEAD = """# Settings

A value comes from the first of these that has it: the environment, `retrovue.toml` in the data folder, the settings
table (`retrovue settings set KEY VALUE`), the default. `retrovue settings list` shows what is in force and where it
comes from. In the file, the part before the point is the group:

```toml
[removals]
brake_percent = 5
```

| setting | default | unit | meaning | variable |
| --- | --- | --- | --- | --- |
"""


def settings_page() -> str:
    """The settings as Markdown."""
    rows = []
    for spec in SPECS:
        default = f"`{spec.default}`" if spec.default != "" else ""
        note = "" if spec.stored else " (environment or file only)"
        choices = f" ({' or '.join(spec.choices)})" if spec.choices else ""
        rows.append(
            f"| `{spec.key}` | {default} | {spec.unit} | {spec.meaning}{choices}{note} | `{spec.variable}` |"
        )
    return HEAD + "\n".join(rows) + "\n"


CLI_HEAD = """# The command line

`retrovue` is the program; `python -m retrovue` is the same. Before the command: `--data-dir DIR` (or
`RETROVUE_DATA_DIR`) names the folder of the data, `--debug` shows the log and tracebacks.

Every command that shows something takes `--json` and then prints exactly one JSON document on standard output;
everything else goes to standard error. SERVER, LIBRARY and SCHEDULE are a name or an id.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | failed: the reason in one line, what to do in the next |
| 2 | wrong usage |
| 3 | done, with removals held |
| 4 | the execution was skipped |
| 130 | cancelled |
"""


def cli_page() -> str:
    """All commands as Markdown."""
    root = typer.main.get_command(app)
    return CLI_HEAD + "".join(_commands(root, "retrovue"))


def _commands(command: Any, path: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield _one(command, path)
        return
    if path != "retrovue":
        yield f"\n## {path}\n\n{command.help or ''}\n"
    for name, below in inner.items():
        yield from _commands(below, f"{path} {name}")


def _one(command: Any, path: str) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    usage = " ".join([path, *(_metavar(one) for one in arguments), *(["[options]"] if options else [])])
    level = "###" if path.count(" ") > 1 else "##"
    lines = [f"\n{level} {path}\n", command.help or "", f"\n```\n{usage}\n```"]
    rows = [f"| `{', '.join(one.opts + one.secondary_opts)}` | {_cell(one.help)} |" for one in options]
    if rows:
        lines += ["", "| option | |", "| --- | --- |", *rows]
    return "\n".join(lines) + "\n"


def _metavar(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper().strip("[].")
    more = "…" if argument.nargs == -1 else ""
    return f"{name}{more}" if argument.required else f"[{name}{more}]"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("\n", " ")


PAGES = {"settings.md": settings_page, "cli.md": cli_page}


def main(arguments: list[str]) -> int:
    """Writes the pages, or checks them."""
    stale = []
    for name, page in PAGES.items():
        path = DOCS / name
        text = page()
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"docs/{', docs/'.join(stale)}: write anew with 'make docs'", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
