# `make plan` and `make test` need nothing but Python 3.11 to 3.13, a C library and this Makefile: each makes .venv,
# installs from a lock whose every package is pinned by hash, and does its job. `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# What to plan, where to write it, further options: make plan SCENARIO=my_line/ OUT=out/mine ARGS="--mode demand-led"
SCENARIO ?= beijing_yizhuang
OUT ?= out/$(notdir $(patsubst %/,%,$(SCENARIO)))
ARGS ?=
SBOM ?= dist/sbom.json
# Processes that run tests; a file's tests stay together, because they share what is costly to make. The files keep their
# order: the last ones are quick, so that no process waits long for the other one at the end.
WORKERS ?= 2

# Packages elsewhere must not be imported in place of ours, and compiled modules must be kept: the install leaves
# compiling to the first import, which is quicker than compiling everything.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

VENV := .venv
IN_VENV := $(VENV)/bin
PYTHONS := python3 python3.13 python3.12 python3.11 python
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# The stamps: which folder the environment was made in, and which lock was installed into it.
PLACE := $(VENV)/.place
RUN_TIME := $(VENV)/.run-time
DEVELOPMENT := $(VENV)/.development
UV ?= $(VENV)/uv/bin/uv

# An environment whose folder has moved, or whose interpreter has vanished, is made anew.
ifneq ($(shell cat $(PLACE) 2>/dev/null):$(wildcard $(IN_VENV)/python),$(CURDIR):$(IN_VENV)/python)
.PHONY: $(PLACE)
endif

.PHONY: help plan serve live test check lint pages format docs benchmark picture lock audit sbom browser clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target what; do \
		printf '%-18s %s\n' "$$target" "$$what"; done

plan: $(RUN_TIME) ## plan a day: SCENARIO=beijing_yizhuang OUT=out/beijing_yizhuang ARGS=
	@$(IN_VENV)/headwatt plan $(SCENARIO) --out $(OUT) $(ARGS)

serve: $(RUN_TIME) ## the HTTP service and its page: ARGS="--port 8080"
	@$(IN_VENV)/headwatt serve $(ARGS)

live: $(RUN_TIME) ## service and virtual line of SCENARIO with the plan in OUT, if there is one: ARGS="--speed 20"
	@$(IN_VENV)/headwatt live demo $(SCENARIO) --plan-folder $(OUT) $(ARGS)

test: $(DEVELOPMENT) browser ## the tests: ARGS="tests/dispatch -k window"
	@$(IN_VENV)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint test ## everything a change must pass: format, lint, types, layers, tests

lint: $(DEVELOPMENT) ## format, lint, types, layers
	@$(IN_VENV)/ruff format --check --quiet . || { echo "Some files are not formatted: run make format." >&2; exit 1; }
	@$(IN_VENV)/ruff check --quiet .
	@$(IN_VENV)/mypy
	@$(IN_VENV)/lint-imports --no-logo

pages: $(PLACE) ## types and pure functions of the pages, with node and TypeScript
	@sh .ci/pages/check $(CURDIR)/$(VENV)

format: $(DEVELOPMENT) ## format the code and mend what the linter can mend
	@$(IN_VENV)/ruff check --fix --exit-zero --quiet .
	@$(IN_VENV)/ruff format .

docs: $(DEVELOPMENT) ## the documentation, into site/
	@NO_MKDOCS_2_WARNING=1 $(IN_VENV)/mkdocs build --strict
	@echo "site/index.html is written." >&2

