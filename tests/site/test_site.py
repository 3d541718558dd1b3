"""The static site: the app's numbers, the same bytes again, nothing from outside, words that stay words."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from defusedxml import ElementTree
from icalendar import Calendar

from app import data
from app.pages import board as board_page
from app.site import building, places, reading
from app.spec import percent
from forecasts import status
from tests.app import publishing
from tests.browser.injection_corpus import CORPUS, OUTSIDE
from tests.jobs import small_home
from tests.site.conftest import BOARD, NOW, opened

pytestmark = pytest.mark.slow
ATOM = "{http://www.w3.org/2005/Atom}"


class Page(HTMLParser):
    """What a page holds: elements with their attributes, links, ids, words."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())

    def all(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.elements if attribute in a]


@pytest.fixture(scope="module")
def pages(files) -> dict[str, Page]:
    return {path: Page(content) for path, content in files.items() if path.endswith(".html")}


@pytest.fixture
def view(made, monkeypatch):
    """Give the board as the app's pages show it."""
    monkeypatch.setenv("TWIXT_HOME", str(made))
    monkeypatch.delenv("TWIXT_DB", raising=False)
    monkeypatch.setattr(data, "now", lambda: NOW)
    data.st.cache_resource.clear()
    yield data.board_view(BOARD)
    data.st.cache_resource.clear()


def test_the_site_reads_what_the_pages_read(made, view) -> None:
    workspace = opened(made)
    found = reading.read(workspace, BOARD, now=NOW).view
    workspace.store.close()
    assert found.shown is not None
    assert view.shown is not None
    assert (found.shown.id, found.changes, found.changes_mode, found.detail) == (
        view.shown.id,
        view.changes,
        view.changes_mode,
        view.detail,
    )
    assert found.status == view.status
    assert found.history.equals(view.history)
    assert found.shown.rows.equals(view.shown.rows)


def test_every_number_of_the_apps_board_stands_on_the_site(files, pages, view) -> None:
    html = files[f"{BOARD}/index.html"].decode()
    for question, row in view.headlines():
        assert board_page.question_marks(view, question, row) in html
        spoken = pages[f"{BOARD}/{places.question(question.id)}"].text
        if row["state"] == "open":
            assert f"{percent(row['value'])} by" in spoken
            assert board_page.band_words(row) in spoken
    for scenario in view.scenarios("partition").to_dicts():
        assert f"{scenario['title']} {percent(scenario['value'])}" in pages[f"{BOARD}/index.html"].text


def test_the_documents_hold_the_snapshots_numbers_to_the_last_digit(files, made, view) -> None:
    workspace = opened(made)
    expected = status.status(workspace.store, BOARD)
    workspace.store.close()
    assert json.loads(files[f"{BOARD}/board.json"])["status"] == json.loads(json.dumps(expected))
    for question in view.board.questions:
        found = json.loads(files[f"{BOARD}/{places.question_data(question.id)}"])
        rows = view.questions().filter(view.questions()["subject"] == question.id).sort("deadline").to_dicts()
        assert [d["value"] for d in found["deadlines"]] == [r["value"] for r in rows]
        assert len(found["history"]) == view.history.filter(view.history["subject"] == question.id).height
        assert {e["id"] for e in found["evidence"]} == {e.item.id for e in view.evidence_on(question.id)}


def test_the_same_record_gives_the_same_bytes_whenever_and_with_or_without_kept_drawings(made, files, tmp_path) -> None:
    workspace = opened(made)
    again = building.files(workspace, [BOARD], now=NOW + timedelta(hours=9), drawings=None)
    workspace.store.close()
    assert again.keys() == files.keys()
    assert [path for path in files if files[path] != again[path]] == []


def test_nothing_is_asked_of_anybody_and_nothing_runs(files, pages) -> None:
    for path, page in pages.items():
        assert not {tag for tag, _ in page.elements} & {"script", "iframe", "object", "embed", "form", "base", "audio"}
        assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
        policies = [a.get("content") for t, a in page.elements if t == "meta" and a.get("http-equiv") != "refresh"]
        assert any(p and p.startswith("default-src 'none'") for p in policies), path
        for source in page.all("src"):
            assert source.startswith("data:")
        text = files[path].decode()
        assert not re.search(r"@import|url\((?!#)", text)


def test_every_link_within_the_site_leads_somewhere(files, pages) -> None:
    outward = 0
    for path, page in pages.items():
        folder = path.rpartition("/")[0]
        for target in page.all("href"):
            if target.startswith(("http://", "https://")):
                outward += 1
                continue
            if target.startswith(("data:", "#")):
                continue
            parts = [*folder.split("/"), *unquote(urlsplit(target).path).split("/")] if folder else target.split("/")
            while ".." in parts:
                at = parts.index("..")
                del parts[at - 1 : at + 1]
            assert "/".join(parts) in files, (path, target)
    assert outward > 50


def test_charts_speak_and_their_ids_are_their_own(pages) -> None:
    charts = 0
    for page in pages.values():
        labelled = [a for t, a in page.elements if t == "svg"]
        charts += len(labelled)
        assert all((a.get("aria-label") or "").strip() and a.get("role") == "img" for a in labelled)
        ids = page.all("id")
        assert len(ids) == len(set(ids))
    assert charts > 80


