# What a person types. `make help` lists it; .ci/run runs the same targets.
# Everything goes into .venv, from requirements/*.txt, where every package is pinned and hashed.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# The first of these that is 3.11 or newer makes the environment; `make PYTHON=/path/to/python3.12 test` chooses another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
WORKERS ?= 2
ARGS ?=

.PHONY: help demo test lint format bench bench-estate fuzz lock servers clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

demo: $(VENV)/.demo ## a simulated estate, polled over real SNMP and SSH, with pages and metrics (Ctrl-C ends it)
	@.ci/servers prometheus
	@$(BIN)/hartwatch demo $(ARGS)

test: $(VENV)/.dev ## every test; installs the servers tests talk to when it can, skips by name when it cannot
	@.ci/servers
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/.dev ## formatting, ruff, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the formatting right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## the measurements behind docs/performance.md but the whole estate's (quiet machine, a quarter of an hour)
	@.ci/servers snmpd prometheus-snmp-exporter openssh-server
	@for script in $(filter-out %/estate_load.py,$(wildcard tests/benchmarks/[a-z]*.py)); do \
		echo "== $$script: $$(sed -n '1s/"""//gp' $$script)"; PYTHONPATH=. $(BIN)/python $$script || exit 1; \
	done

ESTATE = PYTHONPATH=. $(BIN)/python tests/benchmarks/estate_load.py
bench-estate: $(VENV)/.dev ## eleven thousand devices for a quarter of an hour each way, and a day in 48 minutes (three hours)
	@.ci/servers prometheus
	@broken=0; for way in "" "--version 3" "--dead 0.05 --slow 0.05" "--workers 2" "--devices 100 --minutes 5" \
		"--devices 1000 --minutes 5" "--devices 300 --scale 30 --minutes 48"; do \
		echo "== estate_load.py $$way"; $(ESTATE) $$way || broken=1; done; exit $$broken

fuzz: $(VENV)/.fuzz ## fuzz the SNMP codec, a minute for each harness (ARGS="--seconds 600 walks")
	$(BIN)/python -m tests.fuzz $(ARGS)

servers: ## install the servers the tests talk to (Debian and Ubuntu, as root)
	@.ci/servers

# One resolution for all: dev holds everything, and the smaller files are constrained by it.
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links pyproject.toml --group build
lock: $(VENV)/.dev ## write requirements/*.txt anew from pyproject.toml (add UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) --extra dev --extra demo --extra postgres --extra vault --extra netbox -o requirements/dev.txt
	$(COMPILE) --extra demo -c requirements/dev.txt -o requirements/demo.txt
	$(COMPILE) --extra postgres --extra vault --extra netbox -c requirements/dev.txt -o requirements/run.txt
	$(COMPILE) --extra fuzz -c requirements/dev.txt -o requirements/fuzz.txt

clean: ## remove the environment, caches and the demo's state
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# ---------------------------------------------------------------- the environment
# A stamp file per lock file: the second run of any target starts at once.
$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Hartwatch needs Python 3.11 or newer; none found. On Debian or Ubuntu:" \
		"apt install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make $(VENV) with $(PYTHON). On Debian or Ubuntu:" \
		"apt install python3-venv" >&2; rm -rf $(VENV); exit 2; }

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $(VENV)/.demo $@

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.dev
	$(PIP) install --quiet --require-hashes -r requirements/fuzz.txt
	@touch $@

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP) install --quiet --require-hashes -r requirements/demo.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@
