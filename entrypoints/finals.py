"""Finals: choose on validation, read the test set once, register what was chosen.

A final takes the winner's saved weights. It first has trained what it lacks: more replicates than
have weights (an export brings none), or a refit.
"""

from collections.abc import Sequence
from itertools import count, islice
from typing import Any

from mlflow.entities.model_registry import ModelVersion
from rich.console import Console

from entrypoints.choice import Chosen, choose, first_tags, rule, usual_config
from entrypoints.parameters import options as options_of
from fmnist.console import open_console
from fmnist.data import fashion_mnist
from fmnist.registry import evaluation, evaluation_files, gate, logged_models, model_data, registry
from fmnist.registry.logged_models import DIGEST, MODEL
from fmnist.results import answers, mlflow_pages, selection
from fmnist.results.selection import Candidate
from fmnist.search.run_plan import run_plan
from fmnist.study import naming
from fmnist.study.families import FINALS, Final
from fmnist.study.options import Options
from fmnist.study.plan import Plan, plan_replicates
from fmnist.tracking import trial_run
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.runs import (
    DECISION,
    EVALUATED_IN,
    FAMILY,
    KEY,
    PRESET,
    RunRecord,
    chosen_tags,
    gpu_tags,
)
from fmnist.tracking.store import Store, open_store

REPLICATES = "fmnist.replicates"


def run(name: str, values: dict[str, Any]) -> bool:
    """Run the final of that name; returns whether all its replicates are there."""
    options, console = options_of(values), open_console()
    config = values.get("config") or usual_config(options)  # one beyond the study takes none
    return run_final(FINALS[name], options, config, open_store(), console)


def run_final(
    final: Final,
    options: Options,
    config: str,
    store: Store,
    console: Console,
    parent: EntryRun | None = None,
) -> bool:
    """Select, evaluate, register and promote; False if a replicate could not be trained."""
    for version in registry.versions(store, model_data.name_of(final.registered_model)):
        model_data.check(version)  # before the test set is read
    chosen = choose(final, options, config, store, console)
    words = naming.words(chosen.trial)
    chosen_by = rule(final, config, options)
    console.print(f"{final.name}: {words}, {chosen_by}", soft_wrap=True)
    choice = mlflow_pages.of_choice(words, chosen_by)
    tags = first_tags(final.name, options, config, choice)
    with entry_run(store, "final", final.name, tags, parent) as run:
        usable = _trained(chosen, options, run, console)
        if not usable:
            run.succeeded = False
            return False
        (candidate,) = selection.candidates(usable)
        tags = chosen_tags(final.name, candidate.best.trial, words)
        run.log(tags=tags | gpu_tags(candidate.replicates))
        version = _evaluated(final, candidate, run, console)
        decision = gate.promote(store, version, asked=False).text
        console.print(f"{final.name}: {decision}", soft_wrap=True)
        run.log(tags={DECISION: decision})
        evaluated = store.with_id(str(version.run_id))
        run.describe(mlflow_pages.of_final(choice, options, evaluated, decision))
        for found in evaluated:
            answers.of_final(found, run.run_id).log(run)
    return run.succeeded


def plan_final(final: Final, options: Options, config: str, store: Store, console: Console) -> Plan:
    """The replicates that a final evaluates, whether they are trained or not.

    Raises:
        InvalidInput: if no trial that it could choose is finished.
    """
    chosen = choose(final, options, config, store, console)
    return _plan(chosen, options, _replicates(chosen, store))


def _plan(chosen: Chosen, options: Options, replicates: Sequence[RunRecord]) -> Plan:
    numbers = _numbers(replicates, chosen.first, options.replicates)
    return plan_replicates(chosen.trial, chosen.family, chosen.preset, options, numbers)


def _trained(chosen: Chosen, options: Options, run: EntryRun, console: Console) -> list[RunRecord]:
    """A trial's replicates with weights, once as many as the options ask for were trained."""
    replicates = _replicates(chosen, run.store)
    if len(_with_weights(replicates)) < options.replicates:
        plan = _plan(chosen, options, replicates)
        run.succeeded = run_plan(plan, options, run, console).complete
        replicates = _replicates(chosen, run.store)
    return _with_weights(replicates)


def _evaluated(final: Final, candidate: Candidate, run: EntryRun, console: Console) -> ModelVersion:
    """The version whose evaluation is of a candidate: of before, or made now."""
    store = run.store
    name = model_data.name_of(final.registered_model)
    version = registry.version_of_key(store, name, candidate.best.key)
    if version is None or not _still_holds(version, candidate, store):
        found = _unregistered(final, candidate, store)
        evaluated = found[0] if found else _evaluate(final, candidate, run, console)
        version = _register(final, candidate.best, evaluated, store)
    else:
        registry.link(store, version)  # which an interrupted final may have left undone
    if (before := str(version.run_id)) != run.run_id:
        console.print(f"{final.name}: evaluated before, in run {before}")
        run.log(tags={EVALUATED_IN: before})
    return version


