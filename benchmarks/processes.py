"""Run measurements in fresh processes, and measure the time and memory of a process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """The cost of a process: wall time, and peak memory in MiB."""

    seconds: float
    megabytes: float


def environment(**more: str) -> dict[str, str]:
    """The variables for a process in another folder, without those of a tracking store."""
    own = ("MLFLOW_", "FMNIST_BUNDLE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**inherited, "PYTHONPATH": str(PROJECT), "TF_CPP_MIN_LOG_LEVEL": "3", **more}


def run_module(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module in a fresh folder; returns its last line of output, parsed as JSON.

    Raises:
        RuntimeError: if it fails, with the end of its stderr.
    """
    command = [sys.executable, "-m", module, *arguments]
    with TemporaryDirectory() as folder:
        ended = subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ended.stderr[-2_000:]}")
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def cost(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Cost:
    """Run a command in a folder; returns its cost.

    A small process starts the command, since the system counts the starting process's memory as the
    command's.

    Raises:
        RuntimeError: if it fails, with the end of its stderr.
    """
    launcher = [sys.executable, __file__, *command]
    ended = subprocess.run(
        launcher, cwd=folder, env=dict(variables), capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ended.stderr[-2_000:]}")
    return Cost(**json.loads(ended.stdout))


def launch(command: Sequence[str]) -> int:
    """Run a command and print its cost as JSON; returns its exit code."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = Cost(time.perf_counter() - started, usage.ru_maxrss / 1_024)
    print(json.dumps(vars(took)))
    return process.returncode


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))
