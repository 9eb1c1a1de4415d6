"""The whole report: its summary and its sections, in the study's order."""

from dataclasses import dataclass, replace

import numpy as np

from fmnist.data import config, fashion_mnist, splits
from fmnist.report import charts
from fmnist.report.family import family_section
from fmnist.report.finals import finals_section, folds_section
from fmnist.report.parts import Chart, Commands, Headline, Part, Picture, Rows, Section
from fmnist.report.provenance import completeness_section, environment_section
from fmnist.results import pictures, plots
from fmnist.results.comparison import Comparison
from fmnist.results.pictures import SAMPLES_SHOWN
from fmnist.results.tables import published
from fmnist.results.tables.family import TOP
from fmnist.results.tables.published import OTHER
from fmnist.results.tables.summary import estimates
from fmnist.results.tables.table import Table
from fmnist.stats import INTERVAL
from fmnist.study.families import FAMILIES
from fmnist.study.metrics import ACCURACY
from fmnist.study.options import AS_RUN, PAPER, PRESETS, Scale, command
from fmnist.tracking.store import Store

NETWORKS = {
    "mlp": "Multilayer perceptrons",
    "cnn": "Convolutional networks",
    "resnet": "Residual networks, beyond the study",
    "vgg": "VGG-like networks, beyond the study",
}
HEADLINES = {
    "mlp_baseline": "Linear model",
    "mlp_final": "Best MLP",
    "cnn_final": "Best CNN",
}


@dataclass(frozen=True)
class Report:
    """What the page shows."""

    introduction: str
    headlines: list[Headline]
    sections: list[Section]


def compose(compared: Comparison, options: Scale, store: Store) -> Report:
    """The report of what a store holds."""
    preset = PRESETS[options.preset]
    scale = (
        f"{preset.samples:,} of the 60,000 training images and at most {options.epoch_limit} epochs"
    )
    introduction = f"Every number here is of preset {options.preset}: {scale}."
    if preset.samples < PRESETS[PAPER].samples:
        introduction += (
            " The published numbers are of all images and up to 300 epochs, so that ours are "
            "expected below them."
        )
    sections = [
        _summary_section(compared, options),
        _data_section(options),
        *_network_sections(compared, options, store),
        finals_section(compared, options, store),
        _published_section(compared),
        *([folds_section(compared, options)] if options.preset != AS_RUN else []),
        completeness_section(compared),
        environment_section(compared, options),
    ]
    return Report(
        introduction, [_headline(name, compared, options) for name in HEADLINES], sections
    )


def _headline(name: str, compared: Comparison, options: Scale) -> Headline:
    title, run = HEADLINES[name], command(name, options)
    measured, printed = (compared.frame(table) for table in ("summary", "published"))
    measured = measured[measured["family"] == name].dropna(subset=["test_accuracy"])
    printed = printed[printed["family"] == name]
    printed = printed[printed["metric"] == f"test_{ACCURACY}"]
    if measured.empty:
        return Headline(title, run)
    ours, published = measured.iloc[0], printed.iloc[0]
    return Headline(
        title,
        run,
        accuracy=ours["test_accuracy"],
        model=ours["best"],
        published=f"{published['published']:.4f}",
        verdict=published["verdict"] if published["our_configuration"] == ours["best"] else OTHER,
    )


def _summary_section(compared: Comparison, options: Scale) -> Section:
    if compared.empty:
        text = ["Nothing is recorded for this preset, epochs and seed. Run the whole study:"]
        return Section("Summary", text, [Commands([command("main", options)])])
    table, parts = compared.tables["summary"], list[Part]()
    if rows := list(estimates(table).values()):
        name, accuracy = max(rows, key=lambda row: row[1].value)
        summary = f"The best is {name} with {accuracy.value:.4f}; lines are {INTERVAL}s."
        figure = charts.estimates({"validation": rows}, "best validation accuracy")
        parts += [Chart("The best of each family on validation", summary, figure)]
    return Section("Summary", [], [*parts, Rows(table)])


def _data_section(options: Scale) -> Section:
    dataset = fashion_mnist.load()
    described = splits.describe(len(dataset.train_labels), config.HOLDOUT, options.split_seed)
    validation = splits.validation_labels(described)
    totals = np.bincount(dataset.train_labels)
    held_out = np.bincount(validation)
    counts = {
        "training": (totals - held_out).tolist(),
        "validation": held_out.tolist(),
        "test": np.bincount(dataset.test_labels).tolist(),
    }
    sizes = ", ".join(f"{sum(values)} {name}" for name, values in counts.items())
    text = [
        f"Fashion-MNIST: grey images of 28 x 28 pixels of clothes in ten classes; {sizes} images, "
        "each class equally often in each part."
    ]
    first = slice(SAMPLES_SHOWN)
    grid = pictures.sample_grid(dataset.train_images[first], dataset.train_labels[first])
    names = ", ".join(fashion_mnist.CLASS_NAMES)
    alternative = f"The first {SAMPLES_SHOWN} training images, each under its label: {names}"
    summary = f"{counts['training'][0]} training, {counts['validation'][0]} validation and "
    summary += f"{counts['test'][0]} test images of every class."
    parts: list[Part] = [
        Picture(f"The first {SAMPLES_SHOWN} images", alternative, plots.to_png(grid), width=54),
        Chart("Class balance", summary, charts.class_balance(counts)),
    ]
    return Section("The data", text, parts)


def _network_sections(compared: Comparison, options: Scale, store: Store) -> list[Section]:
    """The families of each network that has any: those beyond the study only when they have run."""
    found = []
    for network, title in NETWORKS.items():
        sections = [
            family_section(family, compared, options, store)
            for family in compared.recorded.families
            if FAMILIES[family.name].model.network == network
        ]
        if sections:
            found.append(Section(title, sections=sections))
    return found


def _published_section(compared: Comparison) -> Section:
    table = published.compared(compared.tables["published"])
    if table.empty:
        return Section(table.title, ["No published number has a counterpart here yet."])
    frame = table.frame
    counts = frame["verdict"].value_counts()
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    text = [f"Of {counts.sum()} published accuracies with a counterpart here: {told}."]
    judged = frame.dropna(subset=["verdict"])
    others = frame.drop(judged.index).dropna(axis="columns", how="all")
    summary = (
        "Validation and test accuracies; a line that crosses 0 is a number reproduced, unless our "
        "search chose another network."
    )
    losses = Table("losses", "Published losses and counts with a counterpart here", others)
    parts: list[Part] = [
        Chart("Ours minus published", summary, charts.differences(published.differences(frame))),
        Rows(replace(table, title="Published accuracies", frame=judged), TOP),
        Rows(losses, TOP),
    ]
    return Section(table.title, text, parts)
