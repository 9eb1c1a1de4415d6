"""The table of verbs, and what a command line does before and after a verb runs."""

import subprocess
import sys
from importlib import import_module

import pytest

from entrypoints import verbs
from entrypoints.parameters import NONE
from entrypoints.verbs import VERBS
from fmnist.errors import InvalidInput
from fmnist.study.families import FAMILIES, FINALS, KFOLD

HEAVY = "{'keras', 'tensorflow', 'mlflow', 'sklearn', 'pandas', 'ray', 'keras_tuner'}"
EPOCHS = "a whole number from 1 to 10000, or preset"


def python(place, code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=place.environment, capture_output=True, text=True)


def test_every_family_and_final_is_a_verb():
    assert VERBS.keys() > {*FAMILIES, *FINALS, KFOLD}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_verbs_function_is_there_and_its_defaults_are_accepted(verb):
    module, name = verb.function.split(":")
    assert callable(getattr(import_module(f"entrypoints.{module}"), name))
    for name, parameter in verb.parameters.items():
        if parameter.required:
            assert parameter.default == NONE, name
        else:
            parameter.parse(parameter.default)


def test_all_verbs_are_listed_on_a_line_each(place):
    listed = place.run("--help")
    assert listed.returncode == 0, listed.stderr
    lines = [line for line in listed.stdout.splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == list(VERBS)


@pytest.mark.parametrize("name", ["cnn_search", "cnn-search"])
def test_dashes_and_underscores_in_a_verb_are_the_same(name):
    assert verbs.find(name) is VERBS["cnn_search"]


def test_an_unknown_verb_is_refused_with_what_is_nearly_it():
    said = r"^cnn-serch: unknown verb \(did you mean cnn_search\?\); python -m entrypoints lists"
    with pytest.raises(InvalidInput, match=said):
        verbs.find("cnn-serch")


def test_a_refused_verb_says_one_line_and_leaves_nothing(place):
    completed = place.run("mlp_search", "--epochs", "0")
    assert completed.returncode == 2
    assert completed.stderr == f"epochs=0: accepted is {EPOCHS}\n"
    assert completed.stdout == ""
    assert list(place.folder.iterdir()) == []


@pytest.mark.parametrize("words", [["mlp_search", "--epochs=0"], ["predict", "--help"], []])
def test_listing_explaining_and_refusing_load_nothing_heavy(place, words):
    code = (
        "import sys; from entrypoints.__main__ import main\n"
        f"try: main({words})\n"
        f"finally: print('loaded', {HEAVY} & sys.modules.keys())"
    )
    printed = python(place, code)
    assert printed.stdout.endswith("loaded set()\n"), printed.stderr


def test_an_interrupt_while_python_ends_prints_no_traceback(place):
    code = (
        "import atexit, os, signal; from entrypoints.__main__ import main\n"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"
        "main(['mlp_search', '--help'])"
    )
    ended = python(place, code)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_verb_that_only_reads_leaves_no_run_and_marks_the_one_of_mlflow_run(place, monkeypatch):
    planned = place.run("plan")
    assert planned.returncode == 0, planned.stderr
    store = place.use(monkeypatch)
    assert store.runs("") == []
    for verb in ("plan", "doctor"):
        done = place.mlflow_run(verb)
        assert done.returncode == 0, done.stderr
    marked = {run.tags["fmnist.family"]: run for run in store.runs("")}
    assert marked.keys() == {"plan", "doctor"}
    assert {run.tags["fmnist.kind"] for run in marked.values()} == {"read-only"}
    assert {run.status for run in marked.values()} == {"FINISHED"}
