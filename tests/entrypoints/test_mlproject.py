"""The MLproject file, its commands and the entries' parsers agree."""

import ast
import re

import pytest
import yaml
from conftest import PROJECT

from entrypoints.parameters import MODELS
from entrypoints.verbs import VERBS

TEXT = (PROJECT / "MLproject").read_text()
MLPROJECT = yaml.safe_load(TEXT)
ENTRIES = MLPROJECT["entry_points"]


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_declared_is_used_and_is_the_verbs(entry):
    command = ENTRIES[entry]["command"]
    declared = ENTRIES[entry].get("parameters", {})
    used = re.findall(r"--(\w+) \{(\w+)\}", command)
    assert used == [(name, name) for name in declared]
    assert command.split("--")[0].strip() == f"exec python -m entrypoints {entry}"
    for name, parameter in declared.items():
        default = VERBS[entry].parameters[name].default
        assert parameter == {"type": "string", "default": default}


def test_it_is_short():
    assert len(TEXT.splitlines()) < 160


def test_every_entry_of_the_contract_is_there():
    assert ENTRIES.keys() == {
        "explore", "mlp_baseline", "mlp_capacity", "mlp_search", "mlp_optimizers", "cnn_baseline",
        "cnn_depth", "cnn_search", "mlp_final", "cnn_final", "cnn_kfold", "plan", "compare",
        "cnn_augment", "champion_search", "wide_search", "champion_final", "small_search",
        "small_vgg_search", "small_final", "ensemble", "report",
        "ingest", "main", "init", "replay", "doctor", "promote", "rollback", "history", "predict",
        "train", "search", "final",
    }  # fmt: skip


def test_every_verb_is_an_entry():
    assert ENTRIES.keys() == VERBS.keys() - {"serve"}  # which is started by itself


def test_the_environment_is_the_locked_one():
    assert MLPROJECT["conda_env"] == "conda.yaml"
    conda = yaml.safe_load((PROJECT / "conda.yaml").read_text())
    assert {"pip": ["-r requirements.txt"]} in conda["dependencies"]
    pins = [
        line
        for line in (PROJECT / "requirements.txt").read_text().splitlines()
        if line[0].isalpha()
    ]
    assert pins
    assert all("==" in line for line in pins)


def test_the_teams_service_shares_every_registered_model():
    text = (PROJECT / "docker" / "service" / "bootstrap.py").read_text()
    named = re.search(r"^MODELS = (\(.*\))$", text, re.MULTILINE)
    assert set(ast.literal_eval(named[1])) == set(MODELS)
