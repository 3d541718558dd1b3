"""The corpus of tests/browser without a browser: escaping leaves no markup, only web addresses become links."""

import re
from html.parser import HTMLParser

import pytest

from app.look import link, literal, safe_link, words
from forecasts.forms import check_address, check_text
from tests.browser.injection_corpus import CORPUS, LINKS, NOT_LINKS


class Elements(HTMLParser):
    """The elements and the words of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_corpus_is_large_and_each_string_can_be_kept() -> None:
    assert len(set(CORPUS.values())) == len(CORPUS) >= 60
    assert all(check_text(text) == text for text in CORPUS.values())


@pytest.mark.parametrize("name", CORPUS)
def test_escaped_words_are_read_back_as_they_were(name: str) -> None:
    inside = Elements(f'<p title="{words(CORPUS[name])}">{words(CORPUS[name])}</p>')
    ((tag, attributes),) = inside.found
    assert (tag, list(attributes)) == ("p", ["title"])
    assert attributes["title"] == inside.said == CORPUS[name]


@pytest.mark.parametrize("name", CORPUS)
def test_no_mark_of_markdown_is_left_unescaped(name: str) -> None:
    escaped = literal(CORPUS[name])
    assert "\n" not in escaped
    bare = re.sub(r"\\[\\`*_{}\[\]()#+\-.!|<>~$&^=]", "", escaped)
    assert not set(bare) & set("\\`*_{}[]()#+-.!|<>~$&^=")
    assert not re.search(r":[A-Za-z0-9_+-]", bare), "no emoji or icon is named"
    assert not re.search(r"://|www\.|@[\w-]", escaped.replace("\\", ""), re.IGNORECASE), "no address is found in it"


@pytest.mark.parametrize("address", NOT_LINKS)
def test_what_is_no_web_address_is_neither_kept_nor_linked(address: str) -> None:
    with pytest.raises(ValueError, match="an address that begins with http"):
        check_address(address)
    assert safe_link(address) is None
    assert Elements(link(address, "source")).found == []


@pytest.mark.parametrize("address", LINKS)
def test_a_strange_web_address_is_one_link_or_none(address: str) -> None:
    check_address(address)
    found = Elements(link(address, address))
    assert found.said == address
    for tag, attributes in found.found:
        assert tag == "a"
        assert attributes == {"href": address, "target": "_blank", "rel": "noopener noreferrer nofollow"}
