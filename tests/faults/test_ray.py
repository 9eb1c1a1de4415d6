"""Workers die, trials raise, a driver is killed: Ray restarts what can be, the rest is said."""

import signal
from collections import Counter
from contextlib import contextmanager

import mlflow
import psutil
import pytest
from ray.cluster_utils import Cluster

from faults.support import THREE, in_a_trial, run_ids, running, statuses, until

RERUN_SECONDS = 60
START_SECONDS = 240  # Ray, then TensorFlow in the driver and in a worker
TWO = ("--workers", "2")
# Python runs this file in every process of the search; a trial's seed is read as it begins.
POISON = """
import os, signal
from fmnist.study.trial import Trial

seed = Trial.seed.fget

def poisoned(trial):
    if trial.model.architecture == "13":
        os.kill(os.getpid(), signal.SIGKILL)
    if trial.model.architecture == "17":
        raise RuntimeError("no luck with 17")
    return seed(trial)

Trial.seed = property(poisoned)
"""


def attempts(store):
    """The statuses of the attempts at each architecture, in order."""
    found = {}
    for run in sorted(store.trials(), key=lambda run: run.attempt):
        found.setdefault(run.trial.model.architecture, []).append((run.attempt, run.status))
    return found


def workers(search, title="mlp_search"):
    """The processes of Ray that work at a trial of this title."""
    below = psutil.Process(search.pid).children(recursive=True)
    return [process for process in below if "".join(process.cmdline()).startswith(f"ray::{title}")]


@pytest.mark.long
def test_a_search_gets_over_dead_workers_raised_errors_and_a_poison_trial(place, store):
    (place.folder / "sitecustomize.py").write_text(POISON)
    path = {"PYTHONPATH": f"{place.folder}:{place.environment['PYTHONPATH']}"}
    (place.folder / "grid.yaml").write_text("architecture: ['384', '13', '17', '256']")
    arguments = ("--preset", "smoke", "--epochs", "30", "--grid", "grid.yaml", *TWO)
    with running(place.start("mlp_search", *arguments, **path)) as search:
        trial = until(in_a_trial(store))
        (worker,) = until(lambda: workers(search, f"mlp_search {trial.trial.model.architecture}"))
        worker.kill()
        until(
            lambda: any(run.key == trial.key and run.attempt == 2 for run in store.trials()),
            RERUN_SECONDS,
        )
        out, _ = search.communicate()
    assert search.returncode == 1
    assert attempts(store).pop(trial.trial.model.architecture) == [(1, "KILLED"), (2, "FINISHED")]
    assert attempts(store)["13"] == [(1, "KILLED"), (2, "KILLED"), (3, "FAILED")]
    assert attempts(store)["17"] == [(1, "FAILED")]
    assert statuses(store)["FINISHED"] == 2
    assert "expected 4, done 2 (reused 0), failed 2, missing 0" in out
    assert "failed: 13: the worker died in each of 3 attempts, given up" in out
    assert "failed: 17: RuntimeError: no luck with 17" in out
    (failed,) = (run for run in store.trials() if run.trial.model.architecture == "17")
    assert "poisoned" in mlflow.artifacts.load_text(f"runs:/{failed.run_id}/traceback.txt")


@pytest.mark.long
def test_a_search_whose_driver_is_killed_leaves_no_worker_and_goes_on(place, store):
    with running(place.start("mlp_search", *THREE, *TWO)) as search:
        until(in_a_trial(store))
        at_work = until(lambda: workers(search))
        search.kill()
        search.wait()
        until(lambda: not any(process.is_running() for process in at_work), RERUN_SECONDS)
    before = run_ids(store)
    again = place.run("mlp_search", *THREE, *TWO)
    assert again.returncode == 0, again.stderr
    assert run_ids(store).items() >= before.items()
    assert statuses(store)["FINISHED"] == 3
    assert statuses(store)["RUNNING"] == 0


def test_a_worker_that_fits_on_no_node_is_refused_and_its_run_says_so(place, store):
    refused = place.run("mlp_search", "--preset", "smoke", *TWO, "--gpus", "63")
    assert refused.returncode == 2
    line = refused.stderr.splitlines()[-1]
    assert line.startswith("cpus=1 and gpus=63: more than any node of Ray has; the nodes have 2")
    (run,) = store.runs("")
    assert (run.status, run.tags["mlflow.note.content"]) == ("FAILED", line)


@pytest.mark.long
def test_a_search_on_ray_that_is_told_to_stop_closes_its_trials(place, store):
    with running(place.start("mlp_search", *THREE, *TWO)) as search:
        until(lambda: statuses(store)["RUNNING"] == 2)
        search.send_signal(signal.SIGTERM)
        until(lambda: statuses(store) == Counter(KILLED=2), 5)
        _, err = search.communicate()
    assert search.returncode == 130
    assert "Traceback" not in err


@contextmanager
def cluster():
    """A head without CPUs and a node with one, as the team's service has them; gives both."""
    memory = {"object_store_memory": 200 * 2**20}
    handler = signal.getsignal(signal.SIGTERM)
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **memory})
    try:
        yield made, lambda: made.add_node(num_cpus=1, **memory)
    finally:
        made.shutdown()
        signal.signal(signal.SIGTERM, handler)  # Ray's own would end the other tests


@pytest.mark.long
def test_a_search_outlives_the_node_that_its_worker_is_on(place, store):
    with cluster() as (ray, add_node):
        node = add_node()
        arguments = (*THREE, "--workers", "1", "--ray_address", "auto")
        with running(place.start("mlp_search", *arguments, RAY_ADDRESS=ray.address)) as search:
            until(in_a_trial(store), START_SECONDS)
            ray.remove_node(node, allow_graceful=False)
            add_node()
            out, _ = search.communicate(timeout=300)
    assert search.returncode == 0
    assert "expected 3, done 3 (reused 0), failed 0, missing 0" in out
    assert statuses(store) == Counter(FINISHED=3, KILLED=1)


@pytest.mark.long
def test_a_search_without_what_its_workers_report_to_says_how_to_go_on(place, store):
    with running(place.start("mlp_search", *THREE, *TWO)) as search:
        until(in_a_trial(store), START_SECONDS)
        (mailbox,) = workers(search, "Mailbox")
        mailbox.kill()
        _, err = search.communicate(timeout=60)
    assert search.returncode == 1
    assert err.splitlines()[-1] == (
        "Stopped: ConnectionError: the process that Ray's workers report to has died; "
        "run the same command again to go on from here"
    )
    assert statuses(store)["RUNNING"] == statuses(store)["FAILED"] == 0