def _unregistered(final: Final, candidate: Candidate, store: Store) -> list[RunRecord]:
    """Evaluations of a candidate that were interrupted before their model was registered."""
    wanted = {FAMILY: final.name, KEY: candidate.best.key}
    found = store.runs(" AND ".join(f"tags.`{tag}` = '{text}'" for tag, text in wanted.items()))
    return [
        run
        for run in found
        if run.status != "FINISHED"
        and DIGEST in run.tags
        and run.metrics["models"] >= len(candidate.replicates)
        and (MODEL not in run.tags or logged_models.exists(store, run.tags[MODEL]))
    ]


def _still_holds(version: ModelVersion, candidate: Candidate, store: Store) -> bool:
    """Whether a version's evaluation is of as many replicates, and nothing of it was deleted."""
    of_as_many = int(version.tags[REPLICATES]) >= len(candidate.replicates)
    evaluated = store.with_id(str(version.run_id))
    return of_as_many and bool(evaluated) and not registry.is_deleted(store, version)


def _replicates(chosen: Chosen, store: Store) -> list[RunRecord]:
    """The finished replicates of the chosen configuration, from the first that is evaluated on."""
    wanted = chosen.trial.configuration_key
    return [
        run
        for run in store.finished_trials().values()
        if run.trial.configuration_key == wanted and run.trial.replicate >= chosen.first
    ]


def _with_weights(replicates: Sequence[RunRecord]) -> list[RunRecord]:
    """Those that can be evaluated: an export brings none."""
    return [run for run in replicates if run.has_weights]


def _numbers(replicates: Sequence[RunRecord], first: int, wanted: int) -> list[int]:
    """The first numbers of replicates, from one on, that none without weights has."""
    taken = {run.trial.replicate for run in replicates if not run.has_weights}
    return list(islice((number for number in count(first) if number not in taken), wanted))


def _evaluate(final: Final, candidate: Candidate, run: EntryRun, console: Console) -> RunRecord:
    """The one reading of the test set, by every replicate; the model is of the best on validation.

    The metrics come last, with the model's digest: a run that holds them counts as evaluated.
    """
    store, trial = run.store, candidate.best.trial
    evaluations = [evaluation.evaluate(replicate, store) for replicate in candidate.replicates]
    best = evaluations[0]
    metrics = best.metrics | evaluation.training_metrics(best)
    metrics |= evaluation.over_replicates(evaluations)
    run.add_params(params := trial_run.params(trial))
    run.log_data(trial.data, trial_run.PARTS)
    with run.files() as folder:
        evaluation_files.write(folder, best.probabilities)
        evaluation_files.write_model(folder, best.run, best.model, store)
    example, told = fashion_mnist.load().test_images[:2], fashion_mnist.identity()
    tags = logged_models.log_model(store, run.run_id, final.name, best.model, example, params)
    logged_models.log_results(store, run.run_id, metrics, tags, trial.data)
    console.print(f"{final.name}: {evaluation.test_text(metrics, told)}", soft_wrap=True)
    return run.record()


def _register(final: Final, best: RunRecord, evaluated: RunRecord, store: Store) -> ModelVersion:
    """The version of the model of an evaluated run, which is of the best replicate."""
    tags = {
        KEY: best.key,
        PRESET: best.preset,
        REPLICATES: f"{evaluated.metrics['models']:.0f}",
    }
    tags |= {tag: evaluated.tags[tag] for tag in (DIGEST, MODEL) if tag in evaluated.tags}
    tags |= model_data.tags()
    description = _description(final, best, evaluated)
    name = model_data.name_of(final.registered_model)
    return registry.register(store, name, evaluated.run_id, tags, description)


def _description(final: Final, best: RunRecord, evaluated: RunRecord) -> str:
    """What a registered version is, in Markdown."""
    told = fashion_mnist.identity()
    where = f"#/experiments/{evaluated.experiment_id}/runs/{evaluated.run_id}"
    return (
        f"{final.name} at preset={best.preset}: `{naming.words(best.trial)}`, "
        f"{evaluated.metrics['parameters']:.0f} parameters. Raw pixels of 0-255, (n, 28, 28), to "
        f"probabilities of the 10 classes.\n\nIts {evaluation.test_text(evaluated.metrics, told)}, "
        f"in run [{evaluated.run_id}]({where})."
    )
