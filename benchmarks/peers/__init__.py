"""One script for each way of doing the same search, each as its users write it."""
