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

.PHONY: run test fuzz properties bench gateways help clean

run: $(STAMP)  ## judge BASE_URL (with MODEL), or GATEWAY from both sides with UPSTREAM=HOST:PORT, or the embedded reference
	@$(BIN)/python -m pytest -q $(if $(GATEWAY)$(BASE_URL),--base-url='$(or $(GATEWAY),$(BASE_URL))') $(if $(UPSTREAM),--upstream='$(UPSTREAM)') $(if $(MODEL),--model='$(MODEL)') $(ARGS)

test: $(STAMP)  ## the harness's own tests, types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests -q -n 2 $(ARGS)

fuzz: $(STAMP)  ## try BASE_URL (with MODEL) with requests nobody wrote; ARGS='--examples 50 --max-requests 500' bounds the cost
	@$(BIN)/python -m pytest -q suites/test_properties_*.py $(if $(BASE_URL),--base-url='$(BASE_URL)') $(if $(MODEL),--model='$(MODEL)') $(ARGS)

properties: $(STAMP)  ## the longer proof of the property suites: 2,000 examples, three seeds (about an hour)
	WIREPROOF_SEEDS=3 WIREPROOF_EXAMPLES=2000 $(BIN)/python -m pytest tests/test_properties.py -q -n 2 $(ARGS)

gateways: $(STAMP)  ## install real gateways (LiteLLM, Portkey) below .gateways/ and judge each from both sides; GATEWAY=litellm for one
	$(BIN)/python -m tests.gateways $(GATEWAY)

bench: $(STAMP)  ## what the harness itself costs
	$(BIN)/python -m tests.bench

clean:  ## remove what was installed and made
	rm -rf $(VENV) .gateways reports/compliance.html reports/run.jsonl

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*##/\t/'

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Wireproof needs Python 3.11 or newer; this is %d.%d. Name another with: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)
