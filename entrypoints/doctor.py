"""Say what stands in the way of running the study here, and what to do about it."""

from typing import Any

from entrypoints import arguments, diagnosis

PARAMETERS = ()


def diagnose(_values: dict[str, Any]) -> bool:
    """Print a line for each check; returns whether nothing failed."""
    return diagnosis.examine(diagnosis.CHECKS)


if __name__ == "__main__":
    arguments.run(PARAMETERS, diagnose)
