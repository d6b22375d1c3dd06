# Everything goes through .venv, which `setup` makes. PYTHON=... names the interpreter it is made with.
.PHONY: setup demo test test-long check bench
.DEFAULT_GOAL := test
export PYTHON

# How many processes the tests run in, and any other option for pytest: make test TESTS='tests/unit -x'
JOBS ?= 2
TESTS ?=
# each process takes a half of the tests, and then of what the other has left: a module that shares a service starts it once
PYTEST = .venv/bin/python -m pytest -n $(JOBS) --dist worksteal
# The tests start our processes hundreds of times: their bytecode is made once, also where Python is told to write none.
COMPILE = .venv/bin/python -m compileall -q trigger_service targets tasks

setup: .venv/.complete

.venv/.complete: setup.py constraints.txt scripts/setup scripts/python
	scripts/setup
	@touch $@

demo: setup
	@.venv/bin/python scripts/demo.py

test: setup
	@$(COMPILE)
	$(PYTEST) -m "not long" $(TESTS)

test-long: setup
	@$(COMPILE)
	$(PYTEST) -m long $(TESTS)

check: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup
	@.venv/bin/python -m benchmarks $(PARTS)
