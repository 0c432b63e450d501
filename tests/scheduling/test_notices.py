"""Messages leave the house: targets, pings, retries, an old catalogue, a token that is refused."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from retrovue.demo import faults
from retrovue.errors import ChannelError, Conflict, Invalid
from retrovue.log import redact
from retrovue.model.catalogue import Secret
from retrovue.model.execution import Status
from retrovue.model.schedule import Message
from retrovue.notify.channels import AppriseChannels, protect
from timeline import Service, add, runs
from worlds import World

KEY = "k3y-that-nobody-may-see"


@dataclass
class Listener:
    """Something on loopback that hears what is sent, and answers as it is told."""

    url: str = ""
    status: int = 200
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    def titles(self) -> list[str]:
        """The titles of the messages."""
        return [json.loads(body)["title"] for method, _, body in self.heard if method == "POST"]

    def paths(self) -> list[str]:
        """The pings."""
        return [path for method, path, _ in self.heard if method == "GET"]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """On a port of its own."""
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            found.heard.append((self.command, self.path, body))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def films(build_world: Callable[..., World]) -> World:
    """A film library, listed in small pages."""
    return build_world("movie", sync__page_size=12)


@pytest.fixture
def service(films: World) -> Iterator[Service]:
    """A service on it."""
    made = Service(films)
    made.tick()
    yield made
    made.loop.close(1)


def target(world: World, listener: Listener, name: str = "Phone") -> None:
    """A target that is heard here."""
    world.rv.notify.add(name, Secret(f"json://user:{KEY}@{listener.url}/{KEY}"))


def test_a_failure_is_told_once_and_the_recovery_too(
    service: Service, films: World, listener: Listener
) -> None:
    target(films, listener)
    add(films, cron="0 * * * *", policies={"notify": ("failure", "recovery"), "retries": 0})
    trouble = films.server.fault("/library/sections/1/all", faults.raw(b"{"))
    service.wait(hours=1)
    assert listener.titles() == ["'Nightly' failed (Movies of Home)"]
    films.server.faults.remove(trouble)
    service.wait(hours=2)
    assert listener.titles() == [
        "'Nightly' failed (Movies of Home)",
        "'Nightly' works again (Movies of Home)",
    ]
    (one,) = films.rv.notify.list()
    assert (one.service, one.waiting, one.last_error) == ("json", 0, None)
    assert one.last_sent_at is not None


def test_a_channel_that_fails_is_tried_again_and_never_touches_the_sync(
    service: Service, films: World, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    target(films, listener)
    listener.status = 500
    add(films, cron="0 13 * * *", policies={"notify": ("success",)})
    with caplog.at_level(logging.INFO):
        service.wait(hours=1, minutes=2)
        assert [run.status for run in runs(films)] == [Status.SUCCESS]
        heard = len(listener.heard)
        (one,) = films.rv.notify.list()
        assert (heard >= 1, one.waiting) == (True, 1)
        assert "could not be sent" in (one.last_error or "")
        listener.status = 200
        service.wait(minutes=6, step=30)
    (one,) = films.rv.notify.list()
    assert (one.waiting, one.last_error) == (0, None)
    assert listener.titles()[-1] == "'Nightly' succeeded (Movies of Home)"
    assert KEY not in caplog.text


def test_a_channel_that_never_works_is_given_up(service: Service, films: World, listener: Listener) -> None:
    target(films, listener)
    listener.status = 404
    add(films, cron="0 13 * * *", policies={"notify": ("success",), "catch_up": "none"})
    service.wait(hours=2)
    films.rv.schedules.disable("Nightly")
    service.wait(hours=12)
    assert len(listener.heard) == 6
    (one,) = films.rv.notify.list()
    assert one.waiting == 0
    assert KEY not in (one.last_error or "")


def test_a_dead_man_service_hears_start_success_and_failure(
    service: Service, films: World, listener: Listener
) -> None:
    schedule = add(films, cron="0 * * * *", policies={"notify": (), "retries": 0})
    films.rv.notify.set_ping(schedule, Secret(f"http://{listener.url}/{KEY}"))
    assert films.rv.notify.pings() == {"Nightly": "127.0.0.1"}
    service.wait(hours=1)
    assert listener.paths() == [f"/{KEY}/start", f"/{KEY}"]
    films.server.fault("/library/sections/1/all", faults.raw(b"{"))
    service.wait(hours=1)
    assert listener.paths()[2:] == [f"/{KEY}/start", f"/{KEY}/fail"]
    films.rv.notify.set_ping(schedule, None)
    service.wait(hours=1)
    assert len(listener.paths()) == 4
    films.rv.notify.set_ping(schedule, Secret(f"http://{listener.url}/{KEY}"))
    (removed,) = films.rv.schedules.remove([schedule.id])
    assert films.rv.notify.pings() == {}
    assert films.rv._context.secrets().get(f"ping-{schedule.id}") is None, (
        "the address goes with its schedule"
    )
    assert KEY not in repr(removed)
    films.rv.schedules.bring_back(removed)
    service.wait(hours=1)
    assert listener.paths()[4:] == [f"/{KEY}/start", f"/{KEY}/fail"]


def test_a_ping_that_is_out_of_date_is_not_sent_any_more(
    service: Service, films: World, listener: Listener
) -> None:
    schedule = add(films, cron="0 * * * *", policies={"notify": ()})
    films.rv.notify.set_ping(schedule, Secret(f"http://{listener.url}/{KEY}"))
    listener.status = 500
    service.wait(hours=1)
    assert set(listener.paths()) == {f"/{KEY}/start", f"/{KEY}"}
    listener.heard.clear()
    listener.status = 200
    service.wait(minutes=59, step=20)
    assert listener.paths() == [f"/{KEY}"], "a start after the end would look like a run that hangs"
    listener.heard.clear()
    listener.status = 500
    service.wait(minutes=2, step=20)
    films.rv.notify.set_ping(schedule, Secret(f"http://{listener.url}/{KEY}"))
    listener.heard.clear()
    listener.status = 200
    service.wait(hours=1, step=1800)
    assert listener.paths()[-2:] == [f"/{KEY}/start", f"/{KEY}"]
    assert films.rv.notify.next_at() is None


def test_a_channel_with_a_fault_holds_up_no_other(
    service: Service,
    films: World,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    send = AppriseChannels.send

    def break_or_send(self: AppriseChannels, url: Secret, message: Message) -> None:
        if "broken" in url.reveal():
            raise ZeroDivisionError(url.reveal())
        send(self, url, message)

    monkeypatch.setattr(AppriseChannels, "send", break_or_send)
    films.rv.notify.add("Broken", Secret(f"json://broken:{KEY}@{listener.url}"))
    target(films, listener, "Works")
    add(films, cron="0 13 * * *", policies={"notify": ("success",)})
    service.wait(hours=1, minutes=2)
    assert listener.titles() == ["'Nightly' succeeded (Movies of Home)"]
    broken, works = films.rv.notify.list()
    assert (broken.waiting, broken.last_error) == (1, "It could not be sent: ZeroDivisionError")
    assert (works.waiting, works.last_error) == (0, None)
    assert KEY not in caplog.text


def test_an_old_catalogue_is_told_of_once_until_it_is_fresh(
    service: Service, films: World, listener: Listener
) -> None:
    target(films, listener)
    films.rv.settings.set("notify.stale_hours", "48")
    films.synced()
    service.wait(days=1)
    assert listener.titles() == []
    service.wait(days=4, step=3000)
    assert listener.titles() == ["'Movies' of Home was not synced lately"]
    films.synced()
    service.wait(days=3, step=3000)
    assert len(listener.titles()) == 2


def test_a_refused_token_pauses_the_servers_schedules_and_a_new_one_resumes_them(
    service: Service, films: World
) -> None:
    add(films, "Hourly", cron="0 * * * *")
    add(films, "Weekly", cron="0 0 * * 6")
    add(films, "Off", enabled=False)
    good, films.server.token = films.server.token, "another"
    service.wait(hours=1)
    for name in ("Hourly", "Weekly"):
        paused = films.rv.schedules.get(name)
        assert (paused.live, paused.next_run_at) == (False, None)
        assert "sign in" in (paused.paused_reason or "")
    assert films.rv.schedules.get("Off").paused_reason is None
    service.wait(hours=3)
    assert len(runs(films)) == 1, "not one failure an hour"
    (message,) = films.rv.service.messages()
    assert "pauses" in message.message.text
    with pytest.raises(Exception, match="token"):
        films.rv.servers.edit("Home", token=Secret("wrong-one"))
    assert not films.rv.schedules.get("Hourly").live
    films.rv.servers.edit("Home", token=Secret("another"))
    assert films.rv.schedules.get("Hourly").live
    assert not films.rv.schedules.get("Off").enabled
    service.wait(hours=1)
    assert runs(films)[-1].status is Status.SUCCESS
    assert good


def test_wrong_addresses_are_refused_and_nothing_is_kept(films: World, listener: Listener) -> None:
    for wrong in ("nonsense", "no-such-service://x", "json://"):
        with pytest.raises(Invalid) as caught:
            films.rv.notify.add("Phone", Secret(wrong))
        assert wrong not in str(caught.value)
    with pytest.raises(Invalid):
        films.rv.notify.set_ping(add(films), Secret("ftp://somewhere/x"))
    assert films.rv.notify.list() == []
    target(films, listener)
    with pytest.raises(Conflict):
        target(films, listener, "PHONE")
    films.rv.notify.remove("Phone")
    assert films.rv.notify.list() == []


def test_a_test_message_says_what_is_wrong(films: World, listener: Listener) -> None:
    target(films, listener)
    films.rv.notify.test("Phone")
    assert listener.titles() == ["RetroVue can reach you"]
    listener.status = 403
    with pytest.raises(ChannelError) as caught:
        films.rv.notify.test("Phone")
    assert KEY not in str(caught.value)


def test_the_command_line_never_shows_an_address(
    films: World, listener: Listener, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import io

    from retrovue.cli.main import run

    def command(*arguments: str, given: str = "") -> tuple[int, Any]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = run(["--data-dir", str(films.data_dir), "notify", *arguments, "--json"])
        out, err = capfd.readouterr()
        assert KEY not in out + err
        return code, json.loads(out) if out else err

    add(films)
    url = f"json://{listener.url}/{KEY}"
    code, made = command("add", "Phone", "--url-stdin", given=f"{url}\n")
    assert (code, made["name"], made["service"]) == (0, "Phone", "json")
    assert command("list")[1][0].keys() == {"id", "name", "service", "waiting", "last_sent_at", "last_error"}
    assert command("test", "Phone")[1]["arrived"] is True
    assert (
        command("ping", "Nightly", "--url-stdin", given=f"http://{listener.url}/{KEY}\n")[1]["host"]
        == "127.0.0.1"
    )
    assert command("ping", "Nightly", "--remove")[1]["host"] is None
    assert command("messages")[1] == []
    assert command("add", "Nothing", "--url-stdin")[0] == 2
    assert command("remove", "Phone")[0] == 0
    assert command("test", "Phone")[0] == 1


@pytest.mark.parametrize(
    ("url", "hidden", "shown"),
    [
        ("ntfy://ntfy.sh/movies", (), ("movies", "ntfy.sh")),
        ("mailto://retrovue:Tr0ub4dor@example.org", ("Tr0ub4dor",), ("retrovue", "example.org")),
        ("tgram://123456789:AAbbCCddEE/99887766", ("123456789", "AAbbCCddEE", "99887766"), ()),
        (
            "json://user:pass@127.0.0.1:8080/hook?key=a1b2c3d4e5",
            ("a1b2c3d4e5", "pass"),
            ("127.0.0.1", "hook"),
        ),
    ],
)
def test_keys_are_hidden_and_words_are_not(url: str, hidden: tuple[str, ...], shown: tuple[str, ...]) -> None:
    protect(Secret(url))
    for word in hidden:
        assert word not in redact(f"something with {word} in it")
    assert url not in redact(f"asked for {url}")
    for word in shown:
        assert word in redact(f"something with {word} in it")


def test_a_failure_names_no_part_of_the_address(films: World, listener: Listener) -> None:
    films.rv.notify.add("Phone", Secret(f"json://{listener.url}/quietword"))
    listener.status = 500
    with pytest.raises(ChannelError) as caught:
        films.rv.notify.test("Phone")
    assert "quietword" not in str(caught.value)
