"""What docker/compose.yaml promises, read from the file: no engine is needed to check it."""

import re

import pytest
import yaml
from conftest import PROJECT

COMPOSE = yaml.safe_load((PROJECT / "docker" / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
FOREIGN = [name for name, service in SERVICES.items() if "fmnist-" not in service["image"]]
GIBIBYTE = {"1g": 2**30}
BEFORE_MIGRATION = {"check", "db", "migrate"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_more_rights_than_it_needs(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", FOREIGN)  # tests/test_images.py has those that are built here
def test_a_foreign_image_is_pinned_and_not_run_as_root(name):
    assert re.fullmatch(r"[a-z/]+:\d+\.[\w.-]+", SERVICES[name]["image"])
    assert SERVICES[name]["user"].split(":")[0] not in ("root", "0")


def test_an_image_of_ours_is_built_once_and_never_fetched():
    ours = [service for name, service in SERVICES.items() if name not in FOREIGN]
    built = [service["image"] for service in ours if service["pull_policy"] == "build"]
    assert sorted(built) == sorted({service["image"] for service in ours})
    for service in ours:
        assert service["pull_policy"] == ("build" if "build" in service else "never")


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_takes_no_more_of_the_machine_than_it_is_given(name):
    service = SERVICES[name]
    assert {"mem_limit", "cpus", "pids_limit"} <= set(service)
    store = re.search(
        r"--object-store-memory=(\d+)", str(service["command"]) if "ray-" in name else ""
    )
    assert bool(store) == name.startswith("ray-")
    assert not store or int(store[1]) < 2**30 == GIBIBYTE[service["shm_size"]]


def test_no_part_lives_in_the_network_of_another_which_may_be_replaced():
    assert {service.get("network_mode", "none") for service in SERVICES.values()} == {"none"}


def test_only_the_proxy_is_published_and_beyond_this_machine_with_tls_alone():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    addresses = {name: ports[0].rpartition(":${")[0] for name, ports in published.items()}
    assert addresses == {"proxy": "127.0.0.1", "tls": "${FMNIST_BIND:-127.0.0.1}"}
    inside = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    assert inside == {"stores", "front", "cluster", "model"}
    assert {name: service.get("networks") for name, service in SERVICES.items()} == {
        "check": None,
        "db": ["stores"],
        "migrate": ["stores"],
        "tracking": ["stores", "front"],
        "proxy": ["front", "cluster", "model", "outside"],
        "tls": ["front", "model", "outside"],
        "ray-head": ["cluster"],
        "ray-worker": ["cluster"],
        "serve": ["model"],
    }


def needed(name):
    """All that has to be there before a container starts."""
    found = {name}
    for other in SERVICES[name].get("depends_on", {}):
        found |= needed(other)
    return found


@pytest.mark.parametrize("name", sorted(set(SERVICES) - BEFORE_MIGRATION))
def test_nothing_starts_before_the_secrets_are_checked_and_the_database_is_ready(name):
    assert {"check", "db", "migrate"} <= needed(name)
    for service in SERVICES.values():
        for part, awaited in service.get("depends_on", {}).items():
            once = part in ("check", "migrate")
            condition = "service_completed_successfully" if once else "service_healthy"
            assert awaited["condition"] == condition


def test_each_secret_is_a_file_and_no_variable_holds_one():
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"secrets/{name}"}
    for service in SERVICES.values():
        for variable, text in service.get("environment", {}).items():
            secretive = re.search("PASSWORD|SECRET|TOKEN|KEY", variable)
            assert not secretive or str(text).startswith("/run/secrets/")  # a path


def test_a_container_has_only_the_secrets_that_it_reads():
    all_secrets = set(COMPOSE["secrets"]) - {"tls.crt", "tls.key"}
    assert {name: set(service.get("secrets", ())) for name, service in SERVICES.items()} == {
        "check": all_secrets,
        "db": {"postgres_password", "database_password"},
        "migrate": all_secrets,
        "tracking": {"database_password", "flask_secret_key", "kek_passphrase"},
        "proxy": set(),
        "tls": {"tls.crt", "tls.key"},
        "ray-head": {"ray_token"},
        "ray-worker": {"ray_token"},
        "serve": {"serve_password"},
    }
