"""The report in a real browser: on a desktop and on a phone, light and dark, offline."""

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect
from synthetic import record_family

from fmnist.report.page import write
from fmnist.study.options import Options
from fmnist.tracking.entry_run import entry_run

SMOKE = Options(preset="smoke")
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
DRAWN = "html[data-drawn]"
WAIT_MILLISECONDS = 60_000
HARMFUL = "</script><script>window.harmed = true</script><img src=x onerror='window.harmed = true'>"


@dataclass
class Opened:
    """A page, with what it asked for beside itself and what it complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    first_screen: list[str] = field(default_factory=list)


def show(browser, path, viewport=DESKTOP, **options):
    """Open a file, and wait until its charts are drawn."""
    opened = Opened(browser.new_page(viewport=viewport, **options))
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("console", lambda message: opened.complaints.append(message.text))
    opened.page.goto(path.as_uri())
    if options.get("java_script_enabled", True):
        opened.page.wait_for_selector(DRAWN, timeout=WAIT_MILLISECONDS)
    return opened


def unfold(page):
    """Open all that is folded, and wait until its charts are drawn too."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    waiting = page.locator(".plot:not(.js-plotly-plot)")
    expect(waiting).to_have_count(0, timeout=WAIT_MILLISECONDS)
    page.wait_for_selector(DRAWN, timeout=WAIT_MILLISECONDS)


@pytest.fixture(
    scope="module",
    params=[(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"],
)
def opened(request, browser, written_report):
    viewport, scheme = request.param
    opened = show(browser, written_report, viewport, color_scheme=scheme)
    opened.first_screen = first_screen(opened.page)
    unfold(opened.page)
    yield opened
    opened.page.close()


def first_screen(page):
    """Which of the parts of the report's front begin on the screen as it opens."""
    parts = (".verdict", ".headlines", ".front .chart", ".front .table")
    height = page.viewport_size["height"]
    return [part for part in parts if page.locator(part).first.bounding_box()["y"] < 0.7 * height]


def luminance(page, name):
    """How light a color of the body is, from 0 to 255."""
    color = page.evaluate(f"getComputedStyle(document.body).{name}")
    return sum(map(int, color.removeprefix("rgb(").removesuffix(")").split(", "))) / 3


def test_it_is_whole_without_a_network_or_complaint(opened, written_report):
    beside = [url for url in opened.requests if not url.startswith("data:")]
    assert beside == [written_report.as_uri()]
    assert opened.complaints == []


def test_the_first_screen_has_the_verdict_the_cards_the_figure_and_the_claims(opened):
    on_desktop = opened.page.viewport_size == DESKTOP
    expected = [".verdict", ".headlines", ".front .chart", ".front .table"]
    assert opened.first_screen == (expected if on_desktop else expected[:2])


def test_nothing_is_wider_than_the_screen(opened):
    width = opened.page.viewport_size["width"]
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width


def test_every_chart_is_drawn(opened):
    plots = opened.page.locator(".plot")
    assert plots.count() > 20
    assert opened.page.locator(".plot .main-svg").count() >= plots.count()
    heights = plots.evaluate_all("all => all.map(one => one.querySelector('svg').clientHeight)")
    assert min(heights) > 100


def test_text_and_charts_stand_out_in_light_and_dark(opened):
    page = opened.page
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    back, text = luminance(page, "backgroundColor"), luminance(page, "color")
    assert (back < 50 and text > 200) if dark else (back > 230 and text < 60)
    tick = page.locator(".xtick text").first.evaluate("tick => getComputedStyle(tick).fill")
    assert tick == page.evaluate("getComputedStyle(document.body).color")


def test_pictures_are_loaded_and_described(opened):
    pictures = opened.page.locator("img")
    assert pictures.count() == 3
    assert all(pictures.evaluate_all("all => all.map(one => one.naturalWidth > 100 && one.alt)"))


def test_a_chart_follows_a_change_of_scheme(browser, written_report):
    opened = show(browser, written_report, color_scheme="light")
    opened.page.emulate_media(color_scheme="dark")
    color = opened.page.evaluate("getComputedStyle(document.body).color")
    ticks = opened.page.locator(".xtick text").first
    expect(ticks).to_have_css("fill", color, timeout=WAIT_MILLISECONDS)
    opened.page.close()


def test_hovering_a_chart_tells_its_values(browser, written_report):
    opened = show(browser, written_report)
    plot = opened.page.locator(".front .plot").first
    plot.scroll_into_view_if_needed()
    point = plot.locator(".point").first.bounding_box()
    opened.page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    plot.locator(".hovertext").wait_for()
    assert (
        "mlp_baseline linear, best validation: published 0.8626"
        in plot.locator(".hovertext").text_content()
    )
    opened.page.close()


def test_a_keyboard_skips_to_the_content(browser, written_report):
    opened = show(browser, written_report)
    opened.page.keyboard.press("Tab")
    skip = opened.page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert skip.bounding_box()["x"] >= 0
    opened.page.close()


def test_without_scripts_tables_and_captions_are_there(browser, written_report):
    opened = show(browser, written_report, java_script_enabled=False)
    page = opened.page
    assert page.get_by_text("The charts need JavaScript").is_visible()
    assert page.locator("table").first.is_visible()
    assert page.locator("figcaption").first.is_visible()
    assert not page.locator(".plot").first.is_visible()
    page.close()


def test_texts_of_the_store_do_not_run(browser, place, monkeypatch):
    store = place.use(monkeypatch)
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        record_family(run, "mlp_capacity", SMOKE, [0.8, 0.7], place.folder)
    for trial in store.trials():
        for tag in ("mlflow.runName", "mlflow.note.content", "fmnist.processor"):
            store.client.set_tag(trial.run_id, tag, HARMFUL)
    write(place.folder / "report.html", SMOKE, store)
    opened = show(browser, place.folder / "report.html")
    assert opened.page.get_by_text("window.harmed = true").count() == 1
    assert opened.page.evaluate("window.harmed") is None
    assert opened.complaints == []
    opened.page.close()
