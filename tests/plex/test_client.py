"""HTTP to a server: TLS, time-outs, retries, limits, and where the token goes."""

from __future__ import annotations

import gzip
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from retrovue import errors
from retrovue.demo import faults
from retrovue.demo.server import Request, Response, StandIn
from retrovue.demo.state import public_domain
from retrovue.model.catalogue import Kind, Secret
from retrovue.model.sync import LibraryListing, MediaSource
from retrovue.plex.client import ClientOptions, PlexClient
from retrovue.plex.source import PlexSource

Connect = Callable[..., PlexSource]


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited, without waiting."""
    return []


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A stand-in over plain HTTP."""
    with StandIn(public_domain()) as made:
        yield made


@pytest.fixture
def connect(stand_in: StandIn, pauses: list[float]) -> Iterator[Connect]:
    """Opens sources to the stand-in."""
    made: list[PlexSource] = []

    def open_source(url: str | None = None, page_size: int = 10, **options: object) -> PlexSource:
        chosen = ClientOptions("test", **{"timeout_seconds": 5.0, **options})  # type: ignore[arg-type]
        client = PlexClient(url or stand_in.url, Secret(stand_in.token), chosen, pauses.append)
        made.append(PlexSource(client, page_size=page_size))
        return made[-1]

    yield open_source
    for source in made:
        source.close()


def library(source: MediaSource, title: str = "Movies") -> LibraryListing:
    """A library of the server."""
    return next(found for found in source.libraries() if found.title == title)


def test_the_token_travels_in_a_header_and_only_after_the_server_is_known(
    stand_in: StandIn, connect: Connect
) -> None:
    source = connect()
    source.identity()
    assert "x-plex-token" not in stand_in.requests[0].headers
    source.libraries()
    assert stand_in.requests[1].headers["x-plex-token"] == stand_in.token
    assert all(stand_in.token not in str(request.params) + request.path for request in stand_in.requests)


def test_it_says_who_it_is(stand_in: StandIn, connect: Connect) -> None:
    connect().identity()
    headers = stand_in.requests[0].headers
    assert headers["accept"] == "application/json"
    assert headers["x-plex-client-identifier"] == "test"
    assert headers["x-plex-product"] == "RetroVue"


@pytest.mark.parametrize("effect", [faults.html(503), faults.html(429), faults.html(500), faults.drop])
def test_passing_failures_are_tried_again_with_growing_pauses(
    stand_in: StandIn, connect: Connect, pauses: list[float], effect: Callable[[Request, Response], Response]
) -> None:
    stand_in.fault("/identity", effect, times=3)
    assert connect(retries=3).identity().version
    assert pauses == sorted(pauses)
    assert len(pauses) == 3
    stand_in.fault("/identity", effect)
    with pytest.raises(errors.ServerTrouble) as caught:
        connect(retries=1).identity()
    assert caught.value.transient


def test_retry_after_is_obeyed_and_bounded(stand_in: StandIn, connect: Connect, pauses: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    for number, value in enumerate(("7", "999999", soon, "nonsense")):
        stand_in.fault("/identity", faults.html(503, retry_after=value), times=1, skip=number)
    assert connect(retries=4).identity()
    assert pauses[0] == 7
    assert pauses[1] == 120
    assert 30 < pauses[2] <= 40
    assert pauses[3] == 10


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the token"), (403, "lacks the rights")])
def test_refused_tokens(stand_in: StandIn, connect: Connect, status: int, words: str) -> None:
    stand_in.fault("/library", faults.html(status))
    with pytest.raises(errors.TokenRefused, match=words) as caught:
        connect().libraries()
    assert not caught.value.transient
    assert len([r for r in stand_in.requests if r.path == "/library/sections"]) == 2, "asked twice, not more"


def test_a_time_out_is_told(stand_in: StandIn, connect: Connect) -> None:
    stand_in.fault("/identity", faults.slow(1.5))
    with pytest.raises(errors.TooSlow):
        connect(timeout_seconds=0.3, retries=0).identity()


def test_compressed_answers_are_read_and_their_size_is_bounded(stand_in: StandIn, connect: Connect) -> None:
    def squeezed(_request: Request, response: Response) -> Response:
        body = gzip.compress(json.dumps(response.document).encode())
        return Response(body=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})

    fault = stand_in.fault("/identity", squeezed)
    assert connect().identity().version
    stand_in.faults.remove(fault)
    bomb = gzip.compress(b" " * 20_000_000)
    stand_in.fault(
        "/identity",
        lambda _q, _r: Response(
            body=bomb, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
        ),
    )
    with pytest.raises(errors.TooLarge):
        connect(max_body=1_000_000).identity()


def test_an_idle_connection_that_was_reset_is_no_failure(stand_in: StandIn, connect: Connect) -> None:
    source = connect()
    source.identity()
    stand_in.fault("/library/sections", faults.drop, times=1)
    assert source.libraries()


def test_nothing_answers(connect: Connect) -> None:
    with pytest.raises(errors.Unreachable) as caught:
        connect("http://127.0.0.1:1", retries=0).identity()
    assert "127.0.0.1:1" in str(caught.value)
    with pytest.raises(errors.Unreachable):
        connect("http://no-such-host.invalid:32400", retries=0).identity()


