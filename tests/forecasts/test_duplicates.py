"""Hints that a report may be in the record already."""

import itertools
from datetime import date

import pytest

from forecasts import board, board_seed, duplicates
from forecasts.domain import Evidence
from forecasts.duplicates import likely_duplicates
from forecasts.settings import SHIPPED_BOARDS
from tests.jobs.small_home import evidence

TRUCE = "Both governments announced a ceasefire of thirty days on land, sea and air from Monday."
RUSSIAN = "Стороны договорились о прекращении огня на тридцать дней."
CHINESE = "双方政府宣布从星期一起在陆地海上和空中停火三十天并将派观察员监督执行情况"
RECORDED = (
    evidence("E1", statement=TRUCE, url="https://www.example.org/news/truce/"),
    evidence("E2", statement="The fund was signed in the capital by both ministers of finance."),
    evidence("E3", statement=RUSSIAN, url="https://bücher.example/новости?id=7"),
    evidence("E4", statement=CHINESE),
)
SHIPPED = SHIPPED_BOARDS / "indivisible-security"
LINK, WORDS = "the same link", "nearly the same words"


@pytest.mark.parametrize(
    ("statement", "url", "found"),
    [
        ("Something else entirely was reported by the agency.", "", []),
        ("x", "http://example.org/news/truce?utm=1#top", [("E1", LINK)]),
        ("x", "https://web.archive.org/web/20260401000000/https://example.org/news/truce", [("E1", LINK)]),
        ("x", "https://xn--bcher-kva.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?id=7&fbclid=x", [("E3", LINK)]),
        ("x", "https://bücher.example/новости?id=8", []),
        ("x", "https://example.org/news/other", []),
        (TRUCE.upper(), "", [("E1", WORDS)]),
        (TRUCE.replace("Monday", "Tuesday"), "", [("E1", WORDS)]),
        ("On Monday both governments announced a thirty-day ceasefire on land, sea and air.", "", [("E1", WORDS)]),
        ("Both goverments anounced a cease-fire of thirty days on land, sea & air from Monday!", "", [("E1", WORDS)]),
        (
            "Ｂｏｔｈ gövernments announced a ceasefire of thirty days — on land, sea and air, from Monday",
            "",
            [("E1", WORDS)],
        ),
        (RUSSIAN.upper().replace(".", "!"), "", [("E3", WORDS)]),
        (CHINESE.replace("三十", "二十"), "", [("E4", WORDS)]),
        (TRUCE.replace("thirty days", "ten hours").replace("land, sea and air", "the whole front"), "", []),
        ("The fund was", "", []),
        ("", "", []),
        ("x", "https://[broken", []),
    ],
)
def test_the_same_link_or_nearly_the_same_words(statement, url, found):
    assert [tuple(d) for d in likely_duplicates(statement, url, RECORDED)] == found


def test_an_item_is_no_duplicate_of_itself_and_the_same_link_comes_first():
    assert likely_duplicates(TRUCE, "", RECORDED, but="E1") == []
    found = likely_duplicates(TRUCE, "https://bücher.example/новости?id=7", RECORDED)
    assert [d.entry for d in found] == ["E3", "E1"]


def test_no_two_items_of_the_shipped_board_are_called_the_same():
    records, _ = board_seed.load(SHIPPED, board.load(SHIPPED)[0], today=date(2026, 7, 10))
    items = [r for r in records if isinstance(r, Evidence)]
    assert len(items) > 80
    grams = [duplicates.trigrams(i.statement) for i in items]
    assert max(duplicates.alike(a, b) for a, b in itertools.combinations(grams, 2)) < duplicates.ALIKE
    twice = {}
    for item in items:
        if page := duplicates.page_of(item.url):
            twice.setdefault(page, []).append(item.id)
    for item in items:
        same = {d.entry for d in likely_duplicates(item.statement, item.url, items, but=item.id)}
        assert same == set(twice.get(duplicates.page_of(item.url), [])) - {item.id}
