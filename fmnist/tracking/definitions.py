"""The definitions of people's own families, which searches leave in the store."""

from contextlib import suppress

from fmnist.errors import InvalidInput
from fmnist.study import families, family_file
from fmnist.study.family import Family
from fmnist.tracking.reading import Reader

# On a search of a person's own family: its definition, from which tables and reports are made.
DEFINITION = "fmnist.definition"


def tags(family: Family) -> dict[str, str]:
    """The tag by which a store knows a person's own family; none for any other."""
    if not families.is_own(family.name):
        return {}
    return {DEFINITION: family_file.definition(family)}


def learn(store: Reader) -> None:
    """Make all own families in a store known to this process, each as it was searched last."""
    searches = store.runs(f"tags.`{DEFINITION}` LIKE '%'")
    for run in sorted(searches, key=lambda run: run.start_time):
        with suppress(InvalidInput):  # of a version that had other fields
            families.add(family_file.parse(run.tags[DEFINITION]))
