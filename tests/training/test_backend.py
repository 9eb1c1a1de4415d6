"""A person's settings of Keras, JAX and matplotlib change no result and break nothing."""

import json
import os
import subprocess
import sys

import pytest
from conftest import PROJECT

HOSTILE = {
    "image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.1,
    "backend": "torch", "nnx_enabled": True, "dtype_policy": "mixed_float16",
}  # fmt: skip
# Of an old experiment of one's own, or another tool.
VARIABLES = {
    "KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1", "KERAS_NNX_ENABLED": "1",
    "JAX_ENABLE_X64": "1", "JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_NUMPY_DTYPE_PROMOTION": "strict",
}  # fmt: skip
TRAIN = """
import hashlib, pathlib, sys
from fmnist.data import splits
from fmnist.study.networks import CNN
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training.train import train

trial = Trial(
    model=CNN(architecture="1x4", dropout=0.2),
    training=TrainingConfig(epochs=2),
    data=splits.describe(1_500, "holdout", 0),
)
folder = pathlib.Path(sys.argv[1])
request = Request(trial=trial, family="test", preset="smoke")
left = train(request, folder / "bundle", folder / "checkpoint.npz", lambda *told: None)
digest = hashlib.sha256(b"".join(array.tobytes() for array in left.weights())).hexdigest()
print(left.record.summary["parameters"], digest, left.record.curves)
"""


def python(code, folder, settings, **variables):
    """Run code in a process whose person has the settings in keras.json, and the variables."""
    folder.mkdir()
    (folder / "keras.json").write_text(settings)
    own = {"KERAS_HOME": str(folder), "PYTHONPATH": str(PROJECT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=PROJECT,
        env=os.environ | own | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_persons_settings_change_no_parameter_and_no_bit(tmp_path, backend):
    plain = python(TRAIN, tmp_path / "plain", "{}", KERAS_BACKEND=backend)
    hostile = json.dumps(HOSTILE)
    other = python(TRAIN, tmp_path / "other", hostile, KERAS_BACKEND=backend, **VARIABLES)
    assert plain.returncode == other.returncode == 0, plain.stderr + other.stderr
    assert other.stdout == plain.stdout
    assert plain.stderr == other.stderr == ""


@pytest.mark.parametrize(
    ("settings", "variables", "said"),
    [
        ("{}", {"KERAS_BACKEND": "torch"}, "KERAS_BACKEND=torch: accepted is one of"),
        ("{}", {"KERAS_BACKEND": "theano"}, "KERAS_BACKEND=theano: accepted is one of"),
        (json.dumps({"floatx": "float8"}), {}, "keras.json and MPLBACKEND: Invalid `floatx`"),
        ("[]", {}, "Keras does not load by "),
    ],
)
def test_what_keras_cannot_use_is_refused_in_a_line(tmp_path, settings, variables, said):
    refused = python(
        "from fmnist.training import backend", tmp_path / "home", settings, **variables
    )
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert last.startswith("fmnist.errors.InvalidInput: ")
    assert said in last


def test_what_is_written_while_keras_loads_is_kept_but_for_start_up_lines(tmp_path):
    write = "import os; os.write(2, b'I0000 of oneDNN\\nE0000 a real error\\n')"
    (tmp_path / "tensorflow.py").write_text(f"{write}; raise ImportError('no such library')")
    path = f"{tmp_path}:{PROJECT}"
    loading = python("import fmnist.training.backend", tmp_path / "home", "{}", PYTHONPATH=path)
    assert loading.returncode == 1
    assert "E0000 a real error" in loading.stderr
    assert "no such library" in loading.stderr
    assert not any(line.startswith("I0000") for line in loading.stderr.splitlines())


def test_an_entry_needs_no_package_of_the_notebook_that_started_it(place):
    done = place.run("doctor", MPLBACKEND="module://notebooks_inline.backend_inline")
    assert done.returncode == 0, done.stdout + done.stderr
