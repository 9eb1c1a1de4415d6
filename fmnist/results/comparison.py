"""Compare: query MLflow, and build the study's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from fmnist.data import config
from fmnist.results.counterparts import counterparts, is_of_study, without_verdict
from fmnist.results.family_trials import (
    FamilyRuns,
    families_on_folds,
    family_runs,
    folds_at,
    limits,
    within,
)
from fmnist.results.predictions import test_parts
from fmnist.results.tables import (
    completeness,
    cost,
    family,
    findings,
    peers,
    provenance,
    test_access,
)
from fmnist.results.tables.agreement import agreement_table
from fmnist.results.tables.epochs import epochs_table
from fmnist.results.tables.f1_parts import f1_parts_table
from fmnist.results.tables.folds import folds_table
from fmnist.results.tables.published import other_table, published_table
from fmnist.results.tables.seconds import seconds_table
from fmnist.results.tables.summary import summary_table
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.families import KFOLD, STUDY, STUDY_FINALS
from fmnist.study.options import AS_RUN, Scale
from fmnist.tracking import artifacts, definitions
from fmnist.tracking.runs import COMMAND, RunRecord, finished
from fmnist.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What a store holds of the study, and of what goes beyond it, at the options' scale.

    Attributes:
        families: those of the study, and others that were searched.
        finals: the newest evaluation of what each search chose.
        of_study: the newest evaluation of the study's own configuration.
        beyond: what was evaluated beyond the study.
        folds: the trials on folds, of searches and of cross-validations.
        on_folds: the families that were searched on folds.
        failed: runs of trials that failed, some of which were done since.
        of_all_presets: every finished trial and evaluation, whatever its preset.
    """

    families: list[FamilyRuns]
    finals: Mapping[str, RunRecord]
    of_study: Mapping[str, RunRecord]
    beyond: list[RunRecord]
    folds: list[RunRecord]
    on_folds: list[FamilyRuns]
    failed: list[RunRecord]
    of_all_presets: list[RunRecord]

    @property
    def trials(self) -> list[RunRecord]:
        """Every trial once, whatever families it is of, in the order of keys."""
        runs = (run for family in self.families for run in family.runs)
        by_key = {run.key: run for run in (*runs, *self.folds)}
        return [by_key[key] for key in sorted(by_key)]


@dataclass(frozen=True)
class Comparison:
    """What a store holds, and the study's tables of it by their names.

    Attributes:
        without_verdict: why ours are not judged by what the study's author ran; empty if they are.
    """

    recorded: Recorded
    tables: Mapping[str, Table]
    without_verdict: str

    def frame(self, name: str) -> pd.DataFrame:
        """The rows of a table."""
        return self.tables[name].frame

    @property
    def empty(self) -> bool:
        """Whether there was nothing to compare."""
        return self.tables["summary"].empty


def compare(store: Store, options: Scale) -> Comparison:
    """The tables of what a store holds for a preset, an epoch limit and a seed."""
    found = recorded(store, options)
    searched, finals, trials = found.families, found.finals, found.trials
    tables = [
        *map(family.grid_table, searched),
        summary_table(searched, finals, options.preset),
        folds_table(found.on_folds),
        *_published(found, options, store),
        findings.findings_table(searched, options),
        peers.peers_table(found.beyond),
        completeness.completeness_table(searched, finals, found.folds, options, found.failed),
        cost.cost_table(trials),
        provenance.provenance_table(trials),
        test_access.access_table(found.of_all_presets),
    ]
    by_name = {table.name: table for table in tables}
    return Comparison(found, by_name, without_verdict(options))


def _published(found: Recorded, options: Scale, store: Store) -> list[Table]:
    """What the study printed beside ours: as its author ran it, or as its text has it."""
    pairs = counterparts(found.families, {**found.finals, **found.of_study}, options)
    table = published_table(pairs, without_verdict(options))
    agreement = agreement_table(table, without_verdict(options))
    if options.preset != AS_RUN:
        return [table, agreement, other_table(pairs)]
    final = found.of_study.get("cnn_final")
    runs = list({run.key: run for pair in pairs for run in pair.runs}.values())
    found_rates = artifacts.read_all(
        lambda run, store: store.curve(run.run_id, "learning_rate"), runs, store
    )
    rates = {run.key: of_run for run, of_run in zip(runs, found_rates, strict=True)}
    return [
        table,
        agreement,
        epochs_table(pairs, lambda run: rates[run.key]),
        other_table(pairs, but=["epochs_run"]),
        seconds_table(pairs),
        f1_parts_table(list(test_parts(final, store).values()) if final else []),
    ]


def recorded(store: Store, options: Scale) -> Recorded:
    """What a store holds for a preset, an epoch limit and a seed.

    This process then knows the person's own families that were searched there.
    """
    definitions.learn(store)
    trials, results = store.trials("attributes.status = 'FINISHED'"), store.evaluated()
    done = finished(trials).values()
    evaluated = [run for run in results if run.preset == options.preset]
    folds = folds_at(options, done)
    on_folds = families_on_folds(options, folds)
    return Recorded(
        families=[
            family
            for family in family_runs(options, done)
            if family.name in STUDY or family.was_searched
        ],
        finals=final_runs(evaluated, options),
        of_study=final_runs((run for run in evaluated if is_of_study(run, options)), options),
        beyond=beyond_runs(evaluated),
        folds=folds,
        on_folds=[family for family in on_folds if family.was_searched],
        failed=store.trials("attributes.status = 'FAILED'"),
        of_all_presets=[*trials, *results],
    )


def beyond_runs(evaluated: Iterable[RunRecord]) -> list[RunRecord]:
    """What was evaluated beyond the study, of all epochs, in the order of time.

    Of one command the newest: with more trials to choose from it gives another, and not the older.
    """
    of_study = (*STUDY_FINALS, KFOLD)
    found = [
        run for run in evaluated if run.family not in of_study and "train_seconds" in run.metrics
    ]
    found.sort(key=lambda run: run.start_time)
    newest = {run.tags.get(COMMAND, run.run_id): run for run in found}
    return sorted(newest.values(), key=lambda run: run.start_time)


def final_runs(evaluated: Iterable[RunRecord], options: Scale) -> dict[str, RunRecord]:
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
    return {name: found[name] for name in (*families.finals(), KFOLD) if name in found}


def _order_of_counting(precision: str, run: RunRecord) -> tuple[bool, bool, bool, int]:
    as_asked = run.asked("precision", Scale.precision) == precision
    return run.selected, as_asked, run.has_weights, run.start_time
