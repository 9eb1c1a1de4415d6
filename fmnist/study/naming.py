"""The one name that a configuration has for people."""

from collections.abc import Mapping

from fmnist.data.config import HOLDOUT, REFIT, DataConfig
from fmnist.study.beyond import RECIPE
from fmnist.study.families import CNN_AS_RUN, MLP_AS_RUN
from fmnist.study.training import LAST
from fmnist.study.trial import Trial, defaults

REPLICATE = "replicate"


USUAL: Mapping[str, Mapping[str, object]] = {
    "mlp": {"batch_size": 128},
    "cnn": {"batch_size": 256},
    "resnet": vars(RECIPE),
    "vgg": vars(RECIPE),
}
# Of a trial that keeps the last epoch's weights, as the study's author did.
USUAL_AS_RUN: Mapping[str, Mapping[str, object]] = {
    "mlp": vars(MLP_AS_RUN),
    "cnn": vars(CNN_AS_RUN),
}
NOT_IN_WORDS = ("architecture", "epochs", "batch_normalization_momentum")


def words(trial: Trial) -> str:
    """A configuration for people: its architecture, and what differs from the study's defaults."""
    model, training = trial.model, trial.training
    usual = {**defaults(model.network), **USUAL[model.network]}
    if training.weights == LAST:
        usual |= USUAL_AS_RUN.get(model.network, {})
    fields = vars(model) | vars(training)
    differing = [
        name for name in fields if name not in NOT_IN_WORDS and fields[name] != usual[name]
    ]
    again = [REFIT] if trial.data.split == REFIT else []
    return " ".join([model.architecture, *(f"{name}={fields[name]}" for name in differing), *again])


def configuration(trial: Trial) -> str:
    """What all replicates of a configuration share, and no other: "3x32 dropout=0.2 epochs=300"."""
    data = trial.data
    split = [data.split] if data.split not in (HOLDOUT, REFIT) else []
    samples = [f"samples={data.samples}"] if data.samples != DataConfig.samples else []
    seed = [f"split_seed={data.seed}"] if data.seed != DataConfig.seed else []
    weights = [f"weights={LAST}"] if trial.training.weights == LAST else []
    more = [*weights, *split, *samples, *seed]
    return " ".join([words(trial), f"epochs={trial.training.epochs}", *more])


def label(trial: Trial, *more: str) -> str:
    """What tells a trial from the others of its search: its words, more fields, its replicate."""
    numbered = [f"{REPLICATE}={trial.replicate}"] if trial.replicate else []
    named = [f"{name}={getattr(trial.training, name)}" for name in more]
    return " ".join([words(trial), *named, *numbered])
