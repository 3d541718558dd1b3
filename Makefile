# twixt: `make app` serves the shipped board, `make test` runs the tests; both set up everything they need.
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
READY := .venv/.installed-requirements
READY_BENCH := .venv/.installed-requirements-bench
PYTEST := $(BIN)/python -m pytest
SHELL := /bin/sh

.PHONY: help setup app test test-slow test-nightly check audit format bench draws lock screenshots clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(READY): requirements.txt requirements-uv.txt pyproject.toml
	@scripts/setup.sh requirements.txt

$(READY_BENCH): requirements-bench.txt $(READY)
	@scripts/setup.sh requirements-bench.txt

setup: $(READY) ## the isolated environment in .venv

app: $(READY) ## the board in the browser: store, evidence, fit, and the app on localhost
	@$(BIN)/twixt app

test: $(READY) ## the tests (15 minutes at most from nothing, on two cores)
	$(PYTEST) -n 2 --dist loadfile -m "not slow and not nightly" --cov --cov-report=term $(ARGS)

test-slow: $(READY) ## long suites: samplers, calibration by simulation, fuzzing
	$(PYTEST) -n 2 --dist loadfile -m "slow" $(ARGS)

test-nightly: $(READY) ## what does not fit into CI; writes the record that CI checks
	$(PYTEST) -m "nightly" $(ARGS)

check: $(READY) ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(READY) ## every locked package against known weaknesses (asks OSV; says so when it cannot)
	@$(BIN)/python -m scripts.audit $(ARGS)

format: $(READY) ## apply lint fixes and the formatter
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_BENCH) ## speed and memory, side by side; writes benchmarks/record.json
	$(BIN)/python -m benchmarks.run $(ARGS)

draws: $(READY) ## sample the shipped draws that no longer match their inputs; writes data/draws
	$(BIN)/python -m scripts.draws $(ARGS)

screenshots: $(READY) ## the README's pictures, from a running app
	$(BIN)/python -m docs.screenshots

lock: ## resolve the dependencies anew (needs uv)
	@scripts/lock.sh

clean: ## remove the environment and every cache
	rm -rf .venv .uv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
