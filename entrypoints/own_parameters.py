"""The parameters that a single verb has, or has with another default than the other verbs."""

from dataclasses import replace
from pathlib import Path

from entrypoints.parameters import (
    FLAG,
    PARAMETERS,
    Parameter,
    choice_or_none,
    path_or_none,
    required_path,
)
from fmnist.study import family_file
from fmnist.study.families import FAMILIES
from fmnist.study.family import Family

DETAILS = Parameter(
    "0", "Whether each family's best trials, published numbers and claims are shown too", *FLAG
)
TABLES_FOLDER = path_or_none("Also write tables, figures and records there", "a folder")
REPORT_FILE = Parameter("report.html", "Where the report is written", Path, "an HTML file")
PLANNED = path_or_none("Also write the missing trials there, for train", "a JSON file")
LEFT = Parameter(
    "bundles", "The trials to record", Path, "a folder of bundles, or a file of records"
)
IMAGES = required_path(
    "The images", "an image file, a folder of them, or an IDX file; 28x28 PNG unless convert is 1"
)
CONVERT = Parameter(
    "0", "Whether photos of any size and color are converted to 28x28 in grayscale", *FLAG
)
CLASSES = path_or_none("Also write the classes of all images there", "a CSV file")
SPLIT_SEED = replace(PARAMETERS["seed"], default="0", meaning="The seed of the split")


def _family_file(text: str) -> Family:
    return family_file.read(Path(text))


def _family(text: str) -> str | Family:
    """A name as it is, since the shared parameter checks it; a YAML file as its family."""
    return _family_file(text) if text.endswith(YAML) else PARAMETERS["family"].parse(text)


YAML = (".yaml", ".yml")
FAMILY_FILE = required_path("The family, of your own", "a YAML file", _family_file)
SEARCHED = path_or_none("The family, of your own", "a YAML file", _family_file)
PLANNED_FAMILY = replace(
    PARAMETERS["family"],
    meaning="What to plan",
    parse=_family,
    accepted=f"{PARAMETERS['family'].accepted}, or a YAML file",
)
NETWORK = path_or_none("The family whose own network's code may run", "a YAML file", _family_file)
EXAMPLE = replace(
    choice_or_none("Print a family of the study as such a file, and do nothing else", *FAMILIES),
    bare="mlp_capacity",
)
