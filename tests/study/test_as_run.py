"""preset=as_run trains what the study's author trained: his split, his settings, his points."""

from collections import Counter
from dataclasses import replace

import pytest

from fmnist.data import splits
from fmnist.errors import InvalidInput
from fmnist.study.families import FAMILIES, FINALS, KFOLD, STUDY, STUDY_FINALS, check_preset
from fmnist.study.naming import words
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import PRESETS, Options, command
from fmnist.study.plan import plan_family
from fmnist.study.published import AS_RUN, PUBLISHED, STATEMENTS
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial

SEED = 19870127
DIGEST = "2f1f97186c8eb7798505d76a60255469f4d719fefd174d315cab415c2ea8c5fc"
OPTIONS = Options(preset="as_run")
COUNTS = {
    "mlp_baseline": 1, "mlp_capacity": 6, "mlp_search": 30, "mlp_optimizers": 9, "mlp_final": 1,
    "cnn_baseline": 3, "cnn_depth": 6, "cnn_search": 9,
}  # fmt: skip


def requests_of(name):
    """What a family trains, or the trial that a final is of."""
    if name not in FINALS:
        return plan_family(STUDY[name], OPTIONS).requests
    final = FINALS[name]
    return plan_family(STUDY[final.study_family], OPTIONS, [final.point("as_run")]).requests


def trial_of(row):
    """What a row of the author's is, field by field, written down here once more."""
    point = dict(row.point)
    shared = {"architecture": point.pop("architecture"), "dropout": point.pop("dropout")}
    if row.family.startswith("mlp"):
        model, patience = MLP(**shared), (20, 10)
    else:
        normalized = point.pop("batch_normalization")
        model, patience = CNN(**shared, batch_normalization=normalized), (10, 5)
    training = TrainingConfig(
        epochs=300,
        early_stopping_patience=patience[0],
        plateau_patience=patience[1],
        plateau_factor=0.1,
        plateau_cooldown=2,
        plateau_min_delta=1e-5,
        minimum_learning_rate=0.0,
        weights="last",
        **point,
    )
    return Trial(model=model, training=training, data=splits.describe(60_000, "holdout", SEED))


def test_the_split_is_the_authors_image_for_image():
    assert splits.describe(60_000, "holdout", SEED).digest == DIGEST


def test_what_is_trained_is_every_row_of_the_author_field_by_field():
    assert Counter(row.family for row in AS_RUN) == COUNTS
    rows = Counter((row.family, trial_of(row)) for row in AS_RUN)
    planned = Counter((name, one.trial) for name in COUNTS for one in requests_of(name))
    assert planned == rows
    assert (sum(rows.values()), len({trial.key for _, trial in rows})) == (65, 63)


def test_a_row_has_as_many_parameters_as_its_network():
    from fmnist.training.models import build

    printed = {
        replace(trial_of(row).model, dropout=0.0): row.metrics["parameters"] for row in AS_RUN
    }
    assert {model: build(model).count_params() for model in printed} == printed


def test_the_final_cnn_is_the_grids_winner_and_no_training_of_its_own():
    (final,) = requests_of("cnn_final")
    row = next(row for row in AS_RUN if trial_of(row) == final.trial)
    best = max((row for row in AS_RUN if row.family == "cnn_search"), key=last_val_accuracy)
    assert row == best
    assert (row.point["architecture"], row.point["dropout"]) == ("3x128", 0.25)


def last_val_accuracy(row):
    return row.metrics["last_val_sparse_categorical_accuracy"]


def test_every_training_is_scored_on_the_training_and_test_images_too():
    for name in STUDY:
        assert {one.evaluate for one in requests_of(name)} == {("train", "test")}
    assert plan_family(STUDY["cnn_search"], Options()).requests[0].evaluate == ()


def test_a_rows_last_fall_of_the_learning_rate_tells_its_patience():
    for row in AS_RUN:
        waited = 10 if row.family.startswith("mlp") else 5
        assert row.learning_rate_falls[-1] == row.metrics["epochs_run"] - waited


def test_a_name_says_what_differs_from_the_authors_usual():
    named = {words(trial_of(row)) for row in AS_RUN}
    assert {"linear", "768 dropout=0.3 batch_size=384", "2x8 dropout=0.2 batch_size=128"} <= named
    assert {"1x8 batch_normalization=False", "3x128 dropout=0.25"} <= named
    assert len(named) == 63


@pytest.mark.parametrize(
    "name", [*sorted(set(FAMILIES) - set(STUDY)), KFOLD, "champion_final", "ensemble"]
)
def test_what_the_author_did_not_run_is_refused(name):
    line = (
        f"preset=as_run: the study's author did not run {name}; "
        "accepted is one of paper, quick, smoke"
    )
    with pytest.raises(InvalidInput) as refusal:
        check_preset(name, "as_run")
    assert str(refusal.value) == line
    if name in FAMILIES:
        with pytest.raises(InvalidInput, match="preset=as_run: "):
            plan_family(FAMILIES[name], OPTIONS)
    for preset in set(PRESETS) - {"as_run"}:
        check_preset(name, preset)


def test_a_seed_that_is_not_given_is_the_presets_and_no_part_of_a_command():
    seeds = {preset: Options(preset=preset).split_seed for preset in PRESETS}
    assert seeds == {"paper": 0, "as_run": SEED, "quick": 0, "smoke": 0}
    assert Options(preset="as_run", seed=0).split_seed == 0
    said = {
        seed: command("mlp_search", Options(preset="as_run", seed=seed)) for seed in (None, SEED, 0)
    }
    usual = "mlflow run . -e mlp_search -P preset=as_run"
    assert said == {None: usual, SEED: usual, 0: f"{usual} -P seed=0"}
    assert command("mlp_search", Options(seed=0)) == "mlflow run . -e mlp_search -P preset=paper"


def test_the_text_is_the_rounded_record_where_it_prints_a_grid():
    """Of the text's tables every number is one of the author's, at fewer digits."""
    rows = {(row.family, trial_of(row).model): row.metrics for row in AS_RUN}
    for entry in PUBLISHED:
        if entry.family in ("mlp_capacity", "mlp_search", "cnn_search"):
            model = plan_family(STUDY[entry.family], OPTIONS, [entry.point]).requests[0].trial.model
            run = rows[entry.family, model]
            for name in entry.metrics.keys() & run.keys():
                assert entry.metrics[name] == pytest.approx(run[name], abs=1e-6)


def test_where_the_text_and_the_record_disagree_is_listed_once():
    about = {one.of for one in STATEMENTS}
    assert about == {"study", *STUDY, *STUDY_FINALS, KFOLD} - {"mlp_search", "cnn_final"}
    assert len({(one.of, one.text) for one in STATEMENTS}) == len(STATEMENTS)
    assert all(one.text and one.as_run for one in STATEMENTS)
