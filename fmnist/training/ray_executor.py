"""Run trials as Ray tasks, on this machine or on a cluster. Only this module imports ray.

Ray places the tasks, and repeats a task whose worker died. Bundles come back through Ray's object
store, so a worker needs neither the tracking store nor its credentials. The data set is sent to
each node once, by the same way.
"""

import dataclasses
import os
import signal
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from fmnist.data import fashion_mnist
from fmnist.data.fashion_mnist import Dataset
from fmnist.errors import InvalidInput
from fmnist.files import PROJECT
from fmnist.study import own_network
from fmnist.study.options import Options
from fmnist.study.request import Request
from fmnist.training import bundle, checkpoint
from fmnist.training.environment import SWITCHES
from fmnist.training.events import Event, Failed, Finished, Killed, Listener, Started
from fmnist.training.executors import NextRequest, Workspace, no_trial_can_run, reporter

ATTEMPTS = 3
POLL_SECONDS = 0.2
# OpenMP and TensorFlow read these as they start, so that a worker uses only the cores it was given.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
# The files that a worker imports, or records the digest of.
NEEDED_BY_WORKERS = ("fmnist", "requirements.txt")
# What else chooses how a worker trains, where the driver has it set.
HANDED_ON = ("KERAS_BACKEND", "JAX_DEFAULT_MATMUL_PRECISION", *SWITCHES)

# The files of a bundle by name, or the traceback of the trial's error.
Result = dict[str, bytes] | str


@ray.remote(num_cpus=0)
class Mailbox:
    """An actor that carries events from the workers to the driver, and counts attempts."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._begun: Counter[str] = Counter()

    def begin(self, request: Request) -> Request:
        """Note that a worker begins a trial; returns the request with this attempt's number."""
        self._begun[request.trial.key] += 1
        again = self._begun[request.trial.key] - 1
        numbered = dataclasses.replace(request, attempt=request.attempt + again)
        self._events.append(Started(numbered))
        return numbered

    def put(self, event: Event) -> None:
        """Keep an event for the driver."""
        self._events.append(event)

    def take(self) -> list[Event]:
        """All events since the last call."""
        events, self._events = self._events, []
        return events


def train_remotely(
    request: Request, dataset: Dataset, code: dict[str, str], mailbox: Any, folder: Path | None
) -> Result:
    """Train a trial in a worker; returns the bundle's files, or the traceback of an error.

    `code` is what the person named of their own, by digest, see `study.own_network`; `folder` is
    where checkpoints are kept, None on a cluster, which no search clears up.
    """
    from fmnist.training import checkpoint, executors, train

    checkpoints = folder or Path(tempfile.gettempdir()) / "fmnist-checkpoints"
    if not folder:
        checkpoint.remove_old(checkpoints)
    fashion_mnist.provide(dataset)
    own_network.provide(code)
    request = ray.get(mailbox.begin.remote(request))
    try:
        with tempfile.TemporaryDirectory() as scratch:
            left = train.train(
                request,
                Path(scratch) / request.trial.key,
                checkpoint.path_in(checkpoints, request.trial),
                reporter(request, mailbox.put.remote),
            )
            content = {file.name: file.read_bytes() for file in left.folder.iterdir()}
        if not folder:
            checkpoint.remove(checkpoints, request)
        return content
    except Exception as error:
        if executors.no_trial_can_run(error):
            raise
        return traceback.format_exc()


def mailbox_here() -> Any:
    """A mailbox on the driver's node. Ray might place it on any node, and lose it with the node."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return Mailbox.options(scheduling_strategy=here).remote()  # type: ignore[attr-defined]


class OnRay:
    """Runs as many trials at a time as there are workers, on Ray."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def run(self, next_request: NextRequest, listener: Listener, workspace: Workspace) -> None:
        """Keep all workers busy until there is no request left, see `Executor.run`.

        Raises:
            ConnectionError: if the actor that the workers report to has died.
            InvalidInput: if no node of the cluster is large enough for a worker.
        """
        self._connect()
        try:
            self._check_nodes()
            _Conversation(self._options, listener, workspace).run(next_request)
        except ray.exceptions.ActorDiedError:
            raise ConnectionError("the process that Ray's workers report to has died") from None
        finally:
            ray.shutdown()

    def _connect(self) -> None:
        options = self._options
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        variables = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        variables |= {name: str(options.cpus) for name in THREAD_VARIABLES}
        environment: dict[str, Any] = {"env_vars": {"TF_CPP_MIN_LOG_LEVEL": "3", **variables}}
        if options.ray_address:
            # As in a .gitignore: nothing except the names after an exclamation mark.
            excludes = ["/*", "!/.", *(f"!/{name}" for name in NEEDED_BY_WORKERS)]
            environment |= {"working_dir": str(PROJECT), "excludes": excludes}
            size: dict[str, Any] = {"address": options.ray_address}
        else:
            path = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
            environment["env_vars"]["PYTHONPATH"] = os.pathsep.join(path)
            size = {
                "address": "local",  # not a cluster that already runs on this machine
                "num_cpus": options.workers * options.cpus,
                "include_dashboard": False,
            }
        handler = signal.getsignal(signal.SIGTERM)
        ray.init(runtime_env=environment, log_to_driver=False, logging_level="ERROR", **size)
        signal.signal(signal.SIGTERM, handler)  # Ray's handler would abort this process

    def _check_nodes(self) -> None:
        """Make sure that a worker fits on a node: otherwise Ray would silently wait for one.

        Raises:
            InvalidInput: if it fits on none.
        """
        asked = {"CPU": self._options.cpus, "GPU": self._options.gpus}
        alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        # A head node without processors is no worker: its workers may still join.
        nodes = [node for node in alive if node.get("CPU")]
        fits = [all(node.get(kind, 0) >= asked[kind] for kind in asked) for node in nodes]
        if nodes and not any(fits):
            there = [f"{node.get('CPU', 0):g} and {node.get('GPU', 0):g}" for node in nodes]
            raise InvalidInput(
                f"cpus={asked['CPU']} and gpus={asked['GPU']:g}: more than any node of Ray has; "
                f"the nodes have {', '.join(sorted(set(there)))}"
            )


