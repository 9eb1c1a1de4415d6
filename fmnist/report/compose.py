"""The whole report: its first screen and its sections, in the study's order."""

from dataclasses import replace

import numpy as np

from fmnist.data import config, fashion_mnist, splits
from fmnist.report import intervals
from fmnist.report.family import family_section
from fmnist.report.finals import finals_section, folds_section
from fmnist.report.front import front
from fmnist.report.parts import Chart, Part, Picture, Report, Rows, Section
from fmnist.report.provenance import completeness_section, environment_section
from fmnist.results import colors, pictures, plots
from fmnist.results.comparison import Comparison
from fmnist.results.labels import plain
from fmnist.results.pictures import SAMPLES_SHOWN, SAMPLES_TITLE, images_of_each
from fmnist.results.tables import published
from fmnist.results.tables.family import LEGEND, TOP
from fmnist.results.tables.summary import estimates
from fmnist.stats import INTERVAL
from fmnist.study import families
from fmnist.study.options import AS_RUN, Scale
from fmnist.tracking.store import Store

CHAPTERS = {
    "mlp": "Multilayer perceptrons",
    "cnn": "Convolutional networks",
    "resnet": "Residual networks, our extension",
    "vgg": "VGG-like networks, our extension",
    "own": "Your own families",
}
# Tables shown below the published accuracies, where there are any.
MORE = ("agreement", "epochs", "published_other", "seconds")
READING = (
    "Best = highest mean validation accuracy, using the same number of seeds for every "
    "configuration. Anything not in a configuration's name is at its default. Validation "
    "accuracies in charts are of the saved weights.",
    "Each family has its own color, the same in every figure. Lines through points are "
    f"{INTERVAL}s. In learning curves, training is dotted and validation solid.",
    f"Tables of a family: {LEGEND}",
)


def compose(compared: Comparison, options: Scale, store: Store) -> Report:
    """The report of what a store holds."""
    sections = [
        *([] if compared.empty else [_summary_section(compared)]),
        _data_section(options),
        *_network_sections(compared, options, store),
        finals_section(compared, options, store),
        *([] if fashion_mnist.identity().is_other else [_published_section(compared)]),
        *([folds_section(compared, options)] if options.preset != AS_RUN else []),
        completeness_section(compared),
        environment_section(compared, options),
    ]
    return Report(front(compared, options), READING, sections)


def _summary_section(compared: Comparison) -> Section:
    table, parts = compared.tables["summary"], list[Part]()
    if found := estimates(table):
        rows = [(f"{name}: {label}", accuracy) for name, (label, accuracy) in found.items()]
        name, accuracy = max(rows, key=lambda row: row[1].value)
        summary = f"The best is {name}, with {accuracy.value:.4f}."
        shades = [colors.of(searched) for searched in found]
        figure = intervals.estimates({"validation": rows}, "validation accuracy", [shades])
        parts = [Chart("The best of each family on the validation images", summary, figure)]
    shown = [compared.tables[name] for name in ("summary", "folds", "peers")]
    parts += [Rows(one) for one in shown if not one.empty]
    return Section("Summary", [], parts)


def _data_section(options: Scale) -> Section:
    dataset = fashion_mnist.load()
    described = splits.describe(len(dataset.train_labels), config.HOLDOUT, options.split_seed)
    held_out = np.bincount(splits.validation_labels(described))
    counts = {
        "training": np.bincount(dataset.train_labels) - held_out,
        "validation": held_out,
        "test": np.bincount(dataset.test_labels),
    }
    sizes = ", ".join(f"{sum(values):,} {name}" for name, values in counts.items())
    each = ", ".join(f"{images_of_each(values)} {name}" for name, values in counts.items())
    told = dataset.identity
    clothes = "" if told.is_other else " of clothes"
    text = [
        f"{told.title}: gray images of 28 x 28 pixels{clothes} in ten classes; {sizes} images. "
        f"Of each class: {each} images."
    ]
    first = slice(SAMPLES_SHOWN)
    grid = pictures.sample_grid(dataset.train_images[first], dataset.train_labels[first])
    names = ", ".join(told.class_names)
    alternative = f"{SAMPLES_TITLE}, each under its label: {names}"
    picture = Picture(SAMPLES_TITLE, alternative, plots.to_png(grid), width=54)
    return Section("The data", text, [picture])


def _network_sections(compared: Comparison, options: Scale, store: Store) -> list[Section]:
    """The families of each chapter that has any: our extensions only when they have run."""
    found = []
    for chapter, title in CHAPTERS.items():
        sections = [
            family_section(family, compared, options, store)
            for family in compared.recorded.families
            if _chapter(family.name) == chapter
        ]
        if sections:
            found.append(Section(title, sections=sections))
    return found


def _chapter(name: str) -> str:
    return "own" if families.is_own(name) else families.get(name).model.network


def _published_section(compared: Comparison) -> Section:
    table = published.compared(compared.tables["published"])
    if table.empty:
        return Section(table.title, ["No published number has a counterpart here yet."])
    counts = published.verdicts(table.frame)
    text = [f"{len(table)} published accuracies have a counterpart here."]
    if counts.judged:
        text = [
            f"{counts} published accuracies lie in the 95% prediction interval of one further "
            "training of ours."
        ]
    parts: list[Part] = []
    if drawn := published.differences(table.frame):
        rows = [(plain(name), difference) for name, difference in drawn]
        summary = "On validation and test images; the line at 0 means no difference."
        parts.append(Chart("Ours minus published", summary, intervals.differences(rows)))
    tables = (compared.tables[name] for name in MORE if name in compared.tables)
    more = [published.compared(one) if "ours" in one.frame else one for one in tables]
    return Section(
        table.title,
        text,
        [Rows(replace(table, title="Published accuracies"), TOP)],
        fold="Each difference, and losses, epochs and times",
        folded=[*parts, *(Rows(one, TOP) for one in more if not one.empty)],
    )
