"""Every page judged by axe-core under our real policy: light and dark, desktop and phone; headings, charts, focus.

axe-core is put into the page through the browser's debugging protocol, which the content security policy of the page
does not touch: the page is the one that people get. Expanders are opened first, so that nothing hides from the check.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.main import RENDER
from forecasts.refit import Wanted, refit
from forecasts.settings import Home, open_workspace
from tests.app import publishing
from tests.browser.test_browser import PATIENCE, settle

pytestmark = pytest.mark.browser

ADDRESS = {
    "board": "",
    "question": "question?question=ceasefire&deadline=2027-12-31",
    "what_if": "what_if?mode=see&if=ceasefire+by+2027-12-31",
    "add_evidence": "add_evidence?question=ceasefire",
}
"""Pages that need more than their name to show all they have."""
SIZES = {"desktop": {"width": 1280, "height": 1000}, "phone": {"width": 390, "height": 844}}
GRAVE = {"serious", "critical"}
PICTURES = Path(__file__).resolve().parents[2] / "test-artefacts" / "pages"
"""What every page looked like, for whoever looks at a run of CI; not part of the repository."""


@dataclass(frozen=True)
class Known:
    """What only Streamlit's own markup causes, so that no page can mend it."""

    rule: str
    within: str
    """Selector of Streamlit's element; the same rule counts everywhere else."""
    reason: str


KNOWN = (
    Known(
        "list",
        '[data-testid="stSidebarNavItems"]',
        "the phone's menu groups its entries by <div> between <ul> and <li>; its links and names are in order",
    ),
    Known(
        "listitem",
        '[data-testid="stSidebarNavItems"]',
        "the same <div>: the entries are no direct children of their list",
    ),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    """Give the shipped board with five weeks of history and a real live run, so that every page shows all it has."""
    place = Home.from_environment({"TWIXT_HOME": str(tmp_path_factory.mktemp("whole") / "home")})
    opened = open_workspace(place)
    with opened.store:
        board = publishing.enter(opened)
        publishing.publish_history(opened, board, weeks=5)
        now = publishing.NOW.replace(day=21)
        outcome = refit(opened.store, opened.artefacts, board.id, now=now, wanted=Wanted(accept_jump=True))
        assert outcome.kind == "published", outcome.message
    return place


@pytest.fixture(scope="module")
def page(chromium, serve, home) -> Iterator[Page]:
    """Give one page for all checks of this module; it fails them when a script broke or the policy was breached."""
    address = serve(home.root)
    context = chromium.new_context(base_url=address, locale="en-GB", timezone_id="UTC", viewport=SIZES["desktop"])
    drawn = context.new_page()
    drawn.set_default_timeout(PATIENCE)
    broken: list[str] = []
    drawn.on("pageerror", lambda error: broken.append(str(error)))
    drawn.on("console", lambda m: broken.append(m.text) if "Content Security Policy" in m.text else None)
    yield drawn
    context.close()
    assert broken == []


def opened(page: Page, name: str, *, scheme: str, size: str) -> Page:
    """Show a page with every expander open and every chart drawn."""
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/{ADDRESS.get(name, name)}")
    expect(page.locator("h1").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.screenshot(path=PICTURES / f"{name}-{size}-{scheme}.png")
    unfold(page)
    return page


def unfold(page: Page) -> None:
    """Open every expander, also those within others, and wait until the charts in them are drawn."""
    closed = page.locator('[data-testid="stMain"] details:not([open]) > summary')
    while closed.count():
        first = closed.first.element_handle()
        first.click()
        page.wait_for_function("s => !s.isConnected || s.parentElement.open", arg=first)
    settle(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(c => c.querySelector('svg'))"
    )


def grave(page: Page) -> list[str]:
    """Return the violations that matter and that are not known to be Streamlit's own."""
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['target'][0]} {node['html'][:160]} ({node['failureSummary'][:240]})"
        for v in found
        if v["impact"] in GRAVE
        for node in v["nodes"]
        if not any(k.rule == v["id"] and lies_within(page, node["target"][0], k.within) for k in KNOWN)
    ]


