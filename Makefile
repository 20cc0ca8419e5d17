# Every command a person types. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
# The database the tests make theirs in; its role must be allowed to create databases.
TEST_DATABASE_URL ?= postgres://syncserver:syncserver@127.0.0.1:5432/syncserver
PYTEST := $(PY) -m pytest -n auto
PRODUCTION := env -u DEBUG SECRET_KEY=0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ ALLOWED_HOSTS=sync.example.org

# Shows one line that names the package of the moment. pip alone prints pages, and nothing with --quiet. Each pipe says
# pipefail, or it would hide a failure of pip. The make of macOS does not know .SHELLFLAGS.
SHELL := /bin/bash
PROGRESS := { while IFS= read -r line; do case "$$line" in Collecting*|Installing*) printf '\r\033[K  %.70s' "$$line";; esac; done; \
	printf '\r\033[K'; }

.DEFAULT_GOAL := help
NODE_TESTS := tests/extension

.PHONY: help run demo replay admin test lint types checks permissions test-sqlite test-postgres extension extension-lint extension-test e2e e2e-chromium \
	e2e-firefox pictures soak slow-clients chaos bench bench-pages bench-portability bench-bounds bench-full format clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-18s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed. Name one that you have, such as: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is needed; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the server runs on; this takes about a minute …"
	@set -o pipefail; $(PY) -m pip install --disable-pip-version-check -r requirements.txt | $(PROGRESS)
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what its developers use; this takes a few minutes …"
	@set -o pipefail; $(PY) -m pip install --disable-pip-version-check -r requirements-dev.txt | $(PROGRESS)
	@touch $@ $(VENV)/.run

# Lines of requests would scroll the link away. E-mails and errors are printed in any case.
QUIET := LOG_LEVEL=$${LOG_LEVEL:-WARNING}

run: $(VENV)/.run  ## serve on this machine, with SQLite, at port 8000 or PORT=…
	@DEBUG=true $(QUIET) $(PY) manage.py develop --port $(PORT)

demo: PORT = 8001
demo: $(VENV)/.run  ## the same at port 8001 on a fresh database, with a demo person and a year of browsing, or DAYS=…
	@DEBUG=true $(QUIET) DATABASE_URL=sqlite:///$(CURDIR)/demo.sqlite3 $(PY) manage.py demo --port $(PORT) $(if $(DAYS),--days $(DAYS))

replay: $(VENV)/.run  ## send the recorded day to the server at PORT, as EMAIL=…
	@DEBUG=true $(PY) manage.py replay samples/extension-day.jsonl --server http://127.0.0.1:$(PORT) $(if $(EMAIL),--email $(EMAIL))

admin: $(VENV)/.run  ## make a person who may sign in to the admin
	@DEBUG=true $(PY) manage.py migrate --verbosity 0
	@DEBUG=true $(PY) manage.py createsuperuser

test: lint types checks extension-test extension test-sqlite test-postgres e2e-chromium  ## everything that must be true, on SQLite and on PostgreSQL

lint: $(VENV)/.dev extension-lint  ## ruff, layers of imports, templates, unused code, and the extension's types and rules
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint accounts insights portability sync syncserver --lint --check
	$(PY) -m vulture

types: $(VENV)/.dev  ## mypy --strict on the server
	DEBUG=true $(PY) -m mypy

