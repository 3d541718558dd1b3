"""In a real browser: the tour is closed for good, keys lead to pages, words have addresses, paper is light."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app import keys, links
from app.web import tour_cookie
from tests.browser.test_browser import PATIENCE, opened, settle
from tests.jobs import small_home

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(serve, tmp_path_factory) -> Iterator[str]:
    """Give the address of an app on a small board with a real live snapshot."""
    home = small_home.open_home(tmp_path_factory.mktemp("help") / "home")
    home.add(small_home.evidence("E1"))
    assert home.refit().kind == "published"
    yield serve(home.artefacts.root.parent)
    home.store.close()


@pytest.fixture
def visitor(chromium, address) -> Iterator[Page]:
    """Give the page of somebody who was never here, in the dark; what is asked for from outside fails the test."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 1000}, base_url=address, locale="en-GB", color_scheme="dark"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else wrong.append(r.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    yield page
    context.close()
    assert wrong == []


def test_the_tour_is_closed_for_good_and_found_again(visitor):
    tour = visitor.get_by_role("region", name="First visit")
    expect(opened(visitor, "").locator("h1").first).to_be_visible(timeout=PATIENCE)
    expect(tour).to_be_visible(timeout=PATIENCE)
    tour.get_by_role("link", name="Got it").click()
    expect(visitor).to_have_url(re.compile(r"tour=done"), timeout=PATIENCE)
    settle(visitor)
    expect(visitor.locator("h1").first).to_be_visible(timeout=PATIENCE)
    expect(tour).to_have_count(0, timeout=PATIENCE)
    kept = {c["name"]: c for c in visitor.context.cookies()}[tour_cookie.NAME]
    assert kept["httpOnly"]
    assert kept["sameSite"] == "Lax"
    opened(visitor, "")
    expect(tour).to_have_count(0, timeout=PATIENCE)
    opened(visitor, "help").get_by_role("link", name="Show the tour").click()
    expect(tour).to_be_visible(timeout=PATIENCE)


def test_keys_lead_to_their_pages(visitor):
    opened(visitor, "help")
    for name, pressed in keys.PAGES.items():
        visitor.locator("body").press(pressed)
        expect(visitor).to_have_title(re.compile(re.escape(links.TITLES[name])), timeout=PATIENCE)
        settle(visitor)
    button = visitor.get_by_role("button", name="Go to Board")
    assert (button.bounding_box() or {})["width"] <= 2, "out of sight"
    button.focus()
    visitor.locator("body").press("Shift+Tab")
    visitor.locator("body").press("Tab")
    assert (button.bounding_box() or {})["width"] > 60, "seen with the focus"


def test_a_word_has_an_address_and_leads_to_its_page(visitor):
    opened(visitor, "help?term=likelihood-ratio")
    first = visitor.locator(".tx-table").first
    expect(first).to_contain_text("How many times more likely")
    first.get_by_role("link", name="Add evidence").click()
    expect(visitor).to_have_title(re.compile("Add evidence"), timeout=PATIENCE)


ON_PAPER = """() => ({
  hidden: ['.stAppHeader', '[data-testid=stHeader]', '.st-key-keys', '.stButton', '.tx-tour', '.stDownloadButton']
    .flatMap(s => [...document.querySelectorAll(s)]).filter(e => e.checkVisibility()).map(e => e.className),
  inks: [...document.querySelectorAll('h1, h2, h3, .tx p, .tx-table td, label')].filter(e => e.checkVisibility())
    .map(e => getComputedStyle(e).color.match(/[0-9.]+/g).slice(0, 3).map(Number)),
  ground: getComputedStyle(document.querySelector('.stApp')).backgroundColor,
  cut: [...document.querySelectorAll('.stApp, [data-testid=stMain]')].filter(
    e => getComputedStyle(e).overflowY !== 'visible').length,
})"""


@pytest.mark.parametrize("path", ["", "question?question=truce&deadline=2028-12-31", "help"])
def test_paper_is_light_and_whole_also_from_a_dark_screen(visitor, path):
    opened(visitor, path)
    visitor.emulate_media(media="print")
    visitor.wait_for_function("() => !document.querySelector('.stAppHeader').checkVisibility()")  # the theme follows
    settle(visitor)
    found = visitor.evaluate(ON_PAPER)
    assert found["hidden"] == []
    assert found["ground"] == "rgb(255, 255, 255)"
    assert found["cut"] == 0, "a page longer than the screen would lose its end"
    assert len(found["inks"]) > 3
    assert max(max(ink) for ink in found["inks"]) < 190, "dark ink on white"
    pages = visitor.pdf(format="A4").count(b"/Type /Page\n")
    assert pages >= (2 if path else 1), "more than the first screen is printed"


@pytest.mark.slow
def test_the_draws_are_read_once_and_every_plot_is_drawn(visitor, tmp_path):
    opened(visitor, "diagnostics")
    expect(visitor.get_by_role("heading", name="Gates of the run")).to_be_visible(timeout=PATIENCE)
    expect(visitor.get_by_role("heading", name="Convergence of each quantity")).to_be_visible(timeout=PATIENCE)
    settle(visitor)
    expect(visitor.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible(timeout=PATIENCE)
    assert visitor.locator("[data-testid=stVegaLiteChart]").count() == 3
    with visitor.expect_download() as download:
        visitor.get_by_role("button", name="Download the receipt (JSON)").click()
    download.value.save_as(tmp_path / "receipt.json")
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert receipt["gates"]
    with visitor.expect_download() as download:
        visitor.get_by_role("button", name="Download the draws (netCDF)").click()
    download.value.save_as(tmp_path / "draws.nc")
    assert (tmp_path / "draws.nc").read_bytes()[1:4] == b"HDF"
    assert "fit=class+rates" in visitor.url, "the view has an address"
