"""The ways in which one address is written, and addresses that only look alike."""

import pytest

from forecasts.web_pages import page_of

SAME = "https://example.org/news/truce"
VARIANTS = [
    "http://example.org/news/truce",
    "HTTPS://WWW.Example.ORG:443/news/truce/",
    "http://example.org:80/news/truce",
    "https://m.example.org/news/truce",
    "https://amp.example.org/news/truce",
    "https://example.org/news/truce/amp",
    "https://example.org/news/truce?utm_source=x&utm_medium=y",
    "https://example.org/news/truce?fbclid=abc&gclid=1#top",
    "https://example.org//news/./old/../truce",
    "https://example.org/news/truce/index.html",
    "https://example.org./news/truce",
    "https://example.org/news/%74ruce",
    " https://example.org/news/truce ",
    "https://web.archive.org/web/20240102030405/https://example.org/news/truce",
    "https://web.archive.org/web/2024id_/http:/www.example.org/news/truce/",
]


@pytest.mark.parametrize("url", VARIANTS)
def test_one_page_in_many_writings(url):
    assert page_of(url) == page_of(SAME) == "example.org/news/truce"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "https://example.org/новости/мир",
            "https://example.org/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/%D0%BC%D0%B8%D1%80",
        ),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://example.org/caf\u00e9", "https://example.org/cafe\u0301"),
        ("https://example.org/a?b=1&c=2", "https://example.org/a?c=2&b=1"),
        ("https://example.org/a?q=%C3%A9", "https://example.org/a?q=é"),
    ],
)
def test_unicode_percent_and_order_make_no_difference(first, second):
    assert page_of(first) == page_of(second) != ""


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/news/other",
        "https://example.com/news/truce",
        "https://news.example.org/news/truce",
        "https://example.org:8443/news/truce",
        "https://example.org/news/truce?id=2",
        "https://example.org/news/Truce",
    ],
)
def test_another_page_stays_another(url):
    assert page_of(url) != page_of(SAME)


@pytest.mark.parametrize(
    "url", ["", "x", "https://[broken", "javascript:alert(1)", "ftp://example.org/a", "https://a:b/"]
)
def test_what_is_no_link_has_no_page(url):
    assert page_of(url) == ""


def test_a_host_of_two_labels_that_begins_like_a_device_is_a_host():
    assert page_of("https://m.org/a") == "m.org/a"
