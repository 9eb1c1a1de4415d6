"""Run a plan: train the trials that MLflow does not hold, record them, and report the outcome."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from fmnist.search import forecast
from fmnist.search.ask_tell import Outcome, Search
from fmnist.search.certificate import Certificate
from fmnist.search.oracles import GridOracle, oracle_for
from fmnist.study.family import Family
from fmnist.study.metrics import CRITERION
from fmnist.study.options import DEPENDING_ON_RESULTS, Options
from fmnist.study.plan import Plan, grid_points, request_for
from fmnist.study.request import Request
from fmnist.tracking import runs
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.outbox import checkpoints, claim, outbox, record_waiting
from fmnist.tracking.recorder import Recorder
from fmnist.tracking.runs import RunRecord
from fmnist.training import checkpoint
from fmnist.training.events import broadcast
from fmnist.training.executors import Executor, Workspace, in_this_process
from fmnist.training.progress import Display

# Training continues while the tracking store is away, until this much waits on disk.
OUTBOX_BYTES = 2 * 1024**3


def run_plan(plan: Plan, options: Options, run: EntryRun, console: Console) -> Certificate:
    """Train the plan's missing trials, each as a child run of `run`.

    Raises:
        InvalidInput: if Ray has no node that is large enough for a worker.
        ConnectionError: if the process that Ray's workers report to has died.
    """
    trainer = executor(options)
    _tidy_up(options, run, console)
    known = run.store.trials()
    finished = runs.finished(known)
    forecast.announce(plan.family, plan.requests, finished, options, console)
    request_for = plan.request_for(runs.attempts(known))
    search = Search(GridOracle(plan.points), request_for, _scores(finished))
    _remove_checkpoints(each for each in plan.requests if each.trial.key in finished)
    missing = sum(key not in finished for key in plan.keys)
    recorder = _train(search, trainer, run, Display(plan.family, missing, console))
    return _certify(plan, search.outcome, recorder, run, console)


def run_strategy(
    family: Family, options: Options, run: EntryRun, console: Console
) -> tuple[Plan, Certificate]:
    """Search a family's space by strategy random, bayesian or hyperband, below a run.

    Returns a plan of the trials that the strategy asked for, and their certificate.
    """
    trainer = executor(options)
    _tidy_up(options, run, console)
    known = run.store.trials()
    if options.strategy not in DEPENDING_ON_RESULTS:
        asked = foresee(family, options, known).requests
        forecast.announce(family.name, asked, runs.finished(known), options, console)
    search = strategy_search(family, options, known)
    recorder = _train(search, trainer, run, Display(family.name, None, console))
    search.next_request()  # if training stopped early, the certificate lists this one as missing
    plan = plan_of(family, search)
    certificate = _certify(plan, search.outcome, recorder, run, console)
    if certificate.complete:  # no trial will be continued any more
        _remove_checkpoints(plan.requests)
    return plan, certificate


def _remove_checkpoints(requests: Iterable[Request]) -> None:
    """Remove what is left of trials that are finished, here or elsewhere."""
    for request in requests:
        checkpoint.path_in(checkpoints(), request.trial).unlink(missing_ok=True)


def foresee(family: Family, options: Options, known: Iterable[RunRecord]) -> Plan:
    """The trials that a strategy asks for before it needs a result that is not known yet."""
    search = strategy_search(family, options, known)
    while search.next_request():
        pass
    return plan_of(family, search)


def strategy_search(family: Family, options: Options, known: Iterable[RunRecord]) -> Search:
    """A strategy's search of a family's space, which reuses the finished trials among `known`."""
    known = list(known)
    return Search(
        oracle_for(options, grid_points(family, options)),
        request_for(family, options, runs.attempts(known)),
        _scores(runs.finished(known)),
    )


def plan_of(family: Family, search: Search) -> Plan:
    """The trials that a search has asked for so far, as a plan without points."""
    return Plan(family.name, [], list(search.requests.values()))


def _scores(finished: Mapping[str, RunRecord]) -> dict[str, float]:
    return {key: run.metrics[CRITERION] for key, run in finished.items()}


def _train(search: Search, trainer: Executor, run: EntryRun, display: Display) -> Recorder:
    """Train the trials that a search asks for, and record them."""
    waiting = outbox()
    workspace = Workspace(waiting / run.run_id, checkpoints())
    with claim(workspace.bundles), Recorder(run) as recorder, display:
        trainer.run(
            lambda: None if outbox_full(waiting) else search.next_request(),
            broadcast(recorder, search, display),
            workspace,
        )
    return recorder


def _certify(
    plan: Plan, outcome: Outcome, recorder: Recorder, run: EntryRun, console: Console
) -> Certificate:
    """Make a plan's certificate, print it, and write it on the run unless the store is away."""
    certificate = certify(plan, outcome, recorder.unrecorded)
    if certificate.unrecorded:
        line = f"The tracking store could not record everything: {recorder.error}"
        console.print(line, soft_wrap=True)
    else:
        run.log(tags=certificate.tags())
        run.log_text(certificate.to_json(), "certificate.json")
    for line in certificate.lines():
        console.print(line, soft_wrap=True)
    return certificate


def _tidy_up(options: Options, run: EntryRun, console: Console) -> None:
    """Record the bundles and close the runs that earlier searches left behind."""
    waiting = outbox()
    waited, left = record_waiting(run, waiting)
    if waited:
        console.print(f"Trials recorded that an earlier search left on disk: {waited}")
    for line in left:
        console.print(f"Left on disk: {line}", soft_wrap=True)
    if stale := run.store.close_stale(everywhere=options.close_stale == "all"):
        console.print(f"Runs closed whose process is gone: {len(stale)}")


def executor(options: Options) -> Executor:
    """The executor that the options ask for: this process, or Ray.

    A strategy that learns from each result gets one before it is asked for the next trial.
    """
    if not options.on_ray:
        at_once = options.together and options.strategy not in DEPENDING_ON_RESULTS
        return in_this_process(together=at_once)
    from fmnist.training.ray_executor import OnRay  # Ray is optional, and takes a second to import

    return OnRay(options)


def outbox_full(outbox: Path) -> bool:
    """Whether so much waits for the tracking store that no more trials should be trained."""
    waiting = 0
    for folder, _, names in os.walk(outbox):
        for name in names:
            with suppress(OSError):  # recorded and removed in the meantime
                waiting += os.path.getsize(os.path.join(folder, name))
    return waiting > OUTBOX_BYTES


def certify(plan: Plan, outcome: Outcome, unrecorded: int) -> Certificate:
    """The certificate of a plan and its outcome."""
    labels = {request.trial.key: request.label or plan.family for request in plan.requests}
    done = {*outcome.reused, *outcome.trained}
    return Certificate(
        family=plan.family,
        expected=len(plan.requests),
        done=len(done),
        reused=len(outcome.reused),
        failed={labels[key]: error for key, error in outcome.failed.items()},
        missing=[labels[key] for key in plan.keys if key not in done | outcome.failed.keys()],
        unrecorded=unrecorded,
    )
