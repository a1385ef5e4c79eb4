# Two commands do everything: `make up` runs Switchyard here, `make test` proves it.
# PYTHON names the interpreter to start with: make PYTHON=python3.12 up

PYTHON ?= python3
BOOTSTRAP = $(PYTHON) deploy/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help up down setup-link dev install test faults clients conformance bench check build ci nightly images lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

up: ## run everything on this machine, in the foreground
	@$(BOOTSTRAP) up

down: ## stop it
	@if [ -x .venv/bin/switchyard ]; then .venv/bin/switchyard down; else echo "Nothing is running"; fi

setup-link: ## print a new set-up link while nobody owns the installation
	@$(BOOTSTRAP) setup-link

dev: ## Daphne with reload on PORT, Vite on 5173
	@$(BOOTSTRAP) dev

install: ## everything the other targets need, and nothing else
	@$(BOOTSTRAP) install

test: ## the whole suite: pytest, faults, Vitest, end to end in Chromium
	@$(BOOTSTRAP) test

faults: ## only the tests that kill whole processes
	@$(BOOTSTRAP) faults

clients: ## only the official SDKs and curl against a whole gateway
	@$(BOOTSTRAP) clients

conformance: ## every recorded exchange with vendors through a running gateway
	@$(BOOTSTRAP) conformance

bench: ## what a request costs, beside nginx; writes bench/report.json and bench/REPORT.md
	@$(BOOTSTRAP) bench

check: ## the gate: format, lint, types, contracts, generated files
	@$(BOOTSTRAP) check

build: ## the wheel with the built console, in dist/
	@$(BOOTSTRAP) build

ci: ## check, test and build
	@$(BOOTSTRAP) ci

nightly: ## what is too much for every push: locks against the index, every page in every look
	@$(BOOTSTRAP) nightly

images: ## build the image without an engine, as root, and run it
	@$(BOOTSTRAP) images

lock: ## renew every lock file
	@$(BOOTSTRAP) lock

clean: ## remove builds and caches; never var/
	rm -rf dist frontend/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './frontend/node_modules/*' -prune -exec rm -rf {} +
