"""Figures of the study as its author ran it: what is drawn where."""

from made_runs import family_of, make_run

from fmnist.results import colors, published_figure
from fmnist.results.counterparts import counterparts
from fmnist.results.plots import LINE
from fmnist.results.tables import published, seconds
from fmnist.study.metrics import LAST_VALIDATION, TEST
from fmnist.study.options import Options
from fmnist.study.plan import trial_of
from fmnist.study.published import AS_RUN

AUTHOR = Options(preset="as_run")


def ours(family, gpu=""):
    """Two seeds of each training that the author printed of a family: 0.001 above on average, and
    0.001 apart; a tenth of his seconds."""
    runs = []
    for entry in AS_RUN:
        if entry.family == family:
            trial = trial_of(family, entry.point, AUTHOR)
            metrics = {
                name: value
                for name, value in entry.metrics.items()
                if name in (LAST_VALIDATION, TEST)
            }
            # Trained in one epoch, a tenth of the author's time, but interrupted for a day.
            seconds = entry.metrics.get("train_seconds", 10.0) / 10
            took = {"epochs_run": 1, "epoch_seconds": seconds, "train_seconds": 86_400, "gpu": gpu}
            runs += [
                make_run(trial.model, family, training=trial.training, replicate=number,
                         preset="as_run", **took,
                         **{name: value + above for name, value in metrics.items()})
                for number, above in enumerate((0.0005, 0.0015))
            ]  # fmt: skip
    return family_of(*runs, name=family)


def test_there_is_a_point_for_each_printed_training_in_its_familys_color():
    pairs = counterparts([ours("mlp_capacity"), ours("cnn_search")], {}, AUTHOR)
    table = published.published_table(pairs, "")
    figure = published_figure.published_against_ours(published.compared(table).frame)
    for axis in figure.axes:
        (equal,) = [line for line in axis.lines if line.get_color() == LINE]
        assert list(equal.get_xdata()) == list(equal.get_ydata())
        drawn = {found.get_label(): found.lines[0] for found in axis.containers}
        assert {name: len(line.get_xdata()) for name, line in drawn.items()} == {
            "mlp_capacity": 6, "cnn_search": 9,
        }  # fmt: skip
        for name, line in drawn.items():
            assert line.get_color() == colors.of(name)
            points = zip(line.get_xdata(), line.get_ydata(), strict=True)
            assert {round(ours - printed, 6) for printed, ours in points} == {0.001}
        bars = [bar for found in axis.containers for bar in found.lines[2][0].get_segments()]
        assert {round(high - low, 6) for (_, low), (_, high) in bars} == {
            0.001414
        }  # twice 0.001/√2
    assert published_figure.published_against_ours(table.frame.iloc[:0]).axes


def test_the_authors_seconds_stand_beside_ours():
    table = seconds.seconds_table(counterparts([ours("cnn_search", "H200")], {}, AUTHOR))
    assert len(table) == 10
    total = table.frame.set_index("training").loc["all"]
    # 7 hours, 10 minutes and 29 seconds.
    assert (total["published"], total["ours"], total["n"]) == (25_829, 2_582.9, 18)
    figure = published_figure.grid_seconds(table.frame)
    (axis,) = figure.axes
    assert axis.get_title() == "The author's CNN grid, 9 trainings: 7 h 10 min then, 43 min here"
    assert {text.get_text() for text in axis.texts} == {"10x"}
    assert [text.get_text() for text in figure.legends[0].texts][1] == "ours, H200"
