"""A preview is exact on the stored futures: it is what the next refit publishes."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from forecasts.domain import Effect
from forecasts.errors import CorruptArtefactError
from forecasts.preview import NoFuturesError, Previewer
from tests.jobs.small_home import NOW, evidence, retraction

BY = date(2028, 12, 31)


@pytest.fixture(scope="module")
def previewer(published):
    home, _ = published
    return Previewer.load(home.store, home.artefacts, "small", now=NOW, threads=1)


def values(found, key="after"):
    questions = {(r["question"], r["deadline"]): r[key] for r in found["questions"]}
    return questions | {r["scenario"]: r[key] for r in found["scenarios"]}


def rows_of(snapshot):
    rows = snapshot.rows.filter(pl.col("measure") == "probability").rows(named=True)
    return {(r["subject"], r["deadline"].isoformat()) if r["deadline"] else r["subject"]: r for r in rows}


def test_nothing_added_is_what_was_published(previewer, published):
    found = previewer.preview()
    wanted = {key: row["value"] for key, row in rows_of(published[1].snapshot).items()}
    assert values(found) == values(found, "before") == wanted
    assert found["ess"] == published[1].snapshot.receipt["ess_futures"]
    assert found["inert"] == []


@pytest.mark.parametrize(
    "added",
    [
        [evidence("E9", "pact", lr=6.0)],
        [evidence("E9", "pact", lr=0.5), evidence("E8", "relapse", lr=2.0, thread="E9")],
        [evidence("E1", lr=9.0)],  # stands in for the item of that id
        [evidence("E9", lr=4.0, thread="E1", kind="intent", half_life_days=30.0, grade_source="D")],
    ],
)
def test_a_preview_is_what_the_refit_then_publishes(previewer, new_home, added):
    found = previewer.preview(added)
    home = new_home()
    first = [evidence("E1"), evidence("E2", "fund", lr=0.5)]
    home.add(*({e.id: e for e in [*first, *added]}.values()))
    wanted = rows_of(home.refit().snapshot)
    assert values(found) == pytest.approx({key: row["value"] for key, row in wanted.items()}, abs=1e-12)
    other_luck = rows_of(home.refit(seed=77).snapshot)
    for key, after in values(found).items():
        error = (wanted[key]["mcse"] ** 2 + other_luck[key]["mcse"] ** 2) ** 0.5
        assert abs(after - other_luck[key]["value"]) <= 4.5 * error + 1e-12, key


def test_taking_an_item_back_is_as_if_it_had_never_been(previewer, new_home):
    found = previewer.preview(remove=["E1"])
    home = new_home()
    home.add(evidence("E2", "fund", lr=0.5))
    assert values(found) == pytest.approx({k: r["value"] for k, r in rows_of(home.refit().snapshot).items()}, abs=1e-12)


def test_the_total_ratio_is_that_of_the_odds_on_every_question(previewer):
    found = previewer.preview([evidence("E9", "truce", lr=4.0)])
    for row in found["questions"]:
        if 0 < row["before"] < 1:
            odds = [p / (1 - p) for p in (row["before"], row["after"])]
            assert row["total_ratio"] == pytest.approx(odds[1] / odds[0], rel=1e-9)
    by_question = {(r["question"], r["deadline"]): r["total_ratio"] for r in found["questions"]}
    assert by_question["pact", "2030-12-31"] > 1.0, "a truce makes a pact likelier"


def test_low_and_high_hold_the_probability(previewer):
    for row in previewer.preview([evidence("E9", "truce", lr=4.0)])["questions"]:
        assert 0.0 <= row["low"] <= row["after"] <= row["high"] <= 1.0


@pytest.mark.parametrize(
    ("draft", "target"),
    [
        (evidence("E9", thread="own"), 0.5),
        (evidence("E9", thread="own"), 0.12),
        (evidence("E9", thread="E1"), 0.45),  # shares its story with an item in force
        (evidence("E1"), 0.4),  # replaces the item
        (evidence("E9", "pact", thread="own", grade_source="E", grade_info="4"), 0.45),
        (evidence("E9", thread="own", effects=(Effect("pact", BY, 2.0, 1.0, 4.0),)), 0.5),
    ],
)
def test_a_belief_becomes_the_ratio_that_previews_to_it(previewer, draft, target):
    ratio = previewer.implied_lr(draft, "truce", BY, target=target)
    others = tuple(f for f in draft.effects if f.question != "truce")
    said = replace(draft, effects=(*others, Effect("truce", BY, ratio, ratio, ratio)))
    after = values(previewer.preview([said]))["truce", BY.isoformat()]
    assert after == pytest.approx(target, abs=1e-9)


@pytest.mark.parametrize(
    ("question", "deadline", "target", "message"),
    [
        ("truce", BY, 1.0, r"target 1\.0: a probability inside"),
        ("truce", BY, float("nan"), "target nan"),
        ("truce", BY, 0.999, r"ratios from 1/20 to 20 of this report reach 0\.\d+ to 0\.\d+"),
        ("truce", date(2027, 12, 31), 0.5, "the question has the deadlines 2026-12-31"),
        ("truse", BY, 0.5, "unknown question 'truse'"),
    ],
)
def test_a_belief_that_no_ratio_reaches_is_refused(previewer, question, deadline, target, message):
    with pytest.raises((ValueError, KeyError), match=message):
        previewer.implied_lr(evidence("E9"), question, deadline, target=target)


def test_what_cannot_be_previewed(previewer):
    with pytest.raises(KeyError, match="evidence 'E7' is not in force"):
        previewer.preview(remove=["E7"])
    with pytest.raises(ValueError, match="has the deadlines"):
        previewer.preview([evidence("E9", deadline=date(2027, 1, 1))])


def test_entries_saved_since_the_refit_count_as_given(home):
    home.add(evidence("E1"))
    home.refit()
    home.add(evidence("E2", lr=2.0))
    now = Previewer.load(home.store, home.artefacts, "small", now=NOW, threads=1)
    assert {e.id for e in now.moment.evidence} == {"E1", "E2"}
    home.add(retraction("R1", "E2"))
    later = Previewer.load(home.store, home.artefacts, "small", now=NOW, threads=1)
    assert values(later.preview()) == values(now.preview(remove=["E2"]))


def test_without_stored_futures_there_is_no_preview(home):
    with pytest.raises(NoFuturesError, match="no snapshot"):
        Previewer.load(home.store, home.artefacts, "small", now=NOW)
    snapshot = home.refit(keep_futures=False).snapshot
    assert snapshot.futures_hash is None
    with pytest.raises(NoFuturesError, match="no stored futures"):
        Previewer.load(home.store, home.artefacts, "small", now=NOW)


def test_damaged_futures_are_named(home):
    name = home.refit().snapshot.futures_hash
    path = home.artefacts.root / name[:2] / name
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CorruptArtefactError, match="damaged"):
        Previewer.load(home.store, home.artefacts, "small", now=NOW)
