"""keras-tuner's `GridSearch` with MLflow's autolog with models, on an existing SQLite store."""

import mlflow

from benchmarks.peers import keras_tuner_search, shared

mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("grid")
mlflow.keras.autolog()
keras_tuner_search.run(shared.task())
