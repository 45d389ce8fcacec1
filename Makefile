# Two commands do everything on a fresh machine: `make run` judges an endpoint, `make test` tests the harness itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

BASE_URL ?=
MODEL ?=
GATEWAY ?=
UPSTREAM ?=
ARGS ?=

# Tests start a hundred processes; without compiled files each of them would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# One more than there are cores: some tests wait, for instance for a gateway that gives up after ten seconds.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Types are checked while tests run, as that keeps one core busy only; what was found is printed behind the tests.
define beside-types
@$(BIN)/mypy >$(VENV)/types 2>&1 & types=$$!; $(1); tested=$$?; wait $$types; typed=$$?; cat $(VENV)/types; exit $$((tested || typed))
endef

CLIENTS := $(VENV)/clients
AXE_VERSION := 4.14.1
export CHROME ?= $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name) 2>/dev/null)))

.PHONY: audit-proof beside-plugins dist run test check proof fuzz draw covering properties hostile clients test-clients gateways bench detection mutation browser browser-tools screenshots help clean

run: $(STAMP)  ## judge BASE_URL (with MODEL), or GATEWAY from both sides with UPSTREAM=HOST:PORT, or the embedded reference
	@$(BIN)/python -m pytest -q $(if $(GATEWAY)$(BASE_URL),--base-url='$(or $(GATEWAY),$(BASE_URL))') $(if $(UPSTREAM),--upstream='$(UPSTREAM)') $(if $(MODEL),--model='$(MODEL)') $(if $(GATEWAY)$(BASE_URL)$(OPENAI_BASE_URL)$(findstring --,$(ARGS)),,--examples 3) $(ARGS)

test: $(STAMP)  ## the harness's own tests, types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(call beside-types,$(BIN)/python -m pytest tests -q -n $(WORKERS) --dist worksteal $(ARGS))

check: $(STAMP)  ## style, types and the tests of what changed since main, nearest first, for as long as there is time: under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(call beside-types,WIREPROOF_SECONDS=40 $(BIN)/python -m pytest $$($(BIN)/python -m tests.changed) -q -n $(WORKERS) --dist worksteal $(ARGS))

proof: $(STAMP)  ## all at full width, part by part, going on where it stopped (hours); ARGS=--list tells what is done, ARGS='hostile-1 detection' does parts
	@$(BIN)/python -m tests.proof $(ARGS)

beside-plugins: $(STAMP)  ## install the wheel beside the plugins that other projects use, in a fresh environment, and play it
	$(BIN)/python -m pytest tests/beside_plugins.py -q $(ARGS)

