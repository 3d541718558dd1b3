"""The evidence workbench in a real browser: two people at once, and a whole day's work by keyboard alone."""

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from forecasts import ledger, reading_list
from forecasts.domain import Evidence, Retraction
from tests.browser.test_browser import PATIENCE, opened, settle
from tests.jobs import small_home

pytestmark = pytest.mark.browser

MOST_TABS = 60
"""Presses of Tab after which a field counts as out of reach."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Give a small published board with two items."""
    desk = small_home.open_home(tmp_path_factory.mktemp("workbench") / "home")
    desk.add(small_home.evidence("E1"), small_home.evidence("E2", "fund", lr=0.5))
    assert desk.refit().kind == "published"
    yield desk
    desk.store.close()


@pytest.fixture(scope="module")
def address(serve, home) -> str:
    return serve(home.artefacts.root.parent)


@pytest.fixture
def person(chromium: Browser, address) -> Iterator[Callable[[], Page]]:
    """Give a function that lets another person come with a browser of their own; nothing may break or go outside."""
    contexts, wrong = [], []

    def come() -> Page:
        contexts.append(
            chromium.new_context(
                viewport={"width": 1280, "height": 1000}, base_url=address, locale="en-GB", timezone_id="Europe/Berlin"
            )
        )
        drawn = contexts[-1].new_page()
        drawn.set_default_timeout(PATIENCE)
        drawn.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else wrong.append(r.url))
        drawn.on("pageerror", lambda error: wrong.append(str(error)))
        drawn.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
        return drawn

    yield come
    for context in contexts:
        context.close()
    assert wrong == []


def newest(home) -> object:
    return ledger.history(home.store, home.board.id)[-1].record


def type_into(page: Page, name: str, text: str) -> None:
    """Fill a field of an edit and leave it, and wait until the page lists what it changes."""
    page.get_by_role("textbox", name=name).fill(text)
    page.keyboard.press("Tab")
    taken_over(page, text)


def taken_over(page: Page, text: str) -> None:
    """Wait until a new text stands among what an edit changes, and nothing moves any more."""
    expect(page.get_by_role("cell", name=text, exact=True)).to_be_visible(timeout=PATIENCE)
    settle(page)


def test_of_two_people_the_second_sees_both_versions_and_nothing_is_lost(person, home):
    ada, bela = person(), person()
    for page in (ada, bela):
        opened(page, "evidence?item=E1&do=edit")
        expect(page.get_by_role("textbox", name="Who says so")).to_have_value("A newspaper")
    type_into(ada, "What was reported", "Ada wrote it anew.")
    type_into(bela, "What was reported", "Bela wrote it anew.")
    type_into(bela, "Who says so", "Bela's source")

    ada.get_by_role("button", name="Save as a new version").click()
    expect(ada.get_by_text("E1 has a new version")).to_be_visible()
    rows = ledger.tail(home.store, home.board.id).position
    bela.get_by_role("button", name="Save as a new version").click()

    expect(bela.locator("h1")).to_have_text("Two versions of E1")
    expect(bela.get_by_text("Ada wrote it anew.").first).to_be_visible()
    expect(bela.get_by_text("Bela wrote it anew.").first).to_be_visible()
    assert ledger.tail(home.store, home.board.id).position == rows, "nothing is written before the choice"
    save = bela.get_by_role("button", name="Save the merged version")
    expect(save).to_be_disabled()

    statement = bela.get_by_role("radiogroup", name="Which for What was reported?")
    statement.get_by_text("Mine").click()
    expect(save).to_be_enabled()
    expect(bela.get_by_text("What it would change")).to_be_visible()
    save.click()
    expect(bela.get_by_text("E1 has a new version")).to_be_visible()
    record = newest(home)
    assert isinstance(record, Evidence)
    assert (record.statement, record.source) == ("Bela wrote it anew.", "Bela's source")
    versions = [v.record.statement for v in ledger.history(home.store, home.board.id, entry="E1")]
    assert versions == ["Report E1.", "Ada wrote it anew.", "Bela wrote it anew."], "all three stay in the record"


