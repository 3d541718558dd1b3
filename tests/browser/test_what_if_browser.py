"""A what-if in a real browser: asked, kept under a name, shared by its link and opened by somebody else."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from forecasts import ledger
from forecasts.domain import NamedWhatIf
from tests.browser.test_browser import PATIENCE, opened, pick, settle
from tests.jobs import small_home

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="document.title=1234"> **peace**'


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Give a small board of this module alone, published once by a real refit."""
    made = small_home.open_home(tmp_path_factory.mktemp("what_if") / "home")
    made.add(small_home.evidence("E1"))
    assert made.refit().kind == "published"
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def address(serve, home) -> str:
    return serve(home.artefacts.root.parent)


@pytest.fixture
def visitor(chromium: Browser, address: str) -> Iterator:
    """Give a function that opens a new browser context, as another person has one; nothing outside may be asked."""
    contexts, outside, broken = [], [], []

    def come(**choices: object) -> Page:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 1000}, base_url=address, locale="en-GB", timezone_id="UTC", **choices
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else outside.append(r.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda m: broken.append(m.text) if "Content Security Policy" in m.text else None)
        return page

    yield come
    for context in contexts:
        context.close()
    assert outside == []
    assert broken == []


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def table_chance(page: Page, scenario: str) -> str:
    """Return what the table of scenarios gives a scenario under the condition."""
    row = page.locator("table.tx-table tr", has_text=scenario)
    return row.locator("td").nth(2).inner_text()


def test_a_what_if_is_asked_kept_shared_and_opened_by_another(visitor, home):
    page = opened(visitor(), "what_if")
    pick(page, "Question or scenario", "truce")
    page.get_by_role("button", name="Add this condition").click()
    expect(page.get_by_role("heading", name="What it would mean")).to_be_visible(timeout=PATIENCE)
    settle(page)
    (condition,) = query(page)["if"]
    assert re.fullmatch(r"truce by \d{4}-\d{2}-\d{2}", condition)
    expect(page.locator(".tx-facts", has_text="effective futures")).to_be_visible()
    then = table_chance(page, "settled")

    unkept = page.locator("[data-testid=stCode] code").first.inner_text()
    page.get_by_role("textbox", name="Name").fill(HOSTILE)
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name="Keep this what-if").click()
    expect(page.get_by_text("is kept; every snapshot answers it now")).to_be_visible(timeout=PATIENCE)
    settle(page)
    (record,) = [e.record for e in ledger.history(home.store, "small") if isinstance(e.record, NamedWhatIf)]
    assert (record.name, record.mode, record.conditions) == (HOSTILE, "see", (condition,))
    expect(page.get_by_role("heading", name=f"Through time: {HOSTILE}")).to_be_visible()
    expect(page.locator("[data-testid=stVegaLiteChart]").last.locator("svg")).to_be_visible()
    assert page.title() == "What if · twixt", "the name's markup stayed text"
    link = page.locator("[data-testid=stCode] code").first.inner_text()
    assert parse_qs(urlsplit(link).query)["kept"] == [record.id]

    for shared in (link, unkept):
        other = visitor()
        parts = urlsplit(shared.strip())
        opened(other, f"{parts.path.lstrip('/')}?{parts.query}")
        expect(other.get_by_role("heading", name="What it would mean")).to_be_visible(timeout=PATIENCE)
        settle(other)
        assert query(other)["if"] == [condition]
        assert table_chance(other, "settled") == then
        expect(other.get_by_role("heading", name=f"Through time: {HOSTILE}")).to_be_visible()


def test_the_number_of_the_line_is_in_the_address_and_a_refit_adds_a_point(visitor, home):
    home.add(small_home.evidence("E7", "pact", lr=3.0), at=small_home.NOW)
    assert home.refit(now=small_home.NOW.replace(day=12)).kind == "published"
    page = opened(visitor(), "what_if?kept=W001")
    expect(page.get_by_role("heading", name="Through time")).to_be_visible(timeout=PATIENCE)
    pick(page, "Number", "pact")
    expect(page).to_have_url(re.compile("of=pact"))
    settle(page)
    expect(page.locator('[aria-roledescription="circle"][aria-label*="Kind: live"]').first).to_be_attached()
    assert page.locator('[aria-roledescription="circle"][aria-label*="Kind: live"]').count() == 4, "two lines of two"
    again = opened(visitor(), urlsplit(page.url).path.lstrip("/") + "?" + urlsplit(page.url).query)
    expect(again.get_by_role("combobox", name="Number")).to_have_value("pact")


@pytest.mark.parametrize("path", ["what_if?kept=W001", "what_if?mode=do&if=never+truce", "what_if", "scenarios"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_in_light_and_dark(visitor, path, scheme):
    page = visitor(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, path)
    main = page.locator('[data-testid="stMain"]')
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") == 0, "nothing to scroll sideways"
    assert page.locator("[data-testid=stException]").count() == 0
    charts = page.locator('[data-testid="stVegaLiteChart"]')
    described = charts.evaluate_all(
        "cs => cs.filter(c => c.checkVisibility())"
        ".map(c => [c, ...c.querySelectorAll('[aria-label]')].some(e => (e.ariaLabel || '').length > 20))"
    )
    assert all(described), described
