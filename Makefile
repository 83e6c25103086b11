# Every target works on a fresh Debian 12 with python3, make and gcc; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# Debian keeps venv and pip out of python3; root may fetch them, others are told how.
APT := DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: run test check format golden bench fuzz oracle clean

## run: trace this machine for five seconds with the bundled example
run: $(BIN)/.installed
	$(BIN)/stap-lsp run stap_lsp/examples/syscall_counts.stp

## test: install what the tests need, then run them all
test: $(BIN)/.dev
	$(BIN)/python tests/provision.py
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

## check: format, lint, types, import contracts
check: $(BIN)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(BIN)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

## golden: rewrite expected dumps; review the diff
golden: $(BIN)/.dev
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest tests/golden

## bench: measure beside bpftrace, write tests/bench/RESULTS.md
bench: $(BIN)/.dev
	$(BIN)/python -m tests.bench

## fuzz: mutated scripts through the front end, figures in tests/fuzz/RESULTS.md; then the
## property tests, longer
fuzz: $(BIN)/.dev
	$(BIN)/python -m tests.fuzz --workers $(WORKERS)
	$(BIN)/python -m pytest tests -n $(WORKERS) --hypothesis-profile=long -k propert

## oracle: ask the real stap about every script again, and compare all our verdicts
oracle: $(BIN)/.dev
	ORACLE_ALL=1 $(BIN)/python -m pytest tests/oracle

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    $(APT) update -q && $(APT) install -q -y python3-venv && $(PYTHON) -m venv $(VENV); \
	  else echo "make: python3-venv is missing: apt-get install python3-venv" >&2; exit 1; fi; }
	$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'

$(BIN)/.installed: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install -q -e .
	touch $@

$(BIN)/.dev: $(BIN)/.installed
	$(BIN)/python -m pip install -q --group dev
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
