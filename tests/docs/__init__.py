"""The project's pages: their links and their commands."""
