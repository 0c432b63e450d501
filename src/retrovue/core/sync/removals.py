"""Removals: asked for again by key, held back when there are too many, and carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from retrovue.core.sync import diff
from retrovue.core.sync.apply import Changes
from retrovue.core.sync.removal import brake, sample
from retrovue.core.sync.run import Run, log
from retrovue.errors import BadAnswer, Conflict
from retrovue.model.catalogue import Change, Kind
from retrovue.model.sync import BadRow, Row
from retrovue.storage import holds, items, journal
from retrovue.storage.database import bump
from retrovue.storage.items import Written
from retrovue.storage.journal import Entry

_CONFIRM_BATCH = 100
_REMOVE_BATCH = 500


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over a kind found: live items before, keys listed, the missing ones, a key just listed."""

    live: int
    count: int
    missing: dict[str, int]
    last_key: str | None


def carry_out(run: Run, passes: dict[Kind, Pass]) -> dict[Kind, str]:
    """Removes what is proven to be gone. Returns the kinds whose listing turned out wrong, with why."""
    missing = {key: (kind, ident) for kind, listed in passes.items() for key, ident in listed.missing.items()}
    with run.database.read() as rx:
        before = holds.latest(rx, run.library.id)
        rejected = _rejected(before, items.missing(rx, run.library.id))
    open_missing = {key: value for key, value in missing.items() if key not in rejected}
    if rejected & missing.keys():
        log.info("%d missing items are kept, as was decided", len(rejected & missing.keys()))
    listed = sum(found.count for found in passes.values())
    control = next((found.last_key for found in reversed(list(passes.values())) if found.last_key), None)
    why = brake(
        missing=len(open_missing),
        live=sum(found.live for found in passes.values()),
        listed=listed,
        percent=run.limits.brake_percent,
        items=run.limits.brake_items,
    )
    run.enter("checking removals")
    asked = sample(list(open_missing), _CONFIRM_BATCH) if why else list(open_missing)
    present, problem = _ask(run, asked, control)
    if problem is not None:
        return dict.fromkeys(passes, problem)
    if present:
        _keep(run, present, missing)
        kinds = {missing[key][0] for key in present}
        return dict.fromkeys(kinds, f"{len(present)} items that were not listed are still there")
    if why is not None:
        _hold(run, open_missing, why, emptied=listed == 0, before=before)
        return {}
    _remove(run, open_missing)
    _settle(run, before)
    return {}


def _rejected(before: holds.Held | None, missing: dict[str, tuple[int, Kind]]) -> set[str]:
    """Keys whose removal was rejected and which have been missing ever since."""
    if before is None or before.state != "rejected":
        return set()
    return set(before.keys) & missing.keys()


def _ask(run: Run, keys: Sequence[str], control: str | None) -> tuple[dict[str, Row], str | None]:
    """Asks the server for keys by name: those it still knows, and why the answer proves nothing (None: it does)."""
    present: dict[str, Row] = {}
    if control is None:
        return present, None  # nothing at all is listed: the brake has it
    for position in range(0, len(keys), _CONFIRM_BATCH):
        try:
            answer = run.source.confirm(run.listing, keys[position : position + _CONFIRM_BATCH], control)
        except BadAnswer as error:
            return present, f"the removals could not be confirmed: {error}"
        if not answer.proven:
            return present, answer.reason
        present.update(answer.present)
        run.stop_if_cancelled()
    return present, None


def _keep(run: Run, present: dict[str, Row], missing: dict[str, tuple[Kind, int]]) -> None:
    """Applies what the server says of items that it left out of the listing but still knows.

    Their tags are not taken over: an answer by key gives more of them than a listing does.
    """
    with run.database.read() as rx:
        stored = items.load(rx, [missing[key][1] for key in present])
    changes = Changes()
    for key, row in present.items():
        old = stored[missing[key][1]]
        changes.seen_again.append(old.id)
        try:
            listed = run.source.decode(row)
        except BadRow as error:
            log.warning("An item that is still there could not be read (key %s): %s", key, error)
            continue
        item = diff.completed(
            replace(listed, external_ids=None, genres=None, labels=None, collections=None), old.item
        )
        fields = diff.differences(old.item, item)
        if fields and item.kind is old.item.kind:
            entry = Entry(Change.UPDATED, old.id, key, item.kind, item.display_title, fields)
            changes.rewrites.append((old.id, Written(item, None, diff.fingerprint(item)), entry))
    if run.options.dry_run:
        return
    with run.page() as tx:
        items.clear_missing(tx, changes.seen_again)
        items.rewrite(tx, [(ident, written) for ident, written, _ in changes.rewrites])
        journal.write(
            tx, run.execution_id, run.library.id, [entry for _, _, entry in changes.rewrites], run.now()
        )
        bump(tx, "catalogue")
    run.report.updated += len(changes.rewrites)


