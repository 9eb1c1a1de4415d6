"""Costs worked out by hand; estimates that follow what was recorded."""

from dataclasses import replace

import pytest
from rich.console import Console

from fmnist.data.config import DataConfig
from fmnist.search.forecast import Estimator, announce
from fmnist.study import families
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import Options
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.tracking.runs import GPU, KEY, TRIAL, RunRecord, canonical_text


def trial(model, samples=60_000, **training):
    return Trial(
        model=model,
        training=TrainingConfig(**training),
        data=DataConfig(digest="d" * 64, samples=samples),
    )


def run(trial, seconds, epochs):
    tags = {KEY: trial.key, TRIAL: canonical_text(trial)}
    metrics = {"epoch_seconds": seconds / epochs, "epochs_run": epochs}
    return RunRecord(trial.key, "1", "FINISHED", 0, 1, tags, metrics)


def estimate(trial, *runs):
    return Estimator(runs).trial_seconds(trial)


def test_a_recorded_trial_of_the_same_shape_is_the_estimate():
    known = run(trial(MLP(architecture="768", dropout=0.2)), seconds=100, epochs=50)
    related = run(trial(MLP(architecture="512")), seconds=5_000, epochs=50)
    asked = trial(MLP(architecture="768", dropout=0.3))
    assert estimate(asked, known, related) == pytest.approx(100)
    fewer_images = trial(MLP(architecture="768", dropout=0.3), samples=15_000)
    assert estimate(fewer_images, known) == pytest.approx(25)


def test_what_a_gpu_took_says_nothing_of_a_processor_but_its_epochs_do():
    asked = trial(MLP(architecture="768"))
    on_processor, other = (run(asked, seconds=seconds, epochs=50) for seconds in (100, 5))
    tags = other.tags | {GPU: "NVIDIA H200"}
    on_gpu = replace(other, tags=tags, metrics={"epoch_seconds": 0.1, "epochs_run": 70})
    known = [on_processor, on_gpu]
    assert Estimator(known).trial_seconds(asked) == pytest.approx(2 * 60)
    assert Estimator(known, on_gpu=True).trial_seconds(asked) == pytest.approx(0.1 * 60)


def test_the_median_of_recorded_trials_counts():
    asked = trial(MLP(architecture="768"))
    known = [
        run(replace(asked, replicate=index), 50 * seconds, 50)
        for index, seconds in enumerate((1, 2, 90))
    ]
    assert estimate(asked, *known) == pytest.approx(100)


def test_a_related_record_beats_the_model():
    slow, asked = trial(MLP(architecture="512")), trial(MLP(architecture="768"))
    truth = 10 * estimate(asked)
    known = run(slow, 10 * estimate(slow), epochs=46)
    assert estimate(asked, known) == pytest.approx(truth, rel=0.01)


def test_records_of_another_network_or_a_far_larger_one_say_nothing():
    asked = trial(MLP(architecture="32"), epochs=5)
    others = [trial(CNN(architecture="1x8"), epochs=5), trial(MLP(architecture="4096-4096"))]
    known = [run(other, seconds=1e6, epochs=5) for other in others]
    assert estimate(asked, *known) == pytest.approx(estimate(asked))


def test_epochs_are_those_of_trials_with_the_same_limit():
    short = trial(MLP(architecture="768"), epochs=5)
    assert estimate(short, run(short, seconds=10, epochs=5)) == pytest.approx(10)
    # Two seconds an epoch, and nothing recorded says when a longer training would stop.
    longer = trial(MLP(architecture="768"))
    assert estimate(longer, run(short, seconds=10, epochs=5)) == pytest.approx(2 * 46)


def test_without_records_more_work_takes_longer():
    models = [MLP(), MLP(architecture="768"), CNN(architecture="3x32"), CNN(architecture="3x128")]
    estimates = [estimate(trial(model)) for model in models]
    assert estimates == sorted(estimates)
    assert estimates[0] > 0


def test_times_add_up_and_say_what_they_rest_on():
    asked = trial(MLP(architecture="768"))
    request = Request(trial=asked, family="mlp_search", preset="paper")
    known = Estimator([run(asked, 100, 50)])
    assert known.seconds([request, request]) == pytest.approx(200)
    assert known.seconds([]) == 0
    assert known.source == "estimated from 1 recorded trials"
    assert Estimator([]).source.startswith("a rough estimate")


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (Options(), ["This takes more than an hour. For a first look in minutes: ", "quick"]),
        (Options(ray_address="auto", workers=3), []),
        (Options(preset="quick"), []),
    ],
)
def test_what_takes_more_than_an_hour_says_so_once_and_names_what_is_quicker(options, more, capsys):
    done = run(trial(MLP(architecture="768")), seconds=10_000, epochs=50)
    asked = trial(MLP(architecture="768", dropout=0.3))
    requests = [
        Request(trial=one, family="mlp_search", preset="paper")
        for one in (asked, asked, done.trial)
    ]
    announce("mlp_search", requests, {done.key: done}, options, Console(width=500))
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("mlp_search: trials 2, done 1, missing 1; about 2.8 h to train")
    assert (" one after the other, estimated from" in first) == (options.workers > 1)
    assert all(word in "".join(lines) for word in more)
    assert len(lines) == bool(more)


def test_the_quicker_command_of_a_family_of_ones_own_names_its_file(monkeypatch, capsys):
    own = replace(families.get("mlp_search"), name="mine", file="docs/mine one.yaml")
    monkeypatch.setattr(families, "_own", {"mine": own})
    asked = Request(trial=trial(CNN(architecture="3x128")), family="mine", preset="paper")
    announce("mine", [asked], {}, Options(), Console(width=500))
    said = capsys.readouterr().out
    assert "mlflow run . -e search -P preset=quick -P family='docs/mine one.yaml'" in said
