"""The entry points of the MLflow project: `python -m entrypoints.NAME`."""

import os

# A machine without a GPU is no error, as TensorFlow would say; whoever sets this hears it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
