"""From options to trials."""

import pytest

from fmnist.data.config import FOLD_SPLITS
from fmnist.errors import InvalidInput
from fmnist.study import families
from fmnist.study import plan as planning
from fmnist.study.naming import configuration
from fmnist.study.options import Options


def plan(**options):
    return planning.plan_family(families.get("cnn_search"), Options(preset="smoke", **options))


def test_another_precision_is_another_trial():
    plain, fast = plan(), plan(precision="mixed_bfloat16")
    assert {request.trial.training.precision for request in fast.requests} == {"mixed_bfloat16"}
    assert not set(plain.keys) & set(fast.keys)


def test_automatic_precision_follows_the_processor(monkeypatch):
    for has_bfloat16, precision in ((True, "mixed_bfloat16"), (False, "float32")):
        monkeypatch.setattr(planning, "has_bfloat16", lambda answer=has_bfloat16: answer)
        assert plan(precision="auto").keys == plan(precision=precision).keys


def test_on_folds_every_point_is_trained_on_each_and_reads_no_test_image():
    family = families.get("mlp_baseline")  # on the holdout split also scored on the test set
    held_out = planning.plan_family(family, Options(preset="smoke"))
    on_folds = planning.plan_family(family, Options(preset="smoke", folds=5))
    assert [request.trial.data.split for request in on_folds.requests] == list(FOLD_SPLITS)
    assert [request.label for request in on_folds.requests][:2] == [
        "linear fold-1",
        "linear fold-2",
    ]
    assert {request.evaluate for request in on_folds.requests} == {()}
    assert held_out.requests[0].evaluate == ("train", "test")
    grid = plan(folds=5)
    assert len(set(grid.keys)) == len(grid.keys) == 5 * len(plan().keys)
    assert not set(grid.keys) & set(plan().keys)
    request_for = grid.request_for({})
    assert [request_for(point).trial.key for point in grid.points] == grid.keys


def test_the_folds_of_a_configuration_share_its_identity_with_no_other_trial():
    folds = [request.trial for request in plan(folds=5).requests]
    held_out = [request.trial for request in plan().requests]
    assert len({trial.configuration_key for trial in folds}) == len(held_out)
    assert not {one.configuration_key for one in folds} & {
        one.configuration_key for one in held_out
    }
    assert len({configuration(trial) for trial in folds}) == len(held_out)
    assert " 5 folds " in configuration(folds[0])
    assert planning.on_split(folds[0], "holdout") == held_out[0]


def test_folds_go_with_the_grid_and_one_replicate():
    with pytest.raises(InvalidInput, match=r"^replicates=2: accepted is 1 with folds$"):
        plan(folds=5, replicates=2)
    with pytest.raises(InvalidInput, match=r"^folds=5: accepted is strategy=grid with it, not ra"):
        plan(folds=5, strategy="random")
