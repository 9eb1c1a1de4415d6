"""The first screen of the report: the verdict, three cards, published against ours, the claims."""

from dataclasses import replace

import pandas as pd

from fmnist.data import fashion_mnist
from fmnist.report import intervals
from fmnist.report.parts import Chart, Commands, Front, Headline, Part, Rows
from fmnist.results import mlflow_pages
from fmnist.results.accuracy import Accuracy
from fmnist.results.closing import RESULTS
from fmnist.results.comparison import Comparison
from fmnist.results.counterparts import is_of_study
from fmnist.results.labels import plain
from fmnist.results.tables import findings, published
from fmnist.results.tables.published import INSIDE, OUTSIDE, TOO_FEW
from fmnist.results.text import cell
from fmnist.study.families import STUDY
from fmnist.study.options import PAPER, PRESETS, Scale, command

# What a verdict says to someone who has not read how it is drawn.
IN_WORDS = {
    INSIDE: "Reproduced: the published value is in our 95% prediction interval.",
    OUTSIDE: "Not reproduced: the published value is outside our 95% prediction interval.",
    TOO_FEW: "No verdict yet: too few seeds.",
}
ANOTHER = "Not comparable: our search chose another network."
CLAIMS_SHOWN = ("question", "answer")


def front(compared: Comparison, options: Scale) -> Front:
    """What a reader sees without scrolling."""
    headlines = [_headline(name, compared, options) for name in RESULTS]
    parts: list[Part] = [Commands([command("main", options)])]
    if not compared.empty:
        parts = [*_against(compared), *_claims(compared)]
    return Front(_verdict(compared, headlines), _scale(options), headlines, parts)


def _scale(options: Scale) -> str:
    """At which scale the numbers were made."""
    if fashion_mnist.identity().is_other:
        return f"At {mlflow_pages.scale(options)}."
    preset, whole = PRESETS[options.preset], PRESETS[PAPER].samples
    if preset.samples == whole:
        return (
            f"Preset {options.preset}: all training images, at most {options.epoch_limit} epochs."
        )
    return (
        f"Preset {options.preset}: {preset.samples:,} of the {whole:,} training images and at most "
        f"{options.epoch_limit} epochs. Accuracies below the published ones are expected."
    )


def _verdict(compared: Comparison, headlines: list[Headline]) -> str:
    """What was found, in one sentence."""
    if compared.empty:
        return "Nothing is recorded for this preset, epochs and seed. Run the whole study:"
    told = [*_reproduced(compared.frame("published")), *_supported(compared.frame("findings"))]
    if len(told) < 2:
        told = [*_reached(headlines), *told]
    sentence = "; ".join(told) or "nothing here can be compared yet"
    return f"{sentence[0].upper()}{sentence[1:]}."


def _reproduced(frame: pd.DataFrame) -> list[str]:
    """How many published accuracies fall where one further training of ours does."""
    judged = published.judged(frame)
    return [f"We reproduce {' and '.join(judged)} of the study"] if judged else []


def _reached(headlines: list[Headline]) -> list[str]:
    """The best network's test accuracy beside the published one."""
    for best in reversed(headlines):
        if best.accuracy:
            name = f"{best.title[0].lower()}{best.title[1:]}"
            beside = f", published {best.published}" if best.published else ""
            return [f"Our {name} reaches {best.accuracy.value:.4f} on the test set{beside}"]
    return []


def _supported(frame: pd.DataFrame) -> list[str]:
    """What our data say of the study's claims."""
    verdicts = list(frame[frame["family"].isin(list(STUDY))]["verdict"])
    agrees, contradicts = (verdicts.count(one) for one in (findings.AGREES, findings.CONTRADICTS))
    open_ = len(verdicts) - agrees - contradicts
    if not verdicts:
        return []
    if open_ == len(verdicts):
        return [f"none of the study's {open_} claims is decided by our data"]
    return [
        f"of the study's {len(verdicts)} claims our data support {agrees or 'none'}, contradict "
        f"{contradicts or 'none'} and leave {open_ or 'none'} undecided"
    ]


def _headline(name: str, compared: Comparison, options: Scale) -> Headline:
    title, run = RESULTS[name], command(name, options)
    summary = compared.frame("summary")
    measured = summary[summary["family"] == name].dropna(subset=["test_accuracy"])
    if measured.empty:
        return Headline(title, run)
    ours = measured.iloc[0]
    return Headline(
        title,
        run,
        accuracy=ours["test_accuracy"],
        model=plain(ours["best"]),
        published=cell(ours.get("published_test")),
        told=_told(name, ours["best"], compared, options),
    )


def _told(name: str, best: str, compared: Comparison, options: Scale) -> str:
    """How ours and the published test accuracy compare; nothing where none is published."""
    if fashion_mnist.identity().is_other:
        return ""
    final = compared.recorded.finals.get(name)
    if final and not is_of_study(final, options):
        return ANOTHER
    if found := published.of_test(compared.frame("published"), best):
        return IN_WORDS[found]
    samples, whole = PRESETS[options.preset].samples, PRESETS[PAPER].samples
    if samples < whole:
        return f"Not comparable: ours saw {samples:,} of the {whole:,} training images."
    return f"No verdict: {compared.without_verdict}." if compared.without_verdict else ANOTHER


def _against(compared: Comparison) -> list[Part]:
    """Each published accuracy against ours."""
    rows = published.compared(compared.tables["published"]).frame
    if rows.empty:
        return []
    points = [
        intervals.Against(
            family=row["family"],
            name=plain(row["what"]),
            on_test="test" in row["metric"],
            published=row["published"],
            ours=_accuracy(row["ours"]),
        )
        for row in rows.to_dict("records")
    ]
    summary = "On the line both are equal. Circles: validation; diamonds: test."
    figure = intervals.published_against_ours(points)
    return [Chart("Published against ours", summary, figure, half=True)]


def _accuracy(ours: Accuracy | float) -> Accuracy:
    """An accuracy; one without an interval, of too few seeds, as a point."""
    return ours if isinstance(ours, Accuracy) else Accuracy(ours, ours, ours)


def _claims(compared: Comparison) -> list[Part]:
    table = compared.tables["findings"]
    if table.empty:
        return []
    return [Rows(replace(table, columns=CLAIMS_SHOWN, legend=""), half=True)]
