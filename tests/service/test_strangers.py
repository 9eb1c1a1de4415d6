"""What one user owns another one can neither see nor change.

An address that MLflow does not know is refused like one that is not allowed: so that each line is
shown to be right, somebody who may is let through.
"""

import json
import re

import pytest

# A method, an address (below /api/2.0/mlflow/ unless it starts with /) and the body's fields.
READS = """
GET experiments/get?experiment_id={experiment}
GET experiments/get-by-name?experiment_name={model}
GET runs/get?run_id={run}
GET /ajax-api/2.0/mlflow/runs/get?run_id={run}
GET metrics/get-history?run_id={run}&metric_key=loss
GET artifacts/list?run_id={run}
GET /api/2.0/mlflow-artifacts/artifacts?path={folder}
GET /api/2.0/mlflow-artifacts/artifacts/{folder}/model/MLmodel
GET /ajax-api/2.0/mlflow-artifacts/artifacts/{folder}/model/MLmodel
GET /get-artifact?run_id={run}&path=model/MLmodel
GET registered-models/get?name={model}
GET registered-models/get-latest-versions?name={model}
GET registered-models/alias?name={model}&alias=best
GET model-versions/get?name={model}&version=1
GET model-versions/get-download-uri?name={model}&version=1
GET /model-versions/get-artifact?name={model}&version=1&path=MLmodel
GET /model-versions/get-artifact?name={model}&version=2&path=MLmodel
GET registered-models/get?name={spare}
GET logged-models/{logged}
GET logged-models/{logged}/artifacts/directories
GET /ajax-api/2.0/mlflow/logged-models/{logged}/artifacts/files?artifact_file_path=MLmodel
GET /ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id={run}&metric_key=loss
GET metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results=9
GET users/get?username=ada
GET /api/3.0/mlflow/users/permissions/list?username=ada
"""
# In an order in which their owner can do all of them; no other test needs fmnist-small.
WRITES = """
POST experiments/update experiment_id={experiment} new_name=mine
POST experiments/delete experiment_id={experiment}
POST experiments/restore experiment_id={experiment}
POST experiments/set-experiment-tag experiment_id={experiment} key=a value=b
POST runs/create experiment_id={experiment}
POST runs/update run_id={run} status=FAILED
POST runs/delete run_id={run}
POST runs/restore run_id={run}
POST runs/log-metric run_id={run} key=loss value=9 timestamp=2
POST runs/log-batch run_id={run} tags=[{{"key":"a","value":"b"}}]
POST runs/log-parameter run_id={run} key=a value=b
POST runs/log-inputs run_id={run}
POST runs/outputs run_id={run} models=[{{"model_id":"{logged}","step":0}}]
POST runs/set-tag run_id={run} key=note value=b
POST runs/delete-tag run_id={run} key=note
PUT /api/2.0/mlflow-artifacts/artifacts/{folder}/model/MLmodel
PUT /ajax-api/2.0/mlflow-artifacts/artifacts/{folder}/model/MLmodel
DELETE /api/2.0/mlflow-artifacts/artifacts/{folder}/model/MLmodel
PATCH registered-models/update name={model} description=mine
POST registered-models/rename name={spare} new_name=mine
POST registered-models/set-tag name={model} key=a value=b
POST registered-models/alias name={model} alias=best version=1
DELETE registered-models/alias name={model} alias=best
POST model-versions/create name={model} source=runs:/{run}/model run_id={run}
POST model-versions/create name=fmnist-small source=runs:/{run}/model run_id={run}
POST model-versions/create name=fmnist-small source=models:/{model}/1
POST model-versions/create name=fmnist-small source=models:/{logged} model_id={logged}
PATCH model-versions/update name={model} version=1 description=mine
POST model-versions/transition-stage name={model} version=1 stage=Production
POST model-versions/set-tag name={model} version=1 key=a value=b
DELETE model-versions/delete name={model} version=1
DELETE registered-models/delete name={model}
PATCH logged-models/{logged} model_id={logged} status=LOGGED_MODEL_READY
DELETE logged-models/{logged}
POST /api/3.0/mlflow/users/permissions/grant username=ben resource_type=experiment \
resource_id={experiment} permission=MANAGE
"""
ADMINISTERS = """
POST users/create username=mallory password=kX3vP9qLm27sTz0b
GET users/get?username={admin}
PATCH users/update-password username={ada} password=kX3vP9qLm27sTz0c
PATCH users/update-admin username={ben} is_admin=true
DELETE users/delete username={ada}
POST /api/3.0/mlflow/roles/create name=mine workspace=default
"""


def lines(text):
    return text.strip().splitlines()


def ask(caller, line, belongings):
    """Send the request that a line describes."""
    method, address, *fields = line.format(**belongings).split()
    path = address if address.startswith("/") else f"/api/2.0/mlflow/{address}"
    body = dict(field.split("=", 1) for field in fields)
    for name, text in body.items():
        if re.match(r"\[|true$", text):
            body[name] = json.loads(text)
    return caller.ask(method, path, json=body or None)


