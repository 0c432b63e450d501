"""One sync of one library, from the first question to the last removal."""

from __future__ import annotations

from datetime import datetime, timedelta

from retrovue.core.sync import removals
from retrovue.core.sync.apply import apply_rows
from retrovue.core.sync.removal import ListingProof
from retrovue.core.sync.run import Run, ahead, log
from retrovue.errors import FilterIgnored, WrongLibrary, WrongServer
from retrovue.model.catalogue import Kind
from retrovue.model.sync import Depth
from retrovue.storage import items, servers

_PASSES = 3
_MARK_MARGIN = timedelta(minutes=10)
_SCAN_POLL_SECONDS = 10.0


def run_sync(run: Run, machine_identifier: str) -> None:
    """Runs it to its end and fills `run.report`. Raises `SourceError`, `StorageError` or `Cancelled`;
    what was committed until then is right and stays."""
    started = run.now()
    check_server(run, machine_identifier)
    mark = (run.source.server_time() or started) - _MARK_MARGIN
    if run.report.depth is Depth.QUICK and _quick(run, started, mark):
        return
    run.report.depth = Depth.COMPLETE
    _complete(run, started, mark)


def check_server(run: Run, machine_identifier: str) -> None:
    """Makes sure that the server is the one that was added, before it gets the token."""
    run.enter("connecting")
    found = run.source.identity()
    if found.machine_identifier != machine_identifier:
        raise WrongServer(
            f"Another server answers in the place of '{run.library.server}'",
            f"it calls itself {found.machine_identifier[:12]}…, not {machine_identifier[:12]}…",
            "Correct the address: retrovue servers edit NAME --url URL. Nothing was changed.",
        )


# --- quick -----------------------------------------------------------------------------------------


def _quick(run: Run, started: datetime, mark: datetime) -> bool:
    """Counts, and what came or changed since the mark. False when only a complete look can tell."""
    since = run.library.quick_mark
    assert since is not None  # the plan chooses quick only then
    counts: dict[str, int] = {}
    for kind in run.library.kinds:
        run.enter(f"looking for new {kind.value}s")
        total = run.source.count(run.listing, kind)
        try:
            new = _recent(run, kind, since)
        except FilterIgnored as error:
            run.note(f"Looking at everything: {error}")
            return False
        if run.left == 0:
            run.note("The limit was reached")
            return True
        before = run.library.counts.get(kind.value)
        if total is None or before is None or total != before + new:
            run.note(
                f"Looking at everything: the server counts {total} {kind.value}s, "
                f"{before} and {new} new ones were expected"
            )
            return False
        counts[kind.value] = total
    if not run.options.dry_run and run.options.limit is None:
        with run.page() as tx:
            servers.note_sync(
                tx, run.library.id, synced_at=started, mark=mark, counts=counts, complete_since=None
            )
    return True


def _recent(run: Run, kind: Kind, since: datetime) -> int:
    """Applies what came or changed since an instant; how many unknown keys there were."""
    new = 0
    seen: set[str] = set()
    for page in ahead(run.source.recent(run.listing, kind, since)):
        rows = [row for row in page.rows if row.key is None or row.key not in seen]
        rows = rows[: run.left] if run.left is not None else rows
        seen.update(row.key for row in rows if row.key is not None)
        with run.database.read() as rx:
            known = items.known(rx, run.library.id, kind, [row.key for row in rows if row.key is not None])
        new += apply_rows(run, kind, rows, known, seen)
        if run.left == 0:
            break
    run.counted |= seen
    return new


# --- complete --------------------------------------------------------------------------------------


