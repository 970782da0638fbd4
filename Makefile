# `make help` lists the targets; README.md and CONTRIBUTING.md say more.

# The first Python that is new enough; PYTHON= chooses another
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/made.stamp
DEMO_READY := $(VENV)/demo.stamp
DEVELOPMENT_READY := $(VENV)/development.stamp
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement

.DEFAULT_GOAL := help
.PHONY: help demo test test-unit prove bench check format clean

help:
	@echo "make demo       the product with invented companies, at http://127.0.0.1:$(PORT)/fidelizacion/"
	@echo "make test       all tests, on SQLite and on PostgreSQL"
	@echo "make test-unit  the quick tests, on SQLite, in about 50 seconds"
	@echo "make prove      the long tests; installs two stand-ins for Twilio with npm, outside the clone"
	@echo "make bench      what requests cost beside a bare Django; ONLY=ticket,code measures those rows"
	@echo "make check      style, types, templates, migrations and deployment checks"
	@echo "make format     formats code and templates"
	@echo "make clean      removes the virtual environment and the data of demos"

demo: $(DEMO_READY)
	@PORT=$(PORT) exec $(BIN)/python manage.py demo --end-with-parent

test: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.run

test-unit: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.run --unit

prove: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.run -m prove

bench: $(DEVELOPMENT_READY)
	@ONLY="$(ONLY)" ENGINE="$(ENGINE)" BASELINE="$(BASELINE)" ROUNDS="$(ROUNDS)" $(BIN)/python -m bench

check: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.check

format: $(DEVELOPMENT_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --profile jinja --reformat --quiet templates
	$(BIN)/djlint --reformat --quiet desk/templates

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Check Python and, for the demo, the port before anything is installed
$(MADE):
	@command -v $(PYTHON) >/dev/null || { echo "No se encuentra $(PYTHON): instale Python 3.11 o más nuevo" >&2; exit 1; }
	@$(PYTHON) demo/preflight.py $(if $(filter demo,$(MAKECMDGOALS)),$(PORT))
	@echo "Preparando $(VENV)…"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(DEMO_READY): requirements/demo.txt | $(MADE)
	@echo "Instalando lo necesario para la demostración…"
	@$(INSTALL) $<
	@touch $@

# The development lock includes what the demo needs
$(DEVELOPMENT_READY): requirements/development.txt | $(MADE)
	@echo "Instalando las herramientas de desarrollo…"
	@$(INSTALL) $<
	@touch $@ $(DEMO_READY)
