# The two commands of the README, and what people who change the code need.
# `make` alone lists what there is.
.DEFAULT_GOAL := help
# The Python that makes the environments: 3.11 to 3.13.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The peers' packages stay out of the project's environment.
BENCH := $(VENV)/bench
# Compiled once: importing TensorFlow from source takes three times as long.
export PYTHONDONTWRITEBYTECODE =
# What `make serve` serves, and where on 127.0.0.1.
MODEL ?= fmnist-cnn
PORT ?= 5001
# MLflow and its pages would report their usage to its makers.
export MLFLOW_DISABLE_TELEMETRY ?= true
PROJECT := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/mlflow run . --env-manager local

# The users that `make secrets` makes, and where backups go.
TEAM ?= ada ben
FOLDER ?= backup
COMPOSE := docker compose --project-directory docker
# Pages with parts that cog generates.
GENERATED := README.md CONTRIBUTING.md docker/README.md docs/*.md results/README.md results/*/README.md

.PHONY: help demo test test-fast faults service-test check ui serve lock format bench results
.PHONY: secrets images team-up team-demo team-backup team-restore

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/installed  ## a small version of the study: every family, a report; about 10 minutes on 2 cores
	$(PROJECT) -e main -P preset=quick
	@$(BIN)/python -m entrypoints report --preset quick
	@echo "Next: make ui                            browse the runs"
	@echo "      make serve                         serve the best CNN over HTTP"
	@echo "      $(BIN)/python -m entrypoints plan   what the study's largest search takes"

test: $(VENV)/installed-dev $(VENV)/service/installed  ## all tests but the longest, about 15 minutes
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-fast: $(VENV)/installed-dev $(VENV)/service/installed  ## the tests that neither train nor start programs: 2 minutes
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not (long or slow)"

faults: $(VENV)/installed-dev  ## all faults, the long ones too: up to 20 minutes
	$(BIN)/python -m pytest tests/faults -m "long or not long" --durations=0

service-test: $(VENV)/installed-dev $(VENV)/service/installed  ## the team's service, without Docker
	$(BIN)/python -m pytest tests/service -m "long or not long" --durations=0

check: $(VENV)/installed-dev  ## all checks besides the tests: style, types, layers, generated text
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check $(GENERATED)
	$(BIN)/python -m pytest tests/docs/test_links.py

ui: $(VENV)/installed  ## MLflow's pages, without the processes that serve many people and LLM jobs
	@$(BIN)/python -m entrypoints init
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow ui --workers 1 \
		--backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

serve: $(VENV)/installed  ## the model in Production over HTTP; MODEL=fmnist-mlp PORT=8080
	$(BIN)/python -m entrypoints serve --model $(MODEL) --port $(PORT)

format: $(VENV)/installed-dev  ## bring the code into the style that `make check` asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/cog -r $(GENERATED)

# Pins are kept where they can be; UPGRADE="--upgrade-package mlflow" moves one. Nothing here checks
# them against known vulnerabilities, which takes a network: uvx pip-audit --strict -r requirements.txt
PIN := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url $(UPGRADE)
lock: $(VENV)/installed-dev  ## pin everything that pyproject.toml leads to, with hashes
	$(PIN) pyproject.toml -o requirements.txt
	$(PIN) pyproject.toml --extra dev -o requirements-dev.txt
	cp requirements-dev.txt docker/requirements.txt
	$(PIN) pyproject.toml --extra ray -o docker/requirements.txt
	cp requirements-dev.txt docker/service/requirements.txt
	$(PIN) docker/service/requirements.in -o docker/service/requirements.txt
	$(PIN) --no-deps tests/service/requirements.in -o tests/service/requirements.txt

secrets:  ## what docker/compose.yaml needs, in docker/secrets and docker/.env; TEAM="ada ben"
	python3 docker/service/credentials.py make docker/secrets $(TEAM)
	test -e docker/.env || cp docker/settings.env docker/.env

images:  ## both images, labeled with the commit and its date; needs Docker
	for part in tracking trainer; do docker build --file docker/$$part.Dockerfile \
		--build-arg REVISION="$$(git rev-parse HEAD)" \
		--build-arg CREATED="$$(git log -1 --format=%cI)" --tag fmnist-$$part . || exit; done

# Containers' users read the mounted scripts, whatever the umask of the clone was. Orphans: parts of
# the service of before that it no longer has.
team-up:  ## start the team's service, or bring it up to date; refuses before anything stops
	python3 docker/service/check.py docker
	chmod -R go+rX docker/service
	$(COMPOSE) up --detach --build --wait --remove-orphans

