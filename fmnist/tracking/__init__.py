"""MLflow tracking, the study's only memory: write runs and read them back."""
