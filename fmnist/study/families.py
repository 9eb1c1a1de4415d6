"""The experiment families and finals, as values: the study's, and those beyond it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fmnist.errors import InvalidInput
from fmnist.study.beyond import BEYOND
from fmnist.study.family import Family, Part, not_as_run
from fmnist.study.grids import Grid
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import AS_RUN, Scale
from fmnist.study.options import command as options_command
from fmnist.study.training import LAST, TrainingConfig
from fmnist.study.trial import Point

_CNN_TRAINING = TrainingConfig(batch_size=256)
# How the author trained: he kept the last epoch's weights. He also evaluated every model on the
# test set, see `_as_run`.
MLP_AS_RUN = TrainingConfig(weights=LAST, plateau_min_delta=1e-5)
CNN_AS_RUN = replace(MLP_AS_RUN, batch_size=256, early_stopping_patience=10, plateau_patience=5)
_ADAPTIVE = ("adam", "nadam", "amsgrad", "rmsprop", "adagrad", "adadelta")
_BATCHES = (128, 256, 512)
_DROPOUTS = (0.2, 0.25, 0.3)
_MLPS: Grid = [
    {
        "architecture": [
            "256-256", "384", "384-256-128", "512", "512-256",
            "512-512", "768", "768-768", "768-512", "768-512-256",
        ],
        "dropout": _DROPOUTS,
    }
]  # fmt: skip
_CNN_REGULARIZATIONS: Grid = [
    {"batch_normalization": [False], "dropout": [0.0]},
    {"batch_normalization": [True], "dropout": [0.0, 0.2]},
]


def _as_run(training: TrainingConfig, grid: Grid) -> Part:
    return Part(grid=grid, training=training, evaluate=("train", "test"))


_STUDY = (
    Family(
        name="mlp_baseline",
        question="How far does a linear model get?",
        finding="Test accuracy is 0.8487; training stops after about 60 epochs.",
        model=MLP(),
        training=TrainingConfig(),
        grid=[{"architecture": ["linear"]}],
        quick=[{"architecture": ["linear"]}],
        smoke=[{"architecture": ["linear"]}],
        evaluate=("train", "test"),
        as_run=_as_run(MLP_AS_RUN, [{"architecture": ["linear"]}]),
    ),
    Family(
        name="mlp_capacity",
        question="How many layers and units does an MLP need?",
        finding="One layer of 256 units is best (validation accuracy 0.9072): wide beats deep.",
        model=MLP(dropout=0.2),
        training=TrainingConfig(),
        grid=[{"architecture": ["32", "128", "256", "128-64", "256-128"]}],
        quick=[{"architecture": ["32", "256", "256-128"]}],
        smoke=[{"architecture": ["32", "128-64"]}],
        evaluate=("train",),
        as_run=_as_run(
            MLP_AS_RUN,
            [{"architecture": ["32", "64", "128", "256", "128-64", "256-128"]}],
        ),
    ),
    Family(
        name="mlp_search",
        question="Which architecture and dropout are best for an MLP?",
        finding="512-512 at dropout 0.25 and 768 at 0.3 tie at 0.9103; 768 is simpler.",
        model=MLP(),
        training=TrainingConfig(),
        grid=_MLPS,
        quick=[{"architecture": ["512", "768", "512-256"], "dropout": [0.2, 0.3]}],
        smoke=[{"architecture": ["384", "256-256"], "dropout": [0.2, 0.3]}],
        as_run=_as_run(MLP_AS_RUN, _MLPS),
    ),
    Family(
        name="mlp_optimizers",
        question="Which optimizer and batch size train the best MLP fastest?",
        finding="Adam with batches of 256 is best. Momentum, Nesterov or not, is below Adam and "
        "Nadam.",
        model=MLP(architecture="768", dropout=0.3),
        training=TrainingConfig(),
        grid=[
            {"batch_size": _BATCHES, "optimizer": _ADAPTIVE, "learning_rate": [1e-3]},
            {"batch_size": _BATCHES, "optimizer": ["sgd"], "learning_rate": [1e-2]},
            {
                "batch_size": _BATCHES,
                "optimizer": ["momentum", "nesterov"],
                "learning_rate": [1e-1, 1e-2, 1e-3],
            },
        ],
        quick=[
            {"batch_size": [128, 256], "optimizer": ["adam"], "learning_rate": [1e-3]},
            {"batch_size": [256], "optimizer": ["nadam"], "learning_rate": [1e-3]},
            {"batch_size": [256], "optimizer": ["nesterov"], "learning_rate": [1e-2]},
        ],
        smoke=[
            {"batch_size": [256], "optimizer": ["adam"], "learning_rate": [1e-3]},
            {"batch_size": [256], "optimizer": ["nesterov"], "learning_rate": [1e-2]},
        ],
        as_run=_as_run(MLP_AS_RUN, [
            {"batch_size": (128, 256, 384), "optimizer": ["adam"], "learning_rate": [1e-3]},
            {
                "batch_size": (128, 256, 384),
                "optimizer": ["momentum", "nesterov"],
                "learning_rate": [1e-2],
            },
        ]),
    ),
    Family(
        name="cnn_baseline",
        question="What do one convolution, batch normalization and dropout each add?",
        finding="One convolution alone reaches 0.905 in 76 epochs, about as much as the best MLP. "
        "With batch normalization and dropout it reaches 0.9083.",
        model=CNN(architecture="1x8"),
        training=_CNN_TRAINING,
        grid=_CNN_REGULARIZATIONS,
        quick=_CNN_REGULARIZATIONS,
        smoke=[{"batch_normalization": [False, True], "dropout": [0.0]}],
        as_run=_as_run(CNN_AS_RUN, _CNN_REGULARIZATIONS),
    ),
    Family(
        name="cnn_depth",
        question="How many convolutions, and how many filters in the first?",
        finding="Deeper is better, even with only 8 filters in the first layer. The study "
        "continues with 3 layers.",
        model=CNN(dropout=0.2),
        training=_CNN_TRAINING,
        grid=[
            {
                "architecture": [
                    f"{layers}x{filters}" for layers in (1, 2, 3, 4) for filters in (8, 16, 32)
                ]
            }
        ],
        quick=[{"architecture": ["1x8", "2x8", "3x8", "3x16"]}],
        smoke=[{"architecture": ["1x8", "2x8"]}],
        as_run=_as_run(CNN_AS_RUN, [
            {"architecture": ["2x8"], "batch_size": [128]},
            {"architecture": ["3x8", "4x8", "1x16", "2x16", "3x16"], "batch_size": [256]},
        ]),
    ),
    Family(
        name="cnn_search",
        question="Which CNN is best: layers, filters and dropout together?",
        finding="3x128 at dropout 0.25 is best (validation accuracy 0.9425): more filters are "
        "more accurate.",
        model=CNN(),
        training=_CNN_TRAINING,
        grid=[
            {
                "architecture": ["3x32", "4x32", "3x64", "4x64", "3x128"],
                "dropout": _DROPOUTS,
            }
        ],
        quick=[{"architecture": ["3x32"], "dropout": [0.2, 0.3]}],
        smoke=[{"architecture": ["3x32"], "dropout": [0.2, 0.25]}],
        as_run=_as_run(
            CNN_AS_RUN,
            [{"architecture": ["3x32", "3x64", "3x128"], "dropout": _DROPOUTS}],
        ),
    ),
)  # fmt: skip

STUDY: Mapping[str, Family] = {family.name: family for family in _STUDY}
FAMILIES: Mapping[str, Family] = {**STUDY, **{family.name: family for family in BEYOND}}


_own: dict[str, Family] = {}


def add(family: Family) -> None:
    """Make a person's own family known to this process, from its file or from a store."""
    _own[family.name] = family


