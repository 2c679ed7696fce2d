# A fresh machine needs Python 3.11 or newer and make; everything else comes into .venv.

UV_VERSION := 0.13.9
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
BIN := .venv/bin
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
SOURCES := services scripts bench
# Arguments for the program or the tests: make run ARGS='--port 9000', make test ARGS='services/feira/host -k postgres'
ARGS ?=
# Runs of pytest that share the whole of the tests: one more than there are cores to expect, as much of the time is waiting.
RUNS ?= 3

WEB := frontend/web
WEB_SOURCES = $(shell find $(WEB) \( -name node_modules -o -name .next -o -name '.build*' \) -prune -o -type f \
	! -name '*.tsbuildinfo' ! -name next-env.d.ts -print)
NPM := npm --prefix $(WEB) --silent

.PHONY: help setup dev run web .web node test lint lint-python lint-web chromium format ci bench bench-quick bench-growth proto openapi clean
.DEFAULT_GOAL := help

help:
	@echo 'make run      open a shop with sample goods on http://127.0.0.1:8000 (ARGS="--port 9000")'
	@echo 'make setup    install the program as .venv/bin/feira, no more'
	@echo 'make web      build the storefront and the back office, if their sources have changed'
	@echo 'make test     run the tests, with coverage (ARGS="services/feira/orders" for some of them)'
	@echo 'make lint     check style, types, layers, texts and the emitted documents'
	@echo 'make format   bring the code into its style'
	@echo 'make proto    write docs/proto from the contracts'
	@echo 'make openapi  write docs/openapi.json from the routes'
	@echo 'make ci       what CI runs'
	@echo 'make bench    measure the shop beside what the machine can do (also bench-quick, bench-growth)'
	@echo 'make clean    remove what the tools leave behind; never a shop'"'"'s data'

setup: .venv/.setup
	@:

dev: .venv/.dev
	@:

# The front end is built beside the installation; where there is no Node.js, after it. A shop without pages is a shop too.
run: | $(BIN)/python
	@if $(BIN)/python scripts/front_end.py --has-node; then $(MAKE) --no-print-directory --jobs=2 setup .web; \
		else $(MAKE) --no-print-directory node; $(MAKE) --no-print-directory .web; fi
	@exec $(BIN)/feira up --demo --web $(ARGS)

web: | $(BIN)/python
	@$(BIN)/python scripts/front_end.py

.web: | $(BIN)/python
	@$(BIN)/python scripts/front_end.py --try

node: .venv/.setup
	@$(UV) sync --quiet --frozen --no-dev --inexact --extra node \
		|| echo 'There is no Node.js, and none can be had: the shop opens without pages' >&2

# All of the tests need a browser and what Node.js tests; some of them, only what they say themselves.
test: dev $(if $(ARGS),,chromium web build/web.tested)
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(or $(ARGS),--numprocesses $(RUNS) --dist loadscope --no-loadscope-reorder)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $(if $(ARGS),--fail-under=0)

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; } || \
		{ echo 'The tests of the pages need a browser: install chromium (on Debian: apt install chromium).' >&2; exit 1; }

lint: lint-python lint-web

lint-python: dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/proto.py --check
	$(BIN)/feira openapi --check docs/openapi.json

lint-web: build/web.linted
	@:

format: dev | $(WEB)/node_modules/.package-lock.json
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(NPM) run format

proto: dev
	$(BIN)/python scripts/proto.py

openapi: dev
	$(BIN)/feira openapi --output docs/openapi.json

ci:
	bash .ci/run

bench: dev chromium web
	@$(BIN)/python -m bench --results bench/results $(ARGS)

bench-quick: dev
	@$(BIN)/python -m bench --kind quick --results bench/results $(ARGS)

bench-growth: dev
	@$(BIN)/python -m bench --kind growth --results bench/results $(ARGS)

# What has been found good is not looked at again until a file of it changes.
build/web.linted: $(WEB_SOURCES) docs/openapi.json | $(WEB)/node_modules/.package-lock.json
	$(NPM) run lint
	@mkdir -p build && touch $@

build/web.tested: $(WEB_SOURCES) | $(WEB)/node_modules/.package-lock.json
	$(NPM) test
	@mkdir -p build && touch $@

# npm writes this note at the end of an installation: one that was interrupted has none.
$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	@npm --version >/dev/null || { echo 'The front end is checked with Node.js 20 or newer, and its npm: install them' >&2; exit 1; }
	npm --prefix $(WEB) ci --prefer-offline --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(WEB)/.next $(WEB)/.build .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Feira needs Python 3.11 or newer: install it, or say where it is with PYTHON=' >&2; exit 1; }
	@for make in '"$(PYTHON)" -m venv' '"$(PYTHON)" -m virtualenv --quiet' 'uv venv --quiet --seed --python "$(PYTHON)"'; do \
		rm -rf .venv; eval "$$make .venv" >/dev/null 2>&1 && exit; \
	done; rm -rf .venv; echo 'This Python cannot make virtual environments: install the package python3-venv' \
		'(on Debian and Ubuntu: apt install python3-venv)' >&2; exit 1

.venv/.uv-$(UV_VERSION): | $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.setup: pyproject.toml uv.lock .venv/.uv-$(UV_VERSION)
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@touch $@

.venv/.dev: .venv/.setup
	@$(UV) sync --quiet --frozen --inexact
	@touch $@