dist: $(STAMP)  ## build what goes to the package index, and check that the index renders its description
	rm -rf dist $(VENV)/twine
	$(BIN)/python -m hatchling build -d dist
	$(PYTHON) -m venv $(VENV)/twine
	$(VENV)/twine/bin/pip install --quiet --disable-pip-version-check twine
	$(VENV)/twine/bin/twine check --strict dist/*

fuzz: $(STAMP)  ## try BASE_URL (with MODEL) with requests nobody wrote; ARGS='--examples 50 --max-requests 500' bounds the cost
	@$(BIN)/python -m pytest -q suites/test_properties_*.py --examples 200 $(if $(BASE_URL),--base-url='$(BASE_URL)') $(if $(MODEL),--model='$(MODEL)') $(ARGS)

draw: $(STAMP)  ## draw the kept examples of the property suites anew; ARGS='--seed 2' draws others
	$(BIN)/python -m tests.kept_examples $(ARGS)

covering: $(STAMP)  ## write the cases in which all ways of asking meet, and the tables of docs/ways-of-asking.md
	$(BIN)/python -m tests.ways
	$(BIN)/python -m tests.ways --table

properties: $(STAMP)  ## the longer proof of the property suites: 2,000 examples, three seeds (about an hour)
	WIREPROOF_SEEDS=0,1,2 WIREPROOF_EXAMPLES=2000 $(BIN)/python -m pytest tests/test_properties.py -q -n $(WORKERS) --dist worksteal $(ARGS)

hostile: $(STAMP)  ## judge an endpoint that misbehaves in some 700 ways, with the memory and time of each (half an hour), and 40,000 damaged replies and outcomes
	$(BIN)/python -m tests.hostile --measure
	$(BIN)/python -m tests.reply_fuzzing --examples 20000
	$(BIN)/python -m tests.client_fuzzing --examples 20000

clients: $(STAMP)  ## install the clients that people use, for --clients
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.txt -r requirements-clients.txt
	@mkdir -p $(CLIENTS)/node $(CLIENTS)/go
	@cp harness/clients/node/*.json $(CLIENTS)/node && cp harness/clients/go/go.mod harness/clients/go/main.go $(CLIENTS)/go
	@if command -v npm >/dev/null; then cd $(CLIENTS)/node && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error; \
	else echo "no npm: openai-node and the AI SDK are left out; install Node.js 22 or newer and run this again"; fi
	@if command -v go >/dev/null; then cd $(CLIENTS)/go && go mod tidy && go build -o driver . \
	|| echo "openai-go is left out: it could not be fetched or built"; \
	else echo "no go: openai-go is left out; install Go 1.26 or newer and run this again"; fi

test-clients: clients  ## prove what the clients suite, and what requirements, say of each client
	WIREPROOF_WHOLE=1 $(BIN)/python -m pytest tests/test_clients.py tests/test_client_breaks.py -q $(ARGS)

gateways: $(STAMP)  ## install real gateways (LiteLLM, Portkey) below .gateways/ and judge each from both sides; GATEWAY=litellm-fallback for one
	$(BIN)/python -m tests.gateways $(GATEWAY)

bench: $(STAMP)  ## what the harness itself costs, and how it grows (docs/performance.md; three minutes)
	$(BIN)/python -m tests.bench

audit-proof: $(STAMP)  ## audits of 10,000 and 100,000 exchanges: one process, two, a Dask cluster that loses a worker, S3, hostile files; ARGS=1000000 for more
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.txt -r requirements-audit.txt
	$(BIN)/python -m tests.audit_proof $(ARGS)

detection: $(STAMP)  ## which reported bugs of real servers are found, by which requirement
	$(BIN)/python -m tests.detection

mutation: $(STAMP)  ## break the reference systematically, and show what is found of it; ARGS='--every 8' plays a part, --publish writes docs/detection.md
	$(BIN)/python -m tests.mutation $(ARGS)

browser: browser-tools $(STAMP) $(VENV)/.browser  ## the report in a real browser; needs Chromium (or CHROME=path) and npm
	$(BIN)/python -m pytest tests/browser -q -rs $(ARGS)

screenshots: browser-tools $(STAMP) $(VENV)/.browser  ## take the README's pictures of the report anew
	$(BIN)/python -m tests.screenshots

clean:  ## remove what was installed and made
	rm -rf $(VENV) .gateways reports/compliance.html reports/run.jsonl reports/summary.md reports/junit.xml reports/results.sarif reports/badge.json

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*##/\t/'

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Wireproof needs Python 3.11 or newer; this is %d.%d. Name another with: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)

browser-tools:
	@test -n "$(CHROME)" || { echo "The browser tests need Chromium: apt-get install chromium, or name one with CHROME=/path/to/chrome." >&2; exit 1; }
	@command -v npm >/dev/null || { echo "The browser tests need npm, which fetches axe-core: apt-get install npm." >&2; exit 1; }

$(VENV)/.browser: $(STAMP) tests/browser/requirements.txt Makefile
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/browser/requirements.txt
	npm install --silent --no-audit --no-fund --no-save --prefix $(VENV)/axe axe-core@$(AXE_VERSION)
	@touch $@
