"""The study's claims: which trainings are paired, and what the pairs say."""

import pytest
from made_runs import ACCURACY, WINNER, family_of, make_run

from fmnist.results.tables import findings
from fmnist.results.tables.findings import verdicts_on
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import Options
from fmnist.study.training import TrainingConfig

PAPER = Options()


def table_of(*families, scale=PAPER):
    return findings.findings_table(families, scale).frame.set_index("question")


def found(question, *runs, name="mlp_search"):
    return table_of(family_of(*runs, name=name)).loc[question]


def last(accuracy):
    return {f"last_val_{ACCURACY}": accuracy}


@pytest.mark.parametrize(
    ("differences", "word", "answer"),
    [
        ([0.010, 0.011, 0.012], "agrees", "agrees"),
        ([-0.010, -0.011, -0.012], "contradicts", "contradicts"),
        # The mean 0.001, and 4.302653 times 0.002 / sqrt(3) to either side: up to 0.0060.
        ([-0.001, 0.001, 0.003], "undecided", "undecided (p = 0.48): beyond ±0.0060 is excluded"),
        ([0.010], "too few pairs", "too few pairs"),
        ([], "not run", "not run"),
    ],
)
def test_pairs_decide_the_verdict(differences, word, answer):
    (verdict,) = verdicts_on([differences])
    assert (verdict.word, verdict.answer) == (word, answer)


def test_verdicts_are_adjusted_for_the_number_of_claims():
    clear = [0.001, 0.002, 0.0025, 0.004]  # p = 0.032
    (alone,) = verdicts_on([clear])
    of_three = verdicts_on([clear, [-0.001, 0.001], [0.002, -0.002], []])
    assert (alone.word, of_three[0].word) == ("agrees", "undecided")
    assert of_three[0].p_value == pytest.approx(3 * alone.p_value)


def test_one_layer_and_two_are_paired_by_the_first_layer_dropout_and_seed():
    accuracies = {
        "384": 0.90, "384-256-128": 0.1, "512": 0.91, "512-512": 0.90, "512-256": 0.88, "768": 0.93,
        "768-512": 0.91,
    }  # fmt: skip
    runs = [
        make_run(MLP(architecture=units), replicate=number, **last(value + number / 100))
        for units, value in accuracies.items()
        for number in (0, 1)
    ]
    runs[-1].metrics[f"last_val_{ACCURACY}"] -= 0.004  # else all four differ by the same
    alone = make_run(MLP(architecture="768"), replicate=2, **last(0.5))
    other = make_run(MLP(architecture="768-768", dropout=0.3), **last(0.5))
    row = found("Does one layer beat two?", *runs, alone, other)
    # 0.91 - mean(0.90, 0.88) and 0.93 - 0.91, each with two seeds, one of them 0.004 further apart.
    assert row["pairs"] == 4
    assert row["difference"].value == pytest.approx(0.021)
    assert row["verdict"] == "agrees"


def test_that_a_configuration_is_best_is_asked_of_the_next_by_the_studys_numbers():
    runs = [
        make_run(MLP(architecture=units), "mlp_capacity", replicate=number, **last(value))
        for units, values in (("256", (0.910, 0.912)), ("256-128", (0.905, 0.906)))
        for number, value in enumerate(values)
    ]
    lucky = make_run(MLP(architecture="128"), "mlp_capacity", **last(0.99))
    row = found("Is one layer of 256 units best?", *runs, lucky, name="mlp_capacity")
    assert (row["pairs"], row["difference"].value) == (2, pytest.approx(0.0055))
    assert row["study_difference"] == pytest.approx(0.907167 - 0.905833)


def test_adam_and_momentum_are_paired_by_their_batch():
    runs = [
        make_run(
            WINNER, **last(value),
            training=TrainingConfig(optimizer=name, batch_size=size, learning_rate=rate),
        )
        for name, rate, size, value in (
            ("adam", 1e-3, 128, 0.90), ("momentum", 1e-2, 128, 0.89), ("nesterov", 1e-2, 128, 0.87),
            ("momentum", 1e-1, 128, 0.99), ("adam", 1e-3, 256, 0.91), ("momentum", 1e-2, 256, 0.90),
            ("nesterov", 1e-2, 512, 0.10),
        )
    ]  # fmt: skip
    row = found("Does Adam beat momentum?", *runs, name="mlp_optimizers")
    assert (row["pairs"], row["difference"].value) == (2, pytest.approx((0.02 + 0.01) / 2))
    assert found("Does Nadam beat momentum?", *runs, name="mlp_optimizers")["verdict"] == "not run"


def test_depth_is_paired_by_the_first_filters_and_one_layer_may_be_of_the_baseline():
    of_depth, of_baseline = (
        family_of(
            *(
                make_run(CNN(architecture=name, dropout=0.2), family, accuracy=value)
                for name, value in accuracies.items()
            ),
            name=family,
        )
        for family, accuracies in (
            ("cnn_depth", {"4x8": 0.92, "4x16": 0.94, "1x16": 0.91}),
            ("cnn_baseline", {"1x8": 0.90}),
        )
    )  # fmt: skip
    row = table_of(of_depth, of_baseline).loc["Does depth help?"]
    assert (row["pairs"], row["difference"].value) == (2, pytest.approx(0.025))


def test_a_claim_is_asked_where_a_preset_has_both_sides():
    author = table_of(scale=Options(preset="as_run"))
    paper = table_of()
    assert set(paper.index) - set(author.index) == {"Does Nadam beat momentum?"}
    assert set(author["verdict"]) == set(paper["verdict"]) == {"not run"}
    smoke = table_of(scale=Options(preset="smoke"))
    assert "Do more filters help?" not in smoke.index
    assert paper.loc["Do more filters help?", "study_difference"] == pytest.approx(0.0071, abs=1e-4)
    # Of 4x8 and the 1x8 of the baseline.
    expected = pytest.approx(0.92525 - 0.908333)
    assert author.loc["Does depth help?", "study_difference"] == expected


def test_what_augmentation_adds_is_said_once_it_is_measured():
    how = {"plain": {}, "shifts": {"shift": 2}, "all": {"shift": 2, "flip": True, "cutout": 8}}
    runs = [
        make_run(CNN(), "cnn_augment", replicate=number, accuracy=value + number * value / 1000,
                 training=TrainingConfig(**varied))
        for varied, value in zip(how.values(), (0.90, 0.91, 0.93), strict=True)
        for number in range(2)
    ]  # fmt: skip
    table = table_of(family_of(*runs, name="cnn_augment"))
    assert table.loc["Do shifts help?", "difference"].value == pytest.approx(0.010005)
    assert table.loc["Do all three together help?", "verdict"] == "agrees"
    assert "Do cutouts help?" not in table.index
