"""The study's families, as values: what its text describes, and what its author ran."""

from dataclasses import replace

from fmnist.study.family import Family, Part
from fmnist.study.grids import Grid
from fmnist.study.networks import CNN, MLP
from fmnist.study.training import LAST, TrainingConfig

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


FAMILIES = (
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
