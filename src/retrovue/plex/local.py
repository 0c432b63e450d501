"""Servers on the local network, asked for by GDM, Plex's multicast protocol."""

from __future__ import annotations

import logging

from retrovue.model.account import LocalServer

_log = logging.getLogger("retrovue.plex")


def scan() -> list[LocalServer]:
    """Who answers within a second; nobody where multicast does not reach (other subnets, most containers)."""
    from plexapi.gdm import GDM  # lazily: it loads requests

    try:
        entries = GDM().all()  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:  # no network; an answer that is none
        _log.debug("The local network cannot be asked: %s", error)
        return []
    found = []
    for entry in entries:
        data, (address, _) = entry["data"], entry["from"]
        port = str(data.get("Port", ""))
        if (
            data.get("Content-Type") == "plex/media-server"
            and data.get("Resource-Identifier")
            and port.isdecimal()
        ):
            url = f"http://{address}:{port}"
            name = str(data.get("Name") or address)
            found.append(
                LocalServer(name, str(data["Resource-Identifier"]), url, str(data.get("Version", "")))
            )
    return found
