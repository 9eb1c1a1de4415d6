"""What trials were made on and from: hardware, versions, commit, data, seeds; pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from math import fsum

import pandas as pd

from fmnist.data import fashion_mnist
from fmnist.results.tables.table import Table
from fmnist.tracking.runs import RunRecord, environment_tag

# Tags of a trial's environment, as people would ask for them.
ENVIRONMENT = (
    "processor", "cores", "threads", "devices", "gpu", "platform", "python", "backend", "keras",
    "tensorflow", "jax", "torch", "numpy", "commit", "requirements",
)  # fmt: skip
COLUMNS = ("what", "value", "trials")
LEGEND = (
    "Requirements: the first digits of the SHA-256 of requirements.txt; data digest: the SHA-256 "
    "of a split's images and labels, in order. Hours busy: hours in which at least one trial was "
    "training. On a GPU, JAX multiplies float32 matrices in TF32."
)


def _environments(runs: Sequence[RunRecord]) -> list[list[str]]:
    """What is known of the trials' environments: name, value, in how many; the most first."""
    rows = []
    for name in ENVIRONMENT:
        found = Counter(run.tags.get(environment_tag(name), "") for run in runs)
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        rows += [[name, value, str(count)] for value, count in ordered if value]
    return rows


def provenance_table(runs: Sequence[RunRecord]) -> Table:
    """What the trials ran on, in how many trials each; with the data, the seeds and the hours."""
    rows = _environments(runs)
    rows += _count("split", [f"{run.trial.data.split}, seed {run.trial.data.seed}" for run in runs])
    digests = [f"{run.trial.data.split}: {run.trial.data.digest}" for run in runs]
    rows += _count("data digest", digests)
    rows += [[what, value, str(len(runs))] for what, value in _whole_sets().items()]
    rows += _count("replicate", [str(run.trial.replicate) for run in runs])
    if runs:
        trained = fsum(run.metrics["train_seconds"] for run in runs)
        rows.append(["hours of training", f"{trained / 3600:.2f}", str(len(runs))])
        rows.append(["hours busy", f"{busy_seconds(runs) / 3600:.2f}", str(len(runs))])
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("provenance", "Where and from what the trials were made", frame, LEGEND)


def _whole_sets() -> dict[str, str]:
    """The digests of the images that are the same for all trials."""
    told = fashion_mnist.identity()
    if not told.is_other:
        return {"test images digest": fashion_mnist.FILES[2].sha256}
    return {
        "data": told.name,
        "training set digest": told.training_set,
        "test set digest": told.test_set,
    }


def _count(what: str, values: Iterable[str]) -> list[list[str]]:
    return [[what, value, str(count)] for value, count in sorted(Counter(values).items())]


def busy_seconds(runs: Iterable[RunRecord]) -> float:
    """How long at least one of the trials was training: each ended when its last epoch did."""
    ended_at = ((run.end_time / 1000, run.metrics["train_seconds"]) for run in runs)
    edges = chain.from_iterable(((end - took, 1), (end, -1)) for end, took in ended_at)
    busy, at_work, since = 0.0, 0, 0.0
    for moment, change in sorted(edges):
        if at_work:
            busy += moment - since
        at_work, since = at_work + change, moment
    return busy
