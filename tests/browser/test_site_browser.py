"""The static site in a browser, from files and offline: it fits every screen, asks nobody, and axe-core is content."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.site import building
from app.site.swapping import swap_in
from forecasts.settings import Home, open_workspace
from tests.app import publishing

pytestmark = pytest.mark.browser

BOARD = "indivisible-security"
PAGES = ("index.html", "question/ceasefire.html", "scenarios.html", "changes.html", "calibration.html", "sources.html")
SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PICTURES = Path(__file__).resolve().parents[2] / "test-artefacts" / "site"
"""What the site looked like, for whoever looks at a run of CI; not part of the repository."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Give a site of the shipped board on disk."""
    root = tmp_path_factory.mktemp("site")
    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(root / "home")}))
    with opened.store:
        board = publishing.enter(opened)
        publishing.publish_history(opened, board, weeks=10)
        publishing.publish(opened, board, on=publishing.NOW, mode="live", step=10)
        files = building.files(opened, [BOARD], now=publishing.NOW.replace(hour=11), drawings=None)
    swap_in(root / "site", files)
    return root / "site"


@pytest.mark.parametrize(("screen", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_every_page_opens_offline_fits_and_can_be_used_by_all(chromium, site, screen, scheme) -> None:
    context = chromium.new_context(viewport=SCREENS[screen], color_scheme=scheme, offline=True, bypass_csp=True)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        page.goto((site / BOARD / name).as_uri())
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name}: {wider} pixels wider than the screen"
        shown = page.evaluate("[...document.querySelectorAll('figure svg')].filter(s => s.checkVisibility()).length")
        assert shown or name in {"changes.html", "sources.html", "calibration.html"}
        page.screenshot(path=PICTURES / f"{name.replace('/', '-')}-{screen}-{scheme}.png", full_page=True)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = Axe().run(page).response["violations"]
        assert not found, [(name, v["id"], v["nodes"][0]["target"], v["nodes"][0]["html"][:200]) for v in found]
    context.close()
    assert [a for a in asked if not a.startswith(("file:", "data:"))] == []
    assert said == []


def test_the_first_page_leads_on_and_links_work_by_themselves(chromium, site) -> None:
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/indivisible-security/index.html")
    page.get_by_role("link", name="Will a general ceasefire").first.click()
    page.wait_for_url("**/question/ceasefire.html")
    assert page.locator("h1").inner_text().startswith("Will a general ceasefire")
    page.get_by_role("navigation").get_by_role("link", name="Scenarios").click()
    page.wait_for_url("**/scenarios.html")
    context.close()