def known() -> dict[str, Family]:
    """All families by name: the study's, those beyond it, and the person's own."""
    return {**FAMILIES, **_own}


def is_own(name: str) -> bool:
    """Whether a family, or a final, is a person's own."""
    return name.removesuffix(OWN_FINAL) in _own


def get(name: str) -> Family:
    """The family of that name.

    Raises:
        InvalidInput: if there is none.
    """
    if name not in known():
        raise InvalidInput(f"family={name}: accepted is one of {', '.join(known())}")
    return known()[name]


@dataclass(frozen=True, kw_only=True)
class Final:
    """A final: it selects a configuration, evaluates it on the test set and registers the model.

    Attributes:
        candidates: the families that it selects from.
        registered_model: the name in the model registry.
        study_family: the family of the study's own winner; empty for a final beyond the study.
        study_point: the study's own winner, as its text describes it.
        as_run_point: the same as its author ran it, if that differs.
        trained_again: whether the author trained his winner once more.
    """

    name: str
    candidates: tuple[str, ...]
    registered_model: str
    study_family: str = ""
    study_point: Point = field(default_factory=dict)
    as_run_point: Point = field(default_factory=dict)
    trained_again: bool = False

    def point(self, preset: str) -> Point:
        """The study's own winner: as the author ran it for his preset, else as the text has it."""
        return (preset == AS_RUN and self.as_run_point) or self.study_point


