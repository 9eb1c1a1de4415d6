"""From options to trials."""

from fmnist.study import families
from fmnist.study import plan as planning
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
