"""Name configurations and trials for people."""

from collections.abc import Mapping

from fmnist.data.config import ALL_FOLDS, REFIT, DataConfig
from fmnist.study.beyond import RECIPE
from fmnist.study.study_families import CNN_AS_RUN, MLP_AS_RUN
from fmnist.study.training import LAST
from fmnist.study.trial import Trial, defaults

REPLICATE, SPLIT = "replicate", "split"

# Each network's settings in the study, or in our searches. A name leaves out what equals them.
USUAL: Mapping[str, Mapping[str, object]] = {
    "mlp": {"batch_size": 128},
    "cnn": {"batch_size": 256},
    "resnet": vars(RECIPE),
    "vgg": vars(RECIPE),
}
# The author's settings, for trials that keep the last epoch's weights as his did.
USUAL_AS_RUN: Mapping[str, Mapping[str, object]] = {
    "mlp": vars(MLP_AS_RUN),
    "cnn": vars(CNN_AS_RUN),
}
# Fields that names write in another way, or not at all.
NOT_SETTINGS = ("architecture", "code", "epochs", "batch_normalization_momentum")


def words(trial: Trial) -> str:
    """A configuration in words, "3x32 dropout=0.2": architecture and non-default settings."""
    differing = [f"{name}={value}" for name, value in settings(trial).items()]
    again = [REFIT] if trial.data.split == REFIT else []
    return " ".join([trial.model.architecture, *differing, *again])


def settings(trial: Trial) -> dict[str, object]:
    """The settings of a trial beside its architecture, by field, that are not the usual ones."""
    model, training = trial.model, trial.training
    usual = {**defaults(model), **USUAL.get(model.network, {})}
    if training.weights == LAST:
        usual |= USUAL_AS_RUN.get(model.network, {})
    fields = vars(model) | vars(training)
    return {
        name: value
        for name, value in fields.items()
        if name not in NOT_SETTINGS and value != usual.get(name)
    }


def configuration(trial: Trial) -> str:
    """The unique name of a configuration: "3x32 dropout=0.2 epochs=300".

    It is the same for all replicates, and for all folds, which have one name of their own.
    """
    data = trial.data
    split = [ALL_FOLDS] if data.is_fold else []
    samples = [f"samples={data.samples}"] if data.samples != DataConfig.samples else []
    seed = [f"split_seed={data.seed}"] if data.seed != DataConfig.seed else []
    weights = [f"weights={LAST}"] if trial.training.weights == LAST else []
    others = [f"data={data.test_set[:8]}"] if data.test_set else []
    more = [*weights, *split, *samples, *seed, *others]
    return " ".join([words(trial), f"epochs={trial.training.epochs}", *more])


def label(trial: Trial, *more: str) -> str:
    """A trial's unique name within its search; `more` names training fields to include."""
    numbered = [f"{REPLICATE}={trial.replicate}"] if trial.replicate else []
    named = [f"{name}={getattr(trial.training, name)}" for name in more]
    fold = [trial.data.split] if trial.data.is_fold else []
    return " ".join([words(trial), *named, *numbered, *fold])
