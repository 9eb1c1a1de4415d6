"""Measurements: this project beside its peers, and what its parts cost."""
