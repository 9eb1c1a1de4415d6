"""The source of a run's code, in MLflow's own tags, which fill columns of its pages."""

from collections.abc import Mapping

from mlflow.entities import SourceType
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_COMMIT,
    MLFLOW_PROJECT_ENTRY_POINT,
    MLFLOW_SOURCE_NAME,
    MLFLOW_SOURCE_TYPE,
)

from fmnist.files import PROJECT
from fmnist.training.commit import DIRTY, UNKNOWN, changes, commit

INHERITED = (MLFLOW_SOURCE_NAME, MLFLOW_SOURCE_TYPE, MLFLOW_PROJECT_ENTRY_POINT)
CHANGES = "changes.diff"
MAXIMUM_BYTES = 1_000_000


def tags(parent: Mapping[str, str]) -> dict[str, str]:
    """The source tags of a run: its parent's, which `mlflow run` may have set, else this code."""
    local = SourceType.to_string(SourceType.LOCAL)
    here = {MLFLOW_SOURCE_NAME: str(PROJECT), MLFLOW_SOURCE_TYPE: local}
    return here | {name: parent[name] for name in INHERITED if name in parent}


def commit_tags(known: str) -> dict[str, str]:
    """The tag of a commit as `training.commit` gives it; empty if it is unknown."""
    return {} if known == UNKNOWN else {MLFLOW_GIT_COMMIT: known.removesuffix(DIRTY)}


def keep_changes(client: MlflowClient, run_id: str) -> None:
    """Keep the uncommitted changes as an artifact of a run, unless they are 1 MB or more."""
    if not commit().endswith(DIRTY):
        return
    text = changes()
    if text and len(text.encode()) < MAXIMUM_BYTES:
        client.log_text(run_id, text, CHANGES)
