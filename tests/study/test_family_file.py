"""A family in a YAML file is the family it says, or is refused with the place of the mistake."""

import dataclasses
import pickle

import pytest

from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput
from fmnist.study import families, family_file, own_network
from fmnist.study.family import Family
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial

START = "name: mine\nquestion: Which?\n"
MLP = f"{START}network: mlp\n"
CODE = "raise SystemExit('run')\ndef build(units: int = 8, rate: float = 0.5, *, kind='a'): ...\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.py").write_text(CODE)
    return tmp_path


@pytest.mark.parametrize("family", families.FAMILIES.values(), ids=lambda family: family.name)
@pytest.mark.parametrize("preset", ["paper", "quick", "smoke"])
def test_every_family_of_ours_can_be_written_and_read(family: Family, preset):
    read = family_file.parse(family_file.example(family))
    options = Options(preset=preset)
    assert read.name == f"my_{family.name}"
    assert plan_family(read, options).keys == plan_family(family, options).keys


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "accepted is a mapping with name, question, network, grid"),
        ("name: mine", "question is missing; accepted is name, question, network, grid"),
        (f"{MLP}grids: {{}}", "line 4, column 8: field=grids: accepted is name, question"),
        (f"{MLP}grid: {{dropout: 0.1}}", "line 4, column 7: dropout takes a list"),
        (f"{MLP}grid:\n- dropout: [0.1, 1.5]", "line 5, column 18: dropout=1.5: accepted is a"),
        (f"{MLP}grid: {{units: [1]}}", "line 4, column 16: units: unknown field of a mlp"),
        (f"{MLP}grid: {{dropout: [0, 0]}}", "line 4, column 7: grid: the point"),
        (f"{MLP}model: {{dropout: x}}\ngrid: {{dropout: [0]}}", "line 4, column 18: dropout='x'"),
        (
            f"{MLP}training: {{epochs: 3}}\ngrid: {{dropout: [0]}}",
            "line 4, column 20: field=epochs: accepted is one of batch_size",
        ),
        (
            f"{MLP}training: {{precision: float32}}\ngrid: {{dropout: [0]}}",
            "line 4, column 23: field=precision: accepted is one of batch_size",
        ),
        (
            f"{MLP}grid: {{dropout: [0]}}\nsmoke: {{dropout: [-1]}}",
            "line 5, column 19: dropout=-1.0",
        ),
        (
            f"{MLP}grid: {{dropout: [0]}}\nevaluate: [everything]",
            "line 5, column 11: evaluate=['everything']: accepted is a list of train, test",
        ),
        (
            f"{START}network: cnn\nmodel: {{strides: 2}}\ngrid: {{dilation_rate: [2]}}",
            "line 5, column 24: dilation_rate=2: accepted is 1 when strides",
        ),
        (f"{START}network: tree\ngrid: {{}}", "line 3, column 10: network=tree: accepted is one"),
        (f"{START}network: net.py:other\ngrid: {{}}", "line 3, column 10: network=net.py:other"),
        (f"{START}network: no.py:build\ngrid: {{}}", "line 3, column 10: network=no.py:build: ["),
        (f"{START}network: net.py:build\ngrid: {{code: [a]}}", "line 4, column 15: code: unknown"),
        (
            f"{START}network: net.py:build\ngrid: {{rate: [.inf]}}",
            "line 4, column 15: rate=inf: accepted is a finite",
        ),
        (f"{MLP}grid: [", "not YAML ("),
        (f"{MLP}grid: {'[' * 2_000}", "not YAML ("),
        ("name: mine\nquestion: 2001-99-99", "not YAML (month must be in 1..12"),
        (f"{START}network: &a [mlp]\nmodel: *a", "line 4, column 8: an alias; accepted is what"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_place(folder, text, told):
    with pytest.raises(InvalidInput) as refusal:
        family_file.parse(text, folder)
    assert str(refusal.value).startswith(told)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{MLP}grid: {{learning_rate: [0.1], minimum_learning_rate: [0.005]}}",
        f"{MLP}training: {{minimum_learning_rate: 0.005, learning_rate: 0.1}}\n"
        "grid: {dropout: [0]}",
        f"{START}network: cnn\nmodel: {{dilation_rate: 2}}\n"
        "grid: {strides: [2], dilation_rate: [1]}",
    ],
)
def test_values_that_fit_together_are_accepted_in_any_order(text):
    assert family_file.parse(text).name == "mine"


@pytest.mark.parametrize(
    "name", ["cnn_search", "mlp_final", "cnn_kfold", "cnn", "champion", "my_final", "A", "a-b", "x"]
)
def test_a_name_of_the_study_or_of_another_form_is_refused(name):
    text = MLP.replace("mine", name) + "grid: {dropout: [0]}"
    with pytest.raises(InvalidInput, match=f"line 1, column 7: name={name}: accepted is 2 to 40"):
        family_file.parse(text)


def test_a_network_of_ones_own_is_read_but_not_run(folder):
    family = family_file.parse(f"{START}network: net.py:build\ngrid: {{units: [4, 8]}}", folder)
    assert family.model.arguments == {"units": 8, "rate": 0.5, "kind": "a"}
    assert own_network.provided()[family.model.code] == CODE
    known = family_file.parse(family_file.definition(family))  # as a store has it
    assert known.model == family.model


def test_a_network_of_ones_own_is_part_of_the_key(folder):
    def trial(code):
        (folder / "net.py").write_text(code)
        model = own_network.name_file(folder / "net.py", "build")
        return Trial(
            model=model, training=TrainingConfig(), data=DataConfig(digest="0" * 64)
        ).with_values({"units": 4})

    first, second = trial(CODE), trial(CODE + "# changed\n")
    assert first.key != second.key
    for same in (Trial.from_canonical(first.canonical()), pickle.loads(pickle.dumps(first))):
        assert same == first
        assert same.key == first.key
    assert dataclasses.replace(first, replicate=1).model == first.model


@pytest.mark.parametrize(
    "code",
    [
        "def build(units): ...",
        "def build(units=None): ...",
        "def build(units=[1]): ...",
        "def build(units=1 + 1): ...",
        "def build(*units): ...",
        "def build(epochs=1): ...",
        "def build(",
        "def build(rate=1e999): ...",
        "import blocks\ndef build(units=1): ...",
        "from blocks.parts import one\ndef build(units=1): ...",
        "from . import blocks\ndef build(units=1): ...",
    ],
)
def test_a_function_that_no_grid_can_set_or_no_key_can_know_is_refused(folder, code):
    (folder / "net.py").write_text(code)
    (folder / "blocks.py").touch()
    with pytest.raises(InvalidInput, match="accepted is"):
        own_network.name_file(folder / "net.py", "build")


def test_a_familys_own_momentum_is_trained_with_and_the_usual_one_is_the_presets():
    start = f"{START}network: cnn\n"
    usual = family_file.parse(f"{start}grid: {{dropout: [0]}}")
    own = family_file.parse(
        f"{start}model: {{batch_normalization_momentum: 0.8}}\ngrid: {{dropout: [0]}}"
    )
    for family, momentum in ((usual, 0.5), (own, 0.8)):
        (request,) = plan_family(family, Options(preset="smoke")).requests
        assert request.trial.model.batch_normalization_momentum == momentum
