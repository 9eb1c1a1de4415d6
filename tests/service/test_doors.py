"""What the service refuses to people without a name, with another name, and to other sites."""

import base64
import http.client
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from service.callers import ARTIFACTS, Caller
from service.stack import SERVICE

ROUTES = Path(__file__).parent / "routes.py"
PUBLIC = re.compile("/health|/static-files/.*|/api/3.0/mlflow/server-info|/ajax-api/.*/server-info")


def test_every_route_asks_who_you_are_except_health_and_static_files(service, caller):
    printed = service.run(str(ROUTES), PYTHONPATH=str(SERVICE))
    assert printed.returncode == 0, printed.stderr
    routes = json.loads(printed.stdout.splitlines()[-1])
    assert len(routes) > 300
    nobody, inside = caller(), Caller(f"http://127.0.0.1:{service.ports['tracking']}")
    host = {"Host": service.host}
    answered = set()
    for method, rule in routes:
        path = re.sub("<[^>]+>|{[^}]+}", "1", rule)
        if method in ("OPTIONS", "HEAD") or PUBLIC.fullmatch(path):
            continue
        through = nobody.ask(method, path).status_code
        behind = inside.ask(method, path, headers=host).status_code
        answered.add((through, behind))
        assert through in (401, 404), (method, path)
        assert behind == 401, (method, path)
    assert (401, 401) in answered


def test_health_and_static_files_need_no_name(caller):
    assert caller().ask("GET", "/health").status_code == 200
    page = caller("ada").ask("GET", "/").text
    (script,) = re.findall(r'<script [^>]*src="(static-files/[^"]+)"', page)
    assert caller().ask("GET", f"/{script}").status_code == 200


@pytest.mark.parametrize(
    "gone",
    [
        {"SERVICE_PORT": "1"},
        {"SERVICE_DATABASE": "postgresql+psycopg2://mlflow@/postgres"},  # has none of its tables
        {"SERVICE_ARTIFACTS": "/nowhere"},
    ],
)
def test_a_server_without_one_of_its_parts_is_not_healthy(service, gone):
    found = service.run("health.py", **{"SERVICE_PORT": str(service.ports["tracking"])} | gone)
    assert found.returncode == 1, found.stderr


def test_what_a_team_that_trains_does_not_need_is_shut_for_the_administrator_too(caller):
    for path in (
        "/api/3.0/mlflow/traces/search",
        "/ajax-api/3.0/mlflow/get-trace-artifact",
        "/api/3.0/mlflow/gateway/secrets/list",
        "/gateway/x/mlflow/invocations",
        "/ajax-api/2.0/mlflow/gateway-proxy",
        "/ajax-api/3.0/mlflow/assistant/config",
        "/ajax-api/3.0/jobs/search",
        "/api/2.0/mlflow/webhooks",
        "/api/2.0/mlflow-artifacts/presigned/1/x",
        "/api/2.0/mlflow/artifacts/presigned-upload-url",
        "/ajax-api/2.0/mlflow/runs/create-promptlab-run",
        "/ajax-api/2.0/mlflow/upload-artifact",
        "/v1/traces",
        "/signup",
    ):
        for method in ("GET", "POST"):
            assert caller("admin").ask(method, path).status_code == 404, path


def test_job_execution_and_telemetry_are_off(service, caller):
    below = psutil.Process(service.processes["tracking"].pid).children(recursive=True)
    assert not [process for process in below if "huey" in " ".join(process.cmdline())]
    told = caller("ada").ask("GET", "/ajax-api/3.0/mlflow/ui-telemetry").json()
    assert told["disable_ui_telemetry"] is True


@pytest.mark.parametrize(
    "host", ["evil.com", "10.evil.com", "192.168.1.1.evil.com", "localhost", "127.0.0.1:1"]
)
def test_another_name_for_the_server_is_refused(caller, host):
    answer = caller("ada").ask("GET", "/", headers={"Host": host})
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.com", "http://localhost:3000", "null"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_another_sites_page_is_refused(caller, origin, method):
    path = "/api/2.0/mlflow/experiments/search"
    answer = caller("ada").ask(method, path, headers={"Origin": origin}, json={"max_results": 1})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_servers_own_pages_are_served_and_cannot_be_framed(service, caller):
    page = caller("ada").ask("GET", "/", headers={"Origin": service.uri})
    assert page.status_code == 200
    assert "<html" in page.text
    for path in ("/", "/health", "/nothing"):
        assert caller("ada").ask("GET", path).headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["eve", "cyd"])  # eve is nobody; no other test needs cyd
def test_wrong_passwords_are_limited_and_then_the_right_one_waits_too(service, caller, name):
    began = time.monotonic()
    for refused in range(30):
        guess = Caller(service.uri, name, f"guess {refused}").get("/users/current")
        if guess.status_code != 401:
            break
    assert guess.status_code == 429
    later = (time.monotonic() - began) / 6  # 10 at once, and then one every six seconds
    assert 10 <= refused <= 11 + later
    if name == "cyd":
        assert caller("cyd").get("/users/current").status_code == 429


def test_a_busy_worker_is_not_limited(caller):
    ada = caller("ada")
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda _: ada.get("/experiments/get", experiment_id="1"), range(200))
        assert {answer.status_code for answer in answers} == {200}


def test_a_large_body_is_refused_and_a_large_artifact_is_not(caller, belongings):
    large = b" " * 5 * 1024**2
    ada = caller("ada")
    assert ada.ask("POST", "/api/2.0/mlflow/runs/log-batch", data=large).status_code == 413
    path = f"/api/2.0/mlflow-artifacts/artifacts/{belongings['folder']}/large.bin"
    assert ada.ask("PUT", path, data=large).status_code == 200
    assert ada.ask("GET", path).content == large


