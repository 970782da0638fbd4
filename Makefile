# `make demo` shows the product, `make test`, `make test-unit`, `make check` and `make prove` prove it. See README.md.

# The first Python that is new enough; PYTHON= names another
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
	@echo "make demo    la demostración, en http://127.0.0.1:$(PORT)/fidelizacion/"
	@echo "make test    todas las pruebas, en SQLite y en PostgreSQL"
	@echo "make test-unit   la parte rápida, en SQLite y cerca de un minuto"
	@echo "make prove   las pruebas largas; instala con npm, fuera de aquí, dos servidores que hacen de Twilio"
	@echo "make bench   cuánto cuesta cada cosa, junto a su suelo; ONLY=ticket,code mide solo esas filas"
	@echo "make check   estilo, tipos, plantillas, migraciones y comprobaciones de despliegue"
	@echo "make format  da formato al código y a las plantillas"
	@echo "make clean   borra el entorno virtual y los datos de las demostraciones"

demo: $(DEMO_READY)
	@PORT=$(PORT) exec $(BIN)/python manage.py demo --end-with-parent

test: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.run

test-unit: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.run --unit

prove: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.run -m prove

bench: $(DEVELOPMENT_READY)
	@ONLY="$(ONLY)" $(BIN)/python -m bench

check: $(DEVELOPMENT_READY)
	@$(BIN)/python -m tests.check

format: $(DEVELOPMENT_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --reformat --quiet templates

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Asked before anything is installed; the port only matters to the demo
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

# Holds all that the demo needs, too
$(DEVELOPMENT_READY): requirements/development.txt | $(MADE)
	@echo "Instalando las herramientas de desarrollo…"
	@$(INSTALL) $<
	@touch $@ $(DEMO_READY)
