"""What a person can do: `python -m entrypoints` lists the verbs."""
