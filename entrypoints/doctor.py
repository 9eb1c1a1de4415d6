"""Check that the study can run here: a line for each check, and a fix for each failure."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from entrypoints import checks
from entrypoints.checks import FAIL, OK, WARN, Finding
from fmnist.errors import InvalidInput
from fmnist.redaction import without_secrets


@dataclass(frozen=True)
class Check:
    """A check and its fix.

    Attributes:
        answer: makes the check; an error in it is a failure.
        fix: what to do if the answer is not "ok".
        needs: the name of a check that must be "ok" before this one is made.
    """

    name: str
    answer: Callable[[], Finding]
    fix: str
    needs: str = ""


CHECKS = (
    Check("python", checks.python, "install Python 3.11, 3.12 or 3.13"),
    Check("packages", checks.packages, "pip install -r requirements.txt"),
    Check(
        "backend",
        checks.backend,
        "unset KERAS_BACKEND for tensorflow; KERAS_BACKEND=jax needs: pip install '.[jax]'",
    ),
    Check("processor", checks.processor, "see backend", needs="backend"),
    Check("settings", checks.settings, "see backend", needs="backend"),
    Check("ray", checks.ray, "pip install '.[ray]'"),
    Check("managers", checks.managers, "add --env-manager local to mlflow run, or install uv"),
    Check(
        "data",
        checks.data,
        "set FMNIST_DATA_DIR to a folder that holds the data; or unset it, delete damaged files, "
        "and mlflow run . -e explore downloads the data (30 MB)",
    ),
    Check("disk", checks.disk, "free some space, or set FMNIST_BUNDLE_DIR to another folder"),
    Check(
        "outbox",
        checks.outbox,
        "start a search: it records the bundles of its store; for others: ingest -P path=FOLDER",
    ),
    Check("server", checks.server, "start it, or set MLFLOW_TRACKING_URI to one that runs"),
    Check(
        "host", checks.host, "start the server with --allowed-hosts and that name", needs="server"
    ),
    Check(
        "store",
        checks.store,
        "set MLFLOW_TRACKING_URI to a store that you may write, and for a server "
        "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD; mlflow run . -e init creates one",
        needs="host",
    ),
    Check("artifacts", checks.artifacts, "free some space there", needs="store"),
    Check("registry", checks.registry, "ask the store's owner to let you read it", needs="store"),
    Check("stale", checks.stale, "start a search: it closes them as KILLED", needs="store"),
)


def run(_values: dict[str, Any]) -> bool:
    """Make all checks and print a line for each; returns whether none failed."""
    levels = examine(CHECKS)
    if os.environ.get("MLFLOW_RUN_ID") and levels["store"] == OK:
        from fmnist.tracking.entry_run import mark_read_only  # MLflow, which may be missing
        from fmnist.tracking.store import open_store

        mark_read_only(open_store(), "doctor")
    return FAIL not in levels.values()


def examine(asked: Iterable[Check]) -> dict[str, str]:
    """Make checks and print a line for each; returns their levels by name."""
    levels: dict[str, str] = {}
    for check in asked:
        level, text = _finding(check, levels)
        levels[check.name] = level
        print(f"{level:4}  {check.name:9}  {text}", flush=True)
    failed, warned = (list(levels.values()).count(level) for level in (FAIL, WARN))
    print(f"doctor: {len(levels)} checks, {failed} failed, {warned} with a warning")
    return levels


def _finding(check: Check, levels: dict[str, str]) -> Finding:
    """The finding of a check. An error is a failure, and a refusal may have its own remedy."""
    fix = check.fix
    if levels.get(check.needs, OK) != OK:
        return WARN, f"not checked: needs {check.needs}"
    try:
        level, text = check.answer()
    except InvalidInput as refusal:
        level, text, fix = FAIL, refusal.what, refusal.remedy or check.fix
    except Exception as error:
        level, text = FAIL, without_secrets(f"{type(error).__name__}: {error}")
    line = " ".join(text.split())
    return level, line if level == OK else f"{line}; fix: {fix}"
