"""What tests need of the system beside Python, and how to get it where it is missing."""

import pytest


def need(there: bool, what: str, package: str) -> None:
    """Skip a test without which the others still say something; CI forbids that."""
    if not there:
        pytest.skip(f"needs {what}; on Debian: apt-get install {package}")
