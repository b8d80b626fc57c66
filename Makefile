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

.PHONY: help setup demo test bench docs lint format lock clean

help: ## list these commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install what the other commands take, into .venv and node_modules
	@"$(or $(PYTHON),$(error $(NO_PYTHON)))" tools/setup.py

demo: setup ## deploy the example app to an emulated AWS and try its policies (ARGS=...)
	@$(BIN)/python -m demo $(ARGS)

test: lint ## check everything: style, types, tests (ARGS=... goes to pytest)
	$(BIN)/python -m pytest $(ARGS)

bench: setup ## measure everything beside its peers (ARGS="synthesis startup tests checks proofs")
	@$(BIN)/python -m benchmarks $(ARGS)

docs: setup ## write docs/intents.md from the code
	@$(BIN)/python -m tools.intents

lint: setup ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## put the code into its style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: setup ## resolve requirements-dev.lock and package-lock.json anew
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 \
		--fork-strategy fewest --generate-hashes --custom-compile-command "make lock" \
		--output-file requirements-dev.lock requirements-dev.in
	for folder in . tests/proof/oracle; do $(BIN)/npm install --prefix $$folder \
		--package-lock-only --ignore-scripts --omit-lockfile-registry-resolved; done

clean: ## remove what setup and the other commands made
	rm -rf .venv node_modules tests/proof/oracle/node_modules cdk.out dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
