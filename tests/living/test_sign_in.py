"""Signing in: the code, what can go wrong at plex.tv, the best way to each server, TLS, and a server that moves."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import plexapi.gdm
import pytest
import trustme

from cli_runner import Cli
from plex_tv import ACCOUNT_TOKEN, PlexTv, resource
from retrovue import app, errors, settings
from retrovue.core.api import RetroVue
from retrovue.core.catalogue.sign_in import best
from retrovue.demo.server import StandIn
from retrovue.demo.state import public_domain
from retrovue.model.account import Connection, LocalServer
from retrovue.model.catalogue import Secret, TokenState
from retrovue.model.execution import Status
from retrovue.model.sync import SyncOptions
from retrovue.plex import local
from retrovue.secrets.store import MemorySecrets
from worlds import Clock

DEAD = "http://127.0.0.1:9"


@pytest.fixture
def plex_tv() -> Iterator[PlexTv]:
    """plex.tv."""
    with PlexTv() as made:
        yield made


Build = Callable[..., RetroVue]


@pytest.fixture
def build(data_dir: Path, clock: Clock) -> Iterator[Build]:
    """Makes RetroVue that asks this plex.tv."""
    made: list[RetroVue] = []
    secrets = MemorySecrets()

    def make(plex_tv: PlexTv, *, scan: Callable[[], list[LocalServer]] = list, **values: str) -> RetroVue:
        environment = {"RETROVUE_PLEX_ACCOUNT_URL": plex_tv.url, "RETROVUE_PLEX_RETRIES": "0", **values}
        made.append(
            app.build(
                settings.load(data_dir, environment),
                secrets=secrets,
                clock=clock,
                pause=clock.pause,
                scan=scan,
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


def known(server: StandIn, *uris: str, **more: Any) -> dict[str, Any]:
    """The stand-in as a server of the account."""
    return resource("Home", server.state.machine_identifier, server.token, *(uris or (server.url,)), **more)


def test_a_code_then_the_servers_then_a_sync(
    build: Build, plex_tv: PlexTv, server: StandIn, clock: Clock
) -> None:
    plex_tv.link_after = 3
    plex_tv.resources = [
        known(server, DEAD, server.url),
        {**resource("TV", "box", "t" * 12, DEAD), "provides": "player"},
    ]
    rv = build(plex_tv)
    pin = rv.sign_in.begin()
    assert (pin.code, pin.link) == ("ABCD", f"{plex_tv.url}/link")
    assert rv.sign_in.poll(pin) is None
    token = rv.sign_in.wait(pin, clock.pause)
    assert token == Secret(ACCOUNT_TOKEN)
    (found,) = rv.sign_in.servers(token)
    assert found.best == Connection(server.url, local=True, relay=False)
    state = rv.sign_in.use(found, token)
    assert (state.server.name, state.token) == ("Home", TokenState.OK)
    rv.libraries.discover("Home")
    (run,) = rv.sync.run([rv.libraries.get("Movies")], SyncOptions())
    assert run.status is Status.SUCCESS
    sent = [headers.get("X-Plex-Token") for _, _, headers in plex_tv.seen]
    assert set(sent[:-1]) == {None}, "the token is asked for, not sent about"
    assert all("token" not in path.lower() for _, path, _ in plex_tv.seen)


def test_what_plex_tv_can_do_wrong(build: Build, plex_tv: PlexTv, clock: Clock) -> None:
    rv = build(plex_tv)
    plex_tv.statuses = [503]
    with pytest.raises(errors.ServerTrouble, match="cannot serve now"):
        rv.sign_in.begin()
    pin = rv.sign_in.begin()
    plex_tv.statuses, plex_tv.link_after = [429, 502], 0
    before = clock.now
    assert rv.sign_in.wait(pin, clock.pause) == Secret(ACCOUNT_TOKEN)
    assert (clock.now - before).total_seconds() >= 7, "it waits as long as it was told to"
    plex_tv.linked = False
    plex_tv.link_after = None
    plex_tv.gone = True
    with pytest.raises(errors.Conflict, match="expired"):
        rv.sign_in.wait(pin, clock.pause)
    plex_tv.gone = False
    late = rv.sign_in.begin()
    with pytest.raises(errors.Conflict, match="expired"):
        rv.sign_in.wait(late, clock.pause)
    with pytest.raises(errors.TokenRefused, match="refuses the sign-in"):
        rv.sign_in.servers(Secret("no-such-token"))
    with pytest.raises(errors.NotFound, match="no server"):
        rv.sign_in.servers(Secret(ACCOUNT_TOKEN))


def test_plex_tv_is_away(build: Build) -> None:
    with PlexTv() as gone:
        rv = build(gone)
    with pytest.raises(errors.Unreachable, match="cannot be reached") as caught:
        rv.sign_in.begin()
    assert "by its address" in caught.value.hint


def test_the_best_way() -> None:
    relay = Connection("https://r", local=False, relay=True)
    remote, plain = (
        Connection("https://x", local=False, relay=False),
        Connection("http://x", local=False, relay=False),
    )
    near, near_plain = (
        Connection("https://l", local=True, relay=False),
        Connection("http://l", local=True, relay=False),
    )
    ways = [relay, plain, remote, near_plain, near]
    order = []
    while ways:
        chosen = best(ways)
        assert chosen is not None
        order.append(chosen)
        ways.remove(chosen)
    assert order == [near, near_plain, remote, plain, relay]
    assert best([]) is None


def test_the_relay_is_never_used_silently(build: Build, plex_tv: PlexTv, server: StandIn) -> None:
    plex_tv.resources = [known(server, local=False, relay=True)]
    rv = build(plex_tv)
    token = Secret(ACCOUNT_TOKEN)
    (found,) = rv.sign_in.servers(token)
    with pytest.raises(errors.Conflict, match="only by plex"):
        rv.sign_in.use(found, token)
    assert rv.servers.list() == []
    assert rv.sign_in.use(found, token, allow_relay=True).reachable


def test_another_server_at_the_address_is_not_taken_for_it(
    build: Build, plex_tv: PlexTv, server: StandIn
) -> None:
    plex_tv.resources = [resource("Other", "another-machine", "other-token-123", server.url)]
    rv = build(plex_tv)
    (found,) = rv.sign_in.servers(Secret(ACCOUNT_TOKEN))
    assert found.best is None
    with pytest.raises(errors.Conflict, match="does not answer"):
        rv.sign_in.use(found, Secret(ACCOUNT_TOKEN))
    assert all("other-token-123" not in json.dumps(request.headers) for request in server.requests)


def test_signing_in_again_gives_a_new_token_and_resumes(
    build: Build, plex_tv: PlexTv, server: StandIn
) -> None:
    rv = build(plex_tv)
    rv.servers.add("House", server.url, Secret(server.token))
    server.token = "a-new-token-9876"
    assert rv.servers.test("House").token is TokenState.REFUSED
    plex_tv.resources = [known(server)]
    (found,) = rv.sign_in.servers(Secret(ACCOUNT_TOKEN))
    assert found.known_as == "House"
    assert rv.sign_in.use(found, Secret(ACCOUNT_TOKEN)).token is TokenState.OK
    assert [one.name for one in rv.servers.list()] == ["House"]


@pytest.mark.parametrize("way", ["network", "account"])
def test_a_server_that_moved_is_found_again_by_a_sync(
    build: Build, plex_tv: PlexTv, server: StandIn, way: str
) -> None:
    moved: list[LocalServer] = []
    rv = build(plex_tv, scan=lambda: moved)
    rv.servers.add("Home", server.url, Secret(server.token))
    rv.libraries.discover("Home")
    if way == "account":
        plex_tv.resources = [known(server)]
        (found,) = rv.sign_in.servers(Secret(ACCOUNT_TOKEN))
        rv.sign_in.use(found, Secret(ACCOUNT_TOKEN))
    server.stop()
    (failed,) = rv.sync.run([rv.libraries.get("Movies")], SyncOptions())
    assert failed.status is Status.FAILED
    other = public_domain()
    other.machine_identifier = "somebody-else"
    with StandIn(public_domain()) as elsewhere, StandIn(other) as stranger:
        if way == "network":
            identifier = elsewhere.state.machine_identifier
            moved += [
                LocalServer("Home", identifier, stranger.url, "1"),
                LocalServer("Home", identifier, elsewhere.url, "1"),
            ]
        else:
            plex_tv.resources = [known(elsewhere, stranger.url, elsewhere.url)]
        (run,) = rv.sync.run([rv.libraries.get("Movies")], SyncOptions())
        assert (run.status, run.added) == (Status.SUCCESS, 35), run.reason
        assert rv.servers.get("Home").url == elsewhere.url
        log = "\n".join(line.message for line in rv.history.log(run.id))
        assert "has moved to" in log
        assert ACCOUNT_TOKEN not in log


def test_gdm_answers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(self: plexapi.gdm.GDM, scan_for_clients: bool = False) -> None:
        data = {
            "Content-Type": "plex/media-server",
            "Name": "Home",
            "Port": "32400",
            "Resource-Identifier": "abc",
            "Version": "1",
        }
        self.entries = [
            {"data": data, "from": ("192.0.2.7", 32414)},
            {"data": {**data, "Content-Type": "plex/media-player"}, "from": ("192.0.2.8", 32412)},
            {"data": {**data, "Port": "x"}, "from": ("192.0.2.9", 32414)},
        ]

    monkeypatch.setattr(plexapi.gdm.GDM, "update", answers)
    assert local.scan() == [LocalServer("Home", "abc", "http://192.0.2.7:32400", "1")]

    def no_network(self: plexapi.gdm.GDM, scan_for_clients: bool = False) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(plexapi.gdm.GDM, "update", no_network)
    assert local.scan() == []


# --- TLS ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority of our own."""
    return trustme.CA()