_FINALS = (
    Final(
        name="mlp_final",
        candidates=("mlp_search", "mlp_optimizers"),
        registered_model="fmnist-mlp",
        study_family="mlp_optimizers",
        study_point={"batch_size": 256, "optimizer": "adam", "learning_rate": 1e-3},
        as_run_point={"batch_size": 384, "optimizer": "adam", "learning_rate": 1e-3},
        trained_again=True,
    ),
    Final(
        name="cnn_final",
        candidates=("cnn_search", "cnn_depth"),
        registered_model="fmnist-cnn",
        study_family="cnn_search",
        study_point={"architecture": "3x128", "dropout": 0.25},
    ),
    Final(
        name="champion_final",
        candidates=("champion_search", "wide_search"),
        registered_model="fmnist-champion",
    ),
    Final(
        name="small_final",
        candidates=("small_search", "small_vgg_search"),
        registered_model="fmnist-small",
    ),
)
FINALS: Mapping[str, Final] = {final.name: final for final in _FINALS}
STUDY_FINALS = tuple(final.name for final in _FINALS if final.study_family)
KFOLD = "cnn_kfold"
# What follows a person's own family in the name of its final.
OWN_FINAL = "_final"
# Names that a person's own family may not have: runs and registered models have them.
RESERVED = frozenset(
    (
        *FAMILIES,
        *FINALS,
        KFOLD,
        *(final.registered_model.removeprefix("fmnist-") for final in _FINALS),
    )
)


def may_be_own(name: str) -> bool:
    """Whether a person may give their own family this name."""
    fits = re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name)
    return bool(fits) and name not in RESERVED and not name.endswith(OWN_FINAL)


def finals() -> dict[str, Final]:
    """All finals by name; that of a person's own family registers `fmnist-` and its name."""
    own = (
        Final(name=f"{name}{OWN_FINAL}", candidates=(name,), registered_model=f"fmnist-{name}")
        for name in _own
    )
    return {**FINALS, **{final.name: final for final in own}}


def command(name: str, options: Scale, **more: object) -> str:
    """The `mlflow run` command of a family or a final, a person's own by the name of its file."""
    if not is_own(name):
        return options_command(name, options, **more)
    entry = "final" if name.endswith(OWN_FINAL) else "search"
    file = f"{name.removesuffix(OWN_FINAL)}.yaml"
    return options_command(entry, options, family=file, **more)


def check_preset(name: str, preset: str) -> None:
    """Raise InvalidInput for the preset "as_run" and what the study's author did not run."""
    if preset == AS_RUN and name not in (*STUDY, *STUDY_FINALS):
        raise not_as_run(name)
