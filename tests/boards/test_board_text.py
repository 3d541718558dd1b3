"""The canonical text: a board comes back equal, its hash names all of it, damaged texts are refused by field."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import date

import pytest

from forecasts import board, board_text
from forecasts.definition import Elicited
from tests.boards.conftest import SMALL


@pytest.mark.parametrize("name", ["shipped", "small"])
def test_a_board_comes_back_equal(name, request):
    definition = request.getfixturevalue(name)
    text = board_text.text(definition)
    assert board_text.parse(text) == definition
    assert board_text.text(board_text.parse(text)) == text
    assert definition.content_hash == hashlib.sha256(text.encode()).hexdigest()


def test_loading_twice_gives_the_same_hash_and_line_ends_do_not_matter(small, small_copy):
    for file in small_copy.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    loaded, problems = board.load(small_copy)
    assert problems == []
    assert loaded.content_hash == small.content_hash


def test_every_part_of_a_definition_is_in_the_hash(small):
    changed = {
        "title": "x",
        "description": "x",
        "opens": date(2030, 3, 2),
        "horizon": date(2036, 12, 31),
        "id": "other",
        "settings": replace(small.settings, seed=8),
    }
    for field in fields(small):
        if field.name == "content_hash":
            continue
        other = replace(small, **{field.name: changed.get(field.name, ())})
        assert board_text.content_hash(other) != small.content_hash, field.name
    assert board_text.content_hash(replace(small, content_hash="x")) == small.content_hash


def test_a_reason_is_part_of_the_definition(small):
    first = small.adjustments[0]
    other = replace(first, factor=Elicited(first.factor.median, first.factor.low, first.factor.high, "another"))
    assert board_text.content_hash(replace(small, adjustments=(other, *small.adjustments[1:]))) != small.content_hash


DAMAGE = [
    (lambda v: v | {"opens": 5}, "board.opens: a date is needed"),
    (lambda v: v | {"opens": "2030-02-30"}, "board.opens: '2030-02-30' is no day"),
    (lambda v: v | {"titel": "x"}, "board: unknown field 'titel'"),
    (lambda v: {k: w for k, w in v.items() if k != "title"}, "title"),
    (lambda v: v | {"questions": {}}, "board.questions: a list is needed"),
    (lambda v: v | {"questions": ["x"]}, r"board.questions\[0\]: an object is needed"),
    (lambda v: v | {"settings": v["settings"] | {"draws": 4.5}}, "board.settings.draws: a int is needed"),
    (lambda v: v | {"settings": v["settings"] | {"draws": True}}, "board.settings.draws: a int is needed"),
    (
        lambda v: v | {"scenarios": [v["scenarios"][0] | {"group": "other"}]},
        r"scenarios\[0\].group: 'other' is not one of",
    ),
    (lambda v: v | {"series": [v["series"][0] | {"publication": [1]}]}, r"publication: 2 values are needed, not 1"),
    (lambda v: [v], "a JSON object is needed, not list"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE)
def test_a_damaged_text_is_refused_by_its_field(small, damage, message):
    text = json.dumps(damage(json.loads(board_text.text(small))))
    with pytest.raises(ValueError, match=message):
        board_text.parse(text)


def test_a_text_without_later_fields_takes_their_defaults(small):
    values = json.loads(board_text.text(small))
    for question in values["questions"]:
        del question["closed_on"]
    old = board_text.parse(json.dumps(values))
    assert old.questions == small.questions
    assert old.content_hash != small.content_hash


def test_the_directory_is_the_boards_own(small):
    assert SMALL.name == small.id


def test_tags_are_part_of_the_text_and_a_text_from_before_them_is_read(small):
    tagged = replace(small, questions=(replace(small.questions[0], tags=("river", "law")), *small.questions[1:]))
    text = board_text.text(tagged)
    assert board_text.parse(text).questions[0].tags == ("river", "law")
    values = json.loads(text)
    for question in values["questions"]:
        del question["tags"]
    assert all(q.tags == () for q in board_text.parse(json.dumps(values)).questions)
    assert board_text.content_hash(tagged) != small.content_hash
