"""The versions that run here, as pip writes them."""

from importlib.metadata import version


def pinned(*packages: str) -> list[str]:
    """Requirements that give the installed versions: a model needs only these to be loaded."""
    return [f"{package}=={version(package)}" for package in packages]
