"""Search the family cnn_search; its question and grid are in fmnist/families.py."""

from entrypoints import search

if __name__ == "__main__":
    search.main("cnn_search")