def test_colours_of_charts_are_variables_that_the_style_sheet_has_in_both_themes(files) -> None:
    page = files[f"{BOARD}/index.html"].decode()
    drawings = "".join(re.findall(r"<svg role.*?</svg>", page, re.DOTALL))
    assert not re.search(r'(fill|stroke)="#|xmlns|<ns0', drawings)
    used = set(re.findall(r"var\((--tx-[a-z0-9-]+)\)", drawings))
    assert len(used) > 8
    light, dark = (set(re.findall(r"(--tx-[a-z0-9-]+):", block)) for block in building.style().split("\n")[:2])
    assert used <= light
    assert used <= dark


def test_the_list_of_files_is_whole(files) -> None:
    import hashlib

    listed = json.loads(files["site.json"])["files"]
    assert listed == {p: hashlib.sha256(c).hexdigest() for p, c in files.items() if p != "site.json"}


def test_the_feed_is_a_feed(files) -> None:
    feed = ElementTree.fromstring(files[f"{BOARD}/changes.atom"])
    assert feed.tag == f"{ATOM}feed"
    for needed in ("id", "title", "updated", "author"):
        assert feed.find(f"{ATOM}{needed}") is not None
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 1
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated") == "2026-07-20T09:30:00Z"
    assert "points" in entries[0].findtext(f"{ATOM}content")
    assert all((e.findtext(f"{ATOM}id") or "").startswith("urn:uuid:") for e in (feed, *entries))


def test_the_calendar_has_every_deadline_once(files, view) -> None:
    found = Calendar.from_ical(files[f"{BOARD}/deadlines.ics"])
    events = found.walk("VEVENT")
    assert len(events) == sum(len(q.deadlines) for q in view.board.questions)
    assert len({str(e["uid"]) for e in events}) == len(events)
    assert {e["dtstart"].dt for e in events} == {d for q in view.board.questions for d in q.deadlines}
    happened = [str(e["summary"]) for e in events if str(e["summary"]).startswith("Happened: ")]
    assert len(happened) == len(view.board.question("eu_joint_borrowing").deadlines)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> dict[str, bytes]:
    """Give the site of a board whose words are all attacks."""
    attacks = list(CORPUS.values())
    board = small_home.small()
    questions = tuple(
        q.__class__(**{f: getattr(q, f) for f in q.__slots__} | _attacks(attacks, i))
        for i, q in enumerate(board.questions)
    )
    values = {"questions": questions, "title": attacks[0], "description": attacks[7]}
    root = tmp_path_factory.mktemp("hostile")
    home = small_home.open_home(root / "home", small_home.small(**values))
    numbered = enumerate(attacks)
    items = [small_home.evidence(f"E{i}", statement=a, source=a, lr=1.5) for i, a in numbered]
    home.add(*items)
    from tests.alerts import scene

    scene.publish(home, small_home.NOW)
    home.store.close()
    workspace = opened(root / "home")
    found = building.files(workspace, [board.id], now=small_home.NOW + timedelta(hours=1), drawings=None)
    workspace.store.close()
    return found


def _attacks(attacks, i: int) -> dict[str, str]:
    fields = ("title", "short", "criteria", "resolution_source", "essay_quote", "reference_class", "rationale")
    return {name: attacks[(7 * i + k) % len(attacks)] for k, name in enumerate(fields)}


def test_words_that_would_do_harm_stay_words(hostile) -> None:
    allowed = {"src": ("data:",), "href": ("data:", "#")}
    for path, content in hostile.items():
        if path.endswith(".html"):
            page = Page(content)
            tags = {tag for tag, _ in page.elements}
            assert not tags & {
                "script",
                "iframe",
                "img/src",
                "object",
                "embed",
                "form",
                "base",
                "video",
                "marquee",
                "math",
            }
            for _, attributes in page.elements:
                assert not [a for a in attributes if a.startswith("on")], (path, attributes)
                for name, starts in allowed.items():
                    value = attributes.get(name) or ""
                    assert value.startswith(starts) or OUTSIDE not in value, (path, value)
                    assert not value.lower().startswith(("javascript:", "vbscript:"))
    feed = next(c for p, c in hostile.items() if p.endswith(".atom"))
    ElementTree.fromstring(feed)
    Calendar.from_ical(next(c for p, c in hostile.items() if p.endswith(".ics")))


def test_a_board_without_numbers_has_a_site_that_says_so(tmp_path) -> None:
    home = small_home.open_home(tmp_path / "home")
    home.store.close()
    workspace = opened(tmp_path / "home")
    found = building.files(workspace, ["small"], now=small_home.NOW, drawings=None)
    workspace.store.close()
    assert "No numbers have been published yet." in Page(found["small/index.html"]).text
    assert "does not hold this question yet" in Page(found["small/question/truce.html"]).text


def test_two_boards_have_a_folder_each_and_a_page_that_names_both(made, tmp_path) -> None:
    assert places.named("Board:A") != places.named("board:a")
    assert re.fullmatch(r"[a-z0-9_-]+", places.named("Board:A"))
    assert places.named("plain-name_1") == "plain-name_1"
    home = small_home.open_home(tmp_path / "home")
    home.store.close()
    workspace = opened(tmp_path / "home")
    publishing.enter(workspace)
    boards = ["indivisible-security", "small"]
    found = building.files(workspace, boards, now=NOW, drawings=None)
    workspace.store.close()
    first = Page(found["index.html"])
    assert not [a for t, a in first.elements if a.get("http-equiv") == "refresh"]
    assert [f"{b}/index.html" for b in boards] == first.all("href")[-2:]
