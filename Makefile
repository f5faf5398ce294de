# Copydesk. Bare `make` lists the targets; each makes the virtual environment it needs.
# Works with GNU make 3.81 (macOS) and with nothing installed but Python.

VENV := .venv
BIN := $(VENV)/bin

# The newest Python that runs the project; `make PYTHON=/path/to/python test` chooses another.
ifndef PYTHON
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	if $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	>/dev/null 2>&1; then echo $$p; break; fi; done)
endif

# Two processes and more, but one for all tests that share a broker.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadgroup
LAWS := $(addprefix tests/test_, corpus.py clean_laws.py edits.py parse.py fingerprint.py check.py \
	verdict.py)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links $(UPGRADE)
# Installing compiles C. Where the machine has no compiler, one is installed as a package first; if
# that fails too, Copydesk works without, slower, and says so.
define INSTALL_COPYDESK
@$(BIN)/python pipeline/native/build.py --has-compiler || { \
	echo "No C compiler here (gcc, clang): installing one into $(VENV) ..."; \
	$(PIP) install --require-hashes -r requirements-compiler.txt || true; }
$(PIP) install --no-deps --no-build-isolation -e .
@touch $(VENV)/.native
endef

.DEFAULT_GOAL := help
.PHONY: help run demo test check laws sanitize wheel faults soak fuzz bench fix docs lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.runtime ## clean the example articles into out/ and write a report
	$(BIN)/copydesk run examples --out out
	@echo "Open out/report.html to look at what was done."

demo: $(VENV)/.runtime ## the whole stream on a Kafka of its own, until Ctrl-C (Java 17, Maven)
	$(BIN)/python -m deploy.demo

test: $(VENV)/.dev $(VENV)/.native ## run the tests
	$(PYTEST)

check: $(VENV)/.dev $(VENV)/.native ## everything CI checks: format, lint, types, imports, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PYTEST)

laws: $(VENV)/.dev ## run the laws alone (COPYDESK_NATIVE=0: on plain Python)
	$(PYTEST) $(LAWS)

sanitize: $(VENV)/.dev ## run the native module's tests with each memory access checked (gcc, Linux)
	$(BIN)/python tests/support/sanitized.py

wheel: $(VENV)/.dev ## build a wheel into dist/ and try it outside the checkout
	$(BIN)/python -m pip --quiet wheel --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python tests/support/try_wheel.py dist

faults: $(VENV)/.dev ## harm workers, brokers and topics for an hour, count what comes out (Java 17, Maven)
	$(BIN)/python -m tests.faults

soak: $(VENV)/.dev ## half an hour of load with a fault each minute: what grows (Java 17, Maven, Linux)
	$(BIN)/python -m tests.soak

fuzz: $(VENV)/.dev $(VENV)/.native ## search for inputs that break it, two minutes or RUNS (gcc, Linux, x86-64)
	cd tests && ../$(BIN)/python -m fuzz $(if $(RUNS),--runs $(RUNS))

bench: $(VENV)/.dev ## speed and memory beside a plain loop, in one run
	$(BIN)/python -m bench

fix: $(VENV)/.dev ## format and repair what ruff can repair
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## write config/copydesk.yaml and the reference pages anew from the code
	$(BIN)/python docs/generate.py

lock: $(VENV)/.dev ## pin what pyproject.toml asks for (UPGRADE=--upgrade for newer versions)
	$(COMPILE) --group build -o requirements.txt pyproject.toml
	$(COMPILE) --group dev --all-extras -c requirements.txt -o requirements-dev.txt pyproject.toml
	$(COMPILE) --group pyproject.toml:compiler -o requirements-compiler.txt
	$(COMPILE) --group pyproject.toml:sbom -c requirements-dev.txt -o requirements-sbom.txt

clean: ## remove the environment, the caches and out/
	rm -rf $(VENV) out dist .kafka .hypothesis .fuzz .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
	echo "Copydesk needs Python 3.11, 3.12 or 3.13 with its venv module, and found none." >&2; \
	echo "Install one (Debian: apt-get install python3-venv; macOS: brew install python@3.13)" >&2; \
	echo "or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing Copydesk into $(VENV) (once, about a minute) ..."
	$(PIP) install --require-hashes -r requirements.txt
	$(INSTALL_COPYDESK)
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing Copydesk and its tools into $(VENV) (once, about a minute) ..."
	$(PIP) install --require-hashes -r requirements-dev.txt
	$(INSTALL_COPYDESK)
	@touch $(VENV)/.runtime $@

$(VENV)/.native: $(wildcard pipeline/native/src/*.[ch]) | $(VENV)/.dev
	$(BIN)/python -m pipeline.native.build >/dev/null
	@touch $@
