"""The team's service from PyPI's parts, by the start scripts and files that the images use."""
