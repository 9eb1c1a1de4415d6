"""Compare: query MLflow, build the study's tables, and show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd
from rich.console import Console
from rich.table import Table

from fmnist.data import config
from fmnist.results.family_trials import FamilyRuns, family_runs, limits, within
from fmnist.results.tables import findings, goals, peers, ties
from fmnist.results.tables.family import BEYOND_COLUMNS, CONFIGURATION_COLUMNS, TOP, grid_table
from fmnist.results.tables.published import compared, is_of_study, published_table, rule
from fmnist.results.tables.summary import summary_table
from fmnist.results.text import readable, to_rich
from fmnist.study.families import FINALS, KFOLD, STUDY, STUDY_FINALS, get
from fmnist.study.options import Options
from fmnist.tracking import record_cache
from fmnist.tracking.runs import COMMAND, PRESET, RunRecord, finished
from fmnist.tracking.store import Store

VARIED_COLUMNS = tuple(
    name
    for name in (*CONFIGURATION_COLUMNS, *BEYOND_COLUMNS)
    if name not in ("architecture", "dropout")
)
# What a family's table says of a trial beside its settings, as far as it fits a terminal.
TERMINAL_COLUMNS = (
    "lr", "val_sparse_categorical_accuracy", "val_low", "val_high", "val_loss", "loss",
    "round_epochs", "best_val_accuracy", "best_val_low", "best_val_high", "against_winner",
)  # fmt: skip
SUMMARY_RULE = (
    "best: by as many replicates as all have; accuracies at its restored epoch with 95% intervals, "
    "over n images, or over all its replicates or models; by chance: what the best of as many "
    "equal configurations gains by the chance of their images alone; published val: the study's "
    "best, in its searches of the last epoch; published test of cnn_kfold: can be read as of the "
    "held-out folds or of the test set"
)
GRID_RULE = (
    "values of the last epoch, as the study's; best val accuracy: at the restored epoch, which is "
    "that of the lowest validation loss, not of the highest accuracy; 95%: "
    f"Wilson interval; {ties.RULE}"
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The study's tables: per family, the summary, published beside ours; and what they are of.

    `finals` are of what each search chose, `of_study` of the study's own configurations. `peers` is
    what goes beyond the study, the runs `beyond`, beside what others published; `goals` are of
    all images alone; `failed` are runs of trials that failed, some of which were done since.
    """

    families: dict[str, pd.DataFrame]
    summary: pd.DataFrame
    published: pd.DataFrame
    findings: pd.DataFrame
    peers: pd.DataFrame
    goals: pd.DataFrame
    runs: list[FamilyRuns]
    finals: dict[str, RunRecord]
    of_study: dict[str, RunRecord] = field(default_factory=dict)
    beyond: list[RunRecord] = field(default_factory=list)
    folds: list[RunRecord] = field(default_factory=list)
    failed: list[RunRecord] = field(default_factory=list)

    @property
    def trials(self) -> list[RunRecord]:
        """Every trial once, whatever families it is of, in the order of keys."""
        runs = (run for family in self.runs for run in family.runs)
        return sorted({run.key: run for run in (*runs, *self.folds)}.values(), key=_by_key)

    @property
    def empty(self) -> bool:
        """Whether there was nothing to compare."""
        return self.summary.empty


def _by_key(run: RunRecord) -> str:
    return run.key


