"""Search the family mlp_optimizers; its question and grid are in fmnist/families.py."""

from entrypoints import search

if __name__ == "__main__":
    search.main("mlp_optimizers")
