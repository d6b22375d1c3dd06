# Everything goes through .venv, which `setup` makes. PYTHON=... names the interpreter it is made with.
.PHONY: setup demo test test-long check bench
.DEFAULT_GOAL := test
export PYTHON

# How many processes the tests run in, and any other option for pytest: make test TESTS='tests/unit -x'
JOBS ?= 2
TESTS ?=
PYTEST = .venv/bin/python -m pytest -n $(JOBS)

setup: .venv/.complete

.venv/.complete: setup.py constraints.txt scripts/setup scripts/python
	scripts/setup
	@touch $@

demo: setup
	@.venv/bin/python scripts/demo.py

test: setup
	$(PYTEST) -m "not long" $(TESTS)

test-long: setup
	$(PYTEST) -m long $(TESTS)

check: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup
	@.venv/bin/python -m benchmarks
