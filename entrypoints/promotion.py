"""Which version is in Production: promote one, roll back to the previous one, show the history."""

from typing import Any

from fmnist.console import open_console
from fmnist.registry import gate, history
from fmnist.study.options import mlflow_run
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run, mark_read_only
from fmnist.tracking.store import open_store


def promote(values: dict[str, Any]) -> bool:
    """Print and record the gate's decision on the version that a final's run registered.

    A refusal is a result too.
    """
    name, store = values["model"], open_store()
    version = gate.candidate(store, name, values["run"])
    with entry_run(store, "promote", f"promote {name} version {version.version}", {}) as run:
        decision = gate.promote(store, version, allow_tie=values["allow_tie"])
        given = {"run": values["run"]} | ({"allow_tie": 1} if values["allow_tie"] else {})
        run.log(tags=_tags("promote", name, decision.text, **given))
        open_console().print(f"promote: {decision.text}", soft_wrap=True)
    return True


def roll_back(values: dict[str, Any]) -> bool:
    """Roll back, and print and record what was done."""
    name, store = values["model"], open_store()
    done = history.roll_back(store, name, values["reason"])
    given = {"reason": values["reason"]} if values["reason"] else {}
    tags = _tags("rollback", name, done, **given)
    with entry_run(store, "rollback", f"rollback {name}", tags):
        open_console().print(f"rollback: {done}", soft_wrap=True)
    return True


def _tags(verb: str, name: str, done: str, **given: object) -> dict[str, str]:
    """What was typed, by which MLflow's pages find the run, and what was done."""
    command = mlflow_run(verb, model=name, **given)
    return {runs.COMMAND: command, runs.DECISION: done, runs.DESCRIPTION: done}


def show_history(values: dict[str, Any]) -> bool:
    """Print a model's history; puts stage and alias right where they disagree with it."""
    name, store, console = values["model"], open_store(), open_console()
    mark_read_only(store, "history")
    repaired = history.align(store, name)
    console.print(history.history(history.read(store, name)))
    if repaired:
        console.print(f"Put right: {repaired}", soft_wrap=True)
    return True
