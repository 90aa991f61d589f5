# Foreshock: what the project can do, one target each. `make` lists them.
SHELL := bash
VECTORS ?= Tests/Conformance/Vectors
CASE ?= *
SWIFT := swift
CLANGXX := $(dir $(realpath $(shell command -v swift)))clang++
RELEASE := .build/release

.DEFAULT_GOAL := help
PYTHON := .venv/bin/python

.PHONY: help demo test unit conformance theory determinism interrupt formats bench bench-peers \
  vectors results fuzz format lint manual release

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Build, run a retry storm on real manifests, print the verdict and the report's path
	@$(SWIFT) build -c release --product foreshock --quiet
	@$(RELEASE)/foreshock run scenarios/feed-retry-storm/scenario.yaml; status=$$?; \
	  if [ $$status -gt 1 ]; then exit $$status; fi

test: lint unit conformance theory determinism interrupt formats ## Everything that must pass

lint: ## The formatter's findings, none allowed
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

format: ## Rewrite the sources in the project's format
	@$(SWIFT) format --in-place --recursive Package.swift Sources Tests

unit: ## Unit and property tests
	@$(SWIFT) test --quiet

release:
	@$(SWIFT) build -c release --quiet

conformance: ## Replay recorded behaviour: [VECTORS=dir] [CASE=glob]
	@$(SWIFT) build -c release --product Conformance --quiet
	@$(RELEASE)/Conformance "$(VECTORS)" --case '$(CASE)' --junit .build/conformance.xml

theory: ## The queueing rows alone: exact results against simulated ones
	@$(SWIFT) build -c release --product Conformance --quiet
	@$(RELEASE)/Conformance Tests/Conformance/Vectors/queueing

determinism: ## The same seed gives the same bytes: 1 and 2 threads, debug and release
	@Tests/determinism.sh

interrupt: ## Ctrl-C, SIGTERM, closed pipes, full disks: what is written is whole
	@$(SWIFT) build -c release --product foreshock --quiet
	@Tests/interrupt.sh

formats: ## JSON Schema, pandas, DuckDB and shells read what the program writes (needs Python)
	@$(SWIFT) build -c release --product foreshock --quiet
	@Tests/formats.sh

manual: ## Write the manual page, .build/foreshock.1 (needs Python)
	@$(SWIFT) build -c release --product foreshock --quiet
	@python3 Tests/manual.py $(RELEASE)/foreshock >.build/foreshock.1
	@echo "read it with: man -l .build/foreshock.1"

bench: ## Benchmark rows, beside the C++ programs of the same models
	@$(SWIFT) build -c release --product Benchmarks --quiet
	@$(SWIFT) build -c release --product foreshock --quiet
	@$(RELEASE)/Benchmarks $(BENCH)

bench-peers: ## The rows against SimPy, installed in a virtual environment
	@$(SWIFT) build -c release --product Benchmarks --quiet
	@test -x $(PYTHON) || python3 -m venv .venv
	@$(PYTHON) -c 'import simpy' 2>/dev/null || .venv/bin/pip install --quiet simpy
	@$(RELEASE)/Benchmarks --rows B7 --python $(PYTHON)

results: ## Run every shipped scenario again and compare with the recorded result
	@$(SWIFT) build -c release --product foreshock --quiet
	@Tests/results.sh

fuzz: ## Mutate scenarios and manifests for a minute; the readers must not crash
	@$(SWIFT) build --product Fuzz --quiet
	@.build/debug/Fuzz --seconds $(or $(SECONDS_TO_FUZZ),60)

vectors: ## Copy recorded behaviour from a folder: FROM=dir
	@test -n "$(FROM)" || { echo "say where from: make vectors FROM=dir"; exit 64; }
	@cp -R "$(FROM)"/. Tests/Conformance/Vectors/
