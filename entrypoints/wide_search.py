"""Search the family wide_search; its question and grid are in fmnist/beyond.py."""

from entrypoints import search

if __name__ == "__main__":
    search.main("wide_search")
