"""Run small_final: choose on validation, read the test set once, register and promote."""

from entrypoints import arguments, final

PARAMETERS = (*arguments.SEARCH, "refit")

if __name__ == "__main__":
    arguments.run(PARAMETERS, lambda values: final.final("small_final", values))
