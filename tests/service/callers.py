"""People who ask the service for something, with MLflow's client left out."""

from dataclasses import dataclass

import requests

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass(frozen=True)
class Caller:
    """Somebody with a name and a password, or nobody, at the service's door."""

    uri: str
    name: str = ""
    password: str = ""

    def ask(self, method: str, path: str, **options) -> requests.Response:
        """The answer to a request."""
        login = (self.name, self.password) if self.name else None
        return requests.request(
            method, self.uri + path, auth=login, timeout=60, allow_redirects=False, **options
        )

    def post(self, path: str, **body) -> requests.Response:
        """The answer to a call of MLflow's API with a body."""
        return self.ask("POST", API + path, json=body)

    def get(self, path: str, **query: str) -> requests.Response:
        """The answer to a call of MLflow's API with a query."""
        return self.ask("GET", API + path, params=query)

    def leave_belongings(self, name: str) -> dict[str, str]:
        """Make an experiment, a run with an artifact, models and a version, all of this name."""
        experiment = self.post("/experiments/create", name=name).json()["experiment_id"]
        body = {"experiment_id": experiment, "run_name": name, "start_time": 1}
        run = self.post("/runs/create", **body).json()["run"]["info"]["run_id"]
        self.post("/runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=1, step=0)
        self.post("/runs/set-tag", run_id=run, key="note", value=name)
        folder = f"{experiment}/{run}/artifacts"
        put = self.ask("PUT", f"{ARTIFACTS}/{folder}/model/MLmodel", data=name.encode())
        assert put.status_code == 200, put.text
        self.post("/registered-models/create", name=name)
        source = f"mlflow-artifacts:/{folder}/model"  # what MLflow's client makes of runs:/
        body = {"name": name, "source": source, "run_id": run}
        version = self.post("/model-versions/create", **body)
        assert version.status_code == 200, version.text
        self.post("/registered-models/alias", name=name, alias="best", version="1")
        self.post("/registered-models/create", name=f"{name}-spare")
        made = self.post("/logged-models", experiment_id=experiment, name=name).json()
        logged = made["model"]["info"]["model_id"]
        path = f"{ARTIFACTS}/{experiment}/models/{logged}/artifacts/MLmodel"
        put = self.ask("PUT", path, data=name.encode())
        assert put.status_code == 200, put.text
        body = {"name": name, "source": f"models:/{logged}", "model_id": logged}
        version = self.post("/model-versions/create", **body)  # as this project makes them
        assert version.status_code == 200, version.text
        return {
            "experiment": experiment,
            "run": run,
            "folder": folder,
            "model": name,
            "spare": f"{name}-spare",
            "logged": logged,
            "other": "1",
        }
