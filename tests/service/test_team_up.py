"""`make secrets` and `make team-up`: settings stay, and what is wrong stops nothing that runs."""

import os
import re
import shutil

import pytest
import yaml
from conftest import PROJECT

from service import certificate
from service.engine import Engine
from service.stack import SERVICE

READABLE, ENTERABLE = 0o004, 0o001


@pytest.fixture
def clone(tmp_path):
    """A clone under umask 077, with secrets."""
    project = tmp_path / "clone"
    shutil.copytree(
        SERVICE.parent, project / "docker", ignore=shutil.ignore_patterns(".env", "secrets")
    )
    shutil.copy(PROJECT / "Makefile", project)
    for path in (project, *project.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    return project


@pytest.fixture
def engine(tmp_path, clone):
    made = Engine(tmp_path, dict(os.environ), {})
    done = made.make("secrets", "TEAM=ada", project=clone)
    assert done.returncode == 0, done.stderr
    return made


def test_the_service_is_started_and_its_users_can_read_the_scripts(engine, clone):
    done = engine.make("team-up", project=clone)
    assert done.returncode == 0, done.stderr
    assert engine.asked == ["up"]
    for path in (clone / "docker" / "service").rglob("*"):
        assert path.stat().st_mode & READABLE, path
        assert not path.is_dir() or path.stat().st_mode & ENTERABLE, path
        assert path.suffix != ".sh" or path.stat().st_mode & ENTERABLE, path


def test_a_certificate_is_asked_for_by_the_profile_and_accepted(engine, clone):
    (clone / "docker" / ".env").write_text("# COMPOSE_PROFILES=serve\nCOMPOSE_PROFILES=tls,serve\n")
    assert "tls.crt: is missing" in engine.make("team-up", project=clone).stderr
    certificate.make(clone / "docker" / "secrets")
    assert engine.make("team-up", project=clone).returncode == 0
    certificate.make(clone / "docker" / "secrets", "other")
    (clone / "docker" / "secrets" / "other.key").replace(clone / "docker" / "secrets" / "tls.key")
    assert "no certificate and its key" in engine.make("team-up", project=clone).stderr
    (clone / "docker" / "secrets" / "tls.key").chmod(0o400)
    assert "`chmod 0444`" in engine.make("team-up", project=clone).stderr
    assert engine.asked == ["up"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("secrets/database_password", "hunter2", "has fewer than"),
        ("secrets/team", "ada:short", "the password of ada has fewer than"),
        (".env", "FMNIST_HOSTS=10.*", "exact names"),
    ],
)
def test_what_is_wrong_is_refused_in_a_line_before_anything_is_replaced(
    engine, clone, file, text, said
):
    (clone / "docker" / file).write_text(text)
    refused = engine.make("team-up", project=clone)
    assert refused.returncode != 0
    line, *makes_own = refused.stderr.splitlines()
    assert said in line
    assert all(line.startswith("make") for line in makes_own)
    assert engine.asked == []


def test_settings_are_made_once_and_then_are_the_teams(engine, clone):
    kept = clone / "docker" / ".env"
    assert kept.read_text() == (SERVICE.parent / "settings.env").read_text()
    kept.write_text("FMNIST_WORKERS=4\n")
    engine.make("secrets", project=clone)
    assert kept.read_text() == "FMNIST_WORKERS=4\n"


def test_every_setting_is_explained_with_its_default():
    text = (SERVICE.parent / "settings.env").read_text()
    explained = dict(re.findall(r"^#(\w+)=(.+)$", text, re.MULTILINE))
    compose = (SERVICE.parent / "compose.yaml").read_text()
    read = dict(re.findall(r"\${(FMNIST_\w+):-([^}]*)}", compose))
    assert explained.keys() == read.keys() | {"COMPOSE_PROFILES"}
    examples = ("FMNIST_HOSTS", "COMPOSE_PROFILES")
    assert {name: explained[name] for name in read if name not in examples} == {
        name: default for name, default in read.items() if name not in examples
    }
    profiles = {
        name
        for each in yaml.safe_load(compose)["services"].values()
        for name in each.get("profiles", [])
    }
    assert set(explained["COMPOSE_PROFILES"].split(",")) == profiles