def test_the_servers_clock_is_that_of_the_first_answer(stand_in: StandIn, connect: Connect) -> None:
    def dated(_request: Request, response: Response) -> None:
        response.headers["Date"] = "Mon, 23 Nov 2026 02:00:00 GMT"

    stand_in.fault("/identity", dated)
    source = connect()
    assert source.server_time() is None
    source.identity()
    source.libraries()
    assert source.server_time() == datetime(2026, 11, 23, 2, tzinfo=UTC)


def test_counts_and_traffic(connect: Connect) -> None:
    source = connect()
    assert source.count(library(source), Kind.MOVIE) == 35
    assert source.count(library(source, "TV Shows"), Kind.EPISODE) == 41
    assert source.traffic().requests == 4
    assert source.traffic().bytes > 0


def test_recent_rows_and_a_filter_that_is_ignored(stand_in: StandIn, connect: Connect) -> None:
    source = connect()
    movies = library(source)
    rows = stand_in.state.sections["1"].of_type("movie")
    since = datetime.fromtimestamp(rows[-3]["addedAt"], UTC)
    found = {row.key for page in source.recent(movies, Kind.MOVIE, since) for row in page.rows}
    assert found == {rows[-2]["ratingKey"], rows[-1]["ratingKey"]}

    def ignore(request: Request, response: Response) -> Response:
        content = response.document["MediaContainer"]
        return Response(
            document={"MediaContainer": {**content, "totalSize": len(rows), "Metadata": rows[:5]}}
        )

    stand_in.fault("/all", ignore)
    with pytest.raises(errors.FilterIgnored):
        list(source.recent(movies, Kind.MOVIE, since))


def test_busy_tells_scans_and_streams(stand_in: StandIn, connect: Connect) -> None:
    source = connect()
    movies = library(source)
    assert not source.busy(movies).scanning
    stand_in.state.sessions.append({"sessionKey": "1", "ratingKey": "101", "type": "movie"})
    assert (source.busy(movies).streams, source.busy(movies, streams=True).streams) == (0, 1)
    stand_in.state.activities.append({"type": "library.update.section", "Context": {"librarySectionID": 1}})
    assert source.busy(movies).scanning
    assert not source.busy(library(source, "TV Shows")).scanning
    stand_in.fault("/activities", faults.html(403))
    assert not source.busy(movies).scanning, "a shared user may not see activities"
    stand_in.state.sections["1"].refreshing = True
    assert source.busy(movies).scanning


def test_details_match_by_key_and_leave_unknown_ones_out(connect: Connect) -> None:
    source = connect()
    found = source.details(["101", "999999", "103"])
    assert found.keys() == {"101", "103"}
    assert found["101"]["streams"][0]["kind"] == "video"
    assert source.details(["999999"]) == {}


def test_confirm_wants_the_control(connect: Connect) -> None:
    source = connect()
    movies = library(source)
    answer = source.confirm(movies, ["101", "999999"], "105")
    assert answer.proven
    assert answer.present.keys() == {"101"}
    assert not source.confirm(movies, ["101"], "999998").proven
    shows = library(source, "TV Shows")
    assert not source.confirm(shows, ["999999"], "101").proven, "the control is of another library"


# --- TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that nobody knows."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Callable[[str], StandIn]]:
    """Stand-ins over HTTPS, with a certificate for a name."""
    made: list[StandIn] = []

    def start(name: str) -> StandIn:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        made.append(StandIn(public_domain(), tls=context).start())
        return made[-1]

    yield start
    for stand_in in made:
        stand_in.stop()


def test_an_unknown_certificate_is_refused_with_what_to_do(
    secure: Callable[[str], StandIn], connect: Connect
) -> None:
    server = secure("127.0.0.1")
    with pytest.raises(errors.TlsRefused) as caught:
        connect(server.url, retries=0).identity()
    assert "--ca-file" in caught.value.hint
    assert "--insecure" in caught.value.hint
    assert server.requests == []


def test_a_named_authority_is_trusted(
    secure: Callable[[str], StandIn], connect: Connect, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    assert connect(secure("127.0.0.1").url, ca_file=str(file)).identity()
    with pytest.raises(errors.TlsRefused):
        connect(secure("plex.example.org").url, ca_file=str(file), retries=0).identity()


def test_any_certificate_is_accepted_when_asked_for(
    secure: Callable[[str], StandIn], connect: Connect
) -> None:
    assert connect(secure("other.example.org").url, verify_tls=False).identity()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_cannot_be_used_is_told(connect: Connect, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(errors.Invalid) as caught:
        connect("https://127.0.0.1:1", ca_file=str(file))
    assert caught.value.field == "ca_file"


def test_plain_http_to_a_secure_port_is_told(secure: Callable[[str], StandIn], connect: Connect) -> None:
    url = secure("127.0.0.1").url.replace("https", "http")
    with pytest.raises(errors.SourceError) as caught:
        connect(url, retries=0).identity()
    assert caught.value.hint
