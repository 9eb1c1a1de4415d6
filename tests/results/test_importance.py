"""What mattered: the setting that decides comes first, and too few trials say nothing."""

from made_runs import family_of, make_run

from fmnist.results.tables.importance import LEAST_TRIALS, importance_table, varied_settings
from fmnist.results.trials_figure import parallel_coordinates
from fmnist.study.metrics import CRITERION
from fmnist.study.networks import MLP
from fmnist.study.training import TrainingConfig


def runs_where_dropout_decides():
    return [
        make_run(
            MLP(architecture="256", dropout=dropout),
            accuracy=0.88 + dropout / 10 + batch / 1e6,
            training=TrainingConfig(batch_size=batch, optimizer=optimizer),
        )
        for dropout in (0.0, 0.1, 0.2)
        for batch in (128, 256)
        for optimizer in ("adam", "sgd")
    ]


def test_the_setting_that_decides_comes_first_and_stands_out():
    runs = runs_where_dropout_decides()
    table = importance_table(family_of(*runs))
    first, *others = table.frame.to_dict("records")
    assert first["setting"] == "dropout"
    assert {row["setting"] for row in others} == {"batch_size", "optimizer"}
    assert all(first["importance"].low > row["importance"].high for row in others)
    # The accuracies spread by 0.0082; shuffled ones are off by about sqrt(2) times that.
    assert 0.005 < first["importance"].value < 0.012
    assert importance_table(family_of(*runs)).frame.equals(table.frame)


def test_too_few_trials_say_nothing():
    runs = runs_where_dropout_decides()[: LEAST_TRIALS - 1]
    assert importance_table(family_of(*runs)).empty
    assert importance_table(family_of()).empty


def test_each_trial_is_a_line_through_its_settings_to_its_accuracy():
    runs = runs_where_dropout_decides()
    accuracies = [run.metrics[CRITERION] for run in runs]
    (axis,) = parallel_coordinates("mlp_search", varied_settings(runs), accuracies).axes
    names = [label.get_text() for label in axis.get_xticklabels()]
    assert names == ["dropout", "batch size", "optimizer", "validation accuracy"]
    lines = [list(line.get_ydata()) for line in axis.lines if len(line.get_ydata()) == len(names)]
    assert len(lines) == len(runs)
    assert lines[0] == [0, 0, 0, 0]  # the worst, below the others: 0.0, 128, adam
    assert lines[-1][0] == lines[-1][-1] == 1  # the best, above them: dropout 0.2
    assert {text.get_text() for text in axis.texts} >= {"0.0", "128", "adam", "0.8801"}
