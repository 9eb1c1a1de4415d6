"""Search with keras-tuner: its oracles choose which trial comes next."""
