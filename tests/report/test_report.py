"""The report of a real smoke study, and of stores that lack things or are hostile."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest
from synthetic import record_family

from fmnist.report import page
from fmnist.report.compose import CHAPTERS, compose
from fmnist.report.parts import COLUMNS_SHOWN, Cells, Rows
from fmnist.results import comparison
from fmnist.results.tables.summary import row_of
from fmnist.results.tables.table import Table
from fmnist.study.families import STUDY
from fmnist.study.networks import NETWORKS
from fmnist.study.options import Options
from fmnist.tracking.entry_run import entry_run

SMOKE = Options(preset="smoke")
MEGABYTES_3 = 3_000_000
TIMES = "\N{MULTIPLICATION SIGN}"
HOSTILE = "</script><script>window.harmed = true</script><img src=x onerror='harmed = 1'>"


class Elements(HTMLParser):
    """Every element of a page as (name, attributes), and the text outside of scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.captions = []
        self._silent = self._captioned = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._silent = tag in ("script", "style")
        if tag == "figcaption":
            self.captions.append("")
            self._captioned = True

    def handle_endtag(self, tag):
        self._silent = False
        self._captioned = self._captioned and tag != "figcaption"

    def handle_data(self, data):
        self.text += "" if self._silent else data
        if self._captioned:
            self.captions[-1] += data

    def all(self, *names):
        return [attributes for name, attributes in self.elements if name in names]


@pytest.fixture(scope="module")
def read(written_report):
    return Elements(written_report.read_text())


@pytest.fixture
def made(place, monkeypatch):
    """A store with some trials of one family, without finals; its texts are hostile."""
    store = place.use(monkeypatch)
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        record_family(run, "mlp_capacity", SMOKE, [0.8], place.folder)
    (trial,) = store.trials()
    for tag in ("mlflow.runName", "mlflow.note.content", "fmnist.processor", "fmnist.commit"):
        store.client.set_tag(trial.run_id, tag, HOSTILE)
    return store


def rendered(store):
    return page.render(compose(comparison.compare(store, SMOKE), SMOKE, store))


def test_the_file_needs_nothing_else(written_report, read):
    assert written_report.stat().st_size < MEGABYTES_3
    assert not read.all("link", "iframe", "object", "embed", "base")
    assert all(image["src"].startswith("data:image/png;base64,") for image in read.all("img"))
    assert all(link["href"].startswith("#") for link in read.all("a"))
    assert not any("src" in script for script in read.all("script"))
    policy = next(meta["content"] for meta in read.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")


def test_the_first_screen_says_what_was_found(read, study, monkeypatch):
    compared = comparison.compare(study.use(monkeypatch), SMOKE)
    accuracy = row_of(compared.tables["summary"], "cnn_final")["test_accuracy"]
    verdict = f"Our best CNN reaches {accuracy.value:.4f} on the test set, published 0.9361"
    beginning, _, rest = read.text.partition("How to read the numbers")
    assert verdict in beginning
    assert "Not comparable: our search chose another network." in beginning
    assert "Not comparable: ours saw 1,500 of the 60,000 training images." in beginning
    assert "The study's claims" in beginning
    assert "Published against ours" in beginning
    assert "Published against ours" not in rest


def test_families_are_folded_below_their_answers_and_no_caption_repeats(read):
    summaries = len(read.all("summary"))
    assert summaries == len(read.all("details"))
    assert not any("open" in details for details in read.all("details"))
    folds = [one for one in read.all("details") if one.get("class") == "fold"]
    assert len(folds) == len(STUDY) + 1  # and the published numbers one by one
    captions = [" ".join(caption.split()) for caption in read.captions]
    assert len(captions) == len(set(captions)) > 20


def test_a_wide_table_shows_seven_columns_and_folds_the_rest():
    frame = pd.DataFrame([{f"column {number}": number for number in range(9)}] * 12)
    rows = Rows(Table("wide", "Wide", frame), open_rows=10)
    assert len(rows.shown.columns) == COLUMNS_SHOWN
    assert len(rows.shown.rows) == 10
    assert len(rows.whole.columns) == 9
    assert rows.fold == "All 12 rows"
    narrow = Rows(Table("narrow", "Narrow", frame[["column 1"]]))
    assert narrow.whole is None
    named = pd.DataFrame([{"best": "3x32 dropout=0.3", "to_complete_it": "-P preset=smoke"}])
    assert Cells.of(named).rows == [[f"3{TIMES}32, dropout 0.3", "-P preset=smoke"]]


def test_headings_are_in_order_and_links_lead_to_them(read):
    levels = [int(name[1]) for name, _ in read.elements if name in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in read.all("a")} <= set(ids)


def test_everything_has_a_text(read):
    assert all(image["alt"] for image in read.all("img"))
    plots = [division for division in read.all("div") if division.get("role") == "img"]
    assert len(plots) > 20
    assert all(plot["aria-label"].endswith(".") for plot in plots)
    assert all(heading["scope"] in ("col", "row") for heading in read.all("th"))
    assert read.all("html") == [{"lang": "en"}]


def test_the_story_is_told_from_the_store(read, study, monkeypatch):
    for family in STUDY.values():
        assert family.question in read.text
        assert family.finding in read.text
    compared = comparison.compare(study.use(monkeypatch), SMOKE)
    for name in ("mlp_baseline", "mlp_final", "cnn_final"):
        accuracy = row_of(compared.tables["summary"], name)["test_accuracy"]
        assert f"95% interval {accuracy.bounds}" in read.text
        assert f"{accuracy.value:.4f}" in read.text
    assert "10 of the 10 families and finals are complete" in read.text
    assert "mlflow run . -e main -P preset=smoke" in read.text
    assert "not run yet" not in read.text


def test_every_kind_of_network_has_a_section():
    assert CHAPTERS.keys() == NETWORKS.keys() | {"own"}


def test_what_is_missing_is_named_with_how_to_get_it(made):
    text = Elements(rendered(made)).text
    assert text.count("This final has not run yet") == 2
    assert "mlflow run . -e cnn_final -P preset=smoke" in text
    assert "128-64" in text  # the configuration of the family that was not recorded
    row = r"mlp_capacity\s*2\s*1\s*1\s*[\d.e-]+\s*mlflow run . -e mlp_capacity -P preset=smoke"
    assert re.search(row, text)  # expected, done, models, hours, how to get the rest


def test_texts_of_the_store_are_only_shown(made):
    text = rendered(made)
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert Elements(text).text.count("window.harmed = true") == 2


def test_a_report_of_nothing_says_what_to_run(place):
    done = place.run("report", "--preset", "quick", "--seed", "3")
    assert done.returncode == 0, done.stderr
    text = Elements((place.folder / "report.html").read_text()).text
    assert "Nothing is recorded" in text
    assert "mlflow run . -e main -P preset=quick -P seed=3" in text
    (artifact,) = place.folder.glob("mlruns/*/*/artifacts/report.html")
    assert artifact.read_bytes() == (place.folder / "report.html").read_bytes()


@pytest.mark.parametrize("output", [".", "missing/report.html"])
def test_a_place_that_cannot_be_written_is_refused(place, output):
    refused = place.run("report", "--output", output)
    assert refused.returncode == 2
    assert refused.stderr == f"output={output}: accepted is a file that can be written\n"
    assert list(place.folder.iterdir()) == []
