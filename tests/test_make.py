"""What `make` lists, and what the tests say of something that is missing."""

import os
import re
import subprocess
import sys

import pytest
from conftest import PROJECT

TWO_TESTS = """
from system import need

def test_one():
    need(False, "Chromium", "chromium")

def test_two():
    need(False, "Chromium", "chromium")
"""


def test_make_alone_lists_every_target_with_what_it_is_for():
    listed = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True)
    declared = re.findall(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    lines = re.findall(r"^make (\S+) +\S.{10,}$", listed.stdout, re.MULTILINE)
    assert sorted(lines) == sorted(" ".join(declared).split())


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--forbid-skips"], 1)])
def test_what_is_missing_is_named_once_and_counted_and_fails_where_skips_are_forbidden(
    tmp_path, options, code
):
    (tmp_path / "test_missing.py").write_text(TWO_TESTS)
    command = [sys.executable, "-m", "pytest", "-c", PROJECT / "pyproject.toml", "-p", "conftest"]
    done = subprocess.run(
        [*command, *options, "test_missing.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "tests"), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if "Chromium" in line]
    (line,) = lines
    assert line.startswith("SKIPPED [2]")
    assert line.endswith("needs Chromium; on Debian: apt-get install chromium")
    assert "2 skipped" in done.stdout