def lies_within(page: Page, target: str, place: str) -> bool:
    """Tell whether the element of a violation is a place of Streamlit's or lies in it."""
    return bool(page.evaluate("([t, p]) => Boolean(document.querySelector(t)?.closest(p))", [target, place]))


def in_order(levels: list[int]) -> bool:
    """Tell whether headings begin with the only first one and jump over no level."""
    return levels[:1] == [1] and levels.count(1) == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))


CHARTS = """() => {
  const all = [...document.querySelectorAll(
    'h1, h2, [data-testid=stVegaLiteChart], .tx-table, [data-testid=stDataFrame], ul.tx-list, ul.tx-seats')]
    .filter(e => e.checkVisibility());
  return all.map((e, i) => ({e, after: all.slice(i + 1)})).filter(x => x.e.matches('[data-testid=stVegaLiteChart]'))
    .map(({e, after}) => {
      const end = after.findIndex(x => x.matches('h1, h2'));
      const rest = end < 0 ? after : after.slice(0, end);
      return {alt: e.ariaLabel || '', table: rest.some(x => !x.matches('[data-testid=stVegaLiteChart]'))};
    });
}"""
"""Every chart in view: its words, and whether a table or list follows it before the next section begins."""


def poor_charts(page: Page) -> list[str]:
    """Return the charts whose words hold no numbers, or behind which no table stands."""
    said = page.evaluate(CHARTS)
    numbers = [c["alt"] for c in said if sum(w[:1].isdigit() for w in c["alt"].split()) < 2]
    return [f"no numbers: {alt!r}" for alt in numbers] + [f"no table: {c['alt']!r}" for c in said if not c["table"]]


def check(page: Page) -> None:
    """Fail when a page is not fit for everybody."""
    assert grave(page) == []
    assert page.locator('[data-testid="stMain"]').evaluate("m => m.scrollWidth - m.clientWidth") == 0, "sideways"
    assert in_order(page.locator("h1, h2, h3").evaluate_all("hs => hs.map(h => Number(h.tagName[1]))"))
    assert poor_charts(page) == []


@pytest.mark.parametrize("name", RENDER)
def test_a_page_is_fit_for_everybody(page, name):
    opened(page, name, scheme="light", size="desktop")
    check(page)


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "size"), [("dark", "phone"), ("dark", "desktop"), ("light", "phone")])
@pytest.mark.parametrize("name", RENDER)
def test_a_page_is_fit_for_everybody_also_in_the_dark_and_on_a_phone(page, name, scheme, size):
    opened(page, name, scheme=scheme, size=size)
    check(page)


def test_what_is_excused_is_still_there(page):
    """An exception that a newer Streamlit no longer needs has to go."""
    opened(page, "board", scheme="light", size="phone")
    found = {v["id"] for v in Axe().run(page).response["violations"]}
    assert {k.rule for k in KNOWN} <= found


FOCUS = """() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const shown = s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1.5);
  let place = e;
  for (let i = 0; i < 4 && place; i += 1, place = place.parentElement)
    if (shown(getComputedStyle(place))) return [e.tagName + ' ' + e.className.slice(0, 60), true];
  return [e.tagName + ' ' + e.className.slice(0, 60) + ' ' + e.innerText?.slice(0, 30), false];
}"""


@pytest.mark.parametrize("name", ["board", "add_evidence"])
def test_the_keyboard_shows_where_it_is(page, name):
    opened(page, name, scheme="light", size="desktop")
    page.locator("body").press("Tab")
    places = []
    for _ in range(40):
        places.append(page.evaluate(FOCUS))
        page.keyboard.press("Tab")
    seen = [p for p in places if p is not None]
    assert len({p[0] for p in seen}) > 10, "the focus moves"
    assert [p[0] for p in seen if not p[1]] == []
