"""Interchangeable ways to train one epoch."""
