"""What resolved questions may teach: which of them, which items, their ranks; and the belief that comes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from forecasts import encode_evidence
from forecasts.domain import Confirmation, Entry, Evidence, LedgerView
from forecasts.readings_data import QUESTIONS_NEEDED, document, first_numbers, lessons
from forecasts.readings_fit import arrays, belief, ranks, recipe
from forecasts.snapshots import HISTORY
from models.evidence import prior_belief
from models.reading_belief import UNITS
from tests.forecasts.small_board import BOARD, DEADLINES, question
from tests.forecasts.test_post_mortem import item

D26, D28, _ = DEADLINES
NOW = datetime(2027, 1, 10, tzinfo=UTC)
FROZEN = datetime(2026, 1, 1, 9, tzinfo=UTC)
MANY = tuple(question(f"q{k:02d}") for k in range(QUESTIONS_NEEDED + 2))
WIDE = replace(
    BOARD, questions=MANY, edges=(), votes=(), series=(), cases=(), adjustments=(), frailties=(), scheduled=()
)
KNOWN = Confirmation("C1", date(2027, 1, 5), date(2027, 1, 5), (), "")


def view(*records: object, mode: str = "live") -> LedgerView:
    entries = tuple(Entry("b", n, r.id, 1, NOW, "p", r, "0" * 64) for n, r in enumerate(records, start=1))
    return LedgerView("b", NOW, mode, len(entries), "0" * 64, NOW, entries)


def reports(count: int, **changes: object) -> list[Evidence]:
    return [item(f"E{k}", 2.0, question=q.id, **changes) for k, q in enumerate(MANY[:count])]


def frozen(p: float = 0.2) -> dict:
    return {(q.id, D26): (FROZEN, p) for q in MANY}


def unread() -> dict:
    raise AssertionError("the history is read although there are too few questions")


def test_too_few_questions_teach_nothing_and_the_history_is_not_read() -> None:
    few = view(KNOWN, *reports(QUESTIONS_NEEDED - 1))
    assert lessons(WIDE, few, unread, now=NOW) == ()
    assert "stay at their prior: fewer than 40" in document(())["note"]
    hindsight = view(KNOWN, *reports(QUESTIONS_NEEDED), mode="retrospective")
    assert lessons(WIDE, hindsight, unread, now=NOW) == ()
    early = lessons(WIDE, view(KNOWN, *reports(QUESTIONS_NEEDED)), unread, now=datetime(2026, 12, 31, 12, tzinfo=UTC))
    assert early == (), "no deadline has passed"


def test_enough_questions_teach_once_each() -> None:
    found = lessons(WIDE, view(KNOWN, *reports(QUESTIONS_NEEDED)), frozen, now=NOW)
    assert len(found) == QUESTIONS_NEEDED
    assert {(one.prior, one.weight, one.decided.outcome) for one in found} == {(0.2, 1.0, "no")}
    assert document(found) == {
        "questions": 40,
        "items": 40,
        "note": "forecasters, grades and repetition are learned from 40 resolved questions",
    }


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ({"published_on": FROZEN.date()}, frozen),  # known when the forecast was frozen
        ({"published_on": date(2027, 1, 1)}, frozen),  # after the deadline
        ({"deadline": D28}, frozen),  # speaks of another deadline
        ({}, lambda: frozen(1.0)),  # nothing to learn from a certainty
        ({}, dict),  # no number was published before
    ],
)
def test_what_teaches_nothing(more, first) -> None:
    assert lessons(WIDE, view(KNOWN, *reports(QUESTIONS_NEEDED, **more)), first, now=NOW) == ()


def test_first_numbers_are_live_open_and_earliest() -> None:
    rows = [
        ("live", FROZEN + timedelta(days=1), 0.4, "open"),
        ("live", FROZEN, 0.3, "open"),
        ("live", FROZEN - timedelta(days=1), 0.0, "passed"),
        ("retrospective", FROZEN - timedelta(days=9), 0.9, "open"),
    ]
    filled = [
        {"as_of": at, "mode": mode, "subject": "q00", "group": "question", "deadline": D26, "measure": "probability"}
        | {"value": p, "state": state}
        for mode, at, p, state in rows
    ]
    assert first_numbers(pl.DataFrame(filled, schema=HISTORY)) == {("q00", D26): (FROZEN, 0.3)}


def test_ranks_count_stronger_items_of_a_story_in_one_direction() -> None:
    story = (
        item("E1", 4.0, thread="s"),
        item("E2", 2.0, thread="s"),
        item("E3", 2.0, thread="s"),
        item("E4", 0.5, thread="s"),  # a denial is no repetition
        item("E5", 8.0, thread="other"),
        item("E6", 4.0, thread="s", lr_basis="content", grade_source="E"),  # weak by its grade: ln 4 * .3
    )
    items, _ = encode_evidence.items(BOARD, story, as_of=date(2026, 7, 1))
    rank, ties = ranks(items)
    assert rank == [0, 1, 1, 0, 0, 3]
    assert ties == [1, 2, 2, 1, 1, 1]


def test_the_arrays_of_a_fit() -> None:
    told = [
        *reports(QUESTIONS_NEEDED),
        item("E99", 0.5, question="q00", thread="E0", forecaster="bea", grade_source="C"),
    ]
    found = lessons(WIDE, view(KNOWN, *told), frozen, now=NOW)
    data = arrays(WIDE, found)
    assert data["forecasters"] == ("ann", "bea")
    assert data["prior"] == pytest.approx(np.log(0.25))
    assert data["outcome"].sum() == 0
    first = data["question"] == 0
    assert data["log_lr"][first] == pytest.approx([np.log(2), -np.log(2)])
    assert data["forecaster"][first].tolist() == [0, 1]
    assert data["letter"][first].tolist() == [0, 2]
    assert not data["content_basis"].any()
    again = recipe(WIDE, lessons(WIDE, view(KNOWN, *told[:-1]), frozen, now=NOW))
    assert recipe(WIDE, found).input_hash != again.input_hash


def test_an_intention_counts_as_far_as_it_had_faded() -> None:
    fading = reports(QUESTIONS_NEEDED, kind="intent", half_life_days=100.0, occurred_on=D26 - timedelta(days=200))
    data = arrays(WIDE, lessons(WIDE, view(KNOWN, *fading), frozen, now=NOW))
    assert data["log_lr"] == pytest.approx(np.log(2) / 4)


class Kept:
    """Draws of a fit in which Bea reacts half as strongly as she should."""

    def __init__(self) -> None:
        self.coords = {"forecaster": ("ann", "bea")}

    def of(self, name: str) -> np.ndarray:
        rng, prior = np.random.default_rng(1), prior_belief(2)
        centre = {"letter": prior.letter[:5], "digit": prior.digit[1:5], "rho": 0.5, "common": 0.0}
        middle = np.array([0.0, np.log(2)]) if name == "log_kappa" else np.asarray(centre[name])
        return middle + 0.05 * rng.standard_normal((4000, *middle.shape))


def test_a_fit_changes_how_evidence_is_read_and_nothing_else_does() -> None:
    plain = belief(None, ("bea", "cem"))
    assert plain.reaction_mean.tolist() == [0.0, 0.0]
    taught = belief(Kept(), ("bea", "cem"))
    assert set(UNITS) == {"common", "log_kappa", "letter", "digit", "rho"}
    assert taught.reaction_mean == pytest.approx([np.log(2), 0.0], abs=0.01)
    assert taught.reaction_sd[1] == 0.3
    assert taught.letter == pytest.approx(plain.letter, abs=0.01)
