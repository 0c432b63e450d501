"""Syncs of 100,000 films and 100,000 episodes, beside what python-plexapi needs merely to list them.

`python -m benchmarks.sync [COUNT]`. Every measurement runs in a process of its own, so that its peak memory is its
own. Prints a table and writes benchmarks/results/sync.json.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrovue import __version__

RESULTS = Path(__file__).parent / "results"
Result = dict[str, Any]


@contextmanager
def serving(kind: str, count: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A fast stand-in in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fast_server", kind, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.communicate(timeout=30)


def measured(what: str, *arguments: str) -> Result:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sync", "--one", what, *arguments], capture_output=True, text=True, check=True,
        timeout=1200,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def sync_once(url: str, folder: str, depth: str) -> Result:
    """A sync in this process; the server and its library are added first when they are new."""
    from retrovue import app, settings
    from retrovue.model.catalogue import Secret
    from retrovue.model.sync import Depth, SyncOptions
    from retrovue.secrets.store import FileSecrets

    secrets = FileSecrets(Path(folder) / "secrets.json")
    rv = app.build(settings.load(Path(folder), {}), secrets=secrets)
    if not rv.servers.list():
        rv.servers.add("Benchmark", url, Secret("benchmark-token"))
        rv.libraries.discover("Benchmark")
    began = time.perf_counter()
    done = next(rv.sync.run([rv.libraries.list()[0]], SyncOptions(depth=Depth(depth))))
    seconds = time.perf_counter() - began
    assert done.status.value == "success", done.reason
    assert done.errors == 0
    rv.close()
    return {
        "seconds": seconds, "scanned": done.scanned, "added": done.added, "updated": done.updated,
        "unchanged": done.unchanged, "requests": done.requests, "bytes": done.bytes, "depth": str(done.depth),
    }  # fmt: skip


def plexapi_listing(url: str, kind: str) -> Result:
    """python-plexapi lists the leaves of the library and does nothing else."""
    from plexapi.server import PlexServer

    server = PlexServer(url, "benchmark-token", timeout=120)  # type: ignore[no-untyped-call]
    section = server.library.section("Library")
    began = time.perf_counter()
    listed = section.search(libtype="movie" if kind == "movie" else "episode", container_size=1000)
    return {"seconds": time.perf_counter() - began, "scanned": len(listed), "requests": None, "bytes": None}


def one(what: str, *arguments: str) -> None:
    """Runs one measurement and prints it with the peak memory of this process."""
    result = plexapi_listing(*arguments) if what == "plexapi" else sync_once(*arguments)
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def library(kind: str, count: int) -> list[Result]:
    """All measurements of one library."""
    found: list[Result] = []
    with serving(kind, count) as (url, server), tempfile.TemporaryDirectory() as folder:

        def add(name: str, result: Result) -> None:
            result |= {"library": kind, "name": name, "per_second": count / result["seconds"]}
            found.append(result)

        add("python-plexapi, listing only", measured("plexapi", url, kind))
        add("first complete sync", measured("sync", url, folder, "complete"))
        add("unchanged complete sync", measured("sync", url, folder, "complete"))
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("touch 100\n")
        server.stdin.flush()
        server.stdout.readline()
        add("1 % changed", measured("sync", url, folder, "complete"))
        add("quick, nothing new", measured("sync", url, folder, "quick"))
    baseline = found[0]["seconds"]
    for result in found:
        result["times_plexapi"] = baseline / result["seconds"]
    return found


def table(results: list[Result]) -> str:
    """The results in Markdown."""
    head = [
        "| library | what | seconds | items/s | × plexapi | requests | MB | peak memory |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *map(_line, results)])


def _line(r: Result) -> str:
    requests = "" if r["requests"] is None else r["requests"]
    megabytes = "" if r["bytes"] is None else round(r["bytes"] / 1e6, 1)
    return (
        f"| {r['library']} | {r['name']} | {r['seconds']:.2f} | {r['per_second']:,.0f} | {r['times_plexapi']:.1f} "
        f"| {requests} | {megabytes} | {r['peak_mb']:.0f} MB |"
    )


def main(count: int) -> None:
    """Measures both libraries."""
    results = [result for kind in ("movie", "show") for result in library(kind, count)]
    print(table(results))
    RESULTS.mkdir(exist_ok=True)
    document = {"version": __version__, "items": count, "cores": os.cpu_count(), "results": results}
    (RESULTS / "sync.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
