"""The peers: one script per tool for the same search, each as the tool's users write it."""
