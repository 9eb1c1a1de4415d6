"""The name of every metric, once; and how MLflow's pages spell it.

The code, bundles and exports say `best_val_loss` and `train_seconds`; runs hold `best/val_loss` and
`cost/train_seconds`, since MLflow's pages group charts by what stands before the slash. A name
without a group is the same in both: an epoch's `val_loss`, MLflow's own `system/...`, and whatever
older runs hold, which have our spelling.
"""

ACCURACY = "sparse_categorical_accuracy"
# By what trials are ranked, in searches and by finals.
CRITERION = f"best_val_{ACCURACY}"
# What is drawn of a trial; its curves hold the learning rate too.
CURVES = ("loss", "val_loss", ACCURACY, f"val_{ACCURACY}")
# How many images a test accuracy is over.
TEST_SAMPLES = 10_000
# What MLflow's own monitor puts before the names of system metrics.
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
# What no table, choice or claim reads; bundles keep it.
NOT_IN_RUNS = frozenset({"best_learning_rate"})


def to_mlflow(name: str) -> str:
    """A metric's name as runs hold it: "best/val_loss" for "best_val_loss"."""
    group, _, rest = name.partition("_")
    if name in COSTS:
        return f"{COST}/{name}"
    return f"{group}/{rest}" if rest and group in GROUPS else name


def from_mlflow(name: str) -> str:
    """Our name of a metric that a run holds; one in our spelling, as older runs have, is itself."""
    group, slash, rest = name.partition("/")
    if slash and group == COST:
        return rest
    return f"{group}_{rest}" if slash and group in GROUPS else name


def is_beside(name: str) -> bool:
    """Whether a metric, by our name, sets a result beside the study's: it is no result itself."""
    return name.startswith((f"{PUBLISHED}_", f"{DIFFERENCE}_"))
