"""A team that has an S3 keeps its artifacts there, by the settings of docker/README.md."""

import os
import re
import subprocess
from collections.abc import Iterator

import pytest
import requests
import yaml
from faults.servers import free_port, listens
from faults.support import running, until

from service.callers import ARTIFACTS
from service.stack import PYTHON, SERVICE

CONFIGURATION = """\
[default]
aws_access_key_id = a
aws_secret_access_key = b
region = us-east-1
endpoint_url = {address}
"""


@pytest.fixture
def s3(tmp_path) -> Iterator[str]:
    """The address of an S3 that holds an empty bucket."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    with (tmp_path / "s3.log").open("wb") as log:
        command = [PYTHON, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
        server = subprocess.Popen(
            command, env={"PATH": os.environ["PATH"]}, stdout=log, stderr=log, text=True
        )
    with running(server):
        until(lambda: listens(port))
        assert requests.put(f"{address}/bucket", timeout=60).ok
        yield address


@pytest.fixture
def settings(s3, tmp_path) -> dict[str, str]:
    """The tracking server's variables, as the README has them for this S3."""
    blocks = re.findall(r"```yaml\n(.+?)```", (SERVICE.parent / "README.md").read_text(), re.DOTALL)
    (override,) = (yaml.safe_load(block) for block in blocks)
    configuration = tmp_path / "s3"
    configuration.write_text(CONFIGURATION.format(address=s3))
    variables = override["services"]["tracking"]["environment"]
    return variables | {"AWS_CONFIG_FILE": str(configuration)}


@pytest.fixture
def kept_in_s3(service, settings) -> Iterator[None]:
    """The service, whose artifacts are in the S3 until the end of the test."""
    service.kill("tracking")
    service.start_tracking(**settings)
    yield
    service.kill("tracking")
    service.start_tracking()


def objects(address):
    """The names of all objects of the bucket."""
    listing = requests.get(f"{address}/bucket?list-type=2", timeout=60).text
    return set(re.findall(r"<Key>(.+?)</Key>", listing))


@pytest.mark.usefixtures("kept_in_s3")
def test_artifacts_and_models_are_in_the_bucket_and_come_back_through_the_proxy(
    service, caller, settings, s3
):
    for script in ("migrate.py", "health.py"):
        port = str(service.ports["tracking"])
        done = service.run(script, SERVICE_PORT=port, **settings)
        assert done.returncode == 0, done.stderr
    ada, ben = caller("ada"), caller("ben")
    left = ada.leave_belongings("kept-in-s3")
    of_the_run = f"{left['folder']}/model/MLmodel"
    of_the_model = f"{left['experiment']}/models/{left['logged']}/artifacts/MLmodel"
    assert objects(s3) == {f"folder/{of_the_run}", f"folder/{of_the_model}"}
    assert not (service.artifacts / left["experiment"]).exists()

    assert ada.ask("GET", f"{ARTIFACTS}/{of_the_run}").text == "kept-in-s3"
    assert ben.ask("GET", f"{ARTIFACTS}/{of_the_run}").status_code == 403
    for version in ("1", "2"):
        path = f"/model-versions/get-artifact?name={left['model']}&version={version}&path=MLmodel"
        assert ada.ask("GET", path).text == "kept-in-s3"
    assert ada.ask("DELETE", f"{ARTIFACTS}/{of_the_run}").ok
    assert objects(s3) == {f"folder/{of_the_model}"}
