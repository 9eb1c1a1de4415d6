"""What the Dockerfiles promise, read from the files: no engine is needed to check it."""

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from conftest import PROJECT

DOCKERFILES = sorted((PROJECT / "docker").glob("*.Dockerfile"))
NEVER_SENT = ("docker/secrets", ".git", "mlflow.db", "bundles", "backup", ".venv")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_a_dockerfile_is_free_of_what_hadolint_knows(path):
    checked = subprocess.run(
        [Path(sys.prefix) / "bin" / "hadolint", path], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_an_image_is_of_one_pinned_base_and_does_not_run_as_root(path):
    text = path.read_text()
    (base,) = re.findall(r"^ARG PYTHON=(.+)$", text, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base)
    assert f'org.opencontainers.image.base.name="docker.io/library/{base}"' in text
    build, final = text.split("\nFROM ")[1:]
    assert build.startswith("${PYTHON} AS build\n")
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
    assert "\nRUN" not in final


def test_only_what_the_images_are_made_of_is_sent_to_the_engine():
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    first, *named = [line for line in lines if not line.startswith("#")]
    assert first == "*"
    sent = [line.removeprefix("!") for line in named if line.startswith("!")]
    for path, kept in product(sent, NEVER_SENT):
        assert not f"{path}/".startswith(f"{kept}/")
        assert not f"{kept}/".startswith(f"{path}/")
    assert all((PROJECT / path).exists() for path in sent)
