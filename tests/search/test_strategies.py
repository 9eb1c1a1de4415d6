"""What strategies ask for: nothing twice, and after an interruption the same again."""

from pathlib import Path

import pytest
from rich.console import Console

from entrypoints.search import run_family
from fmnist.errors import InvalidInput
from fmnist.search import run_plan, strategies
from fmnist.search.ask_tell import Search
from fmnist.search.oracles import GridOracle, oracle_for
from fmnist.study import families
from fmnist.study.metrics import CRITERION
from fmnist.study.options import BAYESIAN, HYPERBAND, RANDOM, Options
from fmnist.study.plan import grid_points, plan_family, request_for
from fmnist.tracking import outbox, runs
from fmnist.training import checkpoint
from fmnist.training.bundle import Bundle, Record
from fmnist.training.events import Failed, Finished

FAMILY = families.get("mlp_search")
SAMPLED = [Options(strategy=RANDOM, trials=30), Options(strategy=BAYESIAN, trials=8)]
ALL = [*SAMPLED, Options(strategy=HYPERBAND)]


def new_search(options, done):
    oracle = oracle_for(options, grid_points(FAMILY, options))
    return Search(oracle, request_for(FAMILY, options, {}), done)


def score(request):
    """More units and more epochs are better, and of dropout the middle."""
    trial = request.trial
    units = sum(trial.model.hidden_units) / 1e4
    return units + trial.training.epochs / 1e4 - abs(trial.model.dropout - 0.25)


def ended(request):
    record = Record(
        request=request,
        seed=request.trial.seed,
        curves={},
        timestamps=[],
        summary={CRITERION: score(request)},
        environment={},
    )
    return Finished(request, Bundle(Path(), record))


def carry_out(options, done=(), workers=1, end=ended, most=100):
    """A search whose trials end, in order, as `end` says; returns it and what was to be trained."""
    search = new_search(options, {request.trial.key: score(request) for request in done})
    at_work, trained = [], []
    while len(trained) < most:
        while len(at_work) < workers and (request := search.next_request()):
            at_work.append(request)
        if not at_work:
            break
        trained.append(at_work.pop(0))
        search(end(trained[-1]))
    return search, trained


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("options", ALL, ids=lambda options: options.strategy)
def test_nothing_is_trained_twice(options, workers):
    search, trained = carry_out(options, workers=workers)
    keys = [request.trial.key for request in trained]
    assert len(set(keys)) == len(keys) == len(search.requests)
    assert len(keys) == (options.trials or 46)


@pytest.mark.parametrize("options", ALL, ids=lambda options: options.strategy)
def test_a_search_that_was_interrupted_asks_for_the_same_and_trains_the_rest(options):
    whole, trained = carry_out(options)
    _, before = carry_out(options, most=7)
    again, after = carry_out(options, done=before)
    assert before + after == trained
    assert list(again.requests) == list(whole.requests)
    assert again.outcome.reused == [request.trial.key for request in before]


def test_another_seed_is_another_search():
    labels = [
        [request.label for request in carry_out(Options(strategy=RANDOM, seed=seed))[1]]
        for seed in (0, 1)
    ]
    assert labels[0] != labels[1]


def test_a_hyperband_lets_the_best_third_go_on_and_trains_the_best_in_full():
    _, trained = carry_out(Options(strategy=HYPERBAND))
    limits = [request.trial.training.limits for request in trained]
    assert limits[:27] == [(1,)] * 27
    assert limits[27:36] == [(1, 3)] * 9
    assert limits[36:] == [(1, 3, 9)] * 3 + [(1, 3, 9, 27)] + [(3,)] * 3 + [(300,)] * 3
    best = sorted(trained[:27], key=score, reverse=True)[:9]
    assert {request.trial.origin for request in trained[27:36]} == {one.trial for one in best}
    kept = [request.to_be_continued for request in trained]
    assert kept == [limit[-1] < 27 for limit in limits]
    finalists = [request.trial.model for request in trained[-3:]]
    assert finalists == [request.trial.model for request in trained[36:39]]
    grid = plan_family(FAMILY, Options()).keys
    assert {request.trial.key for request in trained[-3:]} <= set(grid)


def test_a_field_that_a_grid_does_not_vary_is_not_searched(tmp_path):
    grid = tmp_path / "grid.yaml"
    grid.write_text("batch_normalization: [true]\ndropout: [0, 1e-1, '0.2']\n")
    family, options = families.get("cnn_search"), Options(strategy=RANDOM, trials=3, grid=grid)
    search = Search(
        oracle_for(options, grid_points(family, options)),
        request_for(family, options, {}),
        {},
    )
    asked = [search.next_request().trial.model for _ in range(3)]
    assert {model.batch_normalization for model in asked} == {True}
    assert sorted(model.dropout for model in asked) == [0.0, 0.1, 0.2]


