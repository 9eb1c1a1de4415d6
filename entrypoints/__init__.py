"""The verbs that users start: `python -m entrypoints` lists them."""
