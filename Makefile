# `make serve`, `make demo` and `make test` need Python 3.11 to 3.13 and nothing else; everything goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
DEMO := .worldloom-demo

# What an installation depends on. Python sources are used in place, so changing them needs no new set-up.
SETUP_INPUTS := pyproject.toml hatch_build.py $(wildcard worldloom/render/native/*) \
	$(shell find worldloom/app/viewer/src worldloom/app/viewer/public -type f) $(wildcard worldloom/app/viewer/*.json worldloom/app/viewer/*.ts)

.PHONY: serve demo test pytest lint style types bench clean

serve: $(VENV)/.installed
	$(BIN)/worldloom serve --open

demo: $(VENV)/.installed
	$(BIN)/worldloom demo $(DEMO) $(if $(filter 0,$(SERVE)),--no-serve,)

# Types are checked beside the tests, in the time that those leave: they wait for servers and browsers now and then.
test: style
	$(MAKE) --no-print-directory -j 2 types pytest

pytest: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

lint: style types

style: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	nice -n 5 $(BIN)/pyright

bench: $(VENV)/.installed-test
	$(BIN)/python bench/rasterize.py
	$(BIN)/python bench/formats.py
	$(BIN)/python bench/collider.py
	$(BIN)/python bench/reconstruct.py
	$(BIN)/python bench/serve.py
	$(BIN)/python bench/understand.py
	$(BIN)/python bench/generate.py
	$(BIN)/python bench/image.py
	$(BIN)/python bench/edit_select.py
	$(BIN)/python bench/edit_arrange.py
	$(BIN)/python bench/edit_decimate.py
	$(BIN)/python bench/edit_align.py
	$(BIN)/python bench/edit_brush.py
	$(BIN)/python bench/edit_people.py
	$(BIN)/python bench/edit_large.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: $(VENV)/bin/python $(SETUP_INPUTS)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist worldloom/render/native/*.so