def test_a_grid_of_blocks_with_different_fields_is_asked_for_as_it_is(tmp_path):
    grid = tmp_path / "grid.yaml"
    grid.write_text("- {optimizer: [sgd], learning_rate: [1, 1e-1]}\n- optimizer: [adam]\n")
    plan = plan_family(FAMILY, Options(grid=grid))
    search = Search(GridOracle(plan.points), plan.request_for({}), {})
    asked = [search.next_request().trial.key for _ in plan.points]
    assert (asked, search.next_request()) == (plan.keys, None)


def test_failed_trials_stop_no_search():
    search, trained = carry_out(
        Options(strategy=HYPERBAND),
        end=lambda request: Failed(request, "boom") if "512" in request.label else ended(request),
    )
    assert len(search.outcome.failed) >= 15
    assert trained[-1].trial.training.epochs == 300
    search, trained = carry_out(Options(strategy=HYPERBAND), end=lambda r: Failed(r, "boom"))
    assert len(search.outcome.failed) == len(trained)
    assert trained[-1].trial.training.epochs < 300  # no finalist is left


def test_a_failed_trial_takes_no_other_trials_place_in_a_hyperband():
    first = carry_out(Options(strategy=HYPERBAND), most=1)[1][0]
    search, trained = carry_out(
        Options(strategy=HYPERBAND),
        end=lambda one: Failed(one, "boom") if one.trial == first.trial else ended(one),
    )
    limits = [request.trial.training.limits for request in trained]
    assert [limits.count(limit) for limit in ((1,), (1, 3), (1, 3, 9), (1, 3, 9, 27))] == [
        27, 9, 3, 1,
    ]  # fmt: skip
    assert len(search.outcome.failed) == 1
    assert first.trial not in {request.trial.origin for request in trained[27:]}


def test_a_hyperband_is_as_long_as_its_space_allows(tmp_path):
    with pytest.raises(InvalidInput, match="max_epochs=81 needs a space of 81 points or more"):
        strategies.check(FAMILY, Options(strategy=HYPERBAND, max_epochs=81))
    with pytest.raises(InvalidInput, match="this one has 1"):
        strategies.check(families.get("mlp_baseline"), Options(strategy=HYPERBAND))
    with pytest.raises(InvalidInput, match="max_epochs=9 needs a limit of 9 epochs or more"):
        strategies.check(FAMILY, Options(strategy=HYPERBAND, max_epochs=9, epochs=5))
    points = grid_points(FAMILY, Options())
    lengths = {limit: strategies.max_epochs(Options(epochs=limit), points) for limit in (2, 5, 12)}
    assert lengths == {2: 3, 5: 3, 12: 9}
    grid = tmp_path / "grid.yaml"
    grid.write_text("epochs: [5, 6, 7]\n")
    with pytest.raises(InvalidInput, match="a grid that does not set epochs"):
        strategies.check(FAMILY, Options(strategy=HYPERBAND, grid=grid))


def test_a_space_with_a_point_that_makes_no_sense_is_refused(tmp_path):
    grid = tmp_path / "grid.yaml"
    grid.write_text("[{strides: [2]}, {dilation_rate: [2]}]")
    with pytest.raises(InvalidInput, match="dilation_rate=2: accepted is 1 when strides"):
        strategies.check(families.get("cnn_search"), Options(grid=grid, strategy=RANDOM))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"trials": 5}, "trials=5: accepted is strategy=random or bayesian with it, not grid"),
        ({"max_epochs": 9, "strategy": RANDOM}, "max_epochs=9: accepted is strategy=hyperband"),
        ({"replicates": 2, "strategy": RANDOM}, "replicates=2: accepted is strategy=grid with it"),
    ],
)
def test_what_does_not_go_with_a_strategy_is_refused(options, line):
    with pytest.raises(InvalidInput) as refusal:
        Options(**options)
    assert str(refusal.value).startswith(line)


def test_a_hyperband_is_recorded_and_what_was_lost_trains_again_to_the_same(place, monkeypatch):
    store, console = place.use(monkeypatch), Console(quiet=True)
    options = Options(preset="smoke", epochs=4, strategy=HYPERBAND, deterministic=True)
    certificate = run_family(FAMILY.name, options, store, console)
    assert certificate.complete
    first = runs.finished(store.trials())
    (going_on,) = (run for run in first.values() if run.trial.training.continues)
    assert store.curve(going_on.run_id, "loss")[0] == pytest.approx(
        store.curve(first[going_on.trial.origin.key].run_id, "loss")[0]
    )
    assert not checkpoint.path_in(outbox.checkpoints(), going_on.trial).exists()

    store.client.delete_run(going_on.run_id)
    again = run_family(FAMILY.name, options, store, console)
    assert (again.done, again.reused) == (certificate.done, certificate.done - 1)
    replaced = runs.finished(store.trials())[going_on.key]
    assert replaced.metrics["best_val_loss"] == going_on.metrics["best_val_loss"]
    plan = run_plan.foresee(FAMILY, options, store.trials())
    assert plan.keys == list(first)
