# SPDX-License-Identifier: GPL-2.0-or-later
# `make demo` shows what patchwatch does; `make test` runs everything that CI runs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PATCHWATCH_REQUIRE_PEERS ?=
export PATCHWATCH_REQUIRE_PEERS

.PHONY: demo test lint typecheck contracts pytest peers hostile fuzz bench oracles clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	$(BIN)/python -m compileall -q patchwatch
	touch $@

$(VENV)/tested: $(VENV)/installed pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

demo: $(VENV)/installed
	@$(BIN)/python -m patchwatch.demo fixtures/demo

test: peers lint typecheck contracts pytest

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(VENV)/tested
	$(BIN)/mypy

contracts: $(VENV)/tested
	$(BIN)/lint-imports

pytest: $(VENV)/tested
	$(BIN)/pytest -n auto

# With root and apt-get the peers are installed; without, their tests are skipped with the line to type.
peers:
	@missing=""; \
	need() { command -v "$$1" >/dev/null 2>&1 || ls $$2 >/dev/null 2>&1 || missing="$$missing $$3"; }; \
	need mutt /none mutt; \
	need git-send-email "$$(git --exec-path)/git-send-email" git-email; \
	perl -MMail::Address -e 1 2>/dev/null || missing="$$missing libmailtools-perl"; \
	need initdb '/usr/lib/postgresql/*/bin/initdb' postgresql; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "missing programs, so their tests are skipped: apt-get install$$missing"; fi; \
	fi

# The budget of every hostile mail we know, as large as a mail may be; prints what each costs.
hostile: $(VENV)/tested
	$(BIN)/pytest tests/hostile/full_budget.py -s -p no:cacheprovider

# SECONDS for each TARGET (default: all); what is found lies in .fuzz/. Not every Python has a wheel of atheris.
SECONDS ?= 20
fuzz: $(VENV)/tested
	@$(BIN)/python -c 'import atheris' 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]' >/dev/null 2>&1 \
	  || echo "atheris cannot be installed for $$($(BIN)/python -V): fuzzing with Hypothesis instead"
	$(BIN)/python tests/fuzz/run.py $(SECONDS) $(TARGET)

# ARCHIVES names folders with public-inbox directories; without it a made-up archive is measured.
bench: $(VENV)/tested
	ARCHIVES='$(ARCHIVES)' $(BIN)/pytest tests/benchmarks/bench_*.py -s -p no:cacheprovider

# ARCHIVES names a folder with public-inbox directories: our reading of each mail beside that of git, b4 and others.
oracles: $(VENV)/tested
	ARCHIVES='$(ARCHIVES)' LIST='$(LIST)' $(BIN)/pytest tests/oracles/on_archives.py -s -p no:cacheprovider

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .fuzz
