"""`retrovue doctor` and `retrovue support-bundle`."""

from __future__ import annotations

from pathlib import Path

import typer

from retrovue.cli.output import DONE, FAILED, Json, Session, emit, say, table
from retrovue.model.doctor import Verdict


def doctor(context: typer.Context, as_json: Json = False) -> int:
    """Look at everything that RetroVue depends on, and say what to do about it. Exit code 1 when something is bad."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.doctor.look()
    if as_json:
        emit(
            [
                {"subject": f.subject, "verdict": f.verdict.value, "text": f.text, "remedy": f.remedy or None}
                for f in found
            ]
        )
    else:
        table(
            ("", "What", "How it is"),
            [(f.verdict.value, f.subject, f"{f.text}\n{f.remedy}" if f.remedy else f.text) for f in found],
            empty="",
        )
    return FAILED if any(f.verdict is Verdict.BAD for f in found) else DONE


def support_bundle(context: typer.Context, file: Path, as_json: Json = False) -> None:
    """Write FILE, a zip of logs, settings, counts and versions for somebody who helps. No secret is in it."""
    session: Session = context.obj
    with session.open() as retrovue:
        made = retrovue.support_bundle(file)
    if as_json:
        emit({"file": str(made), "size_bytes": made.stat().st_size})
    else:
        say(f"Wrote {made}. Look into it before you give it away.")
