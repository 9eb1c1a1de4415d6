"""The grids are the study's, point by point; a plan makes a distinct trial of each."""

import dataclasses
from itertools import product

import pytest

from fmnist.errors import InvalidInput
from fmnist.study import families
from fmnist.study.beyond import RECIPE
from fmnist.study.families import FAMILIES, FINALS, STUDY, STUDY_FINALS
from fmnist.study.grids import expand
from fmnist.study.networks import CNN, MLP, VGG
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.training.models import build

PRESETS = ("paper", "quick", "smoke")
SEARCHED_MLPS = (
    "256-256", "384", "384-256-128", "512", "512-256", "512-512", "768", "768-768", "768-512",
    "768-512-256",
)  # fmt: skip
DROPOUTS = (0.2, 0.25, 0.3)
OPTIMIZERS = (
    ("adam", 1e-3), ("nadam", 1e-3), ("amsgrad", 1e-3), ("rmsprop", 1e-3), ("adagrad", 1e-3),
    ("adadelta", 1e-3), ("sgd", 1e-2),
    ("momentum", 1e-1), ("momentum", 1e-2), ("momentum", 1e-3),
    ("nesterov", 1e-1), ("nesterov", 1e-2), ("nesterov", 1e-3),
)  # fmt: skip
GRIDS = {
    "mlp_baseline": [{"architecture": "linear"}],
    "mlp_capacity": [
        {"architecture": units} for units in ("32", "128", "256", "128-64", "256-128")
    ],
    "mlp_search": [
        {"architecture": units, "dropout": dropout}
        for units, dropout in product(SEARCHED_MLPS, DROPOUTS)
    ],
    "mlp_optimizers": [
        {"batch_size": size, "optimizer": optimizer, "learning_rate": rate}
        for size, (optimizer, rate) in product((128, 256, 512), OPTIMIZERS)
    ],
    "cnn_baseline": [
        {"batch_normalization": False, "dropout": 0.0},
        {"batch_normalization": True, "dropout": 0.0},
        {"batch_normalization": True, "dropout": 0.2},
    ],
    "cnn_depth": [
        {"architecture": architecture}
        for architecture in (
            "1x8", "1x16", "1x32", "2x8", "2x16", "2x32", "3x8", "3x16", "3x32", "4x8", "4x16",
            "4x32",
        )
    ],
    "cnn_search": [
        {"architecture": architecture, "dropout": dropout}
        for architecture, dropout in product(("3x32", "4x32", "3x64", "4x64", "3x128"), DROPOUTS)
    ],
}  # fmt: skip
COUNTS = {
    "mlp_baseline": 1, "mlp_capacity": 5, "mlp_search": 30, "mlp_optimizers": 39,
    "cnn_baseline": 3, "cnn_depth": 12, "cnn_search": 15,
}  # fmt: skip


def identities(points):
    return sorted(str(sorted(point.items())) for point in points)


def trials(family, **settings):
    options = Options(**{"preset": "smoke"} | settings)
    return [request.trial for request in plan_family(FAMILIES[family], options).requests]


def write_grid(folder, text):
    path = folder / "grid.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", STUDY)
def test_a_grid_is_the_studys(name):
    points = STUDY[name].points("paper")
    assert len(points) == COUNTS[name]
    assert identities(points) == identities(GRIDS[name])


@pytest.mark.parametrize("preset", ["quick", "smoke"])
@pytest.mark.parametrize("name", STUDY)
def test_a_smaller_preset_is_a_part_of_the_grid(name, preset):
    points = FAMILIES[name].points(preset)
    assert 0 < len(points) <= COUNTS[name]
    assert set(identities(points)) <= set(identities(GRIDS[name]))


def test_the_settings_that_a_grid_does_not_vary():
    assert FAMILIES["mlp_capacity"].model == MLP(dropout=0.2)
    assert FAMILIES["mlp_optimizers"].model == MLP(architecture="768", dropout=0.3)
    assert FAMILIES["cnn_baseline"].model == CNN(architecture="1x8")
    assert FAMILIES["cnn_depth"].model == CNN(dropout=0.2)
    sizes = {name: family.training.batch_size for name, family in STUDY.items()}
    assert sizes == {name: 256 if name.startswith("cnn") else 128 for name in STUDY}
    for family in STUDY.values():
        training = family.training
        assert (training.epochs, training.optimizer, training.learning_rate) == (300, "adam", 1e-3)
        assert (training.early_stopping_patience, training.plateau_patience) == (20, 10)
        assert (training.plateau_factor, training.plateau_cooldown) == (0.1, 2)


@pytest.mark.parametrize("final", [FINALS[name] for name in STUDY_FINALS])
def test_the_studys_winner_is_a_point_of_a_family_that_the_final_selects_from(final):
    assert final.study_family in final.candidates
    assert final.study_point in GRIDS[final.study_family]


@pytest.mark.parametrize(
    ("grid", "line"),
    [
        ([], "grid: 0 points; accepted is 1 to 10000"),
        ([{"epochs": range(101), "batch_size": range(100)}], "grid: 10100 points; accepted is"),
        ([{"dropout": [0.2, 0.2]}], "grid: the point {'dropout': 0.2} occurs twice"),
        (
            [{"epochs": [5], "dropout": [0.2, 0.3]}, {"dropout": [0.3], "epochs": [5]}],
            "grid: the point {'dropout': 0.3, 'epochs': 5} occurs twice",
        ),
    ],
)
def test_a_grid_that_is_empty_too_large_or_repeats_a_point_is_refused(grid, line):
    with pytest.raises(InvalidInput) as refusal:
        expand(grid)
    assert str(refusal.value).startswith(line)


