"""The project's pages in Markdown, read."""

from functools import cache
from pathlib import Path

from conftest import PROJECT
from markdown_it import MarkdownIt
from markdown_it.token import Token

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docker/*.md", "benchmarks/*.md", "results/**/*.md")
    for path in PROJECT.glob(pattern)
)


@cache
def tokens(page: Path) -> list[Token]:
    """What a page consists of."""
    return MarkdownIt().enable("table").parse(page.read_text("utf-8"))


def name(page: Path) -> str:
    """A page's path within the project."""
    return str(page.relative_to(PROJECT))
