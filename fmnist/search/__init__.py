"""keras-tuner: which trial comes next."""