checks: $(VENV)/.dev  ## migrations that are missing, settings that are unsafe
	DEBUG=true $(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

permissions: $(VENV)/.dev  ## check docs/permissions.md against the URLs; with WRITE_DOCS=1 write it anew
	DATABASE_URL=sqlite:///$(CURDIR)/db.sqlite3 $(PY) -m pytest tests/project/test_permissions.py

test-sqlite: $(VENV)/.dev  ## the server's tests on SQLite
	DATABASE_URL=sqlite:///$(CURDIR)/db.sqlite3 $(PYTEST) tests

test-postgres: $(VENV)/.dev  ## those that use a database again on PostgreSQL, at TEST_DATABASE_URL
	DATABASE_URL=$(TEST_DATABASE_URL) $(PYTEST) tests --with-database

# Without npm the extension's own checks are skipped with a word on what to install; under CI that is a failure.
$(NODE_TESTS)/node_modules/.installed: $(NODE_TESTS)/package-lock.json
	@npm ci --prefix $(NODE_TESTS) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

HAVE_NPM := { command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)'; }
NO_NPM := { echo "Skipped: Node 20 or later and npm are needed (Debian: apt install npm)."; test -z "$$CI"; }

extension-test:  ## the extension's modules, without a browser
	@if $(HAVE_NPM); then $(MAKE) --no-print-directory $(NODE_TESTS)/node_modules/.installed && \
		cd $(NODE_TESTS) && node --test; else $(NO_NPM); fi

extension-lint:  ## tsc and eslint on the extension and its tests
	@if $(HAVE_NPM); then $(MAKE) --no-print-directory $(NODE_TESTS)/node_modules/.installed && \
		cd $(NODE_TESTS) && npm run --silent types && npm run --silent lint; else $(NO_NPM); fi

extension:  ## check the extension and pack it for both stores into dist/
	@if $(HAVE_NPM); then $(MAKE) --no-print-directory $(NODE_TESTS)/node_modules/.installed && \
		(cd $(NODE_TESTS) && npx --no-install web-ext lint --source-dir ../../extension --self-hosted \
		--no-config-discovery --output text) && $(PYTHON) -m syncserver.extension_packing; else $(NO_NPM); fi

e2e: e2e-chromium e2e-firefox  ## the extension and the server in real browsers

e2e-chromium: $(VENV)/.dev  ## the same in Chromium alone
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest -n 2 --dist worksteal tests/e2e -k "chromium and not backlog"
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest tests/e2e -k backlog

e2e-firefox: $(VENV)/.dev  ## the same in Firefox alone
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest tests/e2e -k firefox

slow-clients: $(VENV)/.dev  ## 200 idle, half-sent and slow clients, and an upload of 75 seconds
	SLOW_CLIENTS=200 SLOW_UPLOAD_SECONDS=75 DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest tests/live/test_slow_clients.py

chaos: $(VENV)/.dev $(NODE_TESTS)/node_modules/.installed  ## browsers, servers and a database that fail all the time, for MINUTES=10; SEED=… repeats a run
	CHAOS_SECONDS=$$((60 * $(or $(MINUTES),10))) CHAOS_SEED=$(or $(SEED),$$RANDOM) DATABASE_URL=$(TEST_DATABASE_URL) \
		$(PY) -m pytest -s --timeout 0 tests/live/test_chaos.py

soak: $(VENV)/.dev  ## ten minutes of scripted browsing: memory and writes of the extension; MINUTES=60 for an hour
	$(PY) -m tests.e2e.soak --minutes $(or $(MINUTES),10)

pictures: $(VENV)/.dev  ## take the pictures of the pages and of README anew; first: make demo, then SERVER=… LINK=…
	$(PY) scripts/take_pictures.py $(if $(SERVER),--server $(SERVER) --link $(LINK))

bench: $(VENV)/.dev  ## how fast the engine is, beside what it could be and what it would usually be
	$(PY) -m benchmarks.run --postgresql $(TEST_DATABASE_URL)

bench-pages: $(VENV)/.dev  ## how fast a person's pages are
	$(PY) -m benchmarks.insights --postgresql $(TEST_DATABASE_URL)

bench-portability: $(VENV)/.dev  ## how fast a history comes in and everything goes out, in how much memory
	$(PY) -m benchmarks.portability --postgresql $(TEST_DATABASE_URL)

bench-bounds: $(VENV)/.dev  ## pages and calls about as much as a person can store; 10 GB of disk must be free
	$(PY) -m benchmarks.bounds --postgresql $(TEST_DATABASE_URL)

bench-full: $(VENV)/.dev  ## both with tables of 10 M rows, for which 40 GB of disk must be free
	$(PY) -m benchmarks.run --postgresql $(TEST_DATABASE_URL) --full
	$(PY) -m benchmarks.insights --postgresql $(TEST_DATABASE_URL) --people 90

format: $(VENV)/.dev  ## let ruff put the code in shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:  ## remove what the commands above made, but no database
	rm -rf $(VENV) staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
