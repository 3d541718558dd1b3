"""Raw fields of an evidence item: what is read, and every refusal with its field, value and what is allowed."""

import math
import string
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts import codec
from forecasts.evidence_entry import EFFECT_FIELDS, FIELDS, default_range, effect_fields, from_fields, to_fields
from forecasts.fields import Fields, looks_like_address, shown
from tests.forecasts import record_strategies

GOOD = {
    "occurred_on": "2026-06-01",
    "published_on": "2026-06-02",
    "statement": "Both sides announced talks.",
    "source": "News agency",
    "url": "https://example.org/a",
    "grade": "b2",
    "thread": "talks_june",
    "kind": "fact",
}
EFFECT = {"question": "ceasefire", "deadline": "2026-12-31", "lr": "2"}


def problems(change: dict[str, str], effect: dict[str, str] | None = None) -> list[tuple[str, str]]:
    item, found = from_fields({**GOOD, **change}, [{**EFFECT, **(effect or {})}], entry="E1", forecaster="p")
    assert (item is None) == bool(found)
    return [tuple(p) for p in found]


def test_a_good_item_is_read_whole() -> None:
    item, found = from_fields(
        {**GOOD, "kind": "intent", "half_life": "90"},
        [EFFECT, {**EFFECT, "question": "settlement", "lr": "0.5", "low": "0.25", "high": "1"}],
        entry="E113",
        forecaster="p1",
    )
    assert not found
    assert item is not None
    assert (item.id, item.forecaster, item.grade_source, item.grade_info) == ("E113", "p1", "B", "2")
    assert (item.kind, item.half_life_days, item.lr_basis, item.verification) == ("intent", 90, "content", "unverified")
    assert item.occurred_on == date(2026, 6, 1)
    assert item.effects[0].high == pytest.approx(2 * 1.8)
    assert (item.effects[1].lr, item.effects[1].low, item.effects[1].high) == (0.5, 0.25, 1.0)
    assert codec.decode(codec.encode(item)) == item


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"occurred_on": "20260601"}, "occurred_on", "'20260601': a day as YYYY-MM-DD is needed"),
        ({"occurred_on": "2026-02-30"}, "occurred_on", "YYYY-MM-DD"),
        ({"occurred_on": "٢٠٢٦-٠٦-٠١"}, "occurred_on", "YYYY-MM-DD"),
        ({"published_on": ""}, "published_on", "'': a day"),
        ({"statement": " \n"}, "statement", "is empty"),
        ({"statement": "x" * 1_000_000}, "statement", "has 1000000 characters; at most 1000"),
        ({"statement": "a\x00b"}, "statement", "U+0000"),
        ({"statement": "red \x1b[31m"}, "statement", "U+001B"),
        ({"statement": "two\nlines"}, "statement", "U+000A"),
        ({"statement": "abc\u202edef"}, "statement", "U+202E"),
        ({"statement": "half \ud800 pair"}, "statement", "U+D800"),
        ({"source": ""}, "source", "is empty"),
        ({"source": "y" * 301}, "source", "at most 300"),
        ({"url": "javascript:alert(1)"}, "url", "only http:// and https://"),
        ({"url": "JaVaScRiPt:alert(1)"}, "url", "only http:// and https://"),
        ({"url": "java\tscript:alert(1)"}, "url", "U+0009"),
        ({"url": "data:text/html,<script>"}, "url", "brackets"),
        ({"url": "data:text/html;base64,QQ=="}, "url", "only http:// and https://"),
        ({"url": "//example.org"}, "url", "only http:// and https://"),
        ({"url": "https://"}, "url", "a link with a host"),
        ({"url": "https://me:word@example.org"}, "url", "without a user name"),
        ({"url": "https://[::1"}, "url", "not a valid address"),
        ({"url": "https://example.org:99999/"}, "url", "not a valid address"),
        ({"url": "https://example.org/" + "z" * 2000}, "url", "at most 2000"),
        ({"grade": "G1"}, "grade", "'G1': a letter A to F and a digit 1 to 6"),
        ({"grade": "B7"}, "grade", "'B7'"),
        ({"grade": "2B"}, "grade", "'2B'"),
        ({"grade": ""}, "grade", "''"),
        ({"thread": "two words"}, "thread", "letters, digits, _ and -"),
        ({"thread": "t" * 61}, "thread", "at most 60"),
        ({"thread": "../x"}, "thread", "letters, digits"),
        ({"kind": "rumour"}, "kind", "'rumour': allowed are fact, intent"),
        ({"half_life": "90"}, "half_life", "only an intent fades"),
        ({"kind": "intent", "half_life": "0"}, "half_life", "'0': a number of days above 0"),
        ({"kind": "intent", "half_life": "-1"}, "half_life", "above 0"),
        ({"kind": "intent", "half_life": "inf"}, "half_life", "above 0"),
        ({"lr_basis": "gut"}, "lr_basis", "allowed are content, report"),
        ({"verification": "maybe"}, "verification", "allowed are unverified, recalled, verified"),
        ({"official": "1"}, "official", "allowed are no, yes"),
    ],
)
def test_a_mistake_is_refused_beside_its_field(change: dict[str, str], field: str, said: str) -> None:
    found = problems(change)
    assert [f for f, _ in found] == [field]
    assert said in found[0][1]
    assert len(found[0][1]) < 200
    assert found[0][1].isprintable()


