"""People's words stay words: a corpus in every field of the record, drawn on every page, typed into every form.

Nothing runs, nothing is asked for outside, and each page has the very elements that it has with harmless words. The
content security policy is switched off here, so that what got through would run; test_browser.py shows that it is on.
"""

import collections
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from app.main import RENDER
from tests.browser.injection_corpus import CORPUS, IDS, joined, one_line, plain
from tests.browser.injection_fields import FIELDS, QUESTIONS, fill, marked
from tests.browser.test_browser import PATIENCE, settle
from tests.jobs import small_home

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = list(CORPUS.values())
PLAIN = [plain(i, len(text)) for i, text in enumerate(HOSTILE)]
ADDRESSES = (
    *RENDER,
    *(f"question?question={q}&deadline=2028-12-31" for q in QUESTIONS),
    "evidence?view=stories",
    f"evidence?view=stories&story={IDS[0]}",
    "evidence?view=links",
    *(f"evidence?page={n}" for n in range(2, 8)),
    "evidence?item=E000",
    "evidence?item=E036&do=edit",
    "evidence?item=E038&do=retract",
    "evidence?item=E900",
    "what_if?kept=W000",
    "what_if?mode=do&if=truce+on+2027-01-01",
    "my_forecasts?question=truce&deadline=2028-12-31",
)

WATCH = """
window.__ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => { window.__ran.push(name); };
"""
SKELETON = """() => {
  const found = {};
  for (const e of document.querySelector('[data-testid=stApp]').querySelectorAll('*')) {
    if (e.tagName !== 'svg' && e.closest('svg')) continue;
    const other = n => !/^(data-|style$|aria-|id$|class$|tabindex$|title$)/.test(n);
    const names = e.getAttributeNames().filter(other).sort();
    const key = `${e.tagName.toLowerCase()}[${names}]`;
    found[key] = (found[key] || 0) + 1;
  }
  return found;
}"""
UNFOLD = """() => document.querySelectorAll('[data-testid=stExpander] details:not([open]) > summary')
  .forEach(folded => folded.click())"""
