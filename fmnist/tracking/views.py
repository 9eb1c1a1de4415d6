"""The views of an experiment that MLflow's pages offer by name, in MLflow's own format.

A saved view is a tag of the experiment: a filter, an order and columns for the table of runs. The
pages write such a tag when somebody saves a view; those of another MLflow may want another format.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from fmnist.study.metrics import (
    CRITERION,
    DIFFERENCE,
    LAST_VALIDATION,
    PUBLISHED,
    TEST,
    TRIALS,
    VALIDATION,
    to_mlflow,
)
from fmnist.tracking.runs import (
    BEST_CONFIGURATION,
    COMMAND,
    CONFIGURATION,
    DATA,
    DECISION,
    FAMILY,
    KIND,
    PRESET,
)

TAG = "mlflow.sharedViewState."
# What MLflow's pages put before a compressed state.
DEFLATED = "deflate;"
CREATED = 1_767_225_600_000  # milliseconds; always the same, so that the tags are
NAME = "attributes.`Run Name`"
MODELS = "attributes.`Models`"


@dataclass(frozen=True)
class View:
    """What the table of runs shows.

    Attributes:
        condition: which runs, as MLflow's filter.
        order: the column by which they are sorted, the highest first.
        columns: from left to right, and how wide each is, in pixels.
    """

    name: str
    condition: str
    order: str
    columns: Mapping[str, int]

    def tag(self) -> str:
        """The view as the value of a tag of its experiment."""
        state = {
            "searchFilter": self.condition,
            "orderByKey": self.order,
            "orderByAsc": False,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "modelVersionFilter": "All Runs",
            "datasetsFilter": [],
            "selectedColumns": list(self.columns),
            "columnOrder": list(self.columns),
            "columnWidths": dict(self.columns),
        }
        packed = base64.b64encode(zlib.compress(json.dumps(state).encode())).decode()
        times = {"createdAt": CREATED, "updatedAt": CREATED}
        return json.dumps({"name": self.name, **times, "state": f"{DEFLATED}{packed}"})


def _metric(name: str) -> str:
    """The column of a metric, by our name of it."""
    return f"metrics.`{to_mlflow(name)}`"


def _tag(name: str) -> str:
    return f"tags.`{name}`"


# Fashion-MNIST alone: runs of other data have that tag.
STUDYS = f"{_tag(DATA)} IS NULL"


def _param(name: str) -> str:
    return f"params.`{name}`"


def _published(metric: str) -> dict[str, int]:
    """The columns of the study's number, and of ours minus that."""
    return {_metric(f"{beside}_{metric}"): 120 for beside in (PUBLISHED, DIFFERENCE)}


# By what an address names them.
VIEWS: Mapping[str, View] = {
    "best-trials": View(
        "Best trials",
        # Those of folds, and refits, are validated on other images.
        f"{_tag(KIND)} = 'trial' AND params.split = 'holdout' AND attributes.status = 'FINISHED' "
        f"AND {STUDYS}",
        _metric(CRITERION),
        {
            NAME: 260,
            _metric(CRITERION): 120,
            _metric(LAST_VALIDATION): 120,
            _metric("epochs_run"): 110,
            _metric("train_seconds"): 110,
            _param("replicate"): 80,
            _tag(FAMILY): 120,
            _param(CONFIGURATION): 300,
        },
    ),
    "finals": View(
        "Finals and Production",
        f"{_tag(COMMAND)} LIKE '%' AND {STUDYS}",
        _metric(TEST),  # by date, the pages would hide them below their parents
        {
            NAME: 260,
            MODELS: 130,
            _metric(TEST): 120,
            **_published(TEST),
            _metric(f"mean_{TEST}"): 120,
            _tag(PRESET): 80,
            _tag(DECISION): 700,
        },
    ),
    "searches": View(
        "Searches",
        f"{_tag(KIND)} = 'search' AND {STUDYS}",
        _metric(CRITERION),
        {
            NAME: 160,
            _metric(CRITERION): 120,
            **_published(VALIDATION),
            **{_metric(f"{TRIALS}_{count}"): 90 for count in ("expected", "done", "failed")},
            _param(BEST_CONFIGURATION): 300,
            _tag(PRESET): 80,
        },
    ),
}


def tags() -> dict[str, str]:
    """All views, as tags of an experiment."""
    return {f"{TAG}{key}": view.tag() for key, view in VIEWS.items()}


def page(key: str, experiment_id: str) -> str:
    """Where MLflow's pages show a view, below the address of the server."""
    # Without the type, MLflow opens the page of an experiment with language models.
    query = f"viewStateShareKey={key}&workflowType=machine_learning"
    return f"#/experiments/{experiment_id}/runs?{query}"
