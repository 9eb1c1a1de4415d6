"""What is asked, as values: networks, trials, grids, families, published numbers."""
