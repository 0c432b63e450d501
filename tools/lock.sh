#!/bin/sh
# Writes the pinned requirement files, with hashes and (as uv does unless told otherwise) without addresses of indexes.
set -eu
cd "$(dirname "$0")/.."
common="--universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command tools/lock.sh -q"
# shellcheck disable=SC2086
uv pip compile $common requirements/setup.in -o requirements/setup.txt
# shellcheck disable=SC2086
uv pip compile $common pyproject.toml -o requirements/runtime.txt
# shellcheck disable=SC2086
uv pip compile $common pyproject.toml --extra postgres --extra notify -c requirements/runtime.txt -o requirements/server.txt
# shellcheck disable=SC2086
uv pip compile $common pyproject.toml --extra gui --extra notify -c requirements/runtime.txt -o requirements/desktop.txt
# shellcheck disable=SC2086
uv pip compile $common pyproject.toml --group dev --extra gui --extra postgres --extra notify -c requirements/runtime.txt -o requirements/dev.txt