team-demo: secrets team-up  ## the team's service and a search on it at smoke scale; needs Docker
	@login=$$(head -n 1 docker/secrets/team) && \
	export MLFLOW_TRACKING_USERNAME="$${login%%:*}" MLFLOW_TRACKING_PASSWORD="$${login#*:}" && \
	docker/run.sh cnn_search -P preset=smoke -P ray_address=auto -P workers=2 && \
	docker/run.sh cnn_final -P preset=smoke && \
	docker/run.sh history

# A file that is written meanwhile, of which tar says so by 1, belongs to no run that has ended.
team-backup:  ## the database, then the artifacts, into FOLDER
	umask 077 && mkdir -p $(FOLDER) && \
	$(COMPOSE) exec -T db /docker-entrypoint-initdb.d/database.sh backup >$(FOLDER)/database.part && \
	$(COMPOSE) exec -T tracking sh -c 'tar -C /data/artifacts -c . || test $$? = 1' >$(FOLDER)/artifacts.part
	mv $(FOLDER)/database.part $(FOLDER)/database.dump  # not before both are whole
	mv $(FOLDER)/artifacts.part $(FOLDER)/artifacts.tar

team-restore:  ## what team-backup wrote, into a service that is up; what its database holds now goes
	@test -s $(FOLDER)/database.dump || { echo "$(FOLDER)/database.dump: is missing, or empty" >&2; exit 1; }
	@tar -tf $(FOLDER)/artifacts.tar >/dev/null
	$(COMPOSE) stop tracking
	$(COMPOSE) exec -T db /docker-entrypoint-initdb.d/database.sh restore <$(FOLDER)/database.dump
	$(COMPOSE) run --rm -T --no-deps migrate tar -C /data/artifacts -x <$(FOLDER)/artifacts.tar
	$(COMPOSE) run --rm -T --no-deps migrate
	$(COMPOSE) up --detach --wait --no-recreate

bench: $(BENCH)/installed  ## this project beside its peers, hours on 2 cores
	$(BENCH)/bin/python -m benchmarks.run

# In a store of its own, which then goes: MLflow puts artifacts where it is called.
define rebuild
store=$$(mktemp -d) && trap 'rm -rf "$$store"' EXIT && cd "$$store" && \
export MLFLOW_TRACKING_URI=sqlite:///mlflow.db PYTHONPATH="$(CURDIR)" && \
"$(abspath $(BIN))/python" -m entrypoints ingest --path "$(CURDIR)/$(1)/records.parquet" && \
"$(abspath $(BIN))/python" -m entrypoints compare --output "$(CURDIR)/$(1)" $(2)
endef

results: $(VENV)/installed-dev  ## rebuild results from their records, bit for bit, in minutes
	$(call rebuild,results/paper)
	$(call rebuild,results/as_run,--preset as_run)
	$(call rebuild,results/quick,--preset quick)
	$(call rebuild,results/augment,--preset quick --epochs 300)
	$(BIN)/cog -r $(GENERATED)

# An environment with what a file pins. Debian's python3 cannot give one its pip, unless python3-venv
# is installed; its own pip can.
define environment
@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	{ echo "$$($(PYTHON) --version): accepted is Python 3.11 to 3.13, as in make PYTHON=python3.13"; exit 1; }
@$(PYTHON) -m venv $(1) >/dev/null 2>&1 || { $(PYTHON) -m venv --without-pip $(1) && \
	$(PYTHON) -m pip --python $(1)/bin/python install --quiet pip; }
$(1)/bin/pip install --quiet -r $(2)
endef

$(BENCH)/installed: requirements.txt pyproject.toml
	$(call environment,$(BENCH),requirements.txt)
	$(BENCH)/bin/pip install --quiet -e ".[bench]"  # by itself: a folder has no hash
	$(BENCH)/bin/pip install --quiet --no-deps talos==2.0.10
	touch $@

$(VENV)/installed: requirements.txt
	$(call environment,$(VENV),requirements.txt)
	touch $@

$(VENV)/installed-dev: requirements-dev.txt
	$(call environment,$(VENV),requirements-dev.txt)
	touch $@ $(VENV)/installed

$(VENV)/service/installed: docker/service/requirements.txt tests/service/requirements.txt
	$(call environment,$(VENV)/service,docker/service/requirements.txt)
	$(VENV)/service/bin/pip install --quiet --no-deps -r tests/service/requirements.txt
	touch $@
