"""A viewer's way: somebody anonymous sees every page, finds no way to write, and is told how to get one."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.main import RENDER
from forecasts import ledger
from tests.browser.conftest import ROOT, free_port, wait_for
from tests.browser.test_browser import PATIENCE, opened, settle
from tests.jobs import small_home, voting_home

pytestmark = pytest.mark.browser

WRITING = ("Save", "Save the statement", "Refit now", "Take it back", "Withdraw", "Add", "Erase for good", "Retract")
"""Buttons that write."""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[small_home.Home]:
    opened_home = voting_home.open_home(tmp_path_factory.mktemp("viewer") / "home")
    opened_home.add(small_home.evidence("E1"), voting_home.statement("S001", "m40", "for_firm"))
    assert opened_home.refit().kind == "published"
    yield opened_home
    opened_home.store.close()


@pytest.fixture(scope="module")
def address(home, tmp_path_factory) -> Iterator[str]:
    """Give the address of a server that nobody can log in to and that has no owner: `twixt app --read-only`."""
    port, log = free_port(), tmp_path_factory.mktemp("log") / "log.txt"
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    environment = os.environ | {"TWIXT_HOME": str(home.artefacts.root.parent), "TWIXT_LOCAL": "", "TWIXT_DB": ""}
    script = ROOT / "app" / "web" / "asgi.py"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), *options],
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture
def page(chromium, address) -> Iterator[Page]:
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 1000}, locale="en-GB")
    drawn = context.new_page()
    drawn.set_default_timeout(PATIENCE)
    yield drawn
    context.close()


def test_a_viewer_sees_every_page_and_can_write_on_none(page: Page, home) -> None:
    before = ledger.tail(home.store, home.board.id)
    for name in RENDER:
        opened(page, name)
        assert "could not be drawn" not in page.locator("h1").first.inner_text(), name
        assert page.locator("[data-testid=stException]").count() == 0, name
        found = [b.inner_text().strip() for b in page.locator("[data-testid=stMain] button").all()]
        assert not set(found) & set(WRITING), name
    assert ledger.tail(home.store, home.board.id) == before


def test_a_viewer_tries_a_report_out_and_is_told_who_may_save_it(page: Page, home) -> None:
    opened(page, "add_evidence")
    page.get_by_role("textbox", name="What was reported").fill("Both sides signed a truce.")
    page.get_by_role("spinbutton", name="If YES, chance of such a report (%)").fill("80")
    page.get_by_role("spinbutton", name="If NO, chance of such a report (%)").fill("20")
    page.keyboard.press("Tab")
    settle(page)
    expect(page.locator(".st-key-preview_side svg").get_by_text("→").first).to_be_visible(timeout=PATIENCE)
    told = page.get_by_text("you need one of these roles: forecaster, admin")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("This server has no login")


def test_people_are_nobody_elses_business(page: Page) -> None:
    opened(page, "people")
    expect(page.get_by_text("you need one of these roles: admin")).to_be_visible()
    expect(page.locator("[data-testid=stMain] table")).to_have_count(0)
    expect(page.get_by_role("link", name="People", exact=True)).to_have_count(0)
