"""Measure this project beside its peers, and the cost of its parts."""
