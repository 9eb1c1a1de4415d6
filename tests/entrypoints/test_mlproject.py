"""The MLproject file, its commands and the entries' parsers agree."""

import ast
import importlib
import re

import pytest
import yaml
from conftest import PROJECT

from entrypoints import arguments, final, search

MLPROJECT = yaml.safe_load((PROJECT / "MLproject").read_text())
ENTRIES = MLPROJECT["entry_points"]


def accepted(entry):
    module = importlib.import_module(f"entrypoints.{entry}")
    shared = final if entry in ("mlp_final", "cnn_final") else search
    return getattr(module, "PARAMETERS", shared.PARAMETERS)


@pytest.mark.parametrize("entry", ENTRIES)
def test_declared_used_and_accepted_parameters_are_the_same(entry):
    command = ENTRIES[entry]["command"]
    declared = ENTRIES[entry].get("parameters", {})
    used = re.findall(r"--(\w+) \{(\w+)\}", command)
    assert all(flag == name for flag, name in used)
    assert [name for _, name in used] == list(declared) == list(accepted(entry))
    assert f"-m entrypoints.{entry}" in command


@pytest.mark.parametrize("entry", ENTRIES)
def test_declared_defaults_are_the_parsers(entry):
    declared = ENTRIES[entry].get("parameters", {})
    for name, parameter in declared.items():
        assert parameter == {"type": "string", "default": arguments.PARAMETERS[name].default}
    arguments.parse(list(declared), [])


def test_every_entry_of_the_contract_is_there():
    assert ENTRIES.keys() == {
        "explore", "mlp_baseline", "mlp_capacity", "mlp_search", "mlp_optimizers", "cnn_baseline",
        "cnn_depth", "cnn_search", "mlp_final", "cnn_final", "cnn_kfold", "plan", "compare",
        "cnn_augment", "champion_search", "wide_search", "champion_final", "small_search",
        "small_vgg_search", "small_final", "ensemble", "report",
        "ingest", "main", "init", "replay", "doctor", "promote", "rollback", "history", "predict",
        "train",
    }  # fmt: skip


def test_every_module_of_entries_is_an_entry():
    modules = {path.stem for path in (PROJECT / "entrypoints").glob("*.py")}
    shared = {"__init__", "arguments", "final", "search"}
    assert ENTRIES.keys() == modules - shared - {"serve"}  # which is started by itself


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
    assert set(ast.literal_eval(named[1])) == set(arguments.MODELS)
