# `make demo` and `make test` do all the set-up themselves.
.PHONY: help demo test bench lint format setup clean
.DEFAULT_GOAL := help
python := .venv/bin/python

help:
	@echo 'make demo    run k-means and a matrix product in parallel; show speed-up and task graph'
	@echo 'make test    lint and run all tests'
	@echo 'make bench   measure beside a process pool, loky, Dask, Ray and Parsl (about 15 minutes; ROUNDS=1: 6)'
	@echo 'make lint    ruff, mypy, layers'
	@echo 'make format  let ruff put the code in form'
	@echo 'make clean   remove what these made'

setup:
	@sh scripts/setup

demo: setup
	@$(python) examples/run_demo.py

test: lint
	@$(python) -m pytest $(PYTEST_ARGS)

bench:
	@sh scripts/bench --rounds $(or $(ROUNDS),3) $(BENCH_ARGS)

lint: setup
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy
	@.venv/bin/lint-imports

format: setup
	@$(python) -m ruff check --fix .
	@$(python) -m ruff format .

clean:
	@rm -rf .venv .venvs build dist .*_cache .hypothesis demo
