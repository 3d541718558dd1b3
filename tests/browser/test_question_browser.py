"""The board and a question in a real browser: choices in the address, two questions, files that open, last visits."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.conftest import with_history
from tests.browser.test_browser import PATIENCE, opened, pick, settle

pytestmark = pytest.mark.browser

QUESTION = "question?question=settlement&deadline=2028-12-31"


@pytest.fixture(scope="module")
def address(serve, tmp_path_factory) -> str:
    """Give the address of a server on the shipped board with ten weeks of history, where nobody is known."""
    root = tmp_path_factory.mktemp("question") / "home"
    with_history(root, weeks=10)
    return serve(root, local=False)


@pytest.fixture
def visitor(chromium: Browser, address: str) -> Iterator:
    """Give a function that opens a new browser context, as another person has one; nothing outside may be asked."""
    contexts, outside, broken = [], [], []

    def come() -> Page:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 1000}, base_url=address, locale="en-GB", timezone_id="UTC"
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


def trend(page: Page) -> str:
    """Return the words in the first chart."""
    chart = page.locator('[data-testid="stVegaLiteChart"] svg').first
    expect(chart).to_be_visible()
    return " ".join(chart.locator("text").all_text_contents())


def test_two_questions_are_compared_and_a_colleague_is_sent_the_view(visitor):
    page = opened(visitor(), QUESTION)
    pick(
        page,
        re.compile("Compare with"),
        "Will a general ceasefire between Russia and Ukraine hold for 30 days?",
        exact=False,
    )
    page.get_by_role("radio", name="Log-odds").click()
    expect(page).to_have_url(re.compile("scale=logit"), timeout=PATIENCE)
    settle(page)
    expect(page.get_by_text(re.compile(r"^Ceasefire [\d.]+ %$")).first).to_be_visible()
    words = trend(page)
    assert re.search(r"Settlement [\d.]+ %", words)
    assert query(page)["with"] == ["ceasefire"]
    assert query(page)["scale"] == ["logit"]

    other = visitor()
    other.goto(page.url)
    expect(other.get_by_text(re.compile(r"^Ceasefire [\d.]+ %$")).first).to_be_visible()
    settle(other)
    assert trend(other) == words
    assert other.url == page.url

    opened(other, f"{QUESTION}&range=30")
    expect(other.get_by_role("radio", name="30 days")).to_be_checked()
    assert "if nothing happens" in trend(other), "the plain trend again"


def saved(page: Page, kind: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=kind, exact=True).click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.name == f"indivisible-security-settlement-2028-12-31.{kind.lower()}"
    return file


def shown(page: Page, file: Path, kind: str) -> list[int]:
    """Return width and height of a picture as the browser draws it."""
    source = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
    draw = "const i = new Image(); i.src = s; await i.decode(); return [i.naturalWidth, i.naturalHeight]"
    return page.evaluate(f"async s => {{ {draw} }}", source)


def test_the_chart_and_its_numbers_are_files_that_open(visitor, tmp_path):
    page = opened(visitor(), f"{QUESTION}&scale=logit")
    expect(page.get_by_role("button", name="CSV", exact=True)).to_be_visible()
    width, height = shown(page, saved(page, "PNG", tmp_path), "image/png")
    assert (width, height > 700) == (1800, True)
    svg = saved(page, "SVG", tmp_path)
    width, height = shown(page, svg, "image/svg+xml")
    assert (width, height > 350) == (900, True)
    assert "Will Russia and Ukraine sign an agreement" in svg.read_text(encoding="utf-8")
    text = saved(page, "CSV", tmp_path).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 11
    assert {r["deadline"] for r in rows} == {"2028-12-31"}


def test_a_reader_asks_what_the_band_is(visitor):
    page = opened(visitor(), QUESTION)
    page.get_by_role("button", name="What is this band?").click()
    expect(page.get_by_text("nine times in ten")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("nine times in ten")).to_be_hidden()


def test_evidence_is_filtered_by_words(visitor):
    page = opened(visitor(), QUESTION)
    rows = page.locator(".tx-table .mark")
    expect(rows).to_have_count(22)
    page.get_by_role("textbox", name="Words").fill("kremlin")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"\d+ of 22 reports, here and above"))).to_be_visible()
    settle(page)
    assert 0 < rows.count() < 22
    assert query(page)["words"] == ["kremlin"]


def test_the_board_is_filtered_by_a_tag(visitor):
    page = opened(visitor(), "")
    expect(page.get_by_role("heading", name="The war")).to_be_visible()
    page.get_by_role("checkbox", name="senate").or_(page.get_by_role("button", name="senate", exact=True)).click()
    expect(page.get_by_text("2 of 21 questions.")).to_be_visible()
    expect(page.get_by_role("heading", name="The war")).to_be_hidden()
    assert query(page)["tag"] == ["senate"]


def test_who_comes_back_is_told_what_is_new_since_by_an_instant_in_a_cookie(visitor, address):
    page = opened(visitor(), "")
    expect(page.get_by_role("radio", name="30 days")).to_be_checked()
    expect(page.get_by_text("My last visit")).to_have_count(0)
    (cookie,) = [c for c in page.context.cookies() if c["name"] == "twixt_seen"]
    assert re.fullmatch(r"\d{8}T\d{6}Z", cookie["value"])
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")

    days_ago = {"name": "twixt_seen", "value": "20260725T080000Z", "url": address, "sameSite": "Lax"}
    page.context.add_cookies([days_ago])
    again = opened(page, "")
    expect(again.get_by_role("radio", name="My last visit")).to_be_checked()
    expect(again.get_by_text("Nothing has been published since 25 Jul 2026 08:00 UTC.").first).to_be_visible()
    values = {c["name"]: c["value"] for c in page.context.cookies()}
    assert values["twixt_since"] == "20260725T080000Z"
    assert values["twixt_seen"] > "20260725T080000Z"