def test_an_unknown_family_is_refused():
    with pytest.raises(InvalidInput, match="family=rnn: accepted is one of mlp_baseline, "):
        families.get("rnn")


@pytest.mark.parametrize("name", FAMILIES)
def test_every_point_is_a_trial_of_its_own_in_every_preset(name):
    keys = [trial.key for preset in PRESETS for trial in trials(name, preset=preset)]
    count = sum(len(FAMILIES[name].points(preset)) for preset in PRESETS)
    assert len(set(keys)) == len(keys) == count


@pytest.mark.parametrize(
    ("preset", "samples", "epochs"), [("paper", 60_000, 300), ("quick", 15_000, 5)]
)
def test_a_preset_sets_images_and_epochs(preset, samples, epochs):
    (trial,) = trials("mlp_baseline", preset=preset)
    assert (trial.data.samples, trial.training.epochs) == (samples, epochs)
    (trial,) = trials("mlp_baseline", preset=preset, epochs=7, seed=3)
    assert (trial.training.epochs, trial.data.seed) == (7, 3)


def test_the_same_configuration_in_two_families_is_one_trial():
    paper = {name: {trial.key for trial in trials(name, preset="paper")} for name in FAMILIES}
    # 3x128 at dropout 0.25 without augmentation.
    assert len(paper["cnn_augment"] & paper["cnn_search"]) == 1
    # 768 at dropout 0.3, batch 128, Adam; and 1x8 with batch normalization and dropout 0.2.
    assert len(paper["mlp_search"] & paper["mlp_optimizers"]) == 1
    assert len(paper["cnn_baseline"] & paper["cnn_depth"]) == 1


@pytest.mark.parametrize(
    ("family", "label"),
    [
        ("mlp_baseline", "linear"),
        ("mlp_search", "512-256 dropout=0.25"),
        ("mlp_optimizers", "768 dropout=0.3 batch_size=512 optimizer=nesterov learning_rate=0.1"),
        ("cnn_baseline", "1x8 batch_normalization=False"),
        ("cnn_depth", "3x16 dropout=0.2"),
    ],
)
def test_a_label_says_what_sets_the_trial_apart(family, label):
    plan = plan_family(FAMILIES[family], Options())
    labels = [request.label for request in plan.requests]
    assert label in labels
    assert len(set(labels)) == len(labels)


def test_replicates_share_the_split_but_no_seed():
    plan = plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke", replicates=3))
    assert [request.label for request in plan.requests] == [
        f"{units} dropout=0.2{replicate}"
        for replicate in ("", " replicate=1", " replicate=2")
        for units in ("32", "128-64")
    ]
    planned = [request.trial for request in plan.requests]
    assert len({trial.seed for trial in planned}) == 6
    assert len({trial.configuration_key for trial in planned}) == 2
    assert len({trial.data for trial in planned}) == 1


def test_attempts_are_numbered_after_those_made_before():
    plan = plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke"))
    request_for = plan.request_for({plan.keys[0]: 2})
    assert [request_for(point).attempt for point in plan.points] == [3, 1]
    assert [request_for(point).trial.key for point in plan.points] == plan.keys


def test_a_grid_file_replaces_the_grid(tmp_path):
    path = write_grid(tmp_path, "architecture: ['64', '64-64']\ndropout: [0, 1e-1]\n")
    models = [trial.model for trial in trials("mlp_search", grid=path)]
    assert models == [
        MLP(architecture=units, dropout=dropout)
        for units, dropout in product(("64", "64-64"), (0.0, 0.1))
    ]


def test_two_spellings_of_one_trial_are_refused(tmp_path):
    path = write_grid(tmp_path, "learning_rate: [0.001, '1e-3']\n")
    with pytest.raises(InvalidInput) as refusal:
        trials("mlp_search", grid=path)
    expected = "grid: two points are the same trial, linear"
    assert str(refusal.value) == expected


@pytest.mark.parametrize(
    ("family", "label", "key"),
    [
        ("mlp_baseline", "linear", "b5944805a76ae8f1"),
        ("cnn_search", "3x128 dropout=0.25", "a99000f7648086a7"),
        ("champion_search", "64-128-256 mirrored=True", "4503bd95d8e80a34"),
    ],
)
def test_a_recorded_trial_keeps_its_key(family, label, key):
    requests = plan_family(FAMILIES[family], Options()).requests
    assert {request.label: request.trial.key for request in requests}[label] == key


def test_augmentations_are_tried_alone_and_together():
    tried = [(point["shift"], point["flip"], point["cutout"]) for point in
             FAMILIES["cnn_augment"].points("paper")]  # fmt: skip
    assert tried == [(0, False, 0), (2, False, 0), (0, True, 0), (0, False, 8), (2, True, 8)]


def test_a_champions_schedule_is_as_long_as_its_epochs():
    (trial, *_) = trials("champion_search", epochs=8)
    assert trial.training.epochs == 8
    assert trial.training.schedule == "one_cycle"
    assert isinstance(trial.model, VGG)
    assert trial.model.mirrored
    assert trial.training == dataclasses.replace(RECIPE, learning_rate=0.1, epochs=8)


def test_a_wide_networks_batches_divide_the_images_of_a_search_and_of_a_refit():
    for samples in (48_000, 58_800):
        assert samples % trials("wide_search", preset="paper")[0].training.batch_size == 0


@pytest.mark.parametrize("family", FINALS["small_final"].candidates)
def test_a_small_network_has_at_most_300_000_parameters(family):
    for model in {trial.model for trial in trials(family, preset="paper")}:
        assert 150_000 < build(model).count_params() <= 300_000


def test_a_beyond_final_selects_from_families_that_there_are():
    for final in FINALS.values():
        assert set(final.candidates) <= FAMILIES.keys()
