"""The descriptions of runs on MLflow's pages: Markdown, from records and tables; pure.

A page shows the first four lines, and the rest when asked: what was found comes first, and all of
it fits a screen.
"""

from collections.abc import Iterable

import pandas as pd

from fmnist.data import config, fashion_mnist, splits
from fmnist.data.config import ALL_FOLDS, ALL_IMAGES
from fmnist.results import selection
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.selection import Candidate
from fmnist.results.tables import summary
from fmnist.results.text import cell, markdown
from fmnist.search.certificate import Certificate
from fmnist.study.family import Family
from fmnist.study.naming import words
from fmnist.study.options import GRID, PRESETS, Options, Scale
from fmnist.tracking.runs import RunRecord

# How many rows and columns a screen has room for.
TOP = 5
NOTHING = "No configuration is finished"
SUMMARY_COLUMNS = [
    "family", "best", "val_accuracy", "published_val", "test_accuracy", "published_test",
]  # fmt: skip


def of_search(family: Family, options: Options, found: FamilyRuns, did: Certificate) -> str:
    """A search: its question, the best, the counts, the first configurations."""
    answer = f"{NOTHING}."
    for row in summary.summary_table([found], {}, options.preset).frame.to_dict("records"):
        accuracy = f"validation accuracy {row['val_accuracy'].explained}"
        answer = f"Best: **{row['best']}**, {accuracy}{_beside(row.get('published_val'))}."
    paragraphs = [
        f"**{family.question}** {answer}",
        f"{did.counts}. At {scale(options)}{_by(options)}.",
    ]
    if ranked := selection.candidates(found.runs):
        top = pd.DataFrame([_row(candidate) for candidate in ranked[:TOP]])
        paragraphs += [f"Top {len(top)} of {len(ranked)} configurations:", markdown(top)]
    return "\n\n".join(paragraphs)


def _row(candidate: Candidate) -> dict[str, object]:
    """A configuration, its accuracy over its seeds or folds, and what the best of those cost."""
    best = candidate.best
    return {
        "configuration": words(best.trial),
        "val_accuracy": estimate(candidate)[1],
        "folds" if candidate.on_folds else "seeds": len(candidate.replicates),
        "epochs": int(best.metrics["epochs_run"]),
        "parameters": int(best.metrics["parameters"]),
        "seconds": f"{best.metrics['train_seconds']:.0f}",
    }


def of_comparison(compared: Comparison, options: Scale) -> str:
    """The study, or what is recorded of it: the summary."""
    summed = compared.frame("summary")
    table = markdown(summed[[name for name in SUMMARY_COLUMNS if name in summed]])
    return f"**What does the study find?** At {scale(options)}:\n\n{table}"


def of_choice(words: str, rule: str) -> str:
    """What a final selected, and by which rule."""
    return f"Selected: **{words}**, {rule}."


def of_final(choice: str, options: Scale, evaluated: Iterable[RunRecord], *more: str) -> str:
    """A final: its choice, the test accuracy in the run that evaluated it, what came of it."""
    paragraphs = [choice]
    finals = {run.family: run for run in evaluated}
    for row in summary.summary_table([], finals, options.preset).frame.to_dict("records"):
        accuracy = f"Test accuracy {row['test_accuracy'].explained}"
        paragraphs.append(f"{accuracy}{_beside(row.get('published_test'))}.")
    return "\n\n".join([*paragraphs, *more, f"At {scale(options)}."])


def scale(options: Scale) -> str:
    """How much of the study is run."""
    return f"preset={options.preset}, {images(options)}, at most {options.epoch_limit} epochs"


def images(options: Scale) -> str:
    """How many training images are used, and of which data if not of Fashion-MNIST."""
    samples, told = PRESETS[options.preset].samples, fashion_mnist.identity()
    if not told.is_other:
        return f"{samples:,} of {ALL_IMAGES:,} training images"
    used = splits.describe(samples, config.HOLDOUT, options.split_seed).samples
    there = len(fashion_mnist.load().train_labels)
    return f"{used:,} of {there:,} training images of {told.name}"


def _by(options: Options) -> str:
    """The strategy, where not all of the grid was tried; or that it was tried on folds."""
    folds = f", on {ALL_FOLDS}" if options.folds else ""
    return folds if options.strategy == GRID else f", by strategy={options.strategy}"


def _beside(published: float | None) -> str:
    """The study's number, where it printed one."""
    return f"; the study's: {cell(published)}" if cell(published) else ""
