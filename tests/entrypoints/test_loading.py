"""What a search imports until its first trial trains: nothing that only figures and tables need."""

import subprocess
import sys

from fmnist.data import fashion_mnist, splits

LATE = {"matplotlib", "sklearn", "IPython", "jax", "plotly", "ray"}
UNTIL_TRAINING = f"""
import sys
from entrypoints import loading
from entrypoints.__main__ import main
load = loading.load
def load_and_wait(*asked, **also):
    module = load(*asked, **also)
    from fmnist.training import executors
    executors.train.train = tell
    return module
def tell(*_):
    print("loaded", {LATE} & sys.modules.keys())
    import jax, matplotlib.figure, sklearn  # as others do later
    raise KeyboardInterrupt
loading.load = load_and_wait
main(["mlp_capacity", "--preset", "smoke"])
"""


def test_a_search_imports_neither_figures_nor_scikit_learn_before_it_trains(place):
    splits.describe(1_500, "holdout", 0)  # a split is drawn by scikit-learn, and then kept
    data = {"FMNIST_DATA_DIR": str(fashion_mnist.find_folder())}
    command = [sys.executable, "-c", UNTIL_TRAINING]
    told = subprocess.run(
        command, cwd=place.folder, env=place.environment | data, capture_output=True, text=True
    )
    assert "loaded set()" in told.stdout, told.stdout + told.stderr
    assert told.returncode == 130, told.stderr
