"""Two edits of one item: what settles itself, what waits for a choice, and that nothing is lost."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from forecasts.domain import Effect
from forecasts.merging import changed, differences, merged, parts, unsettled
from tests.forecasts.record_strategies import evidence as evidences
from tests.jobs.small_home import evidence

BASE = evidence("E1")
FUND = Effect("fund", date(2028, 12, 31), 0.5, 0.25, 1.0)


def picked(found):
    return {d.part: d.pick for d in found}


def test_changes_of_different_parts_settle_themselves():
    theirs = replace(BASE, statement="They wrote.", grade_info="3")
    mine = replace(BASE, source="I asked", effects=(*BASE.effects, FUND))
    found = differences(BASE, theirs, mine)
    assert picked(found) == {"statement": "theirs", "grade": "theirs", "source": "mine", "effect:fund": "mine"}
    assert unsettled(found, {}) == []
    whole = merged(theirs, mine, picked(found))
    assert whole == replace(theirs, source="I asked", effects=(*BASE.effects, FUND))


def test_a_part_that_both_changed_waits_for_a_choice():
    theirs, mine = replace(BASE, statement="They wrote."), replace(BASE, statement="I wrote.", thread="mine")
    found = differences(BASE, theirs, mine)
    assert picked(found) == {"statement": None, "thread": "mine"}
    assert unsettled(found, {}) == ["statement"]
    assert unsettled(found, {"statement": "mine"}) == []
    with pytest.raises(KeyError):
        merged(theirs, mine, {"thread": "mine"})
    assert merged(theirs, mine, {"statement": "mine", "thread": "mine"}).statement == "I wrote."


def test_the_same_change_twice_is_no_conflict():
    both = replace(BASE, statement="We wrote.")
    assert differences(BASE, both, replace(both, source="And I asked"))[0].part == "source"
    assert differences(BASE, both, both) == ()


def test_an_effect_can_be_taken_away_by_one_and_changed_by_the_other():
    stronger = replace(BASE, effects=(replace(BASE.effects[0], lr=5.0),))
    none = replace(BASE, effects=())
    (difference,) = differences(BASE, stronger, none)
    assert (difference.part, difference.pick, difference.mine) == ("effect:truce", None, None)
    assert merged(stronger, none, {"effect:truce": "mine"}).effects == ()
    assert merged(stronger, none, {"effect:truce": "theirs"}).effects == stronger.effects


def test_a_kind_goes_with_its_half_life():
    fading = replace(BASE, kind="intent", half_life_days=90.0)
    whole = merged(fading, replace(BASE, source="x"), {"kind": "theirs", "source": "mine"})
    assert (whole.kind, whole.half_life_days, whole.source) == ("intent", 90.0, "x")


def test_what_a_new_version_changes_is_listed_with_what_it_was():
    new = replace(BASE, statement="Better words.")
    (only,) = changed(BASE, new)
    assert (only.part, only.theirs, only.mine) == ("statement", BASE.statement, "Better words.")


@settings(max_examples=150)
@given(evidences(), evidences(), evidences())
def test_of_two_versions_every_part_can_be_had_from_either(base, theirs, mine):
    base, theirs, mine = (
        replace(e, id="E1", effects=tuple({f.question: f for f in e.effects}.values())) for e in (base, theirs, mine)
    )
    found = differences(base, theirs, mine)
    assert parts(merged(theirs, mine, {d.part: "theirs" for d in found})) == parts(theirs)
    assert parts(merged(theirs, mine, {d.part: "mine" for d in found})) == parts(mine)
    for d in found:
        assert d.pick != "theirs" or d.mine == d.base
        assert d.pick != "mine" or d.theirs == d.base
