"""Train one trial, from its request to its bundle; no MLflow, no keras-tuner."""