class _Conversation:
    """The tasks of one search, and the events that pass from the workers to the listener."""

    def __init__(self, options: Options, listener: Listener, workspace: Workspace) -> None:
        self._options = options
        self._listener = listener
        self._bundles = workspace.bundles
        self._checkpoints = None if options.ray_address else workspace.checkpoints.absolute()
        self._mailbox = mailbox_here()
        self._dataset = ray.put(fashion_mnist.load())
        self._tasks: dict[Any, str] = {}
        self._requests: dict[str, Request] = {}
        self._started: set[str] = set()
        self._train = ray.remote(
            num_cpus=options.cpus, num_gpus=options.gpus, max_retries=ATTEMPTS - 1
        )(train_remotely)

    def run(self, next_request: NextRequest) -> None:
        try:
            while self._fill(next_request):
                ready = self._wait()
                for event in ray.get(self._mailbox.take.remote()):
                    self._relay(event)
                for task in ready:
                    self._end(task)
                    self._fill(next_request)  # at once, since a worker is free now
        except BaseException:
            for key in self._started:
                self._listener(Killed(self._requests[key]))
            raise

    def _fill(self, next_request: NextRequest) -> bool:
        """Give a trial to every free worker; returns whether any worker is busy."""
        while len(self._tasks) < self._options.workers and (request := next_request()):
            named = self._train.options(name=f"{request.family} {request.label}".strip())
            code = own_network.provided()
            task = named.remote(request, self._dataset, code, self._mailbox, self._checkpoints)
            self._tasks[task] = request.trial.key
            self._requests[request.trial.key] = request
        return bool(self._tasks)

    def _wait(self) -> list[Any]:
        """Wait a moment for a task to end; returns all tasks that have ended."""
        tasks = list(self._tasks)
        ray.wait(tasks, timeout=POLL_SECONDS)
        ready, _ = ray.wait(tasks, num_returns=len(tasks), timeout=0)
        return list(ready)

    def _relay(self, event: Event) -> None:
        """Pass on a worker's event. A second start means that the first worker died."""
        key = event.request.trial.key
        if key not in self._requests:
            return
        if isinstance(event, Started):
            if key in self._started:
                self._listener(Killed(self._requests[key]))
            self._requests[key] = event.request
            self._started.add(key)
        self._listener(event)

    def _end(self, task: Any) -> None:
        """Take a task's result, and tell the listener that the trial finished or failed.

        Raises:
            OSError: if a disk is full or read-only, here or where the worker is.
        """
        key = self._tasks.pop(task)
        result = _result_of(task)
        request = self._requests[key]
        if key not in self._started:  # every worker died before it began
            self._listener(Started(request))
            self._started.add(key)
        if isinstance(result, str):
            event: Event = Failed(request, result)
        else:
            event = Finished(request, bundle.unpack(result, self._bundles / key))
            if self._checkpoints:
                checkpoint.remove(self._checkpoints, request)
        del self._requests[key]
        self._started.discard(key)
        self._listener(event)


def _result_of(task: Any) -> Result:
    """What a task returned, or the text of what ended it.

    Raises:
        OSError: if the disk where the worker is is full or read-only.
    """
    try:
        result: Result = ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, Exception) and no_trial_can_run(error.cause):
            raise error.cause from None
        return str(error)
    except ray.exceptions.RayError as error:
        kind = type(error).__name__
        return f"the worker died in each of {ATTEMPTS} attempts, given up ({kind})"
    return result
