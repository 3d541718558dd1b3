"""The whole way in a real browser: a report is typed, previewed, saved, refitted, and the chart changes."""

import itertools
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from forecasts import ledger
from forecasts.domain import Evidence
from tests.jobs import small_home

pytestmark = pytest.mark.browser

PATIENCE = 90_000
"""Milliseconds that a refit or a first script run may take on a busy machine."""
QUESTION = "question?question=truce&deadline=2028-12-31"
HOSTILE = '<img src=x onerror="document.title=1234"> **both** sides signed a truce of thirty days.'


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Give a small board, published once by a real refit; its class rates are draws at hand, so nothing is sampled."""
    opened = small_home.open_home(tmp_path_factory.mktemp("browser") / "home")
    opened.add(small_home.evidence("E1"), small_home.evidence("E2", "fund", lr=0.5))
    assert opened.refit().kind == "published"
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def address(serve, home) -> str:
    return serve(home.artefacts.root.parent)


@pytest.fixture
def page(chromium, address) -> Iterator[Page]:
    """Give a page that fails the test when it asked for anything outside, or a script of it broke."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 1000}, base_url=address, locale="en-GB", timezone_id="Europe/Berlin"
    )
    drawn = context.new_page()
    drawn.set_default_timeout(PATIENCE)
    outside: list[str] = []
    broken: list[str] = []
    drawn.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else outside.append(r.url))
    drawn.on("pageerror", lambda error: broken.append(str(error)))
    drawn.on("console", lambda m: broken.append(m.text) if "Content Security Policy" in m.text else None)
    yield drawn
    context.close()
    assert outside == []
    assert broken == []


def opened(page: Page, path: str) -> Page:
    """Go to an address and wait until its script has run to the end."""
    page.goto(f"/{path}")
    expect(page.locator("h1").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until no script runs."""
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=PATIENCE
    )


def pick(page: Page, label: str | re.Pattern[str], option: str, *, exact: bool = True) -> None:
    """Choose an option of a select box by its words; a list that a late run of the page closes is opened again."""
    wanted, box = page.get_by_role("option", name=option, exact=exact), page.get_by_role("combobox", name=label)
    for attempts_left in reversed(range(10)):
        box.click()
        try:
            wanted.click(timeout=PATIENCE if attempts_left == 0 else 4000)
            expect(wanted).to_have_count(0)
            break
        except PlaywrightTimeoutError:
            if attempts_left == 0:
                raise
            page.keyboard.press("Escape")
    settle(page)


def chance(page: Page) -> float:
    """Return the large number of a question's page, in percent."""
    found = re.search(r"([\d.]+) %", page.locator(".tx-big").inner_text())
    assert found
    return float(found[1])


def live_dots(page: Page) -> int:
    """Return how many live snapshots the trend shows."""
    expect(page.locator('[aria-roledescription="circle"][aria-label*="Kind: live"]').first).to_be_attached()
    return page.locator('[aria-roledescription="circle"][aria-label*="Kind: live"]').count()


def test_a_deep_link_as_the_first_request_of_a_new_server_shows_that_page(page):
    # beside a `pages` directory Streamlit would run the file of that name by itself
    opened(page, QUESTION)
    expect(page.locator("h1")).to_have_text("truce")
    expect(page.get_by_role("link", name="Add evidence", exact=True)).to_be_visible()


def test_evidence_is_previewed_saved_refitted_and_changes_the_chart(page, home):
    opened(page, QUESTION)
    before, dots = chance(page), live_dots(page)
    rows = ledger.tail(home.store, home.board.id).position

    page.get_by_role("link", name="Add evidence on this question").click()
    expect(page.locator("h1")).to_have_text("Add evidence")
    page.get_by_role("textbox", name="What was reported").fill(HOSTILE)
    page.get_by_role("textbox", name="Who says so").fill("A gazette")
    page.get_by_role("textbox", name="Its short name").fill("truce_signed")
    page.get_by_role("spinbutton", name="If YES, chance of such a report (%)").fill("80")
    page.get_by_role("spinbutton", name="If NO, chance of such a report (%)").fill("20")
    page.keyboard.press("Tab")
    preview = page.locator(".st-key-preview_side svg")
    expect(preview.get_by_text("→").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("strong, for YES")).to_be_visible()
    assert ledger.tail(home.store, home.board.id).position == rows, "a preview writes nothing"

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is in the record")).to_be_visible()
    record = ledger.history(home.store, home.board.id)[-1].record
    assert isinstance(record, Evidence)
    assert record.statement == HOSTILE
    assert [round(e.lr, 6) for e in record.effects] == [4.0]

    page.get_by_role("button", name="Refit now").click()
    expect(page.locator('[data-testid="stAlert"]', has_text="published")).to_be_visible(timeout=PATIENCE)

    page.get_by_role("link", name="See the question").click()
    expect(page.locator("h1")).to_have_text("truce")
    settle(page)
    after = chance(page)
    assert after > before, (before, after)
    assert live_dots(page) == dots + 1
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    assert page.title() == "Question · twixt", "the report's markup stayed text"


@pytest.mark.parametrize("path", ["", QUESTION, "add_evidence", "runs"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_in_light_and_dark(page, path, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, path)
    main = page.locator('[data-testid="stMain"]')
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") == 0, "nothing to scroll sideways"
    ground = page.locator('[data-testid="stApp"]').evaluate("a => getComputedStyle(a).backgroundColor")
    assert ground == {"light": "rgb(251, 250, 246)", "dark": "rgb(18, 24, 29)"}[scheme]
    ink = page.locator(".tx").first.evaluate("e => getComputedStyle(e).color")
    assert ink != ground
    levels = page.locator("h1, h2, h3").evaluate_all("hs => hs.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "no level is jumped over"


def test_charts_are_described_and_no_mark_is_black(page):
    opened(page, QUESTION)
    charts = page.locator('[data-testid="stVegaLiteChart"]')
    expect(charts.first.locator("svg")).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]"
        ".every(c => !c.checkVisibility() || c.querySelector('svg'))"
    )
    described = charts.evaluate_all(
        "cs => cs.filter(c => c.checkVisibility())"
        ".map(c => [c, ...c.querySelectorAll('[aria-label]')].some(e => (e.ariaLabel || '').length > 20))"
    )
    assert len(described) > 2, "a chart in a closed expander is drawn when it is opened"
    assert all(described), described
    fills = charts.locator("svg path, svg text").evaluate_all(
        "ps => ps.map(p => [p.getAttribute('fill'), p.getAttribute('stroke')]).flat()"
    )
    assert len(fills) > 50
    assert not {"black", "#000", "#000000", "rgb(0, 0, 0)"} & set(fills)


HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.mark.parametrize("path", ["", "scenarios", "what_if?mode=see&if=truce+by+2028-12-31", "runs", "add_evidence"])
def test_every_page_is_drawn_under_a_strict_policy(page: Page, path: str) -> None:
    """The `page` fixture fails the test on any breach of the policy and any request to the outside."""
    answer = page.goto(f"/{path}")
    assert answer is not None
    assert HEADERS.items() <= answer.headers.items()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    expect(page.locator("h1").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert page.locator("[data-testid=stException]").count() == 0
