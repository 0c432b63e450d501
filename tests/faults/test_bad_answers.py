"""What a server that misbehaves gets: words, the right status, a catalogue that is right."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from retrovue.demo import faults
from retrovue.demo.server import Effect
from retrovue.storage.tables import plex_servers
from verdicts import failed
from worlds import World

MB = 1024 * 1024


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
