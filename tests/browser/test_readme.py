"""The README as a code host shows it: tables that fit, pictures that load, the result first."""

import re

import pytest
from conftest import PROJECT
from markdown_it import MarkdownIt

README = PROJECT / "README.md"
TABLE_WIDTH = 900
WORDS = 1_200
# A code host's page, as far as widths depend on it.
STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 1000px; margin: 0; padding: 32px;
       box-sizing: border-box; overflow-wrap: break-word }
table { border-collapse: collapse; width: max-content }
th, td { padding: 6px 13px; border: 1px solid #ccc }
code, pre { font: 13.6px/1.45 monospace }
pre { padding: 16px; width: max-content }
img { max-width: 100% }
"""


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    body = MarkdownIt().enable("table").render(README.read_text("utf-8"))
    page = f"<!doctype html><meta charset=utf-8><base href='{PROJECT.as_uri()}/'>"
    path = tmp_path_factory.mktemp("readme") / "README.html"
    path.write_text(f"{page}<style>{STYLE}</style><body>{body}", encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1000, "height": 800})
    opened.goto(path.as_uri())
    yield opened
    opened.close()


def test_no_table_and_no_line_of_code_is_cut_off(opened):
    for name in ("table", "pre"):
        parts = opened.locator(name).all()
        widths = [part.bounding_box()["width"] for part in parts]
        assert parts
        assert max(widths) <= TABLE_WIDTH, [round(width) for width in widths]


def test_pictures_load(opened):
    loaded = opened.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert loaded
    assert all(loaded)


def test_the_first_screen_has_the_result_and_the_commands_follow(opened):
    def top(text):
        return opened.get_by_text(text).first.bounding_box()["y"]

    assert top("What we found") < top("test accuracies:") < 800
    assert top("make demo") < 1_600


def test_it_is_short():
    text = re.sub(r"<!--.*?-->", "", README.read_text("utf-8"), flags=re.DOTALL)
    assert len(re.findall(r"[^\s|]*\w[^\s|]*", text)) <= WORDS
