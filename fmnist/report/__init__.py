"""The study as one HTML file: its sections from the store and the tables, and their page."""
