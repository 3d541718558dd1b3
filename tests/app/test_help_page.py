"""Help and Sources: words with addresses, keys that exist, a line read aloud; and the tour that is closed for good."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from app import data, glossary, keys, links, shipped_sources, tour
from app.pages import add_evidence, sources
from app.pages import help as help_page
from app.web import tour_cookie
from app.web.tour_cookie import TourCookie, closes
from tests.app.test_board_page import html

DATA = Path(__file__).resolve().parents[2] / "data"


def test_every_word_stands_on_the_page_and_links_to_itself_and_to_where_it_is_met(page, shipped_home):
    test = page("help", shipped_home).run()
    assert not test.exception
    text = html(test)
    for term in glossary.terms():
        assert f'href="help?term={term.id}"' in text
        for name in term.pages:
            assert f'href="{help_page.path(name)}"' in text
    assert text.count('target="_self"') > len(glossary.terms()) * 2


def test_a_line_of_the_board_is_read_aloud_with_its_own_numbers(page, shipped_home):
    test = page("help", shipped_home).run()
    view = data.board_view(data.board_ids()[0])
    question, row = next((q, r) for q, r in view.headlines() if r["state"] == "open")
    spoken = help_page.read_aloud(view)
    assert spoken.startswith(question.title)
    assert f"{100 * row['value']:.0f} %" in spoken or f"{100 * row['value']:.1f} %" in spoken
    assert "read aloud" in html(test)


def test_help_needs_no_board(page, tmp_path):
    test = page("help", tmp_path / "empty").run()
    assert not test.exception
    assert "read aloud" not in html(test)
    assert "Likelihood ratio" in html(test)


def test_the_word_of_the_address_comes_first(page, shipped_home):
    text = html(page("help", shipped_home, term="r-hat").run())
    assert text.index("All words:") > text.index("R-hat")
    assert "All words:" not in html(page("help", shipped_home, term="<b>").run())


def test_the_search_shows_what_fits_and_says_when_nothing_does(page, shipped_home):
    test = page("help", shipped_home).run()
    test.text_input(key="glossary_search").set_value("likelihood").run()
    assert "Likelihood ratio" in html(test)
    assert "Ideal point" not in html(test)
    test.text_input(key="glossary_search").set_value("<img src=x onerror=alert(1)>").run()
    assert "<img" not in html(test)
    assert "No word of the pages fits" in html(test)


def test_the_keys_told_are_the_keys_there_are():
    told = dict(keys.ALL)
    assert {k for k in told if k.startswith("Alt")} == set(keys.PAGES.values())
    assert set(keys.PAGES) <= set(links.TITLES)
    assert add_evidence.SAVE_KEYS in told
    assert all(not re.fullmatch(r"[A-Z0-9]", k) or k == "R" for k in told), "single letters are left to typing"


def test_every_shipped_table_has_its_licence_and_citation(page, shipped_home):
    test = page("sources", shipped_home).run()
    assert not test.exception
    text = html(test)
    shipped = {p.relative_to(DATA).as_posix() for p in DATA.rglob("*") if p.suffix in {".csv", ".toml"}}
    named = {
        name
        for found in (shipped_sources.reference(), *shipped_sources.boards().values())
        for source in found
        for name in source.files
    }
    assert shipped == named, "no table without a line, no line without a table"
    assert all(source.terms for source in shipped_sources.reference())
    assert all(name.rpartition("/")[2] in text for name in named)
    assert "Voteview" in text
    assert "<em>Voteview: Congressional Roll-Call Votes Database</em>" in text
    assert "Apache-2.0" in test.code[0].value


def test_marks_of_a_document_never_become_other_markup():
    assert sources.plain("`a<b>` and *c*") == "<code>a&lt;b&gt;</code> and <em>c</em>"
    assert sources.plain("2 * 3 <script>") == "2 * 3 &lt;script&gt;"


def test_a_document_without_the_table_is_an_error(tmp_path):
    (tmp_path / "SOURCES.md").write_text("| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert shipped_sources._table(tmp_path / "SOURCES.md", "a", "b") == [["1", "2"]]
    with pytest.raises(ValueError, match="no table with the columns a, c"):
        shipped_sources._table(tmp_path / "SOURCES.md", "a", "c")


def test_each_step_of_the_tour_leads_to_a_page():
    assert 3 <= len(tour.STEPS) <= 6
    assert {page for _, _, page in tour.STEPS if page} <= set(links.TITLES)
    assert f'href="?{tour_cookie.PARAMETER}={tour_cookie.DONE}"' in tour.markup()


@pytest.mark.parametrize(
    ("asked", "cookie", "shown"),
    [
        ("", "", True),
        ("", "done", False),
        ("done", "", False),
        ("show", "done", True),
        ("<b>", "", True),
        ("", "x", True),
    ],
)
def test_the_tour_is_shown_until_it_is_closed_and_again_when_asked(monkeypatch, asked, cookie, shown):
    drawn: list[str] = []

    class Context:
        cookies = {tour_cookie.NAME: cookie} if cookie else {}

    monkeypatch.setattr(tour.st, "query_params", {tour_cookie.PARAMETER: asked} if asked else {})
    monkeypatch.setattr(tour.st, "context", Context)
    monkeypatch.setattr(tour.st, "html", drawn.append)
    tour.draw()
    assert bool(drawn) is shown


@pytest.mark.parametrize(
    ("query", "closed"),
    [
        (b"tour=done", True),
        (b"board=b&tour=done", True),
        (b"tour=show", False),
        (b"tour=done&tour=show", False),
        (b"", False),
        (b"tour=%ff", False),
        (b"\xff", False),
        (b"&".join([b"a=1"] * 80), False),
    ],
)
def test_only_the_address_that_closes_the_tour_sets_the_cookie(query, closed):
    assert closes(query) is closed
    assert len(set_by("http", query)) == closed


@pytest.mark.parametrize(
    ("kind", "method", "status"), [("websocket", "GET", 200), ("http", "POST", 200), ("http", "GET", 500)]
)
def test_sockets_posts_and_errors_set_nothing(kind, method, status):
    assert set_by(kind, b"tour=done", method=method, status=status) == []


def test_the_cookie_is_for_this_site_only_and_out_of_reach_of_scripts():
    ((line,)) = set_by("http", b"tour=done", scheme="https")
    assert line.startswith("twixt_tour=done; ")
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= {part.strip() for part in line.split(";")}


def set_by(kind: str, query: bytes, *, method: str = "GET", status: int = 200, scheme: str = "http") -> list[str]:
    """Return the cookies that an answer sets."""
    sent: list[dict] = []

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def keep(message):
        sent.append(message)

    scope = {"type": kind, "method": method, "query_string": query, "scheme": scheme}
    with suppress(StopIteration):
        TourCookie(inner)(scope, None, keep).send(None)
    return [value.decode() for message in sent for name, value in message["headers"] if name == b"set-cookie"]
