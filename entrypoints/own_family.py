"""Search a family of one's own, which a YAML file defines, and select its best for a final."""

from typing import Any

from entrypoints import finals
from entrypoints import search as searches
from entrypoints.parameters import options as options_of
from fmnist.console import open_console
from fmnist.errors import InvalidInput
from fmnist.study import families, family_file
from fmnist.study.family import Family
from fmnist.tracking.runs import SELECTED
from fmnist.tracking.store import open_store
from fmnist.training import own_code


def search(values: dict[str, Any]) -> bool:
    """Search the family of a file; or print one of the study's as such a file."""
    if name := values["example"]:
        print(family_file.example(families.get(name)), end="")
        return True
    family = values["family"]
    if family is None:
        raise InvalidInput("family: required; accepted is a YAML file", "--example prints one")
    _add(family)
    options = options_of(values)
    return searches.run_family(family.name, options, open_store(), open_console()).complete


def final(values: dict[str, Any]) -> bool:
    """Run the final of the family of a file; returns whether all its replicates are there."""
    family: Family = values["family"]
    _add(family)
    own = families.finals()[f"{family.name}{families.OWN_FINAL}"]
    return finals.run_final(own, options_of(values), SELECTED, open_store(), open_console())


def _add(family: Family) -> None:
    """Make the family known, once its network can be built: a wrong one creates no run."""
    own_code.check_named([family.model])
    families.add(family)
