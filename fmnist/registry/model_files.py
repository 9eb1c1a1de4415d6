"""Check a registered model's files before they are loaded, without running any code in them."""

import hashlib
import json
from pathlib import Path

import yaml

from fmnist.errors import InvalidInput
from fmnist.training.bundle import file_digest

DESCRIPTION = "MLmodel"
# MLflow writes it beside the files when it loads a version from a local store: by whose name.
WRITTEN_BY_LOADING = "registered_model_meta"
CODE = "code"
# What MLflow writes about a Keras model. Each field more could make a loader run a model's code.
FIELDS = {
    "keras": {"data", "keras_backend", "keras_version", "save_exported_model"},
    "python_function": {"env", "loader_module", "python_version"},
}
LOADER = "mlflow.keras"
DATA = "data"


def digest(folder: Path) -> str:
    """SHA-256 of the relative paths and the contents of all files below a folder.

    Without the one that MLflow itself adds, which nothing reads.
    """
    files = {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in folder.rglob("*")
        if path.is_file() and path != folder / WRITTEN_BY_LOADING
    }
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def check_flavors(folder: Path) -> None:
    """Make sure that a model is one of Keras layers alone, which needs no code of its own.

    Raises:
        InvalidInput: if its description names another loader or code, or cannot be read.
    """
    if (folder / CODE).exists():
        raise InvalidInput(f"it brings code of its own ({CODE}/)")
    try:
        flavors = yaml.safe_load((folder / DESCRIPTION).read_text(encoding="utf-8"))["flavors"]
        found = {name: set(fields) for name, fields in flavors.items()}
        accepted = (
            found == FIELDS
            and flavors["python_function"]["loader_module"] == LOADER
            and flavors["keras"]["data"] == DATA
            and flavors["keras"]["save_exported_model"] is False
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise InvalidInput(f"its {DESCRIPTION} cannot be read ({type(error).__name__})") from None
    if not accepted:
        raise InvalidInput(f"its {DESCRIPTION} asks for more than {LOADER} and Keras's own format")
