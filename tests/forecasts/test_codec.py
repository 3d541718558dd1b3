"""Records as canonical JSON: they come back equal, and what could not come back is refused with its place."""

import dataclasses
import json
import math
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given, settings

from forecasts import codec, forms
from forecasts.domain import Effect, Entry, Record, Retraction
from forecasts.errors import RecordError
from tests.forecasts.record_strategies import records
from tests.forecasts.records import evidence

GOOD = codec.encode(evidence("E1"))
EFFECT = GOOD["effects"][0]


@settings(deadline=None)
@given(records)
def test_every_record_comes_back_equal_through_text(record):
    text = forms.canonical(codec.encode(record))
    assert codec.decode(forms.parse(text)) == record
    assert forms.canonical(codec.encode(codec.decode(forms.parse(text)))) == text


def test_the_codec_knows_every_record_type_and_every_field():
    assert {kind for kind, _ in codec.RECORDS.values()} == set(get_args(Record))
    for kind, form in codec.RECORDS.values():
        assert list(form) == [f.name for f in dataclasses.fields(kind)]


def test_the_text_is_the_documented_one():
    record = Retraction("R1", "E1", "Agency withdrew – «é»", date(2026, 7, 1))
    assert forms.canonical(codec.encode(record)) == (
        '{"id":"R1","published_on":"2026-07-01","reason":"Agency withdrew – «é»","target":"E1","type":"retraction"}'
    )


def test_a_whole_number_has_one_text_however_it_was_typed():
    typed = evidence("E1", kind="intent", half_life_days=180)
    assert typed == evidence("E1", kind="intent", half_life_days=180.0)
    assert codec.encode(typed) == codec.encode(evidence("E1", kind="intent", half_life_days=180.0))
    assert forms.canonical(codec.encode(typed)).count('"half_life_days":180.0') == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "prophecy"}, "record type 'prophecy' is unknown; allowed: evidence, retraction"),
        ({"type": ["evidence"]}, "is unknown"),
        ({"kindd": "fact"}, "unknown field 'kindd'; did you mean 'kind'?"),
        ({"zzz": 1}, "unknown field 'zzz'; allowed: id, occurred_on"),
        ({"id": ""}, "id: '': '': an id of 1 to 100"),
        ({"id": "../etc"}, "an id of 1 to 100"),
        ({"id": 7}, "an id of 1 to 100"),
        ({"occurred_on": "2026-02-30"}, "occurred_on: '2026-02-30': day"),
        ({"occurred_on": "20260201"}, "occurred_on: '20260201': a day like 2026-07-01 is needed"),
        ({"occurred_on": "2026-07-01T00:00:00"}, "a day like"),
        ({"published_on": None}, "published_on: None: a day like"),
        ({"statement": "nul \0 byte"}, r"statement: 'nul \x00 byte': control character '\x00'"),
        ({"statement": "half \ud800 pair"}, "control character"),
        ({"statement": "bell \x07"}, "control character"),
        ({"statement": "x" * 20_001}, "20001 characters; at most 20000"),
        ({"statement": 5}, "statement: 5: a text is needed"),
        ({"url": "javascript:alert(1)"}, "url: 'javascript:alert(1)': an address that begins with http"),
        ({"url": "data:text/html,x"}, "an address that begins with http"),
        ({"url": "https://a b"}, "an address that begins with http"),
        ({"grade_source": "G"}, "grade_source: 'G': allowed: A, B, C, D, E, F"),
        ({"grade_info": 1}, "allowed: 1, 2, 3, 4, 5, 6"),
        ({"kind": "intent"}, "half_life_days None with kind intent: an intent needs a half-life"),
        ({"half_life_days": 10}, "a fact has none"),
        ({"kind": "intent", "half_life_days": 0}, "half_life_days: 0: a positive finite number"),
        ({"kind": "intent", "half_life_days": True}, "a number is needed"),
        ({"kind": "intent", "half_life_days": "10"}, "a number is needed"),
        ({"official": 1}, "official: 1: true or false is needed"),
        ({"effects": {}}, "a list of at most"),
        ({"effects": [EFFECT] * 1001}, "a list of at most 1000"),
        ({"effects": [EFFECT | {"lr": 0}]}, "lr: 0: a positive finite number"),
        ({"effects": [EFFECT | {"lr": -2.0}]}, "a positive finite number"),
        ({"effects": [EFFECT | {"lr": math.nan}]}, "a positive finite number"),
        ({"effects": [EFFECT | {"high": math.inf}]}, "a positive finite number"),
        ({"effects": [EFFECT | {"lr": 10**400}]}, "a positive finite number"),
        ({"effects": [EFFECT | {"low": 3.0}]}, "low 3, lr 2, high 4: they must not fall"),
        ({"effects": [EFFECT | {"extra": 1}]}, "unknown field 'extra'"),
        ({"effects": ["q:2030:2"]}, "is not an object"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_field_and_value(change, said):
    with pytest.raises(RecordError) as caught:
        codec.decode(GOOD | change)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", [n for n in GOOD if n not in {"type", "official"}])
def test_a_missing_field_is_named(name):
    with pytest.raises(RecordError, match=f"field '{name}' is missing"):
        codec.decode({k: v for k, v in GOOD.items() if k != name})


def test_a_field_with_a_default_may_be_missing_in_an_older_record():
    assert codec.decode({k: v for k, v in GOOD.items() if k != "official"}) == evidence("E1")


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {}, {"type": None}])
def test_what_is_no_record_is_refused(value):
    with pytest.raises(RecordError):
        codec.decode(value)


@pytest.mark.parametrize(
    "record",
    [
        evidence("E1", lr=math.nan),
        evidence("E1", occurred_on=datetime(2026, 1, 1, tzinfo=UTC)),
        evidence("E1", effects=[Effect("q", date(2030, 1, 1), 2.0, 1.0, 4.0)]),
        evidence("E1", effects=("q",)),
        evidence("E1", official=1),
        evidence("E1", grade_source="Z"),
        evidence("é"),
        "not a record",
    ],
)
def test_a_record_that_would_not_come_back_equal_is_refused_on_its_way_in(record):
    with pytest.raises(RecordError):
        codec.encode(record)


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", "[Infinity]", '{"a":1,"a":2}', "[" * 100_000, "1" * 5000, '{"a":1}x', '"\ud800'],
)
def test_text_that_is_not_strict_json_is_refused_in_one_line(text):
    with pytest.raises(RecordError, match="not strict JSON") as caught:
        forms.parse(text)
    assert len(str(caught.value)) < 200


def test_a_ledger_row_comes_back_equal_and_must_hold_its_own_record():
    at = datetime(2026, 7, 1, 9, 30, 0, 5, tzinfo=UTC)
    entry = Entry("b", 1, "E1", 1, at, "owner", evidence("E1"), "a" * 64)
    value = json.loads(json.dumps(codec.encode_entry(entry)))
    assert value["recorded_at"] == "2026-07-01T09:30:00.000005Z"
    assert codec.decode_entry(value) == entry
    with pytest.raises(RecordError, match="'E2' holds the record 'E1'"):
        codec.decode_entry(value | {"entry": "E2"})
    for change in (
        {"position": -1},
        {"position": True},
        {"position": 2**31},
        {"recorded_at": "2026-07-01"},
        {"recorded_at": 5},
        {"digest": ""},
    ):
        with pytest.raises(RecordError, match=next(iter(change))):
            codec.decode_entry(value | change)
