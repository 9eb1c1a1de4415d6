"""The project's search, which imports what it needs as a verb does."""

from entrypoints import loading

if __name__ == "__main__":
    loading.load("search", trains=True)
    from benchmarks.peers import our_search

    our_search.main()
