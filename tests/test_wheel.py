"""What is installed: the package alone, whole, and typed."""

import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import PROJECT

BUILD = "import sys, setuptools.build_meta as build; print(build.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files of a wheel, which is built outside the working tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    for name in ("fmnist", "entrypoints", "benchmarks", "tests"):
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-c", BUILD, str(built)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        return opened.namelist()


def test_it_holds_the_package_and_nothing_beside_it(wheel):
    folders = {name.partition("/")[0] for name in wheel}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"fmnist"}


def test_it_holds_every_module_and_every_file_that_they_read(wheel):
    package = PROJECT / "fmnist"
    files = {
        path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert {str(path.relative_to(PROJECT)) for path in files} <= set(wheel)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
