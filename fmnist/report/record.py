"""What a report rests on: which trials are there, where they ran, how to make it again."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fmnist import provenance
from fmnist.certificate import Certificate
from fmnist.comparison import Comparison
from fmnist.completeness import certificate
from fmnist.families import KFOLD, STUDY_FINALS
from fmnist.masking import without_password
from fmnist.options import Options, command
from fmnist.presets import PRESETS
from fmnist.report.parts import Commands, Section, Table
from fmnist.storage import tracking_uri
from fmnist.tracking import Store

MISSING_SHOWN = 10


def completeness_section(compared: Comparison, options: Options, store: Store) -> Section:
    """For each family and final whether all of it is there, and how to get the rest."""
    failed = store.trials("attributes.status = 'FAILED'")
    certificates = [certificate(family, options, failed) for family in compared.runs]
    rows = [_row(certificate, options) for certificate in certificates]
    rows += [_final_row(name, compared, options) for name in (*STUDY_FINALS, KFOLD)]
    complete = sum(row[1] == row[2] for row in rows)
    columns = ["family", "expected", "done", "to complete it", "missing", "failed"]
    if complete == len(rows):
        columns, rows = columns[:3], [row[:3] for row in rows]
    text = [
        f"{complete} of the {len(rows)} families and finals are complete. What is done is never "
        "trained again."
    ]
    return Section("Completeness", text, [Table("Expected and done", columns, rows)])


def _row(certificate: Certificate, options: Options) -> Sequence[str]:
    missing = ", ".join(certificate.missing[:MISSING_SHOWN])
    if (more := len(certificate.missing) - MISSING_SHOWN) > 0:
        missing += f" and {more} more"
    return [
        certificate.family,
        str(certificate.expected),
        str(certificate.done),
        "" if certificate.complete else command(certificate.family, options),
        missing,
        "; ".join(f"{label}: {error}" for label, error in certificate.failed.items()),
    ]


def _final_row(name: str, compared: Comparison, options: Options) -> Sequence[str]:
    done = name in compared.finals
    return [name, "1", str(int(done)), "" if done else command(name, options), "", ""]


def environment_section(compared: Comparison, options: Options) -> Section:
    """Where the trials ran, and the commands that make the study and this report again."""
    runs = {run.key: run for family in compared.runs for run in family.runs}
    preset = PRESETS[options.preset]
    text = [
        f"preset={options.preset}: {preset.samples} of the 60000 training images, at most "
        f"{options.epoch_limit} epochs, seed {options.seed}; {len(runs)} trials from "
        f"{without_password(tracking_uri())}, read on {datetime.now(UTC):%d %B %Y, %H:%M} UTC.",
        "The first command trains what is missing and nothing else, the second writes this report:",
    ]
    commands = Commands([command(entry, options) for entry in ("main", "report")])
    rows = provenance.counts(runs.values())
    table = Table("Where the trials ran", list(provenance.COLUMNS), rows)
    return Section("Environment, and how to make this again", text, [commands, table])
