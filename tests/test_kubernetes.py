"""The manifests are what Kubernetes and Ray read, and their pods have few rights."""

import re

import kubernetes_validate
import pytest
import yaml
from conftest import PROJECT
from ray.autoscaler._private.kuberay.autoscaling_config import (
    _derive_autoscaling_config_from_ray_cr as ray_reads,
)

KUBERNETES = "1.34"
RESOURCES = [
    resource
    for path in sorted((PROJECT / "docker" / "kubernetes").glob("*.yaml"))
    for resource in yaml.safe_load_all(path.read_text())
]
CLUSTER = next(each for each in RESOURCES if each["kind"] == "RayCluster")
CORE = [each for each in RESOURCES if each is not CLUSTER]


def name(resource):
    metadata = resource["metadata"]
    return f"{resource['kind']} {metadata.get('name') or metadata['generateName']}"


def templates():
    """Each kind of pod, by a name for people."""
    groups = [CLUSTER["spec"]["headGroupSpec"], *CLUSTER["spec"]["workerGroupSpecs"]]
    for group in groups:
        yield f"ray {group.get('groupName', 'head')}", group["template"]
    for resource in CORE:
        if "template" in resource.get("spec", {}):
            yield name(resource), resource["spec"]["template"]


TEMPLATES = dict(templates())
LONG_RUNNING = [each for each in TEMPLATES if each.startswith(("ray", "Deployment"))]


@pytest.mark.parametrize("resource", CORE, ids=name)
def test_a_resource_is_valid_by_the_schema_of_its_kind(resource):
    kubernetes_validate.validate(resource, KUBERNETES, strict=True)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_pod_is_valid_by_the_schema_of_pods(template):
    pod = {"apiVersion": "v1", "kind": "PodTemplate", "template": TEMPLATES[template]}
    kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def test_ray_reads_its_cluster_as_meant():
    import ray

    assert CLUSTER["apiVersion"] == "ray.io/v1"
    assert CLUSTER["spec"]["rayVersion"] == ray.__version__
    understood = ray_reads(CLUSTER)["available_node_types"]
    assert understood["headgroup"]["resources"]["CPU"] == 0
    assert understood["cpu"]["resources"]["CPU"] == 1
    assert understood["cpu"]["max_workers"] == 4


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_pod_has_no_more_rights_than_it_needs(template):
    spec = TEMPLATES[template]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")
        assert ":" in container["image"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_secrets_come_as_files_that_the_service_knows(template):
    known = yaml.safe_load((PROJECT / "docker" / "compose.yaml").read_text())["secrets"]
    spec = TEMPLATES[template]["spec"]
    for container in spec["containers"]:
        for variable in container.get("env", []):
            assert "valueFrom" not in variable
            assert not re.search("PASSWORD|SECRET", variable["name"])
        assert not any("secretRef" in source for source in container.get("envFrom", []))
    for volume in spec["volumes"]:
        sources = [source["secret"] for source in volume.get("projected", {}).get("sources", [])]
        for secret in filter(None, [volume.get("secret"), *sources]):
            if (secret.get("secretName") or secret["name"]) == "service":
                assert {item["key"] for item in secret.get("items", [])} <= set(known)


@pytest.mark.parametrize("template", LONG_RUNNING)
def test_a_pod_that_stays_is_probed(template):
    for container in TEMPLATES[template]["spec"]["containers"]:
        assert {"readinessProbe", "livenessProbe"} <= set(container)


def test_a_pod_may_talk_to_nobody_unless_a_policy_says_so():
    policies = {each["metadata"]["name"]: each for each in CORE if each["kind"] == "NetworkPolicy"}
    nobody = policies["nobody"]["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    # Only the proxy lets in whoever comes; only the server and its preparation may leave.
    open_to_all = {
        name for name, each in policies.items() if any("from" not in rule for rule in rules(each))
    }
    assert open_to_all == {"proxy"}
    labels = policies["stores"]["spec"]["podSelector"]["matchExpressions"][0]
    assert labels["values"] == ["migrate", "tracking"]


def rules(policy):
    return policy["spec"].get("ingress", [])


def test_everything_is_in_the_namespace_that_refuses_pods_with_more_rights():
    (namespace,) = [each for each in CORE if each["kind"] == "Namespace"]
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for resource in RESOURCES:
        if resource is not namespace:
            assert resource["metadata"]["namespace"] == namespace["metadata"]["name"]
