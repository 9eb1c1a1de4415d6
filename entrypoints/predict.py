"""Say what the images in PNG or IDX files are, by the model in Production: a table."""

from typing import Any

from entrypoints import arguments
from fmnist.errors import InvalidInput

PARAMETERS = ("model", "path", "output")


def predict(values: dict[str, Any]) -> bool:
    """Print the table; with `output`, write it as CSV too."""
    from fmnist.data import image_files

    name, output = values["model"], values["output"]
    if output and output.is_dir():
        raise InvalidInput(f"output={output}: a folder; accepted is a CSV file, or none")
    names, images = image_files.read(values["path"])
    from fmnist.tracking.store import open_store

    store = open_store()
    from entrypoints import prediction
    from fmnist.console import open_console
    from fmnist.registry import registry  # Keras, once the store is known to answer
    from fmnist.tracking.entry_run import entry_run

    model = registry.load(name, store=store)
    with entry_run(store, "predict", "predict", {}):
        predicted = prediction.predict(model, names, images)
        prediction.show(predicted, f"{name} in Production, {len(images)} images", open_console())
        if output:
            prediction.write(predicted, output)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, predict)
