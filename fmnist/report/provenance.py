"""What a report rests on: which trials are there, where they ran, how to make it again."""

import textwrap
from datetime import UTC, datetime

from fmnist.redaction import without_password
from fmnist.report.parts import Commands, Section, Table
from fmnist.results.comparison import Comparison
from fmnist.results.tables import provenance
from fmnist.results.tables.completeness import completeness_table
from fmnist.study.options import PRESETS, Options, command
from fmnist.tracking.address import tracking_uri

MISSING_CHARACTERS = 300


def completeness_section(compared: Comparison, options: Options) -> Section:
    """For each family and final whether all of it is there, and how to get the rest."""
    table = completeness_table(
        compared.runs, compared.finals, compared.folds, options, compared.failed
    )
    complete = int((table["expected"] == table["done"]).sum())
    text = [
        f"{complete} of the {len(table)} families and finals are complete. What is done is never "
        "trained again."
    ]
    if complete == len(table):
        table = table[["family", "expected", "done", "models"]]
    else:
        table["missing"] = [
            textwrap.shorten(labels, MISSING_CHARACTERS, placeholder=" and more")
            for labels in table["missing"].fillna("")
        ]
    return Section("Completeness", text, [Table.of(table, "Expected and done")])


def environment_section(compared: Comparison, options: Options) -> Section:
    """Where the trials ran, and the commands that make the study and this report again."""
    runs = {run.key: run for family in compared.runs for run in family.runs}
    preset = PRESETS[options.preset]
    text = [
        f"preset={options.preset}: {preset.samples} of the 60000 training images, at most "
        f"{options.epoch_limit} epochs, seed {options.split_seed}; {len(runs)} trials from "
        f"{without_password(tracking_uri())}, read on {datetime.now(UTC):%d %B %Y, %H:%M} UTC.",
        "The first command trains what is missing and nothing else, the second writes this report:",
    ]
    commands = Commands([command(entry, options) for entry in ("main", "report")])
    rows = provenance.counts(runs.values())
    table = Table("Where the trials ran", list(provenance.COLUMNS), rows)
    return Section("Environment, and how to make this again", text, [commands, table])
