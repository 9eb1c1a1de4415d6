"""Parameters become values, or are refused in one line that says what is accepted."""

from pathlib import Path

import pytest

from entrypoints import compare
from entrypoints.command_line import help_text, parse
from entrypoints.parameters import NONE, PARAMETERS
from entrypoints.parameters import options as options_of
from entrypoints.verbs import TRAINING, VERBS
from fmnist.errors import InvalidInput
from fmnist.study import options
from fmnist.study.options import Options

EPOCHS = "a whole number from 1 to 10000, or preset"
FAMILIES = (
    "one of mlp_baseline, mlp_capacity, mlp_search, mlp_optimizers, cnn_baseline, cnn_depth, "
    "cnn_search, cnn_augment, champion_search, wide_search, small_search, small_vgg_search, "
    "mlp_final, cnn_final, champion_final, small_final, cnn_kfold"
)
MODELS = "one of fmnist-mlp, fmnist-cnn, fmnist-champion, fmnist-small, or another fmnist-NAME"
SEED = "a whole number from 0 to 2147483647, or preset"
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
    ("seed", "-1", SEED),
    ("seed", "2147483648", SEED),
    ("workers", "0", "a whole number from 1 to 1000"),
    ("cpus", "two", "a whole number from 1 to 1000"),
    ("gpus", "-1", "a number from 0 to 64"),
    ("gpus", "nan", "a number from 0 to 64"),
    ("ray_address", "10.0.0.1", "auto, ray://host:port, or none"),
    ("ray_address", "ray://", "auto, ray://host:port, or none"),
    ("close_stale", "mine", "one of own, all"),
    ("deterministic", "yes", "one of 0, 1"),
    ("together", "yes", "one of 0, 1"),
    ("precision", "float16", "one of auto, float32, mixed_bfloat16"),
    ("model", "fmnist", MODELS),
    ("model", "fmnist-' OR 1", MODELS),
    ("allow_tie", "yes", "one of 0, 1"),
    ("reason", "two\nlines", "a line of up to 500 characters, or none"),
    ("reason", "a" * 501, "a line of up to 500 characters, or none"),
    ("port", "0", "a whole number from 1 to 65535"),
    ("port", "65536", "a whole number from 1 to 65535"),
    ("strategy", "foo", "one of grid, random, bayesian, hyperband"),
    ("trials", "0", "a whole number from 1 to 10000, or none"),
    ("trials", "many", "a whole number from 1 to 10000, or none"),
    ("refit", "0", "a whole number from 1 to 10000, or none"),
    ("folds", "4", "one of 5, or none"),
    ("max_epochs", "10", "one of 3, 9, 27, 81, 243, or none"),
]
UNCHECKED = {"grid", "data"}


def taking(*names):
    return {name: PARAMETERS[name] for name in names}


@pytest.mark.parametrize(("name", "text", "accepted"), BAD_VALUES)
def test_a_bad_value_is_refused(name, text, accepted):
    for given in ([f"--{name}={text}"], [f"--{name}", text]):
        with pytest.raises(InvalidInput) as refusal:
            parse(taking(name), given)
        assert str(refusal.value) == f"{name}={text}: accepted is {accepted}"


def test_every_parameter_is_tried_with_a_bad_value():
    assert {name for name, *_ in BAD_VALUES} | UNCHECKED == PARAMETERS.keys()


@pytest.mark.parametrize("text", ["abc", "A" * 32, ""])
def test_what_is_no_run_is_refused(text):
    accepted = "the id of a final's run, 32 hexadecimal digits"
    with pytest.raises(InvalidInput, match=f"^run={text}: accepted is {accepted}$"):
        VERBS["promote"].accept([f"--run={text}"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--epochz=5", "epochz: unknown parameter (did you mean epochs?); accepted is "),
        ("--epoch=5", "epoch: unknown parameter (did you mean epochs?); accepted is "),
        ("--family=cnn_search", "family: unknown parameter; accepted is "),
        ("epochs=5", "epochs=5: a parameter is written --NAME VALUE; accepted is "),
        ("-P", "-P: a parameter is written --NAME VALUE; accepted is "),
    ],
)
def test_an_unknown_parameter_is_refused(given, said):
    with pytest.raises(InvalidInput) as refusal:
        parse(taking("preset", "epochs"), ["--preset", "quick", given])
    assert str(refusal.value) == f"{said}one of preset, epochs"


def test_a_parameter_without_a_value_is_refused():
    with pytest.raises(InvalidInput, match="argument --epochs: expected one argument"):
        parse(taking("epochs"), ["--epochs"])


@pytest.mark.parametrize("words", [[], ["--path", NONE]])
def test_what_is_required_must_be_given(words):
    with pytest.raises(InvalidInput, match=r"^path: required; accepted is an image file, "):
        VERBS["predict"].accept(words)


def test_dashes_and_underscores_are_the_same():
    for word in ("--ray_address=auto", "--ray-address=auto"):
        assert parse(taking("ray_address"), [word]) == {"ray_address": "auto"}
    assert parse(taking("reason"), ["--reason=a-b --c-d"]) == {"reason": "a-b --c-d"}


def test_the_help_says_of_each_parameter_what_it_means_takes_and_its_default(monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    taken = VERBS["compare"].parameters
    lines = help_text("compare", "Build the tables", taken).splitlines()
    assert lines[0] == "usage: python -m entrypoints compare [--PARAMETER VALUE ...]"
    assert "Build the tables" in lines
    for name, parameter in taken.items():
        (line,) = (line for line in lines if line.split()[:1] == [f"--{name}"])
        told = f"{parameter.meaning}; takes {parameter.accepted} (default: {parameter.default})"
        assert line.endswith(told)


def test_the_defaults_are_the_studys():
    values = VERBS["cnn_search"].accept([])
    assert options_of(values) == Options()
    assert Options().epoch_limit == 300


def test_values_become_options():
    given = [
        "--preset=quick", "--epochs=7", "--replicates=3", "--seed=5", "--workers=2", "--cpus=4",
        "--gpus=0.5", "--ray_address=ray://head:10001", "--deterministic=1", "--close_stale=all",
        "--grid=grid.yaml",
    ]  # fmt: skip
    assert options_of(parse(taking(*TRAINING, "grid"), given)) == Options(
        preset="quick", epochs=7, replicates=3, seed=5, workers=2, cpus=4, gpus=0.5,
        ray_address="ray://head:10001", deterministic=True, close_stale="all",
        grid=Path("grid.yaml"),
    )  # fmt: skip


def test_what_a_verb_takes_beside_options_is_no_option():
    values = parse(taking("preset", "config", "model"), ["--config=study"])
    assert values["config"] == "study"
    assert options_of(values) == Options()


@pytest.mark.parametrize(
    ("given", "said"), [("--workers=2", "workers=2"), ("--ray_address=auto", "ray_address=auto")]
)
def test_what_needs_ray_is_refused_where_there_is_none(monkeypatch, given, said):
    monkeypatch.setattr(options, "find_spec", lambda _name: None)
    with pytest.raises(InvalidInput, match=f"^{said}: needs Ray; install it with"):
        VERBS["cnn_final"].accept([given])


def test_tables_are_not_written_over_a_file(tmp_path):
    (tmp_path / "file").touch()
    values = VERBS["compare"].accept(["--output", str(tmp_path / "file")])
    with pytest.raises(InvalidInput, match="file: a file; accepted is a folder, or none"):
        compare.run(values)