@pytest.mark.parametrize(
    ("effect", "field", "said"),
    [
        ({"lr": "0"}, "lr", "'0': a likelihood ratio above 0"),
        ({"lr": "-2"}, "lr", "'-2'"),
        ({"lr": "nan"}, "lr", "'nan'"),
        ({"lr": "inf"}, "lr", "'inf'"),
        ({"lr": "1e999"}, "lr", "above 0"),
        ({"lr": "1e-400"}, "lr", "above 0"),
        ({"lr": "1_0"}, "lr", "'1_0'"),
        ({"lr": "2,5"}, "lr", "'2,5'"),
        ({"lr": "٢"}, "lr", "above 0"),
        ({"lr": ""}, "lr", "''"),
        ({"low": "1"}, "high", "''"),
        ({"high": "3"}, "low", "''"),
        ({"low": "2.5", "high": "3"}, "low", "the range 2.5 to 3 does not contain the ratio 2"),
        ({"low": "3", "high": "1"}, "low", "does not contain"),
        ({"low": "nan", "high": "3"}, "low", "'nan'"),
        ({"deadline": "end of 2026"}, "deadline", "YYYY-MM-DD"),
        ({"question": ""}, "question", "is empty"),
        ({"question": "a b"}, "question", "letters, digits"),
    ],
)
def test_a_mistake_in_an_effect_names_the_effect(effect: dict[str, str], field: str, said: str) -> None:
    found = problems({}, effect)
    assert [f for f, _ in found] == [f"effects[0].{field}"]
    assert said in found[0][1]


def test_all_mistakes_are_reported_at_once() -> None:
    found = problems({"kind": "x", "grade": "x", "thread": ""}, {"lr": "0", "deadline": "x"})
    assert {f for f, _ in found} == {"kind", "grade", "thread", "effects[0].lr", "effects[0].deadline"}


@pytest.mark.parametrize("text", ["", "a", "a:b", "a:b:c:d", "a:b:c:d:e:f", ":::::::"])
def test_an_effect_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"QUESTION:DEADLINE:LR"):
        effect_fields(text)


def test_an_effect_is_split_by_colons() -> None:
    assert effect_fields("q:2026-12-31:2") == {"question": "q", "deadline": "2026-12-31", "lr": "2"}
    assert tuple(effect_fields("q:2026-12-31:2:1:4")) == EFFECT_FIELDS


# the shipped items' own ranges (evidence.csv), to the rounding they were written with
@pytest.mark.parametrize(
    ("lr", "low", "high"),
    [(1.1, 0.88, 1.38), (1.05, 0.84, 1.31), (1.2, 0.89, 1.62), (1.4, 0.93, 2.1), (0.75, 0.5, 1.12), (1.8, 1.0, 3.24)],
)
def test_the_default_range_follows_the_shipped_items(lr: float, low: float, high: float) -> None:
    assert default_range(lr) == pytest.approx((low, high), rel=0.01)


@given(st.floats(1e-3, 1e3))
def test_the_default_range_is_symmetric_in_logs_and_contains_the_ratio(lr: float) -> None:
    low, high = default_range(lr)
    assert low <= lr <= high
    assert math.log(high / lr) == pytest.approx(math.log(lr / low), abs=0.02)
    mirrored = default_range(1 / lr)
    assert mirrored == pytest.approx((1 / high, 1 / low), rel=0.02)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", True),
        ("javascript: alert(1)", True),
        ("data:text/html,x", True),
        ("ftp://example.org", True),
        ("Reuters", False),
        ("TASS: statement of the ministry", False),
        ("Council of the EU, press release 12:30", False),
    ],
)
def test_a_source_is_a_link_or_words(text: str, address: bool) -> None:
    assert looks_like_address(text) is address


def test_a_field_that_does_not_exist_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError, match="statment"):
        from_fields({"statment": "x"}, [], entry="E1", forecaster="p")
    with pytest.raises(KeyError, match="ratio"):
        from_fields(GOOD, [{"ratio": "2"}], entry="E1", forecaster="p")


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=80)), st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused_and_never_fails(fields: dict[str, str], lr: str) -> None:
    item, found = from_fields({**GOOD, **fields}, [{**EFFECT, "lr": lr}], entry="E1", forecaster="p")
    assert (item is None) == bool(found)
    for place, message in found:
        assert place.startswith("effects[") or place in FIELDS
        assert message.isprintable()
    if item:
        assert codec.decode(codec.encode(item)) == item


@given(st.text(alphabet=string.printable, max_size=30))
def test_numbers_read_are_finite_and_positive(text: str) -> None:
    read = Fields({"x": text}, known=("x",))
    value = read.positive("x", what="a number")
    assert read.problems or (math.isfinite(value) and value > 0)


def test_a_long_value_is_shortened_in_messages() -> None:
    assert len(shown("x" * 10**6)) < 60


@given(record_strategies.evidence())
def test_an_item_in_fields_reads_back_equal(item):
    item = replace(
        item,
        statement="What was said.",
        source="Who said it",
        url="https://example.org/a",
        thread="story",
        forecaster="ada",
        effects=tuple(replace(e, question="q") for e in item.effects),
    )
    fields, effects = to_fields(item)
    back, found = from_fields(fields, effects, entry=item.id, forecaster="ada")
    assert found == []
    assert back == item
