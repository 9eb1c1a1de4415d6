"""The entry points of the MLflow project: `python -m entrypoints.NAME`."""
