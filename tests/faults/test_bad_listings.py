"""Listings that do not hold together, and confirmations that prove nothing: no unproven removal."""

from __future__ import annotations

from typing import Any

import pytest

from retrovue.demo import faults
from retrovue.demo.server import Effect, Request, Response
from retrovue.demo.state import State
from verdicts import failed, unproven
from worlds import QUICK, World

MB = 1024 * 1024


def test_duplicate_keys_across_pages(synced: World) -> None:
    gone = synced.keys()[1]
    twice = dict(synced.row(synced.keys()[0]))

    def doubled(content: dict[str, Any]) -> None:
        rows = content.get("Metadata", [])
        if content.get("offset", 0) > 0 and len(rows) > 3 and rows[0]["type"] == twice["type"]:
            rows[2] = dict(twice)

    synced.state.remove(gone)
    synced.server.fault("/all", faults.changed(doubled))
    unproven(synced)


def test_total_that_moves(synced: World) -> None:
    synced.state.remove(synced.keys()[1])
    count = iter(range(1000))

    def moving(content: dict[str, Any]) -> None:
        content["totalSize"] += next(count) % 2

    synced.server.fault("/all", faults.changed(moving))
    unproven(synced)


def test_no_total_no_completeness(synced: World) -> None:
    synced.state.remove(synced.keys()[1])
    synced.server.fault("/all", faults.changed(lambda content: content.pop("totalSize", None) and None))
    unproven(synced)


def test_items_that_shift_between_pages_under_a_constant_total(synced: World) -> None:
    """One goes before the offset while another comes: a row is skipped, though the count stays the same."""
    victims = iter(synced.keys()[:3])
    number = iter(range(100))

    def shift(request: Request, response: Response) -> None:
        params = request.params
        listed = (response.document or {}).get("MediaContainer", {}).get("Metadata", [{}])
        if (
            params.get("X-Plex-Container-Start") == "0"
            and len(listed) > 10
            and listed[0]["type"] == synced.leaf
        ):
            victim = next(victims, None)
            if victim is not None:
                synced.state.remove(victim)
                synced.add(f"Late {next(number)}")

    fault = synced.server.fault("/all", shift)
    done = synced.synced()
    assert not done.complete
    assert done.removed == 0
    synced.server.faults.remove(fault)
    after = synced.synced()
    assert after.complete
    synced.assert_mirrors_server()


def test_shift_that_happens_once_is_seen_and_listed_again(synced: World) -> None:
    victim = synced.keys()[0]

    def shift(state: State) -> None:
        if victim in state.sections[synced.section].rows:
            state.remove(victim)
            synced.add("Late")

    before = 1 if synced.kind == "movie" else 5
    synced.server.fault("/all", faults.meanwhile(synced.state, shift), times=1, skip=before)
    done = synced.synced()
    assert done.complete
    synced.assert_mirrors_server()


def test_rows_left_out_with_a_matching_total(synced: World) -> None:
    """The listing lies consistently: one row is replaced by nothing and the total agrees. The server is asked."""
    hidden = synced.keys()[2]

    def hide(content: dict[str, Any]) -> None:
        rows = content.get("Metadata", [])
        if not rows or rows[0]["type"] == synced.leaf:
            content["totalSize"] = len(synced.keys()) - 1

    original = synced.state.sections[synced.section].of_type

    def without_hidden(name: str) -> list[dict[str, Any]]:
        return [row for row in original(name) if row["ratingKey"] != hidden]

    synced.state.sections[synced.section].of_type = without_hidden  # type: ignore[method-assign]
    done = synced.synced()
    assert (done.removed, done.complete) == (0, False)
    assert hidden in synced.items()
    assert "still there" in (done.reason or "")


def test_what_is_still_there_is_applied(synced: World) -> None:
    hidden = synced.keys()[2]
    section = synced.state.sections[synced.section]
    original = section.of_type
    section.of_type = lambda name: [r for r in original(name) if r["ratingKey"] != hidden]  # type: ignore[method-assign]
    synced.state.edit(hidden, title="Changed in hiding")
    done = synced.synced()
    assert synced.items()[hidden].item.title == "Changed in hiding"
    assert done.updated == 1
    section.of_type = original  # type: ignore[method-assign]
    after = synced.synced()
    assert (after.updated, after.complete) == (0, True)


def test_page_that_is_short_in_the_middle(synced: World) -> None:
    synced.state.remove(synced.keys()[0])
    synced.server.fault("/all", faults.without(synced.keys()[4]))
    unproven(synced)


