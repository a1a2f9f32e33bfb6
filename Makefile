# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILED := $(VENV)/compiled
HAS_HEADERS := import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path('include') + '/Python.h'))

.PHONY: demo test check lint bench wheel lock clean help

help:
	@echo "make demo    set up, then the main job on a made-up tenant: tables and an HTML report"
	@echo "make test    set up, then lint, type check, import rules and all tests"
	@echo "make bench   set up, then the benchmarks"
	@echo "make wheel   set up, then a wheel in dist/ with its innermost modules compiled (needs a C compiler)"

demo: $(VENV)/ready
	$(BIN)/aoai-insights demo

test: $(VENV)/ready lint $(VENV)/spark $(COMPILED)/ready
	$(BIN)/python -m pytest -n auto --dist loadfile
	@if [ -d $(COMPILED)/lib ]; then \
	  cd $(COMPILED)/lib && TESTED_BUILD=compiled $(CURDIR)/$(BIN)/python -m pytest -c $(CURDIR)/pyproject.toml --rootdir . -p no:cacheprovider -n auto \
	    --dist loadfile tests/tokens tests/tokens_bodies tests/sources ; \
	fi

check: test

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/ready $(COMPILED)/ready $(VENV)/peers/ready
	$(BIN)/python -m bench

# uv where it is, else venv and pip; the same locked versions either way. Everything is compiled once, here: a program that
# starts in a tenth of a second otherwise takes one second wherever Python may not write its bytecode.
$(VENV)/ready: requirements/dev.lock pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@$(BIN)/python -m compileall -q aoai_insights
	@touch $@

# 430 MB, and pandas, which mapInArrow asks for: for the tests alone, and only where there is a Java to run it. Without it
# those tests are skipped, with a word.
$(VENV)/spark: $(VENV)/ready requirements/spark.lock
	@if ! command -v java >/dev/null 2>&1; then echo "no Java: the tests of Spark are skipped" >&2; \
	elif command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/spark.lock && touch $@ ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/spark.lock && touch $@ ; \
	fi || echo "no pyspark to be had: the tests of Spark are skipped" >&2

wheel: $(VENV)/ready
	AOAI_INSIGHTS_COMPILE=1 $(BIN)/python -m build --wheel --no-isolation

# That wheel, unpacked: what the benchmarks measure, and what the tests of its compiled modules run on. The environment itself
# keeps to the sources as they lie here, so that no compiled module of yesterday answers for a file of today.
$(COMPILED)/ready: $(VENV)/ready hatch_build.py $(shell find aoai_insights kql report_templates fixtures -type f -not -name '*.pyc')
	@echo "compiling what every record passes through, which takes a minute"
	@rm -rf $(COMPILED) && mkdir -p $(COMPILED)
	@if ! command -v cc >/dev/null 2>&1 || ! $(BIN)/python -c "$(HAS_HEADERS)"; then \
	  echo "not compiled: there is no C compiler, or no headers of Python" >&2 ; \
	elif AOAI_INSIGHTS_COMPILE=1 $(BIN)/python -m build --wheel --no-isolation -o $(COMPILED) >$(COMPILED)/log 2>&1; then \
	  $(BIN)/python -m zipfile -e $(COMPILED)/*.whl $(COMPILED)/lib && $(BIN)/python -m compileall -q $(COMPILED)/lib && \
	  ln -s $(CURDIR)/tests $(COMPILED)/lib/tests ; \
	else tail -n 20 $(COMPILED)/log >&2 ; exit 1 ; fi
	@touch $@

# The notebook and the library that ours is measured against.
$(VENV)/peers/ready: $(VENV)/ready bench/peers.txt
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)/peers && \
	  uv pip install --quiet --compile-bytecode --python $(VENV)/peers/bin/python -r bench/peers.txt ; \
	else \
	  $(PYTHON) -m venv $(VENV)/peers && $(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check -r bench/peers.txt ; \
	fi
	@touch $@

# Run after a change of the dependencies in pyproject.toml; needs uv.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev pyproject.toml -o requirements/dev.lock
	printf 'pyspark==4.0.1\npandas>=2.2\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header - -o requirements/spark.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