HARM = """own => {
  const found = [...window.__ran.map(name => `ran ${name}`)];
  const app = document.body;
  const strange = 'iframe, object, embed, base, form:not(.vega-bindings), frame, marquee, math, foreignObject, '
    + 'audio, video, plaintext, .katex, #root script, #root link, #root meta';
  for (const e of app.querySelectorAll(strange)) found.push(`element ${e.outerHTML.slice(0, 200)}`);
  for (const e of app.querySelectorAll('*')) for (const n of e.getAttributeNames())
    if (n.startsWith('on')) found.push(`handler ${e.outerHTML.slice(0, 200)}`);
  for (const a of app.querySelectorAll('a')) {
    const address = a.getAttribute('href') ?? a.getAttribute('xlink:href');
    if (address === null) continue;
    const to = new URL(address, document.baseURI);
    if (!['http:', 'https:'].includes(to.protocol)) found.push(`link ${a.outerHTML.slice(0, 200)}`);
    const told = !a.rel.includes('noopener') || !a.rel.includes('noreferrer');
    if (to.origin !== own && told) found.push(`bare ${a.outerHTML}`);
  }
  for (const i of app.querySelectorAll('img, image')) {
    const from = i.getAttribute('src') ?? i.getAttribute('href') ?? '';
    if (!from.startsWith('data:image/') && new URL(from, document.baseURI).origin !== own) found.push(`image ${from}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def homes(tmp_path_factory) -> Iterator[tuple[small_home.Home, small_home.Home]]:
    """Give a home whose every field is hostile, and one of the same shape with harmless words."""
    root = tmp_path_factory.mktemp("injection")
    lines = [one_line(text) for text in HOSTILE]
    hostile = fill(root / "hostile", HOSTILE, lines)
    harmless = fill(root / "plain", PLAIN, [plain(i, len(line)) for i, line in enumerate(lines)])
    yield hostile, harmless
    hostile.store.close()
    harmless.store.close()


@pytest.fixture(scope="module")
def addresses(serve, homes) -> tuple[str, str]:
    return tuple(serve(home.artefacts.root.parent) for home in homes)


class Watched:
    """A page of a server, and what it did that words never do."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(
            base_url=address, viewport={"width": 1280, "height": 1000}, locale="en-GB", bypass_csp=True
        )
        self.context.add_init_script(WATCH)
        self.address, self.page = address, self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.harm: list[str] = []
        self.context.route(re.compile("^(?!data:|blob:)"), self._let_pass)
        self.page.on("dialog", lambda dialog: (self.harm.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.harm.append(f"broken {error}"))
        self.context.on("page", lambda opened: self.harm.append(f"opened {opened.url}"))

    def _let_pass(self, route: Any) -> None:
        if route.request.url.startswith(self.address):
            route.continue_()
        else:
            self.harm.append(f"asked {route.request.url}")
            route.abort()

    def open(self, path: str) -> Page:
        """Open an address and everything on it that is folded."""
        self.page.goto(f"/{path}")
        expect(self.page.locator("h1").first).to_be_visible(timeout=PATIENCE)
        settle(self.page)
        self.page.evaluate(UNFOLD)
        settle(self.page)
        return self.page

    def found(self) -> list[str]:
        """Return every sign of harm so far."""
        return [*self.harm, *self.page.evaluate(HARM, self.address)]


@pytest.fixture(scope="module")
def watched(chromium, addresses) -> Iterator[tuple[Watched, Watched]]:
    """Give the hostile and the harmless server's pages."""
    both = tuple(Watched(chromium, address) for address in addresses)
    yield both
    for one in both:
        one.context.close()


def collapsed(text: str) -> str:
    return " ".join(text.split())


SEEN: dict[str, str] = {}
"""Address -> the words of the hostile page."""


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_has_the_same_elements_with_hostile_words(watched, path: str) -> None:
    hostile, harmless = watched
    page = hostile.open(path)
    harmless.open(path)
    assert differences(hostile.page, harmless.page) == {}
    hover(page)
    assert hostile.found()[:3] == []
    assert page.locator("[data-testid=stException]").count() == 0
    assert "could not be drawn" not in page.locator("h1").first.inner_text()
    SEEN[path] = collapsed(page.locator('[data-testid="stMain"]').text_content() or "")


def differences(one: Page, other: Page) -> dict[str, int]:
    """Return which elements one page has more often than another, once both have come to rest and agree, or time is up.

    A page is drawn in pieces, so they agree only when they do so twice in a row.
    """
    agreed, found = 0, {}
    for _ in range(60):
        settle(one)
        settle(other)
        counts = collections.Counter(one.evaluate(SKELETON))
        counts.subtract(other.evaluate(SKELETON))
        found = {element: n for element, n in counts.items() if n}
        agreed = 0 if found else agreed + 1
        if agreed == 3:
            return {}
        one.wait_for_timeout(500)
    return found


def hover(page: Page) -> None:
    """Move the pointer over the first marks of each chart, for their tooltips."""
    for chart in page.locator('[data-testid="stVegaLiteChart"]').all()[:4]:
        if not chart.is_visible():
            continue
        chart.scroll_into_view_if_needed()
        for mark in chart.locator('[role="graphics-symbol"]').all()[:3]:
            if box := mark.bounding_box():
                page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                page.wait_for_timeout(60)


@pytest.mark.parametrize("field", [field.name for field in FIELDS if field.seen])
def test_every_string_was_on_some_page_as_it_was_written(field: str) -> None:
    if len(SEEN) < len(ADDRESSES):
        pytest.skip("the pages were not all drawn")
    words = "\n".join(SEEN.values())
    missing = [text for text in marked(HOSTILE, field) if collapsed(text) not in words]
    assert not missing


def test_every_name_was_on_the_page_of_people() -> None:
    if "people" not in SEEN:
        pytest.skip("the page was not drawn")
    assert not [line for i, line in enumerate(map(one_line, HOSTILE)) if f"{line[:190]} p{i:03d}" not in SEEN["people"]]


PARAMETERS = (
    "board",
    "question",
    "deadline",
    "if",
    "mode",
    "snapshot",
    "find",
    "tag",
    "q",
    "item",
    "story",
    "kept",
    "fit",
)
"""What addresses hold, tried with each string on a page in turn."""


@pytest.mark.parametrize("index", range(0, len(HOSTILE), 12))
def test_an_address_holds_words_only(watched, index: int) -> None:
    hostile, _ = watched
    pages = list(RENDER)
    for i in range(index, min(index + 12, len(HOSTILE))):
        query = urlencode(dict.fromkeys(PARAMETERS, HOSTILE[i][:300]))
        page = hostile.open(f"{pages[i % len(pages)]}?{query}")
        assert page.locator("[data-testid=stException]").count() == 0
        assert hostile.found() == [], HOSTILE[i]


TYPED = ("add_evidence", "my_forecasts", "senate", "people", "what_if?mode=see&if=truce+by+2028-12-31", "evidence", "")
"""Pages with something to type into."""


@pytest.mark.parametrize("path", TYPED)
def test_what_is_typed_stays_words(watched, path: str) -> None:
    """Every text field takes the whole corpus, in as many turns as its length allows; then everything is saved."""
    hostile, _ = watched
    page = hostile.open(path)
    texts = joined([one_line(text) for text in HOSTILE], longest=900)
    fields = page.locator(
        '[data-testid="stMain"] input[type=text]:not([role=combobox]), [data-testid="stMain"] textarea'
    )
    expect(fields.first).to_be_attached(timeout=PATIENCE)
    for text in texts:
        for i in range(fields.count()):
            if fields.nth(i).is_editable():
                fields.nth(i).fill(text)
                page.keyboard.press("Tab")
                settle(page)
        assert hostile.found() == []
    for label in ("Save", "Save the statement", "Add", "Keep this what-if"):
        for button in page.get_by_role("button", name=label, exact=True).all():
            button.click()
            settle(page)
    assert hostile.found() == []
    assert page.locator("[data-testid=stException]").count() == 0


def test_the_watch_sees_what_would_have_happened(chromium, addresses) -> None:
    """The same strings as markup on an empty page of the same server: the watch must cry out, or it proves nothing."""
    seen = Watched(chromium, addresses[0])
    seen.page.goto("/_stcore/health")
    for name in (
        "image with a handler",
        "script by src",
        "iframe",
        "form",
        "out of a double quote",
        "svg with a handler",
    ):
        seen.harm.clear()
        raw = CORPUS[name] if name != "out of a double quote" else f'<p title="{CORPUS[name]}">x</p>'
        seen.page.evaluate("html => { document.body.innerHTML = ''; document.write(html); }", raw)
        seen.page.wait_for_timeout(300)
        assert seen.found(), name
    seen.context.close()
