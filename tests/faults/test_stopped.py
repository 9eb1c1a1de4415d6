"""A search is killed or told to stop: what is done stays done, what is open is closed."""

import random
import signal
import subprocess
import sys
import time

import psutil
import pytest
import yaml
from conftest import PROJECT

from faults.support import (
    THREE,
    done,
    in_a_trial,
    nothing_runs,
    process_of,
    run_ids,
    running,
    statuses,
    until,
)
from fmnist.study import families

STOP_SECONDS = 5
# A search that saves a checkpoint after each epoch: its trials end before the first is due.
AFTER_EACH_EPOCH = """
import sys
from fmnist.training import checkpoint

checkpoint.INTERVAL_SECONDS = 0
from entrypoints.__main__ import main

main(sys.argv[1:])
"""


def test_a_killed_search_goes_on_with_the_trial_that_was_open(place, store):
    command = [sys.executable, "-c", AFTER_EACH_EPOCH, "mlp_search", *THREE]
    pipe = subprocess.PIPE
    with running(
        subprocess.Popen(
            command, cwd=place.folder, env=place.environment, stdout=pipe, stderr=pipe, text=True
        )
    ) as search:
        interrupted = until(in_a_trial(store, finished=1))
        until((place.folder / "bundles" / "checkpoints" / f"{interrupted.key}.npz").exists)
        search.kill()
    before, killed_at = run_ids(store), time.time_ns() // 1_000_000
    again = place.run("mlp_search", *THREE)
    assert again.returncode == 0, again.stderr
    assert run_ids(store).items() >= before.items()
    assert statuses(store) == {"FINISHED": 3, "KILLED": 1}
    assert store.client.get_run(interrupted.run_id).info.status == "KILLED"
    assert nothing_runs(store)
    resumed = store.client.get_metric_history(run_ids(store)[interrupted.key], "loss")
    assert resumed[0].timestamp < killed_at < resumed[-1].timestamp


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.long
def test_a_search_that_is_told_to_stop_closes_its_trial(place, store, number):
    with running(place.start("mlp_search", *THREE)) as search:
        until(in_a_trial(store))
        search.send_signal(number)
        until(lambda: nothing_runs(store), STOP_SECONDS)
        _, err = search.communicate()
    assert search.returncode == 130
    assert "run the same command again to go on from here" in err
    assert "Traceback" not in err
    assert statuses(store)["KILLED"] == 1


@pytest.mark.long
def test_the_entry_stops_when_only_mlflow_run_is_told_to(place, store):
    command = ["mlflow", "run", str(PROJECT), "-e", "mlp_search", "--env-manager", "local"]
    given = ["-P", "preset=smoke", "-P", "epochs=30"]
    with running(
        subprocess.Popen(command + given, cwd=place.folder, env=place.environment, text=True)
    ) as parent:
        trial = until(in_a_trial(store))
        parent.terminate()
        until(lambda: nothing_runs(store), STOP_SECONDS)
    assert statuses(store)["KILLED"] == 1
    until(lambda: not psutil.pid_exists(process_of(trial)))


@pytest.mark.long
def test_30_of_30_are_done_once_when_the_search_is_killed_at_5_random_moments(place, store):
    grid = [dict(block) for block in families.get("mlp_search").grid]
    (place.folder / "grid.yaml").write_text(yaml.safe_dump(grid))
    arguments = ("--preset", "smoke", "--grid", "grid.yaml")
    seed = random.randrange(1_000)
    print("random moments of seed", seed)
    chance = random.Random(seed)
    for finished in sorted(chance.sample(range(29), 5)):
        with running(place.start("mlp_search", *arguments)) as search:
            until(done(store, finished))
            time.sleep(chance.uniform(0, 2))
            search.kill()
    last = place.run("mlp_search", *arguments)
    assert last.returncode == 0, last.stderr
    print("runs of trials:", dict(statuses(store)))
    assert len(run_ids(store)) == 30
    assert statuses(store)["FINISHED"] == 30
    assert statuses(store)["KILLED"] <= 5
    assert statuses(store).total() == 30 + statuses(store)["KILLED"]
