# Two commands: `make demo` and `make test`. Needs GNU make and CPython >= 3.11; all else goes into .venv.
.DEFAULT_GOAL := help
# The first interpreter that really runs (a shim may exist and fail), is >= 3.11 and can make a venv.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell $(p) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(p))))
VENV ?= .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
export UV_PYTHON_DOWNLOADS := never
UVPIP = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python

.PHONY: help demo test check fmt lock bench mutants docs clean
help:
	@echo 'make demo    install, then play a whole incident on sample data into ./demo'
	@echo 'make test    install, then run all tests            (ARGS="-k respond" for some)'
	@echo 'make check   format, lint, types, import contracts'
	@echo 'make fmt | lock | bench | mutants | docs | clean'

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo 'CPython >= 3.11 with venv not found; run: make PYTHON=/path/to/python3 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# The stamps make a second run start at once, and a changed lock re-install.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/uv
	$(UVPIP) --require-hashes -r requirements/run.txt
	$(UVPIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(UVPIP) --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.run
	$(BIN)/promofuse demo
# What decides (the layers from money to response) is tested branch by branch.
CORE = src/promofuse/money.py,src/promofuse/marketplaces.py,src/promofuse/facts.py,src/promofuse/verdicts.py,src/promofuse/pricing/*,src/promofuse/velocity/*,src/promofuse/rules/*,src/promofuse/incidents.py,src/promofuse/response/*,src/promofuse/drafts/policy*
# All tests measure the coverage of that core too; a choice of them (ARGS) does not.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto $(if $(ARGS),$(ARGS),--cov=promofuse --cov-branch --cov-report=)
	$(if $(ARGS),,$(BIN)/coverage report --skip-covered --include='$(CORE)' --fail-under=95)
check: $(VENV)/.dev
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
fmt: $(VENV)/.dev
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests
docs: $(VENV)/.run
	$(BIN)/python -c 'from promofuse.rules import RULES; from promofuse.rules.document import document_rules; print(document_rules(RULES), end="")' > docs/rules.md
bench: $(VENV)/.dev
	$(BIN)/python -m pytest tests/bench --run-bench -p no:randomly -q -s $(ARGS)

# Changes what decides about money, one thing at a time, and prints what no test notices; ARGS: some of its modules,
# or lines of them (catalogue:120,133).
mutants: $(VENV)/.dev
	$(BIN)/python tests/mutants.py $(ARGS)

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml
lock: $(BIN)/uv
	$(LOCK) -o requirements/run.txt
	$(LOCK) --group dev -o requirements/dev.txt
	@! grep -nE '^(--|.*://)' requirements/*.txt || { echo 'a lock names an index' >&2; exit 1; }
clean:
	rm -rf $(VENV)
