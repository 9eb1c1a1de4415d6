"""Say what a family would run: its trials, what is done, what is missing, how long that takes."""

from typing import Any

from entrypoints import arguments

PARAMETERS = (
    "family", "preset", "epochs", "replicates", "seed", "precision", "grid",
    *arguments.STRATEGY, "requests",
)  # fmt: skip


def show(values: dict[str, Any]) -> bool:
    """Print the plan, and write down what is missing where it is asked for; trains nothing."""
    from fmnist import families, outlook, planning, records, request_file
    from fmnist.entry_runs import entry_run
    from fmnist.options import DEPENDING_ON_RESULTS, GRID
    from fmnist.progress import open_console
    from fmnist.tracking import open_store

    options = arguments.options(values)
    family = families.get(values["family"])
    planning.check(family, options)
    if path := values["requests"]:
        request_file.check(path)
    store, console = open_store(), open_console()
    with entry_run(store, "plan", "plan", {records.PRESET: options.preset}):
        known = store.trials()
        if options.strategy == GRID:
            plan = planning.plan_family(family, options)
        else:
            from fmnist.searching import foresee  # keras-tuner, only where it is asked

            plan = foresee(family, options, known)
        finished = records.finished(known)
        outlook.show(plan, finished, console)
        if path:
            missing = [each for each in plan.requests if each.trial.key not in finished]
            request_file.write(missing, path)
            console.print(f"plan: {len(missing)} requests in {path}", soft_wrap=True)
        if options.strategy in DEPENDING_ON_RESULTS:
            console.print("What is tried after those that are missing depends on their results.")
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, show)
