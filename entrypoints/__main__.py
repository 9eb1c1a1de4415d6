"""`python -m entrypoints VERB`: run a verb, and end with an exit code.

0: all that was asked for is done; 1: it is not; 2: refused, in one line; 130: interrupted.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import psutil

from entrypoints import alerts
from entrypoints.command_line import help_text
from entrypoints.verbs import Verb, find, listing
from fmnist.console import protect_output
from fmnist.errors import InvalidInput

REFUSED = 2
INTERRUPTED = 130
STOPPING = (signal.SIGTERM, signal.SIGINT)
HELP = {"-h", "--help"}
PARENT_POLL_SECONDS = 0.5
# Whose variables are read, by us and by what we use.
OWNERS = ("FMNIST_", "KERAS_", "MLFLOW_")


def main(words: Sequence[str]) -> NoReturn:
    """Run what a command line says, and exit."""
    _forget_empty_variables()
    protect_output()
    # A machine without a GPU is no error, as TensorFlow would say; whoever sets this hears it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A notebook's `!command` inherits a backend of figures that need not be installed here.
    os.environ["MPLBACKEND"] = "agg"
    for number in STOPPING:
        signal.signal(number, _interrupt)
    if os.environ.get("MLFLOW_RUN_ID"):
        _go_where_mlflow_run_was_typed()
        threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()
    try:
        code = _outcome(words)
        _ignore_signals()  # Python would answer one with a traceback while it ends
    except KeyboardInterrupt:  # between the verb's end and that
        code = INTERRUPTED
    sys.exit(code)


def _forget_empty_variables() -> None:
    """Take what is set to nothing as not set; MLflow takes it for a name or an address."""
    for name, text in list(os.environ.items()):
        if name.startswith(OWNERS) and not text:
            del os.environ[name]


def _go_where_mlflow_run_was_typed() -> None:
    """Leave the project's folder, in which MLflow starts us, for that of its own process.

    A path, a store and what is written are then where the person who typed them means, and nothing
    is left in the checkout.
    """
    with suppress(psutil.Error, OSError):
        os.chdir(psutil.Process(os.getppid()).cwd())


def _outcome(words: Sequence[str]) -> int:
    """The exit code of a command line, once it has run."""
    try:
        if not words or words[0] in HELP:
            print(listing())
            return 0
        verb = find(words[0])
        if HELP & set(words):
            print(help_text(verb.name, verb.summary, verb.parameters))
            return 0
        return _run(verb, words[1:])
    except InvalidInput as refusal:
        print(" ".join(str(refusal).split()), file=sys.stderr)
        if os.environ.get("MLFLOW_RUN_ID"):
            from fmnist.tracking.entry_run import describe_refusal

            describe_refusal(str(refusal))
        return REFUSED


def _run(verb: Verb, words: Sequence[str]) -> int:
    """The exit code of a verb, once it has run."""
    again = "; run the same command again to go on from here" if verb.goes_on else ""
    try:
        return 0 if verb.start(verb.accept(words)) else 1
    except KeyboardInterrupt:
        print(f"Interrupted{again}", file=sys.stderr)
        return INTERRUPTED
    except InvalidInput as refusal:
        _alert(verb, f"refused: {refusal}")
        raise
    except Exception as error:
        line = f"Stopped: {_failure(error, again)}"
        print(line, file=sys.stderr)
        _alert(verb, line)
        return 1


def _failure(error: Exception, again: str) -> str:
    """An error of the store or the disk in one line; any other one is raised again."""
    failures = sys.modules.get("fmnist.tracking.failures")  # not where there is no MLflow
    if not isinstance(error, failures.AWAY if failures else OSError):
        raise error
    if not failures:
        return f"{type(error).__name__}: {error}{again}"
    return f"{failures.reason(error)}{again if failures.may_pass(error) else ''}"


def _alert(verb: Verb, line: str) -> None:
    if verb.searches:
        alerts.tell(f"{verb.name}: {line}")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Stop as Ctrl-C does; what then ends the runs is not interrupted again."""
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _watch_parent(parent: int) -> None:
    """Stop when `mlflow run` is gone: it passes no signal on to the process that it started."""
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
