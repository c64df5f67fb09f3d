# Every target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
SCRIPT ?=
IMAGES ?=

.PHONY: help setup demo run services test fast check format bench chaos hostile openapi clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# --- set-up: all of it, once, and again when a lock file changes --------------------------------

.venv/base: requirements/base.txt
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "Installing (requirements/base.txt)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

.venv/dev: requirements/dev.txt .venv/base
	@echo "Installing (requirements/dev.txt)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.env: | .venv/base
	@$(BIN)/python -m canvas.dotenv

# Compressing takes longer than everything else, so only when the libraries have changed.
var/static/.collected: .venv/base | .env
	@mkdir -p var
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

setup: .venv/base .env var/static/.collected ## Virtual environment, .env, database, static files
	@$(BIN)/python manage.py migrate --verbosity 0

# --- using it ------------------------------------------------------------------------------------

demo: setup ## The main job, end to end (SCRIPT=path IMAGES=folder take your own files)
	@$(BIN)/python -m demo $(if $(SCRIPT),--script "$(SCRIPT)") $(if $(IMAGES),--images "$(IMAGES)")

run: setup ## Web, worker, sweeper and simulator from one terminal (PORT=8000)
	@exec $(BIN)/python manage.py run_all --port $(PORT)

services: .venv/base .env var/static/.collected ## The same on PostgreSQL and Redis (DATABASE_URL, CELERY_BROKER_URL)
	@export DATABASE_URL="$${DATABASE_URL:-postgresql://postgres@127.0.0.1:5432/canvas}" \
	        CELERY_BROKER_URL="$${CELERY_BROKER_URL:-redis://127.0.0.1:6379/5}"; \
	 $(BIN)/python -m canvas.postgres && \
	 $(BIN)/python manage.py migrate --verbosity 0 && \
	 exec $(BIN)/python manage.py run_all --port $(PORT)

# --- working on it -------------------------------------------------------------------------------

test: .venv/dev ## The whole suite: on SQLite, or on what DATABASE_URL and CELERY_BROKER_URL name
	@$(BIN)/python -m tests.which
	@$(BIN)/pytest -m "not slow and not sweep" -n 2 --dist loadscope
	@$(BIN)/pytest -m sweep -n 2 --dist load
	@$(BIN)/pytest -m slow

fast: .venv/dev ## The part of the suite that is worth running at every change
	@$(BIN)/pytest -m "not slow and not sweep" -n 2 --dist loadscope

check: .venv/dev ## Format, lint, types, import fences, migrations, schema
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/codespell README.md CONTRIBUTING.md CHANGELOG.md docs canvas scenes ai demo templates
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@SECRET_KEY=for-checks-only $(BIN)/python manage.py makemigrations --check --dry-run
	@SECRET_KEY=for-checks-only $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /tmp/canvas-openapi.$$$$.yaml && \
	 rm -f /tmp/canvas-openapi.*.yaml

format: .venv/dev ## Mend what can be mended by itself
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format --quiet .

bench: .venv/dev .env ## Measure beside LiteLLM, Portkey, plain Celery … (ONLY="streams wait"; JSON in var/bench.json)
	@$(BIN)/python -m benchmarks $(ONLY)

chaos: .venv/dev .env ## Break things: kills, cuts, storms (ONLY="F1 F9", SEED=1, FULL=1; JSON in var/chaos.json)
	@$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(FULL),--full) $(ONLY)

hostile: .venv/dev .env ## Fuzz the whole API by its document, on both databases (SEEDS="1 2 3")
	@$(BIN)/python -m tests.hostile.schemathesis_run $(if $(SEEDS),--seeds $(SEEDS))

openapi: .venv/dev ## Write openapi.json anew
	@SECRET_KEY=for-checks-only $(BIN)/python manage.py spectacular --format openapi-json --validate --fail-on-warn --file openapi.json

clean: ## Remove what was made here: environment, database, files (asks first)
	@read -p "Delete .venv, .env and var? [y/N] " answer && [ "$$answer" = y ] && rm -rf .venv .env var