def context_for(authority: trustme.CA, *names: str, expired: bool = False) -> ssl.SSLContext:
    """A server's side with a certificate for these names."""
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) if expired else None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=past).configure_cert(made)
    return made


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """Its certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_plex_tv_by_an_authority_of_ones_own(build: Build, authority: trustme.CA, ca_file: str) -> None:
    with PlexTv(tls=context_for(authority, "localhost"), host="localhost") as secure:
        rv = build(secure, RETROVUE_PLEX_ACCOUNT_CA_FILE=ca_file)
        assert rv.sign_in.begin().code == "ABCD"
        untrusting = build(secure)
        with pytest.raises(errors.TlsRefused, match="certificate is not trusted") as caught:
            untrusting.sign_in.begin()
        assert "account_ca_file" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "expired"), [("elsewhere.example", False), ("localhost", True)], ids=["name", "expired"]
)
def test_plex_tv_with_a_wrong_certificate(
    build: Build, authority: trustme.CA, ca_file: str, name: str, expired: bool
) -> None:
    with PlexTv(tls=context_for(authority, name, expired=expired), host="localhost") as wrong:
        rv = build(wrong, RETROVUE_PLEX_ACCOUNT_CA_FILE=ca_file)
        with pytest.raises(errors.TlsRefused):
            rv.sign_in.begin()
        assert wrong.seen == [], "nothing was sent"


def test_plex_direct_names(
    build: Build, authority: trustme.CA, ca_file: str, plex_tv: PlexTv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is for the name, which resolves to this machine; by its address it is refused."""
    domain = "0123456789abcdef0123456789abcdef.plex.direct"
    real = socket.getaddrinfo

    def resolve(host: Any, *more: Any, **named: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if str(text).endswith(".plex.direct") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    with StandIn(public_domain(), tls=context_for(authority, f"*.{domain}")) as secure:
        port = secure.url.rpartition(":")[2]
        by_name, by_address = f"https://127-0-0-1.{domain}:{port}", f"https://127.0.0.1:{port}"
        plex_tv.resources = [known(secure, by_address, by_name)]
        rv = build(plex_tv)
        (found,) = rv.sign_in.servers(Secret(ACCOUNT_TOKEN))
        assert found.best is not None
        assert found.best.uri == by_name
        assert rv.sign_in.use(found, Secret(ACCOUNT_TOKEN)).token is TokenState.OK
        with pytest.raises(errors.TlsRefused):
            rv.servers.edit("Home", url=by_address)
        assert rv.servers.edit("Home", url=by_address, verify_tls=False).reachable, "--insecure"


# --- the command ----------------------------------------------------------------------------------------------


def test_the_command(cli: Cli, plex_tv: PlexTv, server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETROVUE_PLEX_ACCOUNT_URL", plex_tv.url)
    plex_tv.linked = True
    plex_tv.resources = [
        known(server),
        resource("Cabin", "cabin-machine", "cabin-token-123", DEAD, owned=False),
    ]
    several = cli("servers", "sign-in")
    assert several.code == 2
    assert "Home, Cabin" in several.err
    assert "ABCD" in several.err
    done = cli.ok("servers", "sign-in", "--server", "home", "--json")
    assert done.json[0]["token"] == "ok"
    assert "3 libraries" in done.err
    for secret in (ACCOUNT_TOKEN, server.token, "cabin-token-123"):
        assert secret not in done.out + done.err + several.err
    away = cli("servers", "sign-in", "--server", "Cabin")
    assert (away.code, "does not answer" in away.err) == (1, True)
    assert cli("servers", "sign-in", "--server", "Nowhere").code == 2
    assert "is signed in again" in cli.ok("servers", "sign-in", "--all").err
    monkeypatch.setattr(
        app, "local_servers", lambda: [LocalServer("Home", "x", "http://192.0.2.7:32400", "1")]
    )
    assert cli.ok("servers", "find", "--json").json[0]["url"] == "http://192.0.2.7:32400"
