"""A forecaster's way through a login: an anonymous viewer may not write, a person may as far as the record says."""

import re
from dataclasses import replace

import oidc_provider_mock
import pytest
from playwright.sync_api import Page, expect

from forecasts import ledger, people
from forecasts.domain import Evidence
from forecasts.people import LOCAL_OWNER
from tests.browser.conftest import free_port
from tests.browser.test_browser import PATIENCE, settle
from tests.jobs import small_home

pytestmark = pytest.mark.browser

EMAIL = "ada@example.org"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    opened = small_home.open_home(tmp_path_factory.mktemp("login") / "home")
    assert opened.refit().kind == "published"
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def address(serve, home):
    """Give the address of a server that people log in to with a provider on this machine."""
    root, port = home.artefacts.root.parent, free_port()
    claims = {"email": EMAIL, "email_verified": True, "name": "Ada"}
    user = oidc_provider_mock.User(sub="ada", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as provider:
        values = {
            "client_id": "twixt",
            "client_secret": "for this test only",
            "server_metadata_url": f"http://localhost:{provider.server_port}/.well-known/openid-configuration",
            "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": "0123456789abcdef0123456789abcdef",
        }
        path = root / "login.toml"
        path.write_text("".join(f'{key} = "{value}"\n' for key, value in values.items()))
        path.chmod(0o600)
        yield serve(root, port=port)


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 1000}, locale="en-GB")
    drawn = context.new_page()
    drawn.set_default_timeout(PATIENCE)
    yield drawn
    context.close()


def opened(page: Page, path: str) -> None:
    page.goto(f"/{path}")
    expect(page.locator("h1").first).to_be_visible(timeout=PATIENCE)
    settle(page)


def log_in(page: Page) -> None:
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("localhost"))
    page.locator("input[name=sub]").fill("ada")
    page.locator("button[type=submit], input[type=submit]").first.click()
    page.wait_for_url(re.compile(r"127\.0\.0\.1"))
    expect(page.locator("h1").first).to_be_visible(timeout=PATIENCE)
    settle(page)


def test_the_way_of_a_forecaster_through_the_login(page, home):
    opened(page, "add_evidence")
    expect(page.get_by_text("you need one of these roles: forecaster, admin")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)

    log_in(page)
    expect(page.get_by_text("Ada · viewer")).to_be_visible()
    opened(page, "add_evidence")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)

    ada = people.add(home.store, "Ada", actor=LOCAL_OWNER, now=small_home.NOW, email=EMAIL, role="forecaster")
    opened(page, "add_evidence")
    expect(page.get_by_text("Ada · forecaster")).to_be_visible()
    page.get_by_role("textbox", name="What was reported").fill("Both sides signed a truce.")
    page.get_by_role("textbox", name="Who says so").fill("A gazette")
    page.get_by_role("textbox", name="Its short name").fill("truce_signed")
    page.get_by_role("spinbutton", name="If YES, chance of such a report (%)").fill("80")
    page.get_by_role("spinbutton", name="If NO, chance of such a report (%)").fill("20")
    page.keyboard.press("Tab")
    settle(page)

    # the role is read at the action itself: taken away while the form is open, nothing is written
    rows = ledger.tail(home.store, home.board.id).position
    people.correct(home.store, replace(ada, role="viewer"), actor=LOCAL_OWNER)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your role was changed from forecaster to viewer")).to_be_visible()
    expect(page.get_by_text("you need one of these roles: forecaster, admin")).to_be_visible()
    settle(page)
    assert ledger.tail(home.store, home.board.id).position == rows

    people.correct(home.store, replace(ada, role="forecaster"), actor=LOCAL_OWNER)
    page.reload()
    opened(page, "add_evidence")
    page.get_by_role("textbox", name="What was reported").fill("Both sides signed a truce.")
    page.get_by_role("textbox", name="Who says so").fill("A gazette")
    page.get_by_role("textbox", name="Its short name").fill("truce_signed")
    page.get_by_role("spinbutton", name="If YES, chance of such a report (%)").fill("80")
    page.get_by_role("spinbutton", name="If NO, chance of such a report (%)").fill("20")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is in the record")).to_be_visible()
    entry = ledger.history(home.store, home.board.id)[-1]
    assert isinstance(entry.record, Evidence)
    assert (entry.recorded_by, entry.record.forecaster) == (ada.id, ada.id)

    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
