"""Every command in the project's pages is one that its entry point or the Makefile takes."""

import re
import shlex
from itertools import pairwise

import pytest
from conftest import PROJECT

from docs.pages import PAGES, name, tokens
from entrypoints.verbs import VERBS

STARTS = re.compile(r"(?:mlflow run \. -e|python -m entrypoints|docker/run\.sh) ([a-z_]+)(.*)")
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)
# What an example only stands for, as a variable of the shell does, and what is `mlflow run`'s own.
NOT_CHECKED = {"grid", "path", "run", "env-manager"}
OF_DOCKER = "stop"


def commands(page):
    """The lines of a page's shell blocks, without comments."""
    blocks = [token for token in tokens(page) if token.type == "fence" and token.info == "sh"]
    lines = [line for block in blocks for line in block.content.splitlines()]
    return [line.partition(" #")[0] for line in lines if not line.startswith("#")]


def given(text):
    """The parameters of a command line, as `-P name=value` or as `--name value`."""
    for word, following in pairwise([*shlex.split(text), ""]):
        if word == "-P":
            yield following.partition("=")[::2]
        elif word.startswith("--"):
            yield word.removeprefix("--"), following


def refused(command):
    """Whether the entry or a parameter is unknown, or a value makes no sense."""
    if not (found := STARTS.search(command)) or found[1] == OF_DOCKER:
        return False
    if found[1] not in VERBS:
        return True
    takes = VERBS[found[1]].parameters
    for parameter, value in given(found[2]):
        made_up = value.endswith(".yaml") and not (PROJECT / value).exists()
        if parameter in NOT_CHECKED or made_up or value.startswith("$"):
            continue
        if parameter not in takes:
            return True
        try:
            takes[parameter].parse(value)
        except ValueError:
            return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_accepted(page):
    targets = TARGETS.findall((PROJECT / "Makefile").read_text("utf-8"))
    made = [line.split()[1] for line in commands(page) if line.startswith("make ")]
    assert set(made) <= set(targets)
    assert [line for line in commands(page) if refused(line)] == []


@pytest.mark.parametrize(
    "command",
    [
        "mlflow run . -e cnn_serch",
        "mlflow run . -e cnn_search -P preset=huge",
        "python -m entrypoints report --color red",
    ],
)
def test_a_wrong_command_is_found(command):
    assert refused(command)
