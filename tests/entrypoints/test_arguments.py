"""Parameters become values, or are refused in one line that says what is accepted."""

import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints import arguments, compare
from fmnist.errors import InvalidInput
from fmnist.study import options
from fmnist.study.options import Options

EPOCHS = "a whole number from 1 to 10000, or preset"
FAMILIES = (
    "one of mlp_baseline, mlp_capacity, mlp_search, mlp_optimizers, cnn_baseline, cnn_depth, "
    "cnn_search, cnn_augment, champion_search, wide_search, small_search, small_vgg_search, "
    "mlp_final, cnn_final, champion_final, small_final, cnn_kfold"
)
RUN = "the id of a run, 32 hexadecimal digits, or none"
BAD_VALUES = [
    ("epochs", "0", EPOCHS),
    ("epochs", "-1", EPOCHS),
    ("epochs", "abc", EPOCHS),
    ("epochs", "1e9", EPOCHS),
    ("epochs", "1.5", EPOCHS),
    ("epochs", "10001", EPOCHS),
    ("epochs", "", EPOCHS),
    ("epochs", "\u0663", EPOCHS),
    ("members", "1", "a whole number from 2 to 30"),
    ("preset", "full", "one of paper, as_run, quick, smoke"),
    ("preset", "", "one of paper, as_run, quick, smoke"),
    ("family", "cnn", FAMILIES),
    ("config", "best", "one of selected, study, or preset"),
    ("replicates", "0", "a whole number from 1 to 100"),
    ("seed", "-1", "a whole number from 0 to 2147483647, or preset"),
    ("seed", "2147483648", "a whole number from 0 to 2147483647, or preset"),
    ("workers", "0", "a whole number from 1 to 1000"),
    ("cpus", "two", "a whole number from 1 to 1000"),
    ("gpus", "-1", "a number from 0 to 64"),
    ("gpus", "nan", "a number from 0 to 64"),
    ("ray_address", "10.0.0.1", "auto, ray://host:port, or none"),
    ("close_stale", "mine", "one of own, all"),
    ("deterministic", "yes", "one of 0, 1"),
    ("precision", "float16", "one of auto, float32, mixed_bfloat16"),
    ("model", "fmnist", "one of fmnist-mlp, fmnist-cnn, fmnist-champion, fmnist-small"),
    ("run", "abc", RUN),
    ("run", "A" * 32, RUN),
    ("run", "", RUN),
    ("allow_tie", "yes", "one of 0, 1"),
    ("reason", "two\nlines", "a line of up to 500 characters, or none"),
    ("reason", "a" * 501, "a line of up to 500 characters, or none"),
    ("port", "0", "a whole number from 1 to 65535"),
    ("port", "65536", "a whole number from 1 to 65535"),
    ("strategy", "foo", "one of grid, random, bayesian, hyperband"),
    ("trials", "0", "a whole number from 1 to 10000, or none"),
    ("trials", "many", "a whole number from 1 to 10000, or none"),
    ("refit", "0", "a whole number from 1 to 10000, or none"),
    ("max_epochs", "10", "one of 3, 9, 27, 81, 243, or none"),
]
UNCHECKED = {"grid", "path", "output", "requests"}


@pytest.mark.parametrize(("name", "text", "accepted"), BAD_VALUES)
def test_a_bad_value_is_refused(name, text, accepted):
    for given in ([f"--{name}={text}"], [f"--{name}", text]):
        with pytest.raises(InvalidInput) as refusal:
            arguments.parse([name], given)
        assert str(refusal.value) == f"{name}={text}: accepted is {accepted}"


def test_every_parameter_is_tried_with_a_bad_value():
    assert {name for name, *_ in BAD_VALUES} | UNCHECKED == arguments.PARAMETERS.keys()


@pytest.mark.parametrize("given", ["--epochz=5", "--epoch=5", "--family=cnn_search", "epochz"])
def test_an_unknown_parameter_is_refused(given):
    with pytest.raises(InvalidInput) as refusal:
        arguments.parse(["preset", "epochs"], ["--preset", "quick", given])
    name = given.removeprefix("--").partition("=")[0]
    assert str(refusal.value) == f"{name}: unknown parameter; accepted is one of preset, epochs"


def test_a_parameter_without_a_value_is_refused():
    with pytest.raises(InvalidInput, match="argument --epochs: expected one argument"):
        arguments.parse(["epochs"], ["--epochs"])


def test_the_defaults_are_the_studys():
    values = arguments.parse([*arguments.SEARCH, "grid"], [])
    assert arguments.options(values) == Options()
    assert Options().epoch_limit == 300


def test_values_become_options():
    given = [
        "--preset=quick", "--epochs=7", "--replicates=3", "--seed=5", "--workers=2", "--cpus=4",
        "--gpus=0.5", "--ray_address=ray://head:10001", "--deterministic=1", "--close_stale=all",
        "--grid=grid.yaml",
    ]  # fmt: skip
    values = arguments.parse([*arguments.SEARCH, "grid"], given)
    assert arguments.options(values) == Options(
        preset="quick", epochs=7, replicates=3, seed=5, workers=2, cpus=4, gpus=0.5,
        ray_address="ray://head:10001", deterministic=True, close_stale="all",
        grid=Path("grid.yaml"),
    )  # fmt: skip


def test_what_an_entry_takes_beside_options_is_no_option():
    values = arguments.parse(["preset", "config", "path"], ["--config=study", "--path=there"])
    assert values["config"] == "study"
    assert values["path"] == Path("there")
    assert arguments.options(values) == Options()


def test_a_refused_entry_says_one_line_and_leaves_nothing(place):
    completed = place.run("mlp_search", "--epochs", "0")
    assert completed.returncode == 2
    assert completed.stderr == f"epochs=0: accepted is {EPOCHS}\n"
    assert completed.stdout == ""
    assert list(place.folder.iterdir()) == []


def test_refusing_loads_nothing_heavy(place):
    heavy = "{'keras', 'tensorflow', 'mlflow', 'sklearn', 'pandas', 'ray'}"
    code = f"import sys, entrypoints.search; print({heavy} & sys.modules.keys())"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, env=place.environment, capture_output=True, text=True)
    assert printed.stdout == "set()\n", printed.stderr


@pytest.mark.parametrize(
    ("given", "said"), [("--workers=2", "workers=2"), ("--ray_address=auto", "ray_address=auto")]
)
def test_what_needs_ray_is_refused_where_there_is_none(monkeypatch, given, said):
    monkeypatch.setattr(options, "find_spec", lambda _name: None)
    with pytest.raises(InvalidInput, match=f"^{said}: needs Ray; install it with"):
        arguments.options(arguments.parse(arguments.SEARCH, [given]))


def test_tables_are_not_written_over_a_file(tmp_path):
    (tmp_path / "file").touch()
    values = arguments.parse(compare.PARAMETERS, ["--output", str(tmp_path / "file")])
    with pytest.raises(InvalidInput, match="file: accepted is a folder, or none"):
        compare.compare(values)
