# make run    install, build the index on the first run, serve http://127.0.0.1:8000
# make test   install with the development tools, run all tests
# make check  lint, types, import rules, all tests but those that need a browser or an index of all cards
# make screenshots  pictures of every state of the page, into screenshots/

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin

.PHONY: run test check lint types imports format screenshots clean

run: .venv/installed
	$(BIN)/neuvo serve --build --host $(HOST) --port $(PORT)

test: .venv/installed-dev
	$(BIN)/python -m pytest

check: lint types imports
	$(BIN)/python -m pytest -m "not slow"

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

imports: .venv/installed-dev
	$(BIN)/lint-imports

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ .venv/installed

screenshots: .venv/installed-dev
	$(BIN)/python tests/web/screenshots.py

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
