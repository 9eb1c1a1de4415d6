"""Put a final's model into Production, if it passes the gate; a refusal is a result too."""

from typing import Any

from entrypoints import arguments
from fmnist.errors import InvalidInput

PARAMETERS = ("model", "run", "allow_tie")


def promote(values: dict[str, Any]) -> bool:
    """Print and record the decision on the version that a final's run registered."""
    from fmnist.console import open_console
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    name, run_id = values["model"], values["run"]
    if not run_id:
        raise InvalidInput("run=none: accepted is the id of a final's run")
    store = open_store()
    from fmnist.registry import gate, history
    from fmnist.tracking import runs  # Keras, once the store is known to answer

    version = gate.candidate(store, name, run_id)
    with entry_run(store, "promote", f"promote {name} version {version.version}", {}) as run:
        decision = gate.promote(store, version, allow_tie=values["allow_tie"])
        tags = {history.DECISION: decision.text, runs.DESCRIPTION: decision.text}
        store.log(run.run_id, tags=tags)
        open_console().print(f"promote: {decision.text}", soft_wrap=True)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, promote)
