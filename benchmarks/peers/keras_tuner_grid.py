"""keras-tuner's `GridSearch`."""

from benchmarks.peers import keras_tuner_search, shared

keras_tuner_search.run(shared.task())
