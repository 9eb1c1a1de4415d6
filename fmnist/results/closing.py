"""The last lines of a search and of a report: what was found, and what to run next; pure."""

from collections.abc import Hashable, Mapping
from typing import Any

from fmnist.results import selection
from fmnist.results.accuracy import estimate
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.table import Table
from fmnist.results.text import cell
from fmnist.study import families
from fmnist.study.families import Final
from fmnist.study.options import AS_RUN, Options, command
from fmnist.tracking.runs import SELECTED

# What a study comes to: the simplest model, and the best of both kinds.
RESULTS = {"mlp_baseline": "Linear model", "mlp_final": "Best MLP", "cnn_final": "Best CNN"}


def of_search(found: FamilyRuns, *, complete: bool) -> str:
    """A search's best configuration, with its accuracy."""
    if not found.runs:
        return "Best: no configuration is finished"
    words, accuracy = estimate(selection.candidates(found.runs)[0])
    return f"{'Best' if complete else 'Best so far'}: {words}, {accuracy.explained} on validation"


def next_step(family: str, options: Options, *, complete: bool) -> str:
    """What is run after a search: the final that chooses from it, or else the comparison."""
    if not complete:
        return "the same command again, for what is missing"
    for final in families.finals().values():
        if family in final.candidates:
            return _command_of(final, family, options)
    return command("compare", options.scale)


def _command_of(final: Final, family: str, options: Options) -> str:
    """The final's command; before it that of the family that its usual configuration is of."""
    if options.preset != AS_RUN or family == final.study_family:
        more = {"config": SELECTED} if options.preset == AS_RUN and options.folds else {}
        return families.command(final.name, options, **more)
    return families.command(final.study_family, options)


def of_study(summary: Table) -> list[str]:
    """A line for the linear model, the best MLP and the best CNN, as far as they are tested."""
    rows = {row["family"]: row for row in summary.frame.to_dict("records")}
    return [
        f"{title + ':':14}test accuracy {row['test_accuracy']}{published_beside(row)} "
        f"({row['best']})"
        for name, title in RESULTS.items()
        if (row := rows.get(name)) and cell(row["test_accuracy"])
    ]


def published_beside(row: Mapping[Hashable, Any]) -> str:
    """The study's number, where it printed one."""
    printed = cell(row.get("published_test"))
    return f", published {printed}" if printed else ""
