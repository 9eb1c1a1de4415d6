"""Models: evaluate, gate, promote, serve."""
