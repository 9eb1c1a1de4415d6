"""Models are loaded from the registry only if they are what was registered, and bring no code."""

from contextlib import suppress

import keras
import mlflow
import numpy as np
import pytest
import yaml

from fmnist.data import fashion_mnist
from fmnist.errors import InvalidInput
from fmnist.registry import logged_models, model_files, registry
from registry.support import NAME

HOSTILE = "from pathlib import Path\nPath({file!r}).touch()\ndef _load_pyfunc(path):\n    pass\n"


def original(store, folder):
    """The files of a version that a final registered."""
    return registry.download_verified(store, registry.find(store, NAME, registry.STAGE), folder)


def register(store, folder, digest=""):
    """A version with these files, registered with this digest, or else with their own."""
    experiment = store.client.get_experiment_by_name("models").experiment_id
    run_id = store.create_run(experiment, "model", {})
    store.client.log_artifacts(run_id, str(folder), registry.ARTIFACT)
    tags = {registry.DIGEST: digest or model_files.digest(folder)}
    return str(registry.register(store, NAME, run_id, tags, "").version)


def edit_description(folder, **changes):
    """Change the pyfunc flavor in the MLmodel of a folder."""
    file = folder / model_files.DESCRIPTION
    described = yaml.safe_load(file.read_text())
    described["flavors"]["python_function"] |= changes
    file.write_text(yaml.safe_dump(described))


def loader_module(folder, file):
    """An MLmodel whose loader, a module in its code/ folder, writes a file."""
    name = f"hostile_{file.parent.name.replace('-', '_')}"
    (folder / "code").mkdir()
    (folder / "code" / f"{name}.py").write_text(HOSTILE.format(file=str(file)))
    edit_description(folder, loader_module=name, code="code")


def code_folder(folder, file):
    """A code/ folder beside an untouched MLmodel."""
    (folder / "code").mkdir()
    (folder / "code" / "sitecustomize.py").write_text(HOSTILE.format(file=str(file)))


def description_only(folder, _file):
    """An MLmodel whose loader is a module that lies elsewhere."""
    edit_description(folder, loader_module="antigravity")


def lambda_layer(folder, file):
    """A Keras file with a layer of Python code that writes a file."""
    write = keras.layers.Lambda(
        lambda x, path: (open(path, "wb").close(), x)[1], arguments={"path": str(file)}
    )
    keras.Sequential([keras.Input((28, 28)), write]).save(folder / "data" / "model.keras")
    file.unlink()  # written when the layer was made


def altered_weights(folder, _file):
    """One bit of the weights changed."""
    file = folder / "data" / "model.keras"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def missing_file(folder, _file):
    """A file less."""
    (folder / "requirements.txt").unlink()


ALL = [loader_module, code_folder, description_only, lambda_layer, altered_weights, missing_file]


@pytest.mark.parametrize("tamper", ALL)
def test_files_that_were_changed_since_are_refused_and_nothing_runs(store, tmp_path, tamper):
    folder, executed = original(store, tmp_path / "files"), tmp_path / "executed"
    registered = model_files.digest(folder)
    tamper(folder, executed)
    version = register(store, folder, registered)
    with pytest.raises(InvalidInput, match=f"{NAME} version {version}: its files were changed"):
        registry.load(NAME, version, store)
    assert not executed.exists()


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (loader_module, "it brings code of its own (code/)"),
        (code_folder, "it brings code of its own (code/)"),
        (description_only, "its MLmodel asks for more than mlflow.keras"),
        (lambda_layer, "Keras refuses it"),
    ],
)
def test_code_that_was_registered_with_its_digest_is_refused_too(store, tmp_path, tamper, said):
    folder, executed = original(store, tmp_path / "files"), tmp_path / "executed"
    tamper(folder, executed)
    version = register(store, folder)
    with pytest.raises(InvalidInput) as refusal:
        registry.load(NAME, version, store)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not executed.exists()


@pytest.mark.filterwarnings("ignore")
def test_the_hostile_models_of_these_tests_do_run_where_nobody_verifies(store, tmp_path):
    folder, executed = original(store, tmp_path / "files"), tmp_path / "executed"
    lambda_layer(folder, executed)
    keras.saving.load_model(folder / "data" / "model.keras", safe_mode=False)
    assert executed.exists()
    executed.unlink()
    loader_module(folder, executed)
    with suppress(mlflow.MlflowException):  # after it ran: what it gives is no model
        mlflow.pyfunc.load_model(f"models:/{NAME}/{register(store, folder)}")
    assert executed.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("code", "data"),
        ("model_code_path", "model.py"),
        ("loader_module", "mlflow.pyfunc.model"),
        ("config", {}),
    ],
)
def test_a_description_that_asks_for_more_is_refused(store, tmp_path, key, value):
    folder = original(store, tmp_path / "files")
    model_files.check_flavors(folder)
    edit_description(folder, **{key: value})
    with pytest.raises(InvalidInput, match="asks for more"):
        model_files.check_flavors(folder)


@pytest.mark.parametrize("text", ["", "flavors: 1", "a: [", "!!python/name:os.system", "\xff"])
def test_a_description_that_is_none_is_refused(tmp_path, text):
    (tmp_path / model_files.DESCRIPTION).write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInput, match="its MLmodel cannot be read"):
        model_files.check_flavors(tmp_path)


def test_a_digest_is_of_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    one = model_files.digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    two = model_files.digest(tmp_path)
    (tmp_path / "b").write_text("2")
    three = model_files.digest(tmp_path)
    (tmp_path / "registered_model_meta").write_text("MLflow's")
    assert model_files.digest(tmp_path) == three
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "registered_model_meta").write_text("not MLflow's")
    assert len({one, two, three, model_files.digest(tmp_path)}) == 4


def test_a_model_without_a_digest_is_refused_with_what_to_do(store):
    store.client.delete_model_version_tag(NAME, "1", registry.DIGEST)
    with pytest.raises(InvalidInput, match=r"without a digest .* run its final again"):
        registry.load(NAME, store=store)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("reference", ["Production", "production", "@production", "1"])
def test_a_model_is_loaded_by_stage_alias_or_number(reference):
    pixels = fashion_mnist.load().test_images[:10].astype(np.float32)
    loaded = registry.load(NAME, reference)
    plain = mlflow.keras.load_model(f"models:/{NAME}/1")
    assert np.array_equal(loaded.predict(pixels, verbose=0), plain.predict(pixels, verbose=0))


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("name", "reference", "said"),
    [
        ("fmnist", "1", "model=fmnist: not registered; registered is fmnist-cnn, fmnist-mlp"),
        ("it's", "1", "model=it's: not registered"),
        ("", "1", "model=: not registered"),
        (NAME, "2", "version=2: fmnist-mlp has no such version, stage or alias"),
        (NAME, "Staging", "it has version 1 (Production); alias production"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(name, reference, said):
    with pytest.raises(InvalidInput) as refusal:
        registry.load(name, reference)
    assert said in str(refusal.value)


def test_a_model_requires_the_tensorflow_that_others_can_install(monkeypatch):
    metadata = logged_models.metadata
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"tensorflow": ["some-build"]})
    monkeypatch.setattr(metadata, "version", {"some-build": "2.21.0"}.__getitem__)
    assert logged_models.pinned("tensorflow") == ["tensorflow==2.21.0"]
