"""Every link in the project's pages leads to a file, and to a heading, that is there."""

import re
from urllib.parse import unquote, urlsplit

import pytest

from docs.pages import PAGES, name, tokens


def links(page):
    """What the page's links and pictures lead to."""
    inline = [part for token in tokens(page) for part in token.children or []]
    found = [part.attrs.get("href") or part.attrs.get("src") for part in inline]
    return [link for link in found if link]


def anchors(page):
    """The names of a page's headings, as code hosts make them."""
    following = zip(tokens(page), tokens(page)[1:], strict=False)
    headings = [text.content for token, text in following if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def is_dead(page, link):
    """Whether a link within the project leads nowhere; other servers are not asked."""
    parts = urlsplit(link)
    if parts.scheme:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return True
    return bool(parts.fragment) and parts.fragment not in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_link_is_dead(page):
    assert [link for link in links(page) if is_dead(page, link)] == []


def test_a_dead_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A heading: its name\n[a](#a-heading-its-name) [b](#none) ![c](c.png)\n")
    assert [link for link in links(page) if is_dead(page, link)] == ["#none", "c.png"]