def _hold(
    run: Run,
    missing: dict[str, tuple[Kind, int]],
    why: str,
    *,
    emptied: bool,
    before: holds.Held | None,
) -> None:
    """Keeps everything, marks it missing, and asks a person."""
    run.report.removals_held = len(missing)
    run.note(f"Nothing was removed: {why}. Look at them: retrovue removals list")
    if run.options.dry_run:
        return
    with run.page() as tx:
        items.mark_missing(tx, [ident for _, ident in missing.values()], run.now())
        live = items.count_live(tx, run.library.id)
        holds.place(
            tx,
            execution_id=run.execution_id,
            library_id=run.library.id,
            keys=list(missing),
            emptied=emptied,
            percent=len(missing) * 100 / max(1, live),
            reason=why,
            now=run.now(),
        )
    if before is not None and before.state == "open" and not missing.keys() - before.keys:
        log.info("The removals held since execution %d are still waiting", before.execution_id)


def _settle(run: Run, before: holds.Held | None) -> None:
    if before is not None and before.state == "open" and not run.options.dry_run:
        with run.page() as tx:
            holds.settle(tx, run.library.id, "settled")


def _remove(run: Run, missing: dict[str, tuple[Kind, int]]) -> None:
    """Tombstones items that are proven to be gone, with a line in the journal for each."""
    if not missing:
        return
    run.enter("removing")
    idents = [ident for _, ident in missing.values()]
    for position in range(0, len(idents), _REMOVE_BATCH):
        batch = idents[position : position + _REMOVE_BATCH]
        with run.page() as tx:
            gone = list(items.load(tx, batch).values())
            entries = [
                Entry(
                    Change.REMOVED,
                    None if run.options.dry_run else old.id,
                    old.item.key,
                    old.item.kind,
                    old.item.display_title,
                )
                for old in gone
            ]
            if not run.options.dry_run:
                items.tombstone(tx, batch, run.now())
            journal.write(tx, run.execution_id, run.library.id, entries, run.now())
            bump(tx, "catalogue")
        run.report.removed += len(batch)
    log.info("%s gone from the server", "1 item is" if len(idents) == 1 else f"{len(idents):,} items are")


def approve(run: Run, execution_id: int) -> None:
    """Carries out the removals that an execution held, after asking the server once more.

    Raises `Conflict` when that hold is no longer the open one, `BadAnswer` when the server does not confirm.
    """
    with run.database.read() as rx:
        hold = holds.of_execution(rx, execution_id)
        missing = items.missing(rx, run.library.id)
    if hold is None or hold.state != "open":
        raise no_open_hold(execution_id, hold)
    wanted = {key: (kind, ident) for key, (ident, kind) in missing.items() if key in hold.keys}
    run.total = len(wanted)
    run.enter("asking the server once more")
    control = _any_listed_key(run)
    if control is None and not hold.emptied:
        raise BadAnswer(
            "The removals could not be confirmed",
            "the library lists nothing at all now",
            "Sync it again to see what is there: retrovue sync SERVER LIBRARY",
        )
    present, problem = _ask(run, list(wanted), control)
    if problem is not None:
        raise BadAnswer(
            "The removals could not be confirmed", problem, "Nothing was removed. Try again later."
        )
    if present:
        _keep(run, present, wanted)
        run.note(f"{len(present)} of them are still there and were kept")
    _remove(run, {key: value for key, value in wanted.items() if key not in present})
    run.report.complete = True
    with run.page() as tx:
        holds.settle(tx, run.library.id, "approved")


def _any_listed_key(run: Run) -> str | None:
    for kind in run.library.kinds:
        for page in run.source.pages(run.listing, kind, 2):
            keys = [row.key for row in page.rows if row.key is not None]
            if keys:
                return keys[0]
            if page.total != 0:
                raise BadAnswer(
                    "The removals could not be confirmed",
                    f"the server counts {page.total} {kind.value}s but lists none",
                    "Nothing was removed. Try again later.",
                )
            break
    return None


def no_open_hold(execution_id: int, hold: holds.Held | None) -> Conflict:
    """The refusal of an approval or rejection that comes too late, naming what became of the hold."""
    words = {
        "approved": "they were approved already",
        "rejected": "they were rejected already",
        "replaced": "a later sync holds them now",
        "settled": "a later sync settled them",
    }
    why = words.get(hold.state, "") if hold is not None else "that execution holds none"
    return Conflict(
        f"Execution {execution_id} has no removals waiting",
        why,
        "See what is waiting: retrovue removals list",
    )