def test_ignored_offset(synced: World) -> None:
    def from_the_start(request: Request, response: Response) -> Response | None:
        request.params["X-Plex-Container-Start"] = "0"
        return None

    section = synced.state.sections[synced.section]

    def ignoring(request: Request, response: Response) -> Response | None:
        content = (response.document or {}).get("MediaContainer", {})
        if "Metadata" not in content:
            return None
        kind = content["Metadata"][0]["type"]
        size = int(request.params["X-Plex-Container-Size"])
        rows = section.of_type(kind)[:size]
        return Response(
            document={"MediaContainer": {**content, "offset": 0, "size": len(rows), "Metadata": rows}}
        )

    synced.server.fault("/all", ignoring)
    failed(synced, "ignored which part")


def test_ignored_offset_that_is_not_told(synced: World) -> None:
    section = synced.state.sections[synced.section]

    def ignoring(request: Request, response: Response) -> Response | None:
        content = dict((response.document or {}).get("MediaContainer", {}))
        if "Metadata" not in content:
            return None
        content.pop("offset", None)
        content["Metadata"] = section.of_type(content["Metadata"][0]["type"])[
            : int(request.params["X-Plex-Container-Size"])
        ]
        return Response(document={"MediaContainer": content})

    synced.server.fault("/all", ignoring)
    failed(synced, "ignored which part")


def test_ignored_paging_gives_everything_at_once(world: World) -> None:
    section = world.state.sections[world.section]

    def unpaged(request: Request, response: Response) -> Response | None:
        kind = {"1": "movie", "2": "show", "3": "season", "4": "episode"}[request.params["type"]]
        rows = section.of_type(kind)
        about = {
            k: v for k, v in response.document["MediaContainer"].items() if k not in {"totalSize", "offset"}
        }
        return Response(document={"MediaContainer": {**about, "size": len(rows), "Metadata": rows}})

    world.server.fault("/all", unpaged)
    done = world.synced()
    assert not done.complete
    world.assert_mirrors_server()


def test_ignored_filter_turns_a_quick_sync_complete(synced: World) -> None:
    synced.clock.advance(hours=1)

    def unfiltered(request: Request, response: Response) -> Response | None:
        if not any(name.endswith(">>") for name in request.params):
            return None
        kind = {"1": "movie", "2": "show", "3": "season", "4": "episode"}[request.params["type"]]
        rows = synced.state.sections[synced.section].of_type(kind)
        about = {**response.document["MediaContainer"], "totalSize": len(rows), "size": len(rows)}
        return Response(document={"MediaContainer": {**about, "Metadata": rows}})

    synced.server.fault("/all", unfiltered)
    done = synced.synced(depth=QUICK)
    assert (done.depth.value if done.depth else "", done.complete) == ("complete", True)
    synced.assert_mirrors_server()


# --- the confirmation ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "effect",
    [
        faults.html(404),
        faults.html(400),
        faults.raw(b'{"MediaContainer": {"size": 0}}'),
        faults.cut_short,
    ],
    ids=["404", "400", "empty", "truncated"],
)
def test_confirmation_that_proves_nothing(synced: World, effect: Effect) -> None:
    gone = synced.keys()[0]
    synced.state.remove(gone)
    synced.server.fault("/library/metadata/", effect)
    unproven(synced)
    assert gone in synced.items()
    synced.server.faults.clear()
    assert synced.synced().removed == 1


def test_confirmation_that_lacks_the_control(synced: World) -> None:
    synced.state.remove(synced.keys()[0])

    def short(content: dict[str, Any]) -> None:
        content["Metadata"] = content["Metadata"][:-1]

    synced.server.fault("/library/metadata/", faults.changed(short))
    unproven(synced)


def test_confirmation_from_another_library(synced: World) -> None:
    synced.state.remove(synced.keys()[0])

    def elsewhere(content: dict[str, Any]) -> None:
        for row in content["Metadata"]:
            row["librarySectionID"] = 99

    synced.server.fault("/library/metadata/", faults.changed(elsewhere))
    unproven(synced)


def test_item_that_moved_to_another_library_leaves_this_one(synced: World) -> None:
    key = synced.keys()[0]
    synced.state.add_section("9", "Elsewhere", synced.kind, "/elsewhere")
    row = synced.state.sections[synced.section].rows.pop(key)
    synced.state.sections["9"].rows[key] = row
    done = synced.synced()
    assert (done.removed, done.complete) == (1, True)
    synced.assert_mirrors_server()