def _complete(run: Run, started: datetime, mark: datetime) -> None:
    """Everything, gone through again when the listing does not hold together; then the removals."""
    _check_library(run)
    with run.database.read() as rx:
        run.fresh = not items.any_item(rx, run.library.id)
    quiet = _wait_until_quiet(run)
    _count(run)
    unproven: dict[Kind, str] = dict.fromkeys(run.library.kinds, "")
    passes: dict[Kind, removals.Pass] = {}
    for attempt in range(_PASSES):
        for kind in list(unproven):
            run.enter(f"listing {kind.value}s" + (" again" if attempt else ""))
            passes[kind], problem = _list(run, kind)
            if run.left == 0:
                run.note("The limit was reached; nothing was removed")
                return
            if problem is None:
                del unproven[kind]
            else:
                unproven[kind] = problem
                log.info("The listing of %ss proves nothing: %s", kind.value, problem)
        if run.options.limit is not None:
            run.note("A limit was set, so nothing was removed")
            return
        if not quiet:
            unproven = dict.fromkeys(run.library.kinds, "the server was scanning this library all the while")
            break
        if not unproven and run.source.busy(run.listing).scanning:
            quiet = _wait_until_quiet(run)
            unproven = dict.fromkeys(run.library.kinds, "the server began to scan this library meanwhile")
        if not unproven:
            unproven = removals.carry_out(run, passes)
        if not unproven:
            break
    _conclude(run, started, mark, passes, unproven)


def _conclude(
    run: Run, started: datetime, mark: datetime, passes: dict[Kind, removals.Pass], unproven: dict[Kind, str]
) -> None:
    run.report.complete = not unproven
    if unproven:
        kind, why = next(iter(unproven.items()))
        run.note(f"Not proven complete, so nothing was removed: {why} ({kind.value}s)")
    if run.options.dry_run:
        return
    counts = {kind.value: listed.count for kind, listed in passes.items()}
    with run.page() as tx:
        servers.note_sync(
            tx,
            run.library.id,
            synced_at=started,
            mark=run.library.quick_mark if unproven else mark,
            counts=run.library.counts if unproven else counts,
            complete_since=None if unproven else started,
        )


def _check_library(run: Run) -> None:
    found = next((lib for lib in run.source.libraries() if lib.key == run.library.key), None)
    if found is None or found.uuid != run.library.uuid:
        raise WrongLibrary(
            f"The library '{run.library.title}' is not on the server any more",
            "it was removed, or created again under another key",
            f"Look at what is there now: retrovue libraries discover '{run.library.server}'."
            " Nothing was removed from the catalogue.",
        )


def _wait_until_quiet(run: Run) -> bool:
    """Waits while the server scans this library; False when it still does after the longest wait."""
    deadline = run.now() + run.limits.scan_wait
    waited = False
    while run.source.busy(run.listing).scanning:
        if run.now() >= deadline:
            run.note("The server is still scanning this library; going on without removals")
            return False
        if not waited:
            log.info("The server is scanning this library; waiting for it to end")
            waited = True
        run.enter("waiting for the server's scan")
        run.pause(_SCAN_POLL_SECONDS)
    return True


def _count(run: Run) -> None:
    counts = [run.source.count(run.listing, kind) for kind in run.library.kinds]
    total = sum(count or 0 for count in counts)
    if run.options.limit is not None:
        total = min(total, run.options.limit)
    run.total, run.done = total, 0


def _list(run: Run, kind: Kind) -> tuple[removals.Pass, str | None]:
    """One pass over a kind; what it found missing, and why it proves nothing (None when it does)."""
    with run.database.read() as rx:
        known = items.known(rx, run.library.id, kind)
    live = len(known)
    proof = ListingProof()
    for page in ahead(run.source.pages(run.listing, kind, run.left)):
        rows = proof.take(page)
        if run.left is not None:
            rows = rows[: run.left]
        if rows:
            apply_rows(run, kind, rows, known, proof.keys)
        if run.left == 0:
            break
    missing = {key: before.id for key, before in known.items() if key not in proof.keys}
    problem = proof.problem()
    # A second pass must not count again what this one counted; the set is not needed otherwise.
    run.counted = run.counted | proof.keys if problem is not None or run.counted else run.counted
    return removals.Pass(live, len(proof.keys), missing, proof.last_key), problem
