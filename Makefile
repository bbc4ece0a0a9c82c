# The tasks of the project. `make` alone lists them.
# make and not just: make is on every Linux and macOS machine and on GitHub's Windows runners, so a fresh clone needs nothing first.
# PYTHON makes the environment, VENV is where it is (both from the environment too), JOBS the number of pytest workers.
VENV ?= $(or $(VIRTUAL_ENV),.venv)
PYTHON ?= python3
JOBS ?= 2
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PYTEST := $(PY) -m pytest -n $(JOBS) --dist worksteal
export TF_CPP_MIN_LOG_LEVEL ?= 3
export CUDA_VISIBLE_DEVICES ?= -1
# Arguments for pytest, ruff, scripts/bench: make test ARGS=tests/core
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup fmt lint types contracts generate vocabulary check-change test-fast test test-keras test-keras-oldest test-pydantic docs docs-version docs-outputs bench cov release clean

help: ## list the tasks
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-17s %s\n", $$1, $$2 }'

setup: ## create $(VENV) with everything that development needs
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev,export,tensorflow]'

fmt: ## format the code and apply the safe fixes of ruff
	$(BIN)/ruff check --fix-only $(ARGS)
	$(BIN)/ruff format $(ARGS)

lint: ## ruff, import contracts, excluded wording, stale generated files
	$(BIN)/ruff check $(ARGS)
	$(BIN)/ruff format --check $(ARGS)
	$(BIN)/lint-imports
	$(PY) scripts/vocabulary --check
	$(PY) scripts/generate --check

types: ## mypy in strict mode
	$(BIN)/mypy

contracts: ## the import contracts alone
	$(BIN)/lint-imports

generate: ## write all generated files
	$(PY) scripts/generate

vocabulary: ## report wording that wording rules exclude
	$(PY) scripts/vocabulary $(ARGS)

check-change: ## what depends on the changed files, within a minute
	$(PY) scripts/check-change $(ARGS)

test-fast: ## the tests that are not slow (3 minutes)
	$(PYTEST) -m "not slow" $(ARGS)

test: ## all tests, those marked as nightly too, with the installed Keras
	$(PYTEST) $(ARGS)

test-keras: ## the comparison with the installed Keras
	$(PYTEST) tests/core/differential $(ARGS)

test-keras-oldest: ## the comparison with the oldest supported Keras
	SEQSPEC_VENV=$(VENV) SEQSPEC_JOBS=$(JOBS) scripts/test-keras-oldest $(ARGS)

test-pydantic: ## everything but the comparison with Keras, for other releases of Pydantic
	$(PYTEST) --ignore=tests/core/differential -m "not integration" $(ARGS)

docs: ## build the documentation site in build/site, strictly: broken links are errors
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict $(ARGS)

docs-version: ## put the site of this version on the branch gh-pages (git and no network), as "latest"; ARGS=--push publishes it
	NO_MKDOCS_2_WARNING=1 PATH="$(abspath $(BIN)):$$PATH" mike deploy --update-aliases $(ARGS) $$($(PY) -c 'import seqspec; print(seqspec.__version__.rpartition(".")[0])') latest
	NO_MKDOCS_2_WARNING=1 PATH="$(abspath $(BIN)):$$PATH" mike set-default $(ARGS) latest

docs-outputs: ## run the examples of docs/ and write their outputs and the generated pages
	$(PY) scripts/generate
	$(PYTEST) tests/test_docs.py tests/test_cases.py --write-golden

bench: ## measure the speed
	$(PY) scripts/bench $(ARGS)

cov: ## all tests with coverage of subprocesses, and the floor
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -n $(JOBS) --dist worksteal $(ARGS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

release: ## build and check the wheel and the sdist in dist/; a pushed tag vX.Y.Z publishes them
	rm -rf dist
	SEQSPEC_PAGE=require $(PY) -m build
	$(PY) -m twine check --strict dist/*.whl dist/*.tar.gz

clean: ## remove caches and build outputs
	rm -rf build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
