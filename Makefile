# Every target sets up what it needs, and does so quickly when nothing is missing.
PYTHON ?= python3
export PYTHON
BIN := .venv/bin

.PHONY: help install desktop dev demo gui docs screenshots test check bench format lock clean

help:
	@echo "make demo     set up, then sync the built-in stand-in server into a catalogue of its own"
	@echo "make gui      set up, then open the desktop program on your own data"
	@echo "make test     set up, then run every test"
	@echo "make check    format, lint, types and the floors"
	@echo "make docs     write the references anew and build the documentation into build/site"
	@echo "make screenshots  take the pictures of docs/pictures anew"
	@echo "make bench    measure syncs and schedules (about 10 minutes)"
	@echo "make install  set up; leaves .venv/bin/retrovue"
	@echo "make format   format the code"
	@echo "make lock     pin the requirements anew"

install:
	@tools/setup.sh runtime

dev:
	@tools/setup.sh dev

# Where there is a screen, the demonstration ends in the window.
demo:
	@tools/setup.sh $(if $(DISPLAY)$(WAYLAND_DISPLAY),desktop,runtime)
	@$(BIN)/retrovue demo

desktop:
	@tools/setup.sh desktop

gui: desktop
	@$(BIN)/retrovue gui

docs: dev
	@$(BIN)/python tools/reference.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir build/site

screenshots: dev
	@$(BIN)/python tools/screenshots.py docs/pictures

test: dev
	@tools/system-packages.sh
	@$(BIN)/python -m pytest -n 2 --dist worksteal -q

check: dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python tools/reference.py --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site

bench: dev
	@$(BIN)/python -m benchmarks.sync
	@$(BIN)/python -m benchmarks.scheduling
	@$(BIN)/python -m benchmarks.gui

format: dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/lock.sh

clean:
	@rm -rf .venv build dist .mypy_cache .ruff_cache
