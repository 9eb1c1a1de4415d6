"""Search the family cnn_augment; its question and grid are in fmnist/beyond.py."""

from entrypoints import search

if __name__ == "__main__":
    search.main("cnn_augment")
