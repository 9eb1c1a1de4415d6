"""A report as one HTML file that needs no network, and no script for its text and tables."""

import base64
import gzip
import secrets
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from fmnist.data import fashion_mnist
from fmnist.files import replacing
from fmnist.report.compose import compose
from fmnist.report.parts import Report
from fmnist.results import comparison
from fmnist.results.comparison import Comparison
from fmnist.stats import INTERVAL
from fmnist.study.options import Scale
from fmnist.tracking.store import Store

TITLE = "{} with MLPs and CNNs: the study, run {}"


def render(report: Report) -> str:
    """The page. What comes from the store is escaped, and the policy lets no other script run."""
    environment = Environment(
        loader=PackageLoader("fmnist", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        title=_title(),
        report=report,
        interval=INTERVAL,
        nonce=secrets.token_urlsafe(16),
        style=_own("page.css"),
        script=_own("page.js"),
        plotly=Markup(_packed(get_plotlyjs())),
    )


def _title() -> str:
    told = fashion_mnist.identity()
    return TITLE.format(told.title, "on other data" if told.is_other else "again")


def _own(name: str) -> Markup:
    return Markup(files("fmnist.report").joinpath(name).read_text(encoding="utf-8"))


def _packed(script: str) -> str:
    """A script as the page holds it: gzip, in base64, which nothing can end too early."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def write(path: Path, options: Scale, store: Store) -> Comparison:
    """Write the report of what a store holds, whole or not at all; returns what it is made of."""
    compared = comparison.compare(store, options)
    text = render(compose(compared, options, store))
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
    return compared
