"""Records as Parquet, written and read back."""