def compare(store: Store, options: Options) -> Comparison:
    """The tables of what a store holds for a preset, an epoch limit and a seed."""
    done = finished(record_cache.finished_trials(store))
    grouped = [
        family
        for family in family_runs(options, done.values())
        if family.name in STUDY or family.was_searched
    ]
    evaluated = store.evaluated(f"tags.`{PRESET}` = '{options.preset}'")
    finals, beyond = final_runs(evaluated, options), beyond_runs(evaluated)
    of_study = final_runs(filter(is_of_study, evaluated), options)
    return Comparison(
        families={family.name: ties.mark(grid_table(family), family, store) for family in grouped},
        summary=summary_table(grouped, finals),
        published=published_table(grouped, finals | of_study),
        findings=findings.findings_table(grouped, partial(ties.right_answers, store=store)),
        peers=peers.peers_table(beyond),
        goals=goals.goals_table([*finals.values(), *of_study.values(), *beyond], options),
        runs=grouped,
        finals=finals,
        of_study=of_study,
        beyond=beyond,
        folds=[run for run in done.values() if _is_fold(run, options)],
        failed=store.trials("attributes.status = 'FAILED'"),
    )


def _is_fold(run: RunRecord, options: Options) -> bool:
    return run.family == KFOLD and within(run, limits(options, run.trial.data.split))


def beyond_runs(evaluated: Iterable[RunRecord]) -> list[RunRecord]:
    """What was evaluated beyond the study, of all epochs, in the order of time.

    Of one command the newest: with more trials to choose from it gives another, and not the older.
    """
    of_study = (*STUDY_FINALS, KFOLD)
    found = [
        run for run in evaluated if run.family not in of_study and "multiply_adds" in run.metrics
    ]
    found.sort(key=lambda run: run.start_time)
    newest = {run.tags.get(COMMAND, run.run_id): run for run in found}
    return sorted(newest.values(), key=lambda run: run.start_time)


def final_runs(evaluated: Iterable[RunRecord], options: Options) -> dict[str, RunRecord]:
    """The newest evaluation of each final, and of the cross-validation, as the options ask.

    What a search chose comes before the study's own choice, what was asked for in the options'
    precision before others, and what was made here before what an export brought. A refit, which
    is validated on other images, stands beside the peers alone.
    """
    asked = limits(options)
    runs = [run for run in evaluated if within(run, asked) and run.trial.data.split != config.REFIT]
    found = {
        run.family: run for run in sorted(runs, key=partial(_order_of_counting, options.precision))
    }
    return {name: found[name] for name in (*FINALS, KFOLD) if name in found}


def _order_of_counting(precision: str, run: RunRecord) -> tuple[bool, bool, bool, int]:
    as_asked = run.asked("precision", Options.precision) == precision
    return run.selected, as_asked, run.has_weights, run.start_time


def show(comparison: Comparison, console: Console) -> None:
    """Print the tables."""
    published = compared(comparison.published)
    for name, table in comparison.families.items():
        if not table.empty:
            shown = table[terminal_columns(table)]
            title = f"{name}: {get(name).question} Top {min(len(table), TOP)}"
            top = readable(shown.head(TOP))
            _print(console, to_rich(top, f"{title} of {len(table)}", GRID_RULE))
    _print(
        console,
        to_rich(readable(published), "Published beside ours", rule(published)),
    )
    told = readable(comparison.findings)
    _print(console, to_rich(told, "The study's claims", findings.RULE))
    _print(console, to_rich(readable(comparison.summary), "Summary", SUMMARY_RULE))
    if not comparison.peers.empty:
        _print(console, to_rich(readable(comparison.peers), "Beside peers", peers.RULE))
    if not comparison.goals.empty:
        _print(console, to_rich(readable(comparison.goals), "Goals", goals.RULE))


def _print(console: Console, table: Table) -> None:
    """Print a table as wide as it is: a narrow terminal wraps its lines, and nothing is cut off."""
    width = max(console.width, console.measure(table).minimum)
    console.print(table, width=width, crop=False)


def terminal_columns(table: pd.DataFrame, measured: Sequence[str] = TERMINAL_COLUMNS) -> list[str]:
    """The columns of a family's table that fit a terminal: of its settings those that vary."""
    varied = [
        name for name in VARIED_COLUMNS if name in table and table[name].nunique(dropna=False) > 1
    ]
    shown = ("architecture", "dropout", *varied, *measured)
    return [name for name in table.columns if name in shown]
