#!/bin/sh
# Makes .venv what the Makefile's targets need: `tools/setup.sh runtime`, `desktop` or `dev`.
# Returns at once when the pinned requirements are already in place.
set -eu
cd "$(dirname "$0")/.."
want=$1
stamp=".venv/.installed-$want"
key=$(cat requirements/setup.txt "requirements/$want.txt" pyproject.toml | cksum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && exit 0

say() { printf '%s\n' "$*" >&2; }
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || {
    say "There is no $python here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$python is older than 3.11. Name a newer one: make PYTHON=/path/to/python3"; exit 1; }

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "Installing python3-venv"
            apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv >/dev/null
        else
            say "This Python lacks venv. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1
        fi
    fi
    "$python" -m venv .venv
fi
say "Setting up .venv ($want)"
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/setup.txt
.venv/bin/uv pip install -q --compile-bytecode --python .venv/bin/python --require-hashes -r "requirements/$want.txt"
.venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
# Start-up counts: the command line must not compile itself where bytecode is not written.
.venv/bin/python -m compileall -q src
printf '%s' "$key" >"$stamp"
