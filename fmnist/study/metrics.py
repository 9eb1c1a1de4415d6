"""The names of the metrics, and how MLflow's runs spell them.

Code, bundles and exports use names such as `best_val_loss` and `train_seconds`. MLflow's runs use
`best/val_loss` and `cost/train_seconds`, since MLflow's pages group charts by the part before the
slash. Names without a group are the same in both: an epoch's `val_loss`, and MLflow's own
`system/...`. Older runs use the names of the code for all metrics, and are still read.

The pages show groups by name and what has none below all groups. So that a trial's page opens with
its curves, its run holds each curve once more, in a group that comes first: `all epochs/...`. These
copies are for the pages alone; nothing here reads them.
"""

ACCURACY = "sparse_categorical_accuracy"
# Of an epoch, on the validation images; and that of the last epoch.
VALIDATION = f"val_{ACCURACY}"
LAST_VALIDATION = f"last_{VALIDATION}"
# Searches and finals rank trials by this metric.
CRITERION = f"best_{VALIDATION}"
# Of the saved weights, on the test images.
TEST = f"test_{ACCURACY}"
# The curves that are drawn of a trial. Its record also has the learning rate's.
CURVES = ("loss", "val_loss", ACCURACY, VALIDATION)
FIRST_GROUP = "all epochs"
# What MLflow's pages call the copy of each curve.
COPIES = {
    "loss": f"{FIRST_GROUP}/training loss",
    "val_loss": f"{FIRST_GROUP}/validation loss",
    ACCURACY: f"{FIRST_GROUP}/training accuracy",
    VALIDATION: f"{FIRST_GROUP}/validation accuracy",
}
# MLflow's prefix of system metrics.
SYSTEM = "system/"

# Of a search or a final: the study's number, and ours minus that.
PUBLISHED, DIFFERENCE = "published", "difference"
# Of a search: how many of its trials were expected, are done, and failed.
TRIALS = "trials"

GROUPS = frozenset({"best", "last", "train", "test", "mean", PUBLISHED, DIFFERENCE, TRIALS})
COST = "cost"
COSTS = frozenset(
    {"train_seconds", "epoch_seconds", "epochs_run", "parameters", "multiply_adds", "models"}
)
# In bundles only, since no table, selection or claim reads it.
NOT_IN_RUNS = frozenset({"best_learning_rate"})


def to_mlflow(name: str) -> str:
    """A metric's name in MLflow's runs: "best/val_loss" for "best_val_loss"."""
    group, _, rest = name.partition("_")
    if name in COSTS:
        return f"{COST}/{name}"
    return f"{group}/{rest}" if rest and group in GROUPS else name


def from_mlflow(name: str) -> str:
    """Our name for a metric of a run. A name of an older run, which is ours already, stays."""
    group, slash, rest = name.partition("/")
    if slash and group == COST:
        return rest
    return f"{group}_{rest}" if slash and group in GROUPS else name


def epoch_names(name: str) -> tuple[str, ...]:
    """Under which names a trial's run holds a metric: a curve has its own name and its copy's."""
    copy = COPIES.get(name)
    return (name, copy) if copy else (to_mlflow(name),)


def is_copy(name: str) -> bool:
    """Whether a metric of a run only repeats a curve for MLflow's pages."""
    return name.startswith(f"{FIRST_GROUP}/")


def is_beside(name: str) -> bool:
    """Whether a metric, by our name, sets a result beside the study's: it is no result itself."""
    return name.startswith((f"{PUBLISHED}_", f"{DIFFERENCE}_"))
