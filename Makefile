# Every target sets itself up: a virtual environment in .venv, and for tests the real Prometheus and Chromium.
# ARGS is passed on:  make demo ARGS="--json"     make test ARGS="tests/core -x"

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export PATH := $(abspath $(BIN)):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test check format train bench bench-sim envtest soak update tools

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## Replay real traces through the whole product, without a cluster
	@$(BIN)/scaleahead demo $(ARGS)

test: $(INSTALLED) tools ## Run the tests on all cores, with a real Prometheus and a real browser
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: $(INSTALLED) ## Lint, check formatting, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED) ## Format the code and fix what the linter can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

train: $(INSTALLED) ## Train the pooled forecasting model again from the traces in data/
	@$(BIN)/python -m forecasting.training.train data/traces/servegen-*.csv.gz $(ARGS)

bench: $(INSTALLED) tools ## Measure, and print the numbers
	@$(BIN)/python -m pytest -m benchmark -p no:randomly -s --timeout 0 $(ARGS)

bench-sim: $(INSTALLED) ## Play public traces under all policies; stop and start it again as you like
	@$(BIN)/python -m tests.benchmarks.simulation_study --results bench-sim.jsonl $(ARGS) $(wildcard data/traces/*.csv data/traces/*.csv.gz)

envtest: $(INSTALLED) tools ## Test against a real kube-apiserver; needs KUBEBUILDER_ASSETS
	@$(BIN)/python -m pytest -m envtest --timeout 300 $(ARGS)

soak: $(INSTALLED) tools ## Run for hours and watch memory, files and decisions
	@$(BIN)/python -m pytest -m soak --timeout 0 $(ARGS)

update: $(INSTALLED) ## Regenerate requirements.lock, KEDA messages, docs and dashboards; ARGS=--upgrade takes newer versions
	@.ci/lock $(BIN) $(ARGS)
	@$(BIN)/python -m tests.keda.generate
	@$(BIN)/python -m tests.docs.generate
	@$(BIN)/python -m tests.manifests.generate
	@$(BIN)/python -m tests.dashboards.generate

tools:
	@.ci/test-tools

$(INSTALLED): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" .ci/install "$(VENV)"
	@touch $@
