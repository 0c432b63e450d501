"""What a server that misbehaves gets: words, the right status, a catalogue that is right, no unproven removal."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from retrovue.demo import faults
from retrovue.demo.server import Effect, Request, Response
from retrovue.demo.state import State
from retrovue.model.execution import Execution, Status
from retrovue.storage.tables import plex_servers
from worlds import QUICK, World

MB = 1024 * 1024


def failed(world: World, words: str) -> Execution:
    """Syncs, and expects a failure of two lines that says this and leaves everything in place."""
    before = {key: item.item for key, item in world.items().items()}
    done = world.sync()
    assert done.status is Status.FAILED
    assert done.reason is not None
    what, _, hint = done.reason.partition("\n")
    assert words in what
    assert hint, "it must say what to do"
    assert "Traceback" not in world.log(done)
    assert world.server.token not in done.reason + world.log(done)
    assert done.removed == 0
    assert {key: item.item for key, item in world.items().items()} == before
    assert not world.items(removed=True)
    return done


@pytest.fixture
def synced(world: World) -> World:
    """A library that is in the catalogue already."""
    world.synced()
    return world


# --- the way to the server -------------------------------------------------------------------------


def test_wrong_token(synced: World) -> None:
    synced.server.token = "another-token-now"
    failed(synced, "refuses the token")


def test_token_refused_under_strain_once_is_asked_again(synced: World) -> None:
    synced.server.fault("/all", faults.html(401), times=1)
    synced.synced()


def test_unreachable_host(synced: World) -> None:
    with socket.socket() as nobody:  # bound, and not listening: a connection is refused
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with synced.rv._context.database.transaction() as tx:
            tx.execute(update(plex_servers).values(url=address))
        failed(synced, "cannot be reached")


def test_something_else_answers_at_the_port(synced: World) -> None:
    synced.server.fault("/", faults.raw(b"<html>router</html>", "text/html"))
    failed(synced, "no Plex server")


def test_something_else_answers_json(synced: World) -> None:
    synced.server.fault("/", faults.raw(b'{"hello": "world"}'))
    failed(synced, "no Plex server")


def test_another_server_answers(synced: World) -> None:
    synced.state.machine_identifier = "another-" + "1" * 32
    synced.server.requests.clear()
    failed(synced, "Another server answers")
    assert not [r for r in synced.server.requests if "x-plex-token" in r.headers], "it must not get the token"


def test_redirect_is_not_followed(synced: World) -> None:
    synced.server.fault("/sections", faults.redirect("http://127.0.0.1:1/stolen"))
    failed(synced, "redirects elsewhere")


def test_server_that_speaks_xml_only(synced: World) -> None:
    synced.server.fault("/all", faults.raw(b'<?xml version="1.0"?><MediaContainer size="0"/>', "text/xml"))
    failed(synced, "XML only")


def test_ancient_server(synced: World) -> None:
    synced.server.fault("/sections", faults.raw(b'{"_elementType": "MediaContainer", "_children": []}'))
    failed(synced, "too old")


# --- errors and bodies -----------------------------------------------------------------------------


def test_html_error_page(synced: World) -> None:
    synced.server.fault("/all", faults.html(500))
    failed(synced, "cannot serve now")


def test_passing_errors_are_tried_again(synced: World) -> None:
    synced.server.fault("/all", faults.html(503, retry_after="7"), times=2)
    synced.server.fault("/all", faults.drop, times=1, skip=4)
    done = synced.synced()
    assert done.complete
    assert 7.0 in synced.clock.pauses


def test_not_understood(synced: World) -> None:
    synced.server.fault("/all", faults.html(400))
    failed(synced, "did not understand")


def test_truncated_json(synced: World) -> None:
    synced.server.fault("/all", faults.cut_short)
    failed(synced, "cannot be read")


def test_truncated_json_once_is_asked_again(synced: World) -> None:
    synced.server.fault("/all", faults.cut_short, times=1, skip=2)
    assert synced.synced().complete


def test_invalid_json(synced: World) -> None:
    synced.server.fault("/all", faults.raw(b"this is no JSON"))
    failed(synced, "cannot be read")


def test_deeply_nested_json(synced: World) -> None:
    synced.server.fault("/all", faults.raw(b'{"MediaContainer":' + b"[" * 100_000))
    failed(synced, "cannot be read")


def test_wrong_content_type(synced: World) -> None:
    synced.server.fault("/all", faults.raw(b"{}", "application/octet-stream"))
    failed(synced, "no Plex server")


def test_connection_that_breaks_off(synced: World) -> None:
    synced.server.fault("/all", faults.drop)
    failed(synced, "broke off")


def test_body_of_fifty_megabytes(build_world: Callable[..., World]) -> None:
    for kind in ("movie", "show"):
        world = build_world(kind, sync__page_size=12, plex__max_body_mib=1)
        world.synced()
        fault = world.server.fault("/all", faults.raw(b'{"MediaContainer": {"x": "' + b"a" * 50 * MB))
        failed(world, "more than RetroVue reads")
        world.server.faults.remove(fault)


# --- rows ------------------------------------------------------------------------------------------


def broken(key: str, **fields: Any) -> Effect:
    """The row with this key gets other fields in every listing; None takes one away."""

    def change(content: dict[str, Any]) -> None:
        for row in content.get("Metadata", []):
            if row["ratingKey"] == key:
                for name, value in fields.items():
                    row[name] = value
                    if value is None:
                        del row[name]

    return faults.changed(change)


@pytest.mark.parametrize(
    "fields",
    [{"year": "long ago"}, {"Media": "none"}, {"title": {"a": 1}}, {"type": "collection"}, {"duration": [1]}, {"Media": [7]}],
)  # fmt: skip
def test_row_with_wrong_types(synced: World, fields: dict[str, Any]) -> None:
    key = synced.keys()[3]
    title = synced.row(key)["title"]
    synced.server.fault("/all", broken(key, **fields))
    done = synced.synced()
    assert (done.errors, done.removed, done.complete) == (1, 0, True)
    assert f"(key {key})" in synced.log(done)
    assert synced.items()[key].item.title == title


@pytest.mark.parametrize(
    "fields",
    [
        {"year": "1999"},
        {"year": 1999.0},
        {"year": ""},
        {"duration": "60000"},
        {"title": 1984},
        {"Genre": None},
    ],
)
def test_loose_types_are_understood(synced: World, fields: dict[str, Any]) -> None:
    key = synced.keys()[3]
    synced.server.fault("/all", broken(key, **fields))
    done = synced.synced()
    assert (done.errors, done.complete) == (0, True)


def test_bad_row_of_a_first_sync_leaves_the_others(world: World) -> None:
    key = world.keys()[3]
    world.server.fault("/all", broken(key, year="long ago"))
    done = world.synced()
    assert done.errors == 1
    assert world.items().keys() == world.all_keys() - {key}
    world.server.faults.clear()
    world.synced()
    world.assert_mirrors_server()


def test_row_without_a_key_proves_nothing(synced: World) -> None:
    gone, nameless = synced.keys()[0], synced.keys()[5]
    synced.state.remove(gone)
    synced.server.fault("/all", broken(nameless, ratingKey=None))
    done = synced.synced()
    assert (done.removed, done.complete) == (0, False)
    assert done.errors >= 1
    assert {gone, nameless} <= synced.items().keys()


# --- listings that do not hold together ------------------------------------------------------------


def unproven(world: World, *, removed: int = 0) -> Execution:
    """Syncs, and expects a success that claims nothing."""
    done = world.synced()
    assert (done.complete, done.removed) == (False, removed)
    assert done.reason
    assert not world.items(removed=True)
    return done


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


# --- the library itself ----------------------------------------------------------------------------


def test_library_that_is_gone(synced: World) -> None:
    del synced.state.sections[synced.section]
    failed(synced, "not on the server any more")


def test_library_re_created_under_another_key_is_relinked(synced: World) -> None:
    idents = {item.item.guid: item.id for item in synced.items().values()}
    old = synced.state.sections.pop(synced.section)
    made = synced.state.add_section("7", old.title, old.type, old.path, uuid="re-created")
    renamed = {key: str(int(key) + 5000) for key in old.rows}
    for row in old.rows.values():
        parents: dict[str, Any] = {
            n: renamed[row[n]] for n in ("parentRatingKey", "grandparentRatingKey") if n in row
        }
        made.rows[renamed[row["ratingKey"]]] = {**row, "ratingKey": renamed[row["ratingKey"]], **parents}
    failed(synced, "not on the server any more")
    found = synced.rv.libraries.discover("Home")
    assert [moved.key for moved in found.moved] == ["7"]
    assert len(synced.items()) == len(old.rows), "it is never emptied"
    synced.rv.libraries.discover("Home", relink=True)
    synced.section = "7"
    done = synced.synced()
    assert (done.added, done.removed, done.complete) == (0, 0, True)
    assert {item.item.guid: item.id for item in synced.items().values()} == idents
    synced.assert_mirrors_server()


def test_unknown_library_is_refused_with_what_to_do(world: World) -> None:
    from retrovue.errors import NotFound
    from retrovue.model.sync import SyncOptions

    with pytest.raises(NotFound) as caught:
        world.rv.sync.choose("Home", ["Nonesuch"], SyncOptions())
    assert "libraries list" in caught.value.hint


def test_scanning_library_is_waited_for(synced: World) -> None:
    section = synced.state.sections[synced.section]
    section.refreshing = True
    polls_before = len(synced.clock.pauses)

    def ends(_request: Request, _response: Response) -> None:
        section.refreshing = len(synced.clock.pauses) < polls_before + 3

    synced.server.fault("/library/sections", ends)
    synced.state.remove(synced.keys()[0])
    done = synced.synced()
    assert (done.removed, done.complete) == (1, True)
    assert len(synced.clock.pauses) >= polls_before + 3


def test_library_that_is_scanned_for_ever_is_synced_without_removals(synced: World) -> None:
    synced.state.sections[synced.section].refreshing = True
    synced.state.remove(synced.keys()[0])
    new = synced.add()
    done = synced.synced()
    assert (done.removed, done.complete) == (0, False)
    assert new in synced.items()
    assert "scan" in (done.reason or "")
    assert sum(synced.clock.pauses) >= 15 * 60


def test_scan_seen_in_the_activities_counts_too(synced: World) -> None:
    synced.state.activities.append(
        {"uuid": "1", "type": "library.update.section", "Context": {"librarySectionID": synced.section}}
    )
    assert not synced.synced().complete


def test_scan_that_begins_meanwhile(synced: World) -> None:
    section = synced.state.sections[synced.section]
    synced.state.remove(synced.keys()[0])

    def begins(_request: Request, response: Response) -> None:
        section.refreshing = True

    synced.server.fault("/all", begins)
    done = synced.synced()
    assert (done.removed, done.complete) == (0, False)
