"""Where messages go: a hundred services by Apprise, and dead-man services by a plain request."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from retrovue import log
from retrovue.errors import ChannelError, Invalid
from retrovue.model.catalogue import Secret
from retrovue.model.notices import PingEvent
from retrovue.model.schedule import Message, Notice

_SHORTEST_KEY, _SHORTEST_PART = 8, 4
_HOST = re.compile(r"localhost|\d+(?:\.\d+){3}|(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_TIMEOUT_SECONDS = 15.0
_PATHS = {PingEvent.START: "/start", PingEvent.SUCCESS: "", PingEvent.FAILURE: "/fail"}
_TYPES = {
    Notice.FAILURE: "failure",
    Notice.HELD: "warning",
    Notice.STALE: "warning",
    Notice.RECOVERY: "success",
    Notice.SUCCESS: "success",
    Notice.CHANGE: "info",
}
_HINT = "Addresses are those of Apprise, such as mailto://user:password@example.org or ntfy://topic."


def protect(url: Secret) -> None:
    """Keeps the address, and what in it is a key or a password, out of every log.

    Ordinary words in it, such as a topic `movies`, are left alone there: they would take these words out of every line.
    """
    text = url.reveal()
    log.protect(text)
    password = re.match(r"[^:/]+://[^/@]*?:([^/@]*)@", text)
    if password is not None:
        log.protect(password[1])
        log.protect(unquote(password[1]))
    for part in _parts(url):
        if len(part) >= _SHORTEST_KEY and _looks_like_a_key(part):
            log.protect(part)


def _parts(url: Secret) -> set[str]:
    """What stands between the marks of an address, but its host: one with a point in it, since some keys stand there."""
    found = re.split(r"[/?&=@:,]+", url.reveal().partition("://")[2])
    return {word for part in found for word in (part, unquote(part)) if word and not _HOST.fullmatch(word)}


def _looks_like_a_key(part: str) -> bool:
    return any(c.isdigit() for c in part) or (part != part.lower() and part != part.upper())


def _said(words: str, url: Secret) -> str:
    """What is told of a failure: no part of the address may stand in it."""
    for part in sorted(_parts(url), key=len, reverse=True):
        if len(part) >= _SHORTEST_PART:
            words = words.replace(part, "***")
    return log.redact(words)


class AppriseChannels:
    """See `model.notices.Channels`."""

    def service(self, url: Secret) -> str:
        """The scheme of an address that Apprise takes."""
        protect(url)
        apprise = _load()
        if apprise.Apprise.instantiate(url.reveal(), suppress_exceptions=True) is None:
            raise Invalid("url", "This address is none that can be sent to", hint=_HINT)
        return urlsplit(url.reveal()).scheme.lower()

    def send(self, url: Secret, message: Message) -> None:
        """Sends a message; what Apprise has to say of a failure is in the error, without secrets."""
        protect(url)
        apprise = _load()
        service = apprise.Apprise()
        if not service.add(url.reveal()):
            raise ChannelError("The address cannot be used any more", hint=_HINT)
        with apprise.LogCapture(level=logging.WARNING) as said:
            try:
                arrived = service.notify(
                    title=message.title, body=message.text, notify_type=_TYPES[message.kind]
                )
            except Exception as error:
                raise ChannelError("It could not be sent", type(error).__name__) from error
            words = [line.split(" - ")[-1] for line in said.getvalue().splitlines() if line.strip()]
        if not arrived:
            raise ChannelError("It could not be sent", _said(" ".join(words)[-300:], url))

    def ping(self, url: Secret, event: PingEvent) -> None:
        """Asks for the address, with `/start` or `/fail` behind it, as dead-man services have it."""
        import httpx  # lazily: it takes a while to load

        protect(url)
        address = url.reveal().rstrip("/") + _PATHS[event]
        try:
            answer = httpx.get(address, timeout=_TIMEOUT_SECONDS, follow_redirects=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ChannelError("It could not be pinged", type(error).__name__) from error
        if answer.status_code >= 400:
            raise ChannelError("It could not be pinged", f"it answers with {answer.status_code}")


def _load() -> Any:
    try:
        import apprise  # lazily: an extra, and slow to load
    except ImportError as error:
        raise ChannelError(
            "Notifications are not installed", str(error), "Install them: pip install 'retrovue[notify]'"
        ) from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines hold parts of addresses
    return apprise
