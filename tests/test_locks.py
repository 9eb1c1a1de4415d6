"""The locks pin every package by version and hash, and agree with each other."""

import re

import pytest
from conftest import PROJECT

LOCKS = ("requirements.txt", "requirements-dev.txt", "docker/requirements.txt")
OF_THE_SERVICE = ("docker/service/requirements.txt", "tests/service/requirements.txt")
PIN = re.compile(r"^([\w-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(name: str) -> set[tuple[str, ...]]:
    return set(PIN.findall((PROJECT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [*LOCKS, *OF_THE_SERVICE])
def test_every_package_is_pinned_with_hashes(name):
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    packages = [number for number, line in enumerate(lines) if line[0].isalnum()]
    assert len(packages) == len(pins(name))
    assert all(lines[number + 1].startswith("    --hash=sha256:") for number in packages)


def test_who_develops_and_the_trainer_have_what_everyone_has():
    # Without markers: what only developers have may want a package in more places.
    everyone, developers, trainer = ({pin[:2] for pin in pins(name)} for name in LOCKS)
    assert everyone < trainer < developers


def test_tensorflow_is_the_small_one_where_that_is_built():
    markers = {name: marker for name, _, marker in pins("requirements.txt") if "tensorflow" in name}
    assert markers == {
        "tensorflow-cpu": "platform_machine == 'x86_64' and sys_platform == 'linux'",
        "tensorflow": "platform_machine != 'x86_64' or sys_platform != 'linux'",
    }