@pytest.mark.parametrize("line", lines(READS))
def test_a_stranger_reads_nothing(caller, belongings, line):
    answer = ask(caller("ada"), line, belongings)
    assert answer.ok, answer.text
    refused = ask(caller("ben"), line, belongings)
    assert refused.status_code == 403, refused.text


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_versions_file_is_read_and_one_that_is_missing_is_not_there(caller, belongings, version):
    path = f"/model-versions/get-artifact?name={belongings['model']}&version={version}&path="
    assert caller("ada").ask("GET", f"{path}MLmodel").text == "adas-own"
    assert caller("ada").ask("GET", f"{path}nothing").status_code == 404


def test_a_version_with_the_files_of_its_run_has_none_of_its_own_and_says_so(caller, belongings):
    ada, name, run = caller("ada"), belongings["spare"], belongings["run"]
    body = {"name": name, "source": f"runs:/{run}/model", "run_id": run}
    assert ada.post("/model-versions/create", **body).ok
    for _ in range(2):  # with a login that nginx asks for, and with one that it knows
        path = f"/model-versions/get-artifact?name={name}&version=1&path=MLmodel"
        refused = ada.ask("GET", path)
        assert (refused.status_code, refused.text) == (
            404,
            "This version's files are with its run.\n",
        )


def test_a_stranger_changes_nothing(caller, belongings):
    before = state(caller("ada"), belongings)
    for line in lines(WRITES):
        refused = ask(caller("ben"), line, belongings)
        assert refused.status_code == 403, f"{line}: {refused.text}"
    assert state(caller("ada"), belongings) == before


def test_a_stranger_deletes_nothing_by_an_address_of_his_own_and_a_body_of_anothers(
    caller, belongings
):
    ben, name = caller("ben"), belongings["model"]
    assert ben.post("/registered-models/create", name="bens-own").ok
    refused = ben.ask(
        "DELETE",
        "/api/2.0/mlflow/registered-models/delete?name=bens-own",
        data=json.dumps({"name": name}),
        headers={"Content-Type": "text/plain"},
    )
    assert refused.status_code == 400, refused.text
    for owner, left in (("ben", "bens-own"), ("ada", name)):
        assert caller(owner).get("/registered-models/get", name=left).ok


def state(owner, belongings):
    """All that ada sees of what is hers."""
    return [ask(owner, line, belongings).text for line in lines(READS)]


def test_an_owner_changes_all_that_a_stranger_cannot(caller):
    ada = caller("ada")
    belongings = ada.leave_belongings("adas-to-change")
    for line in lines(WRITES):
        done = ask(ada, line, belongings)
        assert done.ok, f"{line}: {done.text}"


def test_only_the_administrator_administers(caller):
    for line in lines(ADMINISTERS):
        refused = ask(caller("ben"), line, {"admin": "admin", "ada": "ada", "ben": "ben"})
        assert refused.status_code == 403, f"{line}: {refused.text}"
    for line in lines(ADMINISTERS):  # on somebody whom nobody will miss
        done = ask(caller("admin"), line, dict.fromkeys(("admin", "ada", "ben"), "mallory"))
        assert done.ok, f"{line}: {done.text}"


@pytest.mark.parametrize(
    "line",
    [
        "POST experiments/search max_results=1000",
        'POST runs/search experiment_ids=["{experiment}"]',
        'POST logged-models/search experiment_ids=["{experiment}"]',
        "GET registered-models/search",
        "GET model-versions/search",
    ],
)
def test_a_stranger_finds_nothing(caller, belongings, line):
    assert belongings["model"] in ask(caller("ada"), line, belongings).text
    assert belongings["model"] not in ask(caller("ben"), line, belongings).text


@pytest.mark.parametrize(
    "query",
    [
        'mlflowGetRun(input: {runId: "RUN"}) { run { info { runName } } }',
        'mlflowGetExperiment(input: {experimentId: "EXPERIMENT"}) { experiment { name } }',
        'mlflowListArtifacts(input: {runId: "RUN"}) { files { path } }',
    ],
)
def test_a_stranger_gets_nothing_by_graphql(caller, belongings, query):
    query = query.replace("RUN", belongings["run"])
    query = query.replace("EXPERIMENT", belongings["experiment"])
    body = {"query": f"query {{ {query} }}"}
    mine, others = (caller(name).ask("POST", "/graphql", json=body).text for name in ("ada", "ben"))
    assert '"adas-own"' in mine or '"model"' in mine, mine
    assert '"adas-own"' not in others, others
    assert '"model"' not in others, others


def test_the_team_shares_its_experiment_and_models(caller):
    run = caller("ada").post("/runs/create", experiment_id="1", start_time=1).json()["run"]["info"]
    for name in ("ben", "admin"):
        changed = caller(name).post("/runs/set-tag", run_id=run["run_id"], key=name, value="1")
        assert changed.status_code == 200, changed.text
    found = caller("ben").get("/registered-models/search").json()["registered_models"]
    assert {"fmnist-mlp", "fmnist-cnn"} <= {model["name"] for model in found}
    assert caller("serve").get("/runs/get", run_id=run["run_id"]).status_code == 200
    refused = caller("serve").post("/runs/set-tag", run_id=run["run_id"], key="a", value="b")
    assert refused.status_code == 403
    assert caller("ben").post("/experiments/delete", experiment_id="1").status_code == 403
    assert caller("ben").post("/runs/create", experiment_id="0").status_code == 403
