"""What a report rests on: which trials are done, where they ran, how to reproduce it."""

import textwrap
from dataclasses import replace
from datetime import UTC, datetime

from fmnist.redaction import without_password
from fmnist.report.parts import Commands, Part, Rows, Section
from fmnist.results.comparison import Comparison
from fmnist.results.mlflow_pages import images
from fmnist.study.options import Scale, command
from fmnist.tracking.address import tracking_uri

MISSING_CHARACTERS = 300


def completeness_section(compared: Comparison) -> Section:
    """For each family and final whether all of it is there, and how to get the rest."""
    table = compared.tables["completeness"]
    frame = table.frame.copy()
    complete = int((frame["expected"] == frame["done"]).sum())
    text = [
        f"{complete} of the {len(table)} families and finals are complete. Finished trials are not "
        "trained again."
    ]
    if complete == len(table):
        whole = replace(table.only(["family", "expected", "done", "models"]), legend="")
        return Section("Completeness", text, [Rows(whole)])
    frame["missing"] = [
        textwrap.shorten(labels, MISSING_CHARACTERS, placeholder=" and more")
        for labels in frame["missing"].fillna("")
    ]
    return Section("Completeness", text, [Rows(replace(table, frame=frame))])


def environment_section(compared: Comparison, options: Scale) -> Section:
    """Where the trials ran, and the commands that make the study and this report again."""
    text = [
        f"preset={options.preset}: {images(options)}, at most "
        f"{options.epoch_limit} epochs, seed {options.split_seed}. {len(compared.recorded.trials)} "
        f"trials were read from {without_password(tracking_uri())} on "
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC.",
        "The first command trains what is missing of the study, the second writes this report:",
    ]
    commands = Commands([command(entry, options) for entry in ("main", "report")])
    parts: list[Part] = [commands, Rows(compared.tables["provenance"])]
    return Section("Environment, and how to reproduce this report", text, parts)
