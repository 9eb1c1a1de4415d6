"""The numbers that the study printed, with the configuration that each belongs to.

Metrics carry our names: what the study took from the last epoch (its grid tables) is `last_*`, what
it evaluated with restored weights is `best_*`, `train_*` and `test_*`. Where the text does not say,
the numbers do: the final CNN's are those of its row in the grid table, and the table of capacities
has training losses of epochs with dropout (of 32 units 0.283; ours 0.297 so, 0.248 without). The
text was scanned; an epoch count that lost digits is not recorded. Source: M. Proimakis, "Deep
Learning MLP - CNN fashion MNIST dataset", AUEB.
"""

from dataclasses import dataclass

from fmnist.study.trial import Point


@dataclass(frozen=True)
class Published:
    """What the study printed for one configuration: the point of a family's grid, and metrics."""

    family: str
    point: Point
    metrics: dict[str, float]


_ACCURACY = "sparse_categorical_accuracy"


def _grid_row(
    family: str,
    architecture: str,
    dropout: float,
    last_learning_rate: float,
    val_accuracy: float,
    val_loss: float,
    accuracy: float,
    loss: float,
    epochs_run: int | None,
) -> Published:
    """A row of the study's grid tables, which Talos filled from the last epoch."""
    metrics = {
        f"last_val_{_ACCURACY}": val_accuracy,
        "last_val_loss": val_loss,
        f"last_{_ACCURACY}": accuracy,
        "last_loss": loss,
        "last_learning_rate": last_learning_rate,
    }
    if epochs_run is not None:
        metrics["epochs_run"] = epochs_run
    return Published(family, {"architecture": architecture, "dropout": dropout}, metrics)


def _capacity_row(
    architecture: str, train_loss: float, val_loss: float, accuracy: float, val_accuracy: float
) -> Published:
    """A row of the study's table of capacities."""
    metrics = {
        "last_loss": train_loss,
        "last_val_loss": val_loss,
        f"last_{_ACCURACY}": accuracy,
        f"last_val_{_ACCURACY}": val_accuracy,
    }
    return Published("mlp_capacity", {"architecture": architecture}, metrics)


PUBLISHED = (
    Published(
        "mlp_baseline",
        {"architecture": "linear"},
        {
            "train_loss": 0.35726872165997825,
            "best_val_loss": 0.4037637475331624,
            "test_loss": 0.4362012032985687,
            f"train_{_ACCURACY}": 0.8751041889190674,
            f"best_val_{_ACCURACY}": 0.862583339214325,
            f"test_{_ACCURACY}": 0.8486999869346619,
            "epochs_run": 60,
        },
    ),
    _capacity_row("32", 0.282825, 0.322746, 0.894229, 0.888000),
    _capacity_row("128", 0.159077, 0.300739, 0.940729, 0.900833),
    _capacity_row("128-64", 0.182035, 0.296595, 0.930500, 0.901833),
    _capacity_row("256-128", 0.143173, 0.302013, 0.944687, 0.905833),
    _capacity_row("256", 0.133646, 0.291238, 0.951958, 0.907167),
    _grid_row("mlp_search", "512-512", 0.25, 1e-5, 0.910333, 0.299009, 0.948917, 0.130955, 45),
    _grid_row("mlp_search", "768", 0.30, 1e-4, 0.910333, 0.305773, 0.960208, 0.108754, 45),
    _grid_row("mlp_search", "512", 0.30, 1e-5, 0.909750, 0.286937, 0.950271, 0.134254, 47),
    _grid_row("mlp_search", "768-768", 0.25, 1e-5, 0.909500, 0.312327, 0.953000, 0.119181, 47),
    _grid_row("mlp_search", "768-512", 0.30, 1e-5, 0.909333, 0.306407, 0.950375, 0.127911, 51),
    _grid_row("mlp_search", "768-512", 0.20, 1e-5, 0.909333, 0.329149, 0.958375, 0.104472, 46),
    _grid_row("mlp_search", "512-256", 0.25, 1e-5, 0.909333, 0.301120, 0.948125, 0.134220, 46),
    _grid_row("mlp_search", "768-768", 0.30, 1e-4, 0.909083, 0.306166, 0.948250, 0.131802, 41),
    _grid_row("mlp_search", "768-768", 0.20, 1e-4, 0.908667, 0.323058, 0.955562, 0.113937, 34),
    _grid_row("mlp_search", "512-512", 0.30, 1e-5, 0.908667, 0.295435, 0.943812, 0.145526, 47),
    Published(
        "mlp_final",
        {"batch_size": 256, "optimizer": "adam", "learning_rate": 1e-3},
        {f"test_{_ACCURACY}": 0.9035},
    ),
    Published(
        "cnn_baseline",
        {"batch_normalization": False, "dropout": 0.0},
        {f"best_val_{_ACCURACY}": 0.905, "epochs_run": 76},
    ),
    Published(
        "cnn_baseline",
        {"batch_normalization": True, "dropout": 0.2},
        {f"best_val_{_ACCURACY}": 0.9083},
    ),
    # The scan lost digits of every epoch count of this table.
    _grid_row("cnn_search", "3x128", 0.25, 1e-5, 0.942500, 0.210500, 0.982000, 0.047769, None),
    _grid_row("cnn_search", "3x128", 0.30, 1e-5, 0.942333, 0.202496, 0.976958, 0.063315, None),
    _grid_row("cnn_search", "3x128", 0.20, 1e-5, 0.940833, 0.244328, 0.992188, 0.022650, None),
    _grid_row("cnn_search", "3x64", 0.30, 1e-6, 0.940583, 0.180767, 0.957000, 0.113710, None),
    _grid_row("cnn_search", "3x64", 0.20, 1e-5, 0.938833, 0.188141, 0.968083, 0.087166, None),
    _grid_row("cnn_search", "3x64", 0.25, 1e-5, 0.937667, 0.188779, 0.961521, 0.104415, None),
    _grid_row("cnn_search", "3x32", 0.20, 1e-5, 0.937250, 0.193470, 0.961042, 0.104023, None),
    _grid_row("cnn_search", "3x32", 0.30, 1e-5, 0.935583, 0.184439, 0.938104, 0.169552, None),
    _grid_row("cnn_search", "3x32", 0.25, 1e-6, 0.931417, 0.193188, 0.936542, 0.171723, None),
    Published(
        "cnn_final",
        {"architecture": "3x128", "dropout": 0.25},
        {
            "last_loss": 0.047769321858882906,
            "last_val_loss": 0.2105001715819041,
            "test_loss": 0.24192883090302347,
            f"last_{_ACCURACY}": 0.9819999933242798,
            f"last_val_{_ACCURACY}": 0.9424999952316284,
            f"test_{_ACCURACY}": 0.9361000061035156,
        },
    ),
    Published(
        "cnn_kfold",
        {"architecture": "3x128", "dropout": 0.25},
        # One number: the study does not say of which images, nor of which epoch.
        {f"mean_{part}_{_ACCURACY}": 0.9384 for part in ("test", "best_val", "last_val")},
    ),
)
