"""Which data set a registered model is of: each data set has registered models of its own."""

import dataclasses
import json

from mlflow.entities.model_registry import ModelVersion

from fmnist.data import fashion_mnist
from fmnist.data.fashion_mnist import FASHION_MNIST
from fmnist.data.identity import Identity
from fmnist.errors import InvalidInput
from fmnist.tracking.runs import RunRecord

# A tag of versions: the identity of other data than Fashion-MNIST, as JSON.
DATA_SET = "fmnist.data_set"


def name_of(final_model: str) -> str:
    """The name under which a final's model is registered: "fmnist-cnn-kmnist" for data kmnist."""
    told = fashion_mnist.identity()
    return f"{final_model}-{told.name}" if told.is_other else final_model


def tags() -> dict[str, str]:
    """The tag of a version of the process's data set; none for Fashion-MNIST."""
    told = fashion_mnist.identity()
    plain = json.dumps(dataclasses.asdict(told), ensure_ascii=False)
    return {DATA_SET: plain} if told.is_other else {}


def identity_of(version: ModelVersion) -> Identity:
    """The data set that a version is of, with the names of its classes.

    Raises:
        InvalidInput: if the version's tag was damaged.
    """
    if DATA_SET not in version.tags:
        return FASHION_MNIST
    try:
        fields = json.loads(version.tags[DATA_SET])
        found = Identity(**fields | {"class_names": tuple(map(str, fields["class_names"]))})
    except (ValueError, TypeError, KeyError):
        found = None
    if found is None or len(found.class_names) != len(FASHION_MNIST.class_names):
        raise InvalidInput(
            f"{version.name} version {version.version}: its tag {DATA_SET} is not a data set's; "
            "run its final again, which registers a new version"
        )
    return found


def check(version: ModelVersion) -> None:
    """Refuse a version of another data set than the process's.

    Raises:
        InvalidInput: if it is of another one.
    """
    told, here = identity_of(version), fashion_mnist.identity()
    if told.digests != here.digests:
        raise InvalidInput(
            f"{version.name} version {version.version} is of {_words(told)}, and not of "
            f"{_words(here)}; accepted is its own data, with data=FOLDER"
        )


def check_run(run: RunRecord) -> None:
    """Refuse a final's run whose trial is of another data set than the process's.

    Raises:
        InvalidInput: if it is of another one.
    """
    if run.data_set != fashion_mnist.identity().digests:
        title = fashion_mnist.identity().title
        raise InvalidInput(f"run {run.run_id} is of other data than {title}")


def _words(told: Identity) -> str:
    return f"{told.title} (test set {told.test_set[:8]}...)" if told.is_other else told.title
