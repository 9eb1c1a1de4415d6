# The two commands of the README, and what people who change the code need.
VENV ?= .venv
BIN := $(VENV)/bin
# The peers' packages stay out of the project's environment.
BENCH := $(VENV)/bench
# Compiled once: importing TensorFlow from source takes three times as long.
export PYTHONDONTWRITEBYTECODE =
export TF_CPP_MIN_LOG_LEVEL ?= 2
# What `make serve` serves, and where on 127.0.0.1.
MODEL ?= fmnist-cnn
PORT ?= 5001
# MLflow and its pages would report their usage to its makers.
export MLFLOW_DISABLE_TELEMETRY ?= true
PROJECT := PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/mlflow run . --env-manager local

.PHONY: demo test faults check ui serve lock format bench results

demo: $(VENV)/installed  ## the whole study on less data, about 10 minutes on 2 cores
	$(PROJECT) -e main -P preset=quick
	@echo "Browse the runs: make ui"

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest

faults: $(VENV)/installed-dev  ## all faults, the long ones too: up to 20 minutes
	$(BIN)/python -m pytest tests/faults -m "long or not long" --durations=0

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cog --check README.md

ui: $(VENV)/installed  ## MLflow's pages, without the processes that serve many people and LLM jobs
	@echo "The runs: http://127.0.0.1:5000/#/experiments/0/runs?workflowType=machine_learning"
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow ui --workers 1 \
		--backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

serve: $(VENV)/installed  ## the model in Production over HTTP; MODEL=fmnist-mlp PORT=8080
	$(BIN)/python -m entrypoints.serve --model $(MODEL) --port $(PORT)

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## pin everything that pyproject.toml leads to
	$(BIN)/uv pip compile pyproject.toml --universal --no-emit-index-url -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --universal --no-emit-index-url --extra dev -o requirements-dev.txt

bench: $(BENCH)/installed  ## this project beside its peers, hours on 2 cores
	$(BENCH)/bin/python -m benchmarks.run

# In a store of its own, which then goes: MLflow puts artifacts where it is called.
results: $(VENV)/installed  ## rebuild results/paper from its records, bit for bit, in minutes
	store=$$(mktemp -d) && trap 'rm -rf "$$store"' EXIT && cd "$$store" && \
	export MLFLOW_TRACKING_URI=sqlite:///mlflow.db PYTHONPATH=$(CURDIR) && \
	$(abspath $(BIN))/python -m entrypoints.ingest --path $(CURDIR)/results/paper/records.parquet && \
	$(abspath $(BIN))/python -m entrypoints.compare --output $(CURDIR)/results/paper

$(BENCH)/installed: requirements.txt pyproject.toml
	python3 -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet -r requirements.txt -e ".[bench]"
	$(BENCH)/bin/pip install --quiet --no-deps talos==2.0.10
	touch $@

$(VENV)/installed: requirements.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/installed-dev: requirements-dev.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@ $(VENV)/installed