def test_no_secret_is_in_a_log_a_command_line_or_an_address(service, belongings):
    logs = "".join(path.read_text(errors="replace") for path in service.folder.glob("*.log"))
    started = [psutil.Process(process.pid) for process in service.processes.values()]
    running = [*started, *(child for one in started for child in one.children(recursive=True))]
    commands = [" ".join(process.cmdline()) for process in running]
    shown = "\n".join([logs, *commands, *service.environment.values()])
    assert belongings["folder"] in logs
    for secret in service.every_secret:
        assert secret not in shown


def test_no_password_is_in_a_file_of_the_proxys(service, caller):
    assert caller("ada").get("/users/current").status_code == 200
    logins = [file for file in (service.folder / "logins").rglob("*") if file.is_file()]
    assert logins
    basic = [base64.b64encode(f"{n}:{p}".encode()) for n, p in service.passwords.items()]
    for file in [*logins, service.folder / "nginx.conf"]:
        content = file.read_bytes()
        assert not [login for login in basic if login in content], file


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow-artifacts/artifacts/{other}/../../secrets",
        "/api/2.0/mlflow-artifacts/artifacts/{folder}/../../../1/x",
        "/api/2.0/mlflow-artifacts/artifacts/{folder}/%2e%2e/%2e%2e/1/x",
        "/api/2.0/mlflow-artifacts/artifacts/{folder}/%252e%252e/%252e%252e/1/x",
        "/api/2.0/mlflow-artifacts/artifacts/{folder}/..%2f..%2f1/x",
        "/api/2.0/mlflow-artifacts/artifacts/{folder}/..%5c..%5c1",
        "/api/2.0/mlflow-artifacts/artifacts//etc/passwd",
        "/api/2.0/mlflow-artifacts/artifacts/%2fetc/passwd",
        "/api/2.0/mlflow-artifacts/artifacts/file:///etc/passwd",
        "/api/2.0/mlflow-artifacts/artifacts?path=..",
        "/api/2.0/mlflow-artifacts/artifacts?path=/etc",
        "/api/2.0/mlflow-artifacts/artifacts?path={folder}/../../..",
        "/api/2.0/mlflow/artifacts/list?run_id={run}&path=../..",
        "/api/2.0/mlflow/artifacts/list?run_id={run}&path=/etc",
        "/api/2.0/mlflow/artifacts/list?run_id={run}&path=%252e%252e",
        "/get-artifact?run_uuid={run}&path=../../../../etc/passwd",
        "/get-artifact?run_uuid={run}&path=%2Fetc%2Fpasswd",
        "/get-artifact?run_uuid={run}&path=..%2f..%2f{other}%2fx",
        "/model-versions/get-artifact?name={model}&version=1&path=../../x",
        "/static-files/../../../etc/passwd",
        "/static-files/..%2f..%2f..%2fetc/passwd",
    ],
)
def test_a_path_that_leads_outside_is_refused(service, belongings, path):
    # What leads inside is not refused, so that it is the path which is.
    inside = f"{ARTIFACTS}/{belongings['folder']}/inside"
    for method in ("PUT", "GET"):
        assert by_hand(service, method, inside) == 200
        assert by_hand(service, method, path.format(**belongings)) in (400, 403), method


def by_hand(service, method, path):
    """The status of ada's request; an HTTP library would tidy the path up."""
    login = base64.b64encode(f"ada:{service.passwords['ada']}".encode()).decode()
    with closing(http.client.HTTPConnection(service.host, timeout=30)) as connection:
        connection.request(method, path, body=b"x", headers={"Authorization": f"Basic {login}"})
        return connection.getresponse().status


LOCATIONS = (
    "file:///etc", "/etc", "relative", "s3://foreign-bucket/x", "s3://mlflow/1",
    "mlflow-artifacts:/1", "mlflow-artifacts://evil.com/x", "http://169.254.169.254/latest",
    "ftp://10.0.0.1/x", "runs:/1/x",
)  # fmt: skip


@pytest.mark.parametrize("location", LOCATIONS)
@pytest.mark.parametrize("field", ["artifact_location", "artifactLocation"])
def test_nobody_says_where_an_experiments_artifacts_are(caller, location, field):
    for name in ("ada", "admin"):
        refused = caller(name).post("/experiments/create", **{"name": "elsewhere", field: location})
        assert refused.status_code == 403, refused.text


@pytest.mark.parametrize(
    "source",
    [
        *(location for location in LOCATIONS if location != "relative"),
        "runs:/{run}/../../1",
        "runs://evil.com/{run}/model",
        "models://evil.com/fmnist-cnn/1",
        "models:/../../etc",
        "mlflow-artifacts:/{folder}/../../1/x",
        "mlflow-artifacts:/{folder}/%2e%2e/%2e%2e/1/x",
        "dbfs:/x",
        "{folder}",
    ],
)
def test_a_model_comes_from_a_run_that_its_maker_may_read(caller, belongings, source):
    named = {"name": belongings["model"], "run_id": belongings["run"]}
    source = source.format(**belongings)
    refused = caller("ada").post("/model-versions/create", source=source, **named)
    assert refused.status_code >= 400, refused.text
    found = caller("ada").get("/registered-models/get", name=belongings["model"]).json()
    assert [version["version"] for version in found["registered_model"]["latest_versions"]] == ["2"]
