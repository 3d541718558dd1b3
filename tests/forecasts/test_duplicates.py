"""Hints that a report may be in the record already."""

import pytest

from forecasts.duplicates import likely_duplicates
from tests.jobs.small_home import evidence

TRUCE = "Both governments announced a ceasefire of thirty days on land, sea and air from Monday."
RECORDED = (
    evidence("E1", statement=TRUCE, url="https://www.example.org/news/truce/"),
    evidence("E2", statement="The fund was signed in the capital by both ministers of finance."),
)


@pytest.mark.parametrize(
    ("statement", "url", "found"),
    [
        ("Something else entirely was reported by the agency.", "", []),
        ("x", "http://example.org/news/truce?utm=1#top", [("E1", "the same link")]),
        ("x", "https://example.org/news/other", []),
        (TRUCE.upper(), "", [("E1", "nearly the same words")]),
        (TRUCE.replace("Monday", "Tuesday"), "", [("E1", "nearly the same words")]),
        (TRUCE.replace("thirty days", "ten hours").replace("land, sea and air", "the whole front"), "", []),
        ("The fund was", "", []),
        ("", "", []),
        ("x", "https://[broken", []),
    ],
)
def test_the_same_link_or_nearly_the_same_words(statement, url, found):
    assert [tuple(d) for d in likely_duplicates(statement, url, RECORDED)] == found
