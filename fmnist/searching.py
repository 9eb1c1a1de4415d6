"""Run a plan: train what MLflow does not hold, record it, and say what was done."""

from pathlib import Path

from rich.console import Console

from fmnist import outlook, records, storage
from fmnist.certificate import Certificate
from fmnist.config import InvalidInput
from fmnist.cost import Estimator
from fmnist.entry_runs import EntryRun
from fmnist.events import broadcast
from fmnist.executors import Executor, InProcess, Workspace
from fmnist.options import Options
from fmnist.planning import Plan
from fmnist.progress import Display
from fmnist.recorder import Recorder, record_waiting
from fmnist.search import OBJECTIVE, GridOracle, Outcome, Search

# Training goes on while the tracking store is away, until this much waits on disk.
OUTBOX_BYTES = 2 * 1024**3


def run_plan(plan: Plan, options: Options, run: EntryRun, console: Console) -> Certificate:
    """Search the plan's trials below a run; only what is missing is trained."""
    trainer, outbox = executor(options), storage.outbox()
    _tidy_up(options, run, outbox, console)
    known = run.store.trials()
    finished = records.finished(known)
    estimator = Estimator(list(finished.values()))
    console.print(outlook.summary(plan, finished, estimator), highlight=False, soft_wrap=True)
    search = Search(
        GridOracle(plan.points),
        plan.request_for(records.attempts(known)),
        {key: run.metrics[OBJECTIVE] for key, run in finished.items()},
    )
    missing = sum(key not in finished for key in plan.keys)
    workspace = Workspace(outbox / run.run_id, storage.checkpoints())
    with (
        storage.claim(workspace.bundles),
        Recorder(run) as recorder,
        Display(plan.family, missing, console) as display,
    ):
        trainer.run(
            lambda: None if outbox_full(outbox) else search.next_request(),
            broadcast(recorder, search, display),
            workspace,
        )
    certificate = certify(plan, search.outcome, recorder.unrecorded)
    if recorder.unrecorded:
        line = f"The tracking store does not take everything: {recorder.error}"
        console.print(line, highlight=False, soft_wrap=True)
    _leave_certificate(certificate, run)
    for line in certificate.lines():
        console.print(line, highlight=False, soft_wrap=True)
    return certificate


def _tidy_up(options: Options, run: EntryRun, outbox: Path, console: Console) -> None:
    """Record and close what earlier searches could not."""
    if waited := record_waiting(run, outbox):
        console.print(f"Recorded {waited} trials that an earlier search left on disk")
    if stale := run.store.close_stale(everywhere=options.close_stale == "all"):
        console.print(f"Closed {len(stale)} runs whose process is gone")


def executor(options: Options) -> Executor:
    """Where the options want trials to run.

    Raises:
        InvalidInput: if that needs Ray, which is not installed.
    """
    if options.workers == 1 and not options.ray_address:
        return InProcess()
    try:
        from fmnist.ray_executor import OnRay
    except ImportError:
        raise InvalidInput(
            f"workers={options.workers}: needs Ray; install it with: pip install '.[ray]'"
        ) from None
    return OnRay(options)


def outbox_full(outbox: Path) -> bool:
    """Whether so many trials wait for the tracking store that no more should be trained."""
    waiting = sum(file.stat().st_size for file in outbox.glob("*/*/*.npz"))
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


def _leave_certificate(certificate: Certificate, run: EntryRun) -> None:
    """Write the certificate on the run, if the store is there."""
    if certificate.unrecorded:
        return
    run.store.log(run.run_id, tags=certificate.tags())
    run.store.client.log_text(run.run_id, certificate.to_json(), "certificate.json")
