# The few commands a newcomer needs. Each makes what it needs first: `make demo` works on a fresh clone.
# Python 3.11, 3.12 or 3.13 and make are enough; everything else goes into .venv (docs/adr/0002-locks.md).

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
SAM := .venv-sam/bin/sam
UV := .venv-lock/bin/uv
PIP_INSTALL := -m pip --disable-pip-version-check install -qq --no-compile

# The first Python that we run on. Name another with `make PYTHON=/path/to/python3.12 ...`.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c '$(FITS)' 2>/dev/null && echo "$$python" && break; done)

.PHONY: help install demo test check format bench lock clean

help: ## Show this list.
	@echo "blastlens reads blood smears. Start with 'make demo'."
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed ## Make .venv with what classifying and the demo need (about 400 MB).
	@echo "Ready: $(BIN)/blastlens --help"

demo: .venv/.installed ## Start the cloud on this machine, send smears in, show what comes out.
	@$(BIN)/blastlens demo $(ARGS)

test: .venv/.installed-dev ## Run the tests; a part of them with ARGS="tests/unit -k decode".
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

check: .venv/.installed-dev $(SAM) ## Style, types, who imports whom, and the cloud template.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 $(SAM) validate --lint

format: .venv/.installed-dev ## Put the code into shape.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.installed-dev ## Measure what the README claims.
	@for benchmark in benchmarks/[a-z]*.py; do echo "== $$benchmark"; $(BIN)/python "$$benchmark" $(ARGS); done

clean: ## Remove the environments and everything made by tools.
	rm -rf .venv .venv-sam .venv-lock .aws-sam build dist src/*.egg-info .*_cache .hypothesis .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +

# One environment. A changed lock makes a fresh one, so that nothing stays behind in it;
# `demo` installs the small part, `test` and `check` put the rest (TensorFlow, linters) beside it.
# Python 3.11 puts a setuptools into it that nothing needs.
.venv/.made: requirements/local.lock requirements/dev.lock
	@$(call make_venv,.venv)
	@$(BIN)/python -m pip --disable-pip-version-check uninstall --quiet --yes setuptools 2>/dev/null
	@touch $@

.venv/.installed: .venv/.made pyproject.toml
	@echo "Installing blastlens and its local cloud into .venv (about 400 MB, once) ..."
	@$(BIN)/python $(PIP_INSTALL) --requirement requirements/local.lock
	@$(BIN)/python $(PIP_INSTALL) --no-deps --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Installing what tests and training need into .venv (about 2 GB, once) ..."
	@$(BIN)/python $(PIP_INSTALL) --requirement requirements/dev.lock
	@touch $@

# The SAM CLI pins its dependencies so tightly that it gets an environment of its own.
$(SAM): requirements/sam.lock
	@echo "Installing the SAM CLI into .venv-sam (about 300 MB, once) ..."
	@$(call make_venv,.venv-sam)
	@.venv-sam/bin/python $(PIP_INSTALL) --requirement requirements/sam.lock
	@touch $@

$(UV): requirements/lock.in
	@$(call make_venv,.venv-lock)
	@.venv-lock/bin/python $(PIP_INSTALL) --requirement requirements/lock.in
	@touch $@

define make_venv
if ! "$(or $(PYTHON),false)" -c '$(FITS)' 2>/dev/null; then \
	echo "blastlens runs on Python 3.11, 3.12 or 3.13, and $(or $(PYTHON),$$(python3 --version 2>&1)) is none of them:" \
		"install one and name it with 'make PYTHON=/path/to/python3.12'." >&2; exit 1; fi; \
"$(PYTHON)" -m venv --clear $(1)
endef

# Pins stay as they are unless pyproject.toml rules them out; `make lock UPGRADE=1` takes what is new.
# The other locks are cut from dev.lock, so that what is tested is what runs.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --default-index https://pypi.org/simple --no-emit-index-url $(if $(UPGRADE),--upgrade)
CUT := --constraint requirements/dev.lock --no-annotate

lock: $(UV) ## Choose the versions anew: requirements/*.lock from pyproject.toml and requirements/*.in.
	$(COMPILE) pyproject.toml --extra local --extra training --extra export --extra dev --output-file requirements/dev.lock
	$(COMPILE) pyproject.toml --extra local $(CUT) --output-file requirements/local.lock
	$(COMPILE) pyproject.toml $(CUT) --output-file requirements/lambda.lock
	$(COMPILE) requirements/layer.in $(CUT) --output-file requirements/layer.lock
	$(COMPILE) requirements/sam.in --output-file requirements/sam.lock