def test_an_item_and_a_filtered_list_have_addresses_of_their_own(person):
    page = opened(person(), "evidence?item=E2")
    expect(page.locator("h1")).to_have_text("Evidence E2")
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("h1")).to_have_text("Evidence")
    page.get_by_role("textbox", name="Search").fill("report e2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 to 1 of 1 items")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=report(\+|%20)e2"))
    page.reload()
    settle(page)
    expect(page.get_by_text("1 to 1 of 1 items")).to_be_visible()
    page.get_by_role("link", name="Report E2.").click()
    expect(page.locator("h1")).to_have_text("Evidence E2")
    expect(page).to_have_url(re.compile("item=E2$"))
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_text("1 to 1 of 1 items")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=report(\+|%20)e2$"))
    page.go_back()
    expect(page.locator("h1")).to_have_text("Evidence E2")
    page.go_forward()
    expect(page.get_by_text("1 to 1 of 1 items")).to_be_visible()
    page.get_by_role("radio", name="Stories").or_(page.get_by_role("button", name="Stories")).first.click()
    expect(page.get_by_text("1 of 2 stories")).to_be_visible()  # the search goes with one


# ---- by keyboard alone


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus; what has it must be seen to have it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.count() and target.first.evaluate(
            "e => e === document.activeElement || e.contains(document.activeElement)"
        ):
            return
    raise AssertionError(f"{target} is not reached by {MOST_TABS} tabs")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_a_report_is_entered_edited_retracted_and_undone_without_a_mouse(person, home):
    page = opened(person(), "add_evidence?question=truce")
    tab_to(page, page.get_by_role("textbox", name="What was reported"))
    page.keyboard.type("Both sides signed a truce of thirty days.")
    for name, text in (("Who says so", "A gazette"), ("Its short name", "truce_signed")):
        tab_to(page, page.get_by_role("textbox", name=name))
        page.keyboard.type(text)
    for name, text in (("If YES, chance of such a report (%)", "80"), ("If NO, chance of such a report (%)", "20")):
        tab_to(page, page.get_by_role("spinbutton", name=name))
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    settle(page)
    expect(page.get_by_text("strong, for YES")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("is in the record")).to_be_visible()
    entered = newest(home)
    assert isinstance(entered, Evidence)
    assert (entered.statement, entered.effects[0].lr) == ("Both sides signed a truce of thirty days.", 4.0)

    settle(page)
    page.keyboard.press("Control+Home")
    tab_to(page, page.get_by_role("link", name=f"See {entered.id}"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Evidence {entered.id}")
    settle(page)
    tab_to(page, button(page, "Edit"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Edit {entered.id}")
    settle(page)
    tab_to(page, page.get_by_role("textbox", name="Who says so"))
    page.keyboard.press("Control+A")
    page.keyboard.type("Two gazettes")
    page.keyboard.press("Enter")
    taken_over(page, "Two gazettes")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("has a new version")).to_be_visible()
    edited = newest(home)
    assert isinstance(edited, Evidence)
    assert (edited.id, edited.source) == (entered.id, "Two gazettes")

    settle(page)
    tab_to(page, button(page, "Retract"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Retract {entered.id}")
    settle(page)
    tab_to(page, page.get_by_role("textbox", name="Why"))
    page.keyboard.type("Both gazettes withdrew it")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{entered.id} is retracted")).to_be_visible()
    taken_back = newest(home)
    assert isinstance(taken_back, Retraction)
    assert (taken_back.target, taken_back.reason) == (entered.id, "Both gazettes withdrew it")

    settle(page)
    tab_to(page, button(page, "Undo"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("is taken back to what it was")).to_be_visible()
    undone = newest(home)
    assert isinstance(undone, Retraction)
    assert undone.target == taken_back.id


def test_links_are_kept_and_settled_without_a_mouse(person, home):
    page = opened(person(), "evidence?view=links")
    tab_to(page, page.get_by_role("textbox", name="Paste links, one on each line"))
    page.keyboard.type("https://example.org/a Talks in June\nhttps://b.example/")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("2 new links to read")).to_be_visible()
    settle(page)
    tab_to(page, button(page, "Put aside"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("b.example: put aside.")).to_be_visible()
    settle(page)
    tab_to(page, page.get_by_role("link", name="Make it evidence"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Add evidence")
    expect(page.get_by_role("textbox", name="Link (optional)")).to_have_value("https://example.org/a")
    expect(page.get_by_role("textbox", name="What was reported")).to_have_value("Talks in June")
    states = {k.url: k.state for k in reading_list.read(home.store, home.board.id)}
    assert states == {"https://example.org/a": "open", "https://b.example/": "dismissed"}


@pytest.mark.parametrize(
    "path", ["evidence", "evidence?view=stories", "evidence?view=links", "evidence?item=E2", "evidence?item=E2&do=edit",
             "evidence?item=E2&do=retract"]
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_fits_a_phone_in_light_and_dark(person, path, scheme):
    page = person()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, path)
    main = page.locator('[data-testid="stMain"]')
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") == 0, "nothing to scroll sideways"
    levels = page.locator("h1, h2, h3").evaluate_all("hs => hs.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "no level is jumped over"
