"""The study as values: networks, trials, grids, families, and the numbers it published."""