benchmark: $(DEVELOPMENT) ## run every benchmark, or BENCHMARKS=benchmarks/NAME.py
	@for benchmark in $(or $(BENCHMARKS),$(wildcard benchmarks/*.py)); do \
		echo "== $$benchmark" >&2; $(IN_VENV)/python "$$benchmark" || exit 1; done

picture: $(DEVELOPMENT) browser ## take the README's picture from the report in OUT, and those of the control room
	@$(IN_VENV)/python docs/images/take_picture.py $(OUT)/report.html
	@$(IN_VENV)/python docs/images/take_control_room.py

browser: # Chromium for the browser tests: found, installed where that is allowed, or said how
	@sh .ci/chromium

lock: $(PLACE) ## resolve the locks anew: ARGS=--upgrade
	@$(get_uv)
	@$(call resolve,install,requirements.lock,pyproject.toml)
	@$(call resolve,dev,requirements-dev.lock,pyproject.toml)
	@$(call resolve,installer,.ci/installer.lock)
	@$(call resolve,node,.ci/pages/node.lock)

audit: $(PLACE) $(VENV)/audit/bin/pip-audit ## known weaknesses of the packages of the run-time lock; needs the advisory service
	@$(VENV)/audit/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

sbom: $(DEVELOPMENT) ## the bill of materials of the run-time lock (CycloneDX), into SBOM=dist/sbom.json
	@mkdir -p $(dir $(SBOM))
	@$(IN_VENV)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON \
		--output-file $(SBOM) requirements.lock
	@echo "$(SBOM) is written." >&2

clean: ## remove what was made, but for .venv
	@rm -rf out site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find $(filter-out $(VENV),$(patsubst %/,%,$(wildcard */))) -name __pycache__ -prune -exec rm -rf {} +

# The set-up.

define find_python
for python in $(or $(PYTHON),$(PYTHONS)); do \
	if "$$python" -c '$(SUPPORTED)' 2>/dev/null; then break; fi; python=; \
done; \
if [ -z "$$python" ]; then \
	echo "Headwatt needs Python 3.11, 3.12 or 3.13; tried: $(or $(PYTHON),$(PYTHONS))." >&2; \
	echo "Install one, or name it: make $(or $(MAKECMDGOALS),plan) PYTHON=/path/to/python3" >&2; exit 1; \
fi
endef

# uv installs in five seconds what takes pip half a minute. Where uv cannot be had or cannot install, pip does it.
define install
$(get_uv); \
index=$${PIP_INDEX_URL:-$$($(IN_VENV)/python -m pip config get global.index-url 2>/dev/null)}; \
if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
with_uv() { UV_HTTP_TIMEOUT=15 UV_HTTP_RETRIES=1 "$(UV)" pip install --python $(IN_VENV)/python "$$@"; }; \
with_pip() { $(IN_VENV)/python -m pip --disable-pip-version-check --no-input install --no-compile "$$@"; }; \
for installer in with_uv with_pip; do \
	if $$installer --require-hashes --only-binary :all: --requirement $(1) >$(VENV)/install.log 2>&1 \
		&& $$installer --no-deps --no-build-isolation --editable . >>$(VENV)/install.log 2>&1; \
	then installed=yes; break; fi; \
done; \
if [ -z "$$installed" ]; then grep -v '^WARNING: Location' $(VENV)/install.log | tail -n 20 >&2; \
	echo "The installation from $(1) failed; all of its output is in $(VENV)/install.log." >&2; exit 1; fi
endef

define get_uv
if ! command -v "$(UV)" >/dev/null; then $(IN_VENV)/python -m pip --disable-pip-version-check --no-input install --quiet \
	--target $(VENV)/uv --require-hashes --only-binary :all: --requirement .ci/installer.lock >$(VENV)/install.log 2>&1; fi
endef

define resolve
$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --group $(1) $(ARGS) $(3) --output-file $(2)
endef

$(PLACE):
	@$(find_python); \
	echo "Making $(VENV) with $$("$$python" --version) ..." >&2; \
	"$$python" -m venv --clear $(VENV) >&2 || { \
		echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	echo '$(CURDIR)' >$@

# `make plan` after `make test` finds everything installed: the development lock holds the run-time lock.
$(RUN_TIME): $(PLACE) requirements.lock pyproject.toml
	@if [ -f $(DEVELOPMENT) ]; then lock=requirements-dev.lock; else lock=requirements.lock; fi; \
	echo "Installing Headwatt and the packages of $$lock (once; it may take a minute or two) ..." >&2; \
	$(call install,$$lock); \
	if [ -f $(DEVELOPMENT) ]; then touch $(DEVELOPMENT); fi; touch $@

$(DEVELOPMENT): $(PLACE) requirements-dev.lock pyproject.toml
	@echo "Installing Headwatt and the packages of requirements-dev.lock (once; it may take a minute or two) ..." >&2
	@$(call install,requirements-dev.lock)
	@touch $(RUN_TIME) $@

$(VENV)/audit/bin/pip-audit: $(PLACE)
	@$(IN_VENV)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip --disable-pip-version-check --quiet install pip-audit
