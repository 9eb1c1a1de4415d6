"""Figures: colors that tell families apart, words that people use, and nothing over anything."""

from dataclasses import replace
from itertools import combinations

import pytest
from made_runs import make_run
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from fmnist.results import colors, labels, minutes_figure, plots
from fmnist.results.accuracy import Accuracy
from fmnist.results.labels import Timed
from fmnist.study import own_network
from fmnist.study.families import FAMILIES
from fmnist.study.metrics import ACCURACY
from fmnist.study.networks import CNN
from fmnist.study.training import TrainingConfig

TIMES = "\N{MULTIPLICATION SIGN}"
LIGHT, DARK = "#ffffff", "#14171b"
CURVES = {prefix + name: [0.5, 0.6, 0.7] for prefix in ("", "val_") for name in ("loss", ACCURACY)}


def luminance(color):
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_each_family_has_a_color_of_its_own_that_stands_out_in_light_and_dark():
    assert colors.OF_FAMILY.keys() == FAMILIES.keys()
    assert len(set(colors.OF_FAMILY.values())) == len(FAMILIES)
    for color in (*colors.OF_FAMILY.values(), colors.NEUTRAL):
        assert min(contrast(color, LIGHT), contrast(color, DARK)) >= 3
    assert colors.of("cnn_kfold") == colors.of("cnn_final") == colors.of("cnn_search")
    assert colors.of("ensemble") == colors.NEUTRAL


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("768 dropout=0.3 batch_size=512", "768, dropout 0.3, batch 512"),
        ("1x8 batch_normalization=False", f"1{TIMES}8, no batch norm"),
        (
            "final 3x128 dropout=0.25 (ours: 4x32)",
            f"final 3{TIMES}128, dropout 0.25 (ours: 4{TIMES}32)",
        ),
    ],
)
def test_a_configuration_is_told_in_peoples_words(text, told):
    assert labels.plain(text) == told


def test_labels_have_what_varies_and_the_rest_is_told_once():
    models = [CNN(batch_normalization=on, dropout=0.2) for on in (False, True)]
    named, shared = labels.told_apart([make_run(model).trial for model in models])
    assert named == [f"1{TIMES}8, no batch norm", f"1{TIMES}8, batch norm"]
    assert shared.startswith("dropout 0.2")


def test_a_text_that_a_persons_own_network_takes_is_told_whole():
    own = {"architecture": "net.py:build", "code": "0" * 64, "ends": "max, then mean"}
    trial, heads = make_run(CNN()).trial, ("one (wide)", "two at=4")
    networks = [own_network.of_fields({**own, "head": head}) for head in heads]
    named, shared = labels.told_apart([replace(trial, model=network) for network in networks])
    assert named == [f"net.py:build, head {head}" for head in heads]
    assert shared == "ends max, then mean"


def test_an_evaluated_model_is_told_in_short():
    model = "champion_final 2x128 mirrored=True weight_decay=0.005 refit"
    assert labels.model_in_short(model, 11_096_714, "NVIDIA H200") == "wide ResNet, 11 M, H200"
    assert labels.family_of(model) == "wide_search"
    assert labels.family_of("small_final 32-64-128 mirrored=True") == "small_vgg_search"


def test_a_family_shows_the_rule_that_ranked_it_and_ticks_at_whole_epochs():
    best, other = Accuracy(0.90, 0.89, 0.91), Accuracy(0.92, 0.91, 0.93)
    ranking = plots.Ranking(
        family="mlp_search",
        question="Which?",
        shared="",
        rows=[("768", best), ("512", other)],
        ranked_by=[0.93, 0.92],
        over="the first seed",
    )
    figure = plots.configurations(ranking, CURVES)
    FigureCanvasAgg(figure).draw()
    above, below = figure.subfigs
    assert "Which?" in above.get_suptitle()
    assert "the first seed" in above.get_supxlabel()
    for axis in below.axes:
        low, high = axis.get_xlim()
        ticks = [tick for tick in axis.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == round(tick) for tick in ticks)


def test_names_beside_points_of_like_accuracy_do_not_overlap():
    rows = [
        Timed(f"model {number}", "ensemble", 3.0 + number, False, Accuracy(0.95, 0.94, 0.96))
        for number in range(6)
    ]
    figure = minutes_figure.accuracy_over_minutes(rows)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axis,) = figure.axes
    # Without the line that joins a name to its point.
    boxes = [Text.get_window_extent(text, canvas.get_renderer()) for text in axis.texts]
    assert len(boxes) == len(rows)
    assert all(one.y0 >= other.y1 or other.y0 >= one.y1 for one, other in combinations(boxes, 2))


def test_models_that_took_as_long_are_both_drawn():
    like = Timed("model", "ensemble", 3.0, False, Accuracy(0.95, 0.94, 0.96))
    other = like._replace(accuracy=Accuracy(0.94, 0.93, 0.95))
    (axis,) = minutes_figure.accuracy_over_minutes([like, other]).axes
    (line,) = axis.lines
    assert sorted(line.get_ydata()) == [0.94, 0.95]


def test_trials_that_differ_in_epochs_alone_are_told_apart():
    trials = [make_run(CNN(), training=TrainingConfig(epochs=epochs)).trial for epochs in (3, 5)]
    assert labels.told_apart(trials)[0] == [f"1{TIMES}8, epochs 3", f"1{TIMES}8, epochs 5"]
