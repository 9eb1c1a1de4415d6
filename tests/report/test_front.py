"""The first screen of the report, from records."""

from dataclasses import replace

import pytest
from made_runs import ACCURACY, family_of, make_run

from fmnist.report import front
from fmnist.results.comparison import Comparison, Recorded
from fmnist.results.counterparts import OTHER_SETTINGS, counterparts, without_verdict
from fmnist.results.tables import findings
from fmnist.results.tables.published import INSIDE, published_table
from fmnist.results.tables.summary import summary_table
from fmnist.study.options import Options
from fmnist.study.plan import trial_of
from fmnist.tracking.runs import WORDS

AUTHOR = Options(preset="as_run")
STUDYS, OTHER = ("3x128", 0.25), ("3x32", 0.3)
# What the author printed of the configurations, on the test set.
PRINTED = {STUDYS: 0.9361, OTHER: 0.9290}


def told(chosen, options):
    """What the card of the final CNN says, whose configuration has three seeds."""
    architecture, dropout = chosen
    trial = trial_of("cnn_search", {"architecture": architecture, "dropout": dropout}, options)
    runs = [
        make_run(trial.model, "cnn_search", training=trial.training, replicate=seed,
                 preset="as_run", **{f"test_{ACCURACY}": PRINTED[chosen] + more})
        for seed, more in enumerate((-0.001, 0.0, 0.001))
    ]  # fmt: skip
    final = replace(
        runs[0],
        tags=runs[0].tags | {"fmnist.family": "cnn_final", WORDS: f"{architecture} {dropout=}"},
        metrics=runs[0].metrics | {"models": 1.0},
    )
    family = family_of(*runs, name="cnn_search")
    recorded = Recorded(
        families=[family], finals={"cnn_final": final}, of_study={}, beyond=[], folds=[],
        on_folds=[], failed=[], of_all_presets=[],
    )  # fmt: skip
    why = without_verdict(options)
    tables = [
        summary_table([family], {"cnn_final": final}, "as_run"),
        published_table(counterparts([family], {}, options), why),
        findings.findings_table([family], options),
    ]
    compared = Comparison(recorded, {table.name: table for table in tables}, why)
    return front.front(compared, options).headlines[-1].told


@pytest.mark.parametrize(
    ("chosen", "options", "says"),
    [
        (STUDYS, AUTHOR, front.IN_WORDS[INSIDE]),
        # Its own published value is not the one beside the final.
        (OTHER, AUTHOR, front.ANOTHER),
        (STUDYS, replace(AUTHOR, epochs=100), f"No verdict: {OTHER_SETTINGS}."),
        (OTHER, replace(AUTHOR, epochs=100), front.ANOTHER),
    ],
)
def test_a_final_has_the_verdict_of_the_number_beside_it(chosen, options, says):
    assert told(chosen, options) == says
