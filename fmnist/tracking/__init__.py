"""MLflow tracking: the only memory."""
