"""Train without a tracking store, and leave the bundles in a folder.

Any number of processes can work on one folder, even on several machines that share it. Each takes
trials that no other process has, and resumes trials of stopped processes from their checkpoints.
All processes end once every trial is done or has failed.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from entrypoints import request_file
from fmnist.console import open_console
from fmnist.data import splits
from fmnist.errors import InvalidInput
from fmnist.files import locked
from fmnist.study.options import check_together
from fmnist.study.request import Request
from fmnist.training import own_code
from fmnist.training.bundle import RECORD
from fmnist.training.executors import LocalExecutor, Workspace, in_this_process
from fmnist.training.progress import Display

POLL_SECONDS = 2.0


def run(values: dict[str, Any]) -> bool:
    """Train a file's requests that have no bundle in the folder yet; see `train`."""
    if values["together"]:
        check_together(on_ray=False)
    requests = request_file.read(values["requests"])
    for request in requests:
        splits.check_data_set(request.trial.data)
    own_code.check_named(request.trial.model for request in requests)
    executor = in_this_process(together=values["together"])
    return train(requests, values["output"], executor, open_console())


def train(
    requests: Sequence[Request], folder: Path, executor: LocalExecutor, console: Console
) -> bool:
    """Train the requests that have no bundle in `folder` yet; returns whether all have one then.

    Raises:
        InvalidInput: if the folder cannot be created.
    """
    claims = folder / "claims"
    try:
        claims.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"output={folder}: accepted is a folder to write to ({error})") from None
    missing = [request for request in requests if not _is_done(request, folder)]
    workspace = Workspace(folder, folder / "checkpoints")
    with Display("train", len(missing), console) as display:
        for free in _free(missing, folder, claims, executor.requests_at_once):
            executor.run(partial(next, iter(free), None), display, workspace)
    done = sum(_is_done(request, folder) for request in requests)
    console.print(f"train: {done} of {len(requests)} trials in {folder}", soft_wrap=True)
    return done == len(requests)


def _free(
    requests: Sequence[Request], folder: Path, claims: Path, at_once: int
) -> Iterator[list[Request]]:
    """Yield the requests that no other process has, out of `at_once` each time.

    They are held until the next ones are taken. The generator waits for requests of other
    processes, and takes them over if those stop.
    """
    while requests:
        held: list[Request] = []
        for first in range(0, len(requests), at_once):
            with ExitStack() as claimed:
                free: list[Request] = []
                for request in requests[first : first + at_once]:
                    lock = locked(claims / request.trial.key, wait=False)
                    (free if claimed.enter_context(lock) else held).append(request)
                yield [request for request in free if not _is_done(request, folder)]
        if held:
            time.sleep(POLL_SECONDS)
        requests = held


def _is_done(request: Request, folder: Path) -> bool:
    return (folder / request.trial.key / RECORD).is_file()
