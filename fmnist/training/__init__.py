"""One trial, from a request to a bundle; no MLflow, no keras-tuner."""
