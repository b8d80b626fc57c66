BIN := .venv/bin

# What runs from here finds .venv's programs first, and its Node.js (jsii reads JSII_NODE).
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export JSII_NODE := $(CURDIR)/$(BIN)/node

# The Python to make .venv with: the one it has, or else the first that is new enough.
PYTHON ?= $(shell \
	for python in $(BIN)/python python3 python3.13 python3.12 python3.11 python3.10; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then \
			echo "$$python"; break; \
		fi; \
	done)
NO_PYTHON = no Python 3.10 or newer is on PATH; one is needed; install it, or name it: \
	make $@ PYTHON=/path/to/python

.PHONY: help setup demo test bench generate lint format lock clean

help: ## list these commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install everything that the other commands need, into .venv and node_modules
	@"$(or $(PYTHON),$(error $(NO_PYTHON)))" tools/setup.py

demo: setup ## deploy the example app to an emulated AWS and try its policies (ARGS=...)
	@$(BIN)/python -m demo $(ARGS)

# Lint runs at the same time as the tests, and its output follows theirs.
LINT = MAKEFLAGS= $(MAKE) --no-print-directory lint
test: setup ## check everything: style, types and tests (with ARGS=..., pytest alone)
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	@output=$$(mktemp) || exit 1; \
	$(LINT) >"$$output" 2>&1 & pid=$$!; \
	trap 'kill $$pid; rm -f "$$output"; exit 1' INT TERM; \
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal; tests=$$?; \
	wait $$pid; lint=$$?; \
	cat "$$output"; rm -f "$$output"; \
	if [ $$tests -ne 0 ]; then echo "make test: the tests FAILED; their output is above"; fi; \
	if [ $$lint -ne 0 ]; then echo "make test: lint FAILED; run: make lint"; fi; \
	[ $$tests -eq 0 ] && [ $$lint -eq 0 ]
endif

cdk: setup ## run the tests with another release of CDK (ARGS=lowest, newest or a version)
	@$(BIN)/python -m tools.other_cdk $(ARGS)

bench: setup ## compare costs with those of peers (ARGS="synthesis startup tests checks proofs")
	@$(BIN)/python -m benchmarks $(ARGS)

generate: setup ## write the constructs and docs/intents.md from the intents
	@$(BIN)/python -m tools.generate

# The texts for users and contributors, in which tools/english.dict has the words.
ENGLISH = README.md CONTRIBUTING.md CHANGELOG.md docs constructs_lib demo examples tools app.py \
	app_settings.py

lint: setup ## check style, layers of imports, English and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/codespell $(ENGLISH)
	$(BIN)/python -m tools.check_english
	$(BIN)/mypy

format: setup ## put the code into its style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: setup ## resolve requirements-dev.lock and package-lock.json anew
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 \
		--fork-strategy fewest --generate-hashes --custom-compile-command "make lock" \
		--output-file requirements-dev.lock requirements-dev.in
	for folder in . tests/proof/iam/oracle; do $(BIN)/npm install --prefix $$folder \
		--package-lock-only --ignore-scripts --omit-lockfile-registry-resolved; done

clean: ## remove what setup and the other commands made
	rm -rf .venv .venv-cdk node_modules tests/proof/iam/oracle/node_modules cdk.out dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
