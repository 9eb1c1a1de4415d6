"""Run cnn_final: choose on validation, read the test set once, register and promote."""

from entrypoints import final

if __name__ == "__main__":
    final.main("cnn_final")
