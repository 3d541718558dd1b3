"""The shipped board, end to end without a sampler: published numbers against METHODS written out in plain numpy.

Class rates are exact draws of their closed-form posterior here, so the numbers are those of the shipped model within
sampling error. `shipped` (module) holds the home and a retrospective run at the last confirmed day.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts import board as boards
from forecasts import board_store
from forecasts.artefacts import Artefacts
from forecasts.domain import Evidence
from forecasts.encode_evidence import told_by_panels
from forecasts.evaluation import judge
from forecasts.instants import end_of_day
from forecasts.people import LOCAL_OWNER
from forecasts.refit import Wanted, refit
from forecasts.replay import read_moment
from forecasts.settings import SHIPPED_BOARDS
from forecasts.store import open_store
from forecasts.stored_futures import load_futures
from models.world import NEVER
from tests.jobs.small_home import Home, keep_rates

BOARD = "indivisible-security"
NOW = datetime(2026, 7, 2, 9, tzinfo=UTC)
LAST = end_of_day(date(2026, 7, 1))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    definition, _ = boards.load(Path(SHIPPED_BOARDS) / BOARD)
    home = Home(open_store(f"sqlite:///{folder / 'twixt.sqlite'}"), Artefacts(folder / "artefacts"), definition)
    board_store.initialise(home.store, home.artefacts, SHIPPED_BOARDS / BOARD, now=NOW, actor=LOCAL_OWNER)
    keep_rates(home, rows=12_000)
    yield home, at(home, date(2026, 7, 1))
    home.store.close()


def at(home, day):
    outcome = refit(
        home.store, home.artefacts, BOARD, now=NOW, as_of=end_of_day(day), mode="retrospective", wanted=Wanted()
    )
    assert outcome.kind == "published", outcome.message
    return outcome.snapshot


def value(snapshot, subject, deadline=None):
    rows = snapshot.rows.filter((pl.col("subject") == subject) & (pl.col("measure") == "probability"))
    return (rows if deadline is None else rows.filter(pl.col("deadline") == deadline))["value"].item()


# what facts/board/README.md and the elicited hazards say, by the end of the year; (low, high) within which a change of
# the parameter model may move it without a person having looked
EXPECTED_2026 = [
    ("ceasefire", 2026, 0.07, 0.14),  # README: .11
    ("settlement", 2026, 0.03, 0.08),  # README: .05
    ("settlement", 2030, 0.28, 0.44),  # README: .37
    ("treaty_transmitted", 2030, 0.05, 0.14),  # README: .10
    ("rearmament_3pct", 2030, 0.75, 0.9),  # fitted panel .69, evidence and edges on top; README: .5, elicited
    ("rearmament_3_5pct", 2030, 0.3, 0.47),
    ("eu_joint_borrowing", 2026, 1.0, 1.0),  # occurred
    ("ceasefire", 2025, 0.0, 0.0),  # passed
]


@pytest.mark.parametrize(("question", "year", "low", "high"), EXPECTED_2026)
def test_the_numbers_are_where_the_board_was_written_to_be(shipped, question, year, low, high):
    assert low <= value(shipped[1], question, date(year, 12, 31)) <= high


def test_the_opening_run_knows_nothing_of_what_came(shipped):
    opening = at(shipped[0], date(2025, 2, 15))
    assert opening.known_through == date(2025, 2, 15)
    assert 0.15 < value(opening, "ceasefire", date(2025, 12, 31)) < 0.35
    assert 0.2 < value(opening, "eu_joint_borrowing", date(2025, 12, 31)) < 0.5
    detail = json.loads(shipped[0].artefacts.get(opening.detail_hash))
    assert any("later revision" in note for note in detail["notes"])


@pytest.mark.slow
def test_the_published_probabilities_are_those_of_methods_in_plain_numpy(shipped):
    """Weights = history x tilt x clamps x evidence; each reading is normalised by itself, then the mean is taken."""
    home, snapshot = shipped
    moment = read_moment(home.store, home.artefacts, BOARD, as_of=LAST, mode="retrospective", now=NOW)
    stored = load_futures(home.artefacts.get(snapshot.futures_hash), name="x")
    judged = judge(moment)
    log_weight = stored.log_history + stored.log_tilt + stored.log_clamp
    shares = []
    for column in range(judged.design.points):
        total = log_weight + evidence_weight(moment, judged.design, stored, column)
        weight = np.exp(total - total.max())
        weight /= weight.sum()
        shares.append([[weight[stored.day[:, q] <= h].sum() for h in days(moment)] for q in range(21)])
    wanted = np.mean(shares, axis=0)
    for q, question in enumerate(moment.board.questions):
        for g, deadline in enumerate(moment.board.deadlines):
            assert value(snapshot, question.id, deadline) == pytest.approx(wanted[q, g], abs=1e-9), (
                question.id,
                deadline,
            )


def days(moment):
    return [(d - moment.board.opens).days for d in moment.board.deadlines]


def evidence_weight(moment, design, stored, column):
    """METHODS 4 for one reading, item by item: r = kappa lambda log LR fading, ranks, discounts, caps."""
    told = told_by_panels(moment.board)
    rows = [(e, f) for e in moment.evidence for f in e.effects if (e.id, f.question) not in told]
    assert {e.forecaster for e, _ in rows} == {"seed"}
    assert {e.lr_basis for e, _ in rows} == {"report"}, "no shrinking by grade"
    kappa, rho = design.kappa[column, 0], design.repetition[column]
    central = {(e.id, f.question, f.deadline): fading(e, moment) * np.log(f.lr) for e, f in rows}
    out = np.zeros(len(stored.draw))
    threads: dict[tuple[str, str], np.ndarray] = {}
    for e, f in rows:
        strength = central[e.id, f.question, f.deadline]
        story = [
            abs(v)
            for o, g in rows
            for v in [central[o.id, g.question, g.deadline]]
            if o.thread == e.thread and g.question == f.question and np.sign(v) == np.sign(strength)
        ]
        stronger = sum(s > abs(strength) * (1 + 1e-9) for s in story)
        ties = sum(abs(s - abs(strength)) <= abs(strength) * 1e-9 for s in story)
        factor = np.mean([(1 - rho) ** k for k in range(stronger, stronger + ties)])
        reach = (f.deadline - moment.board.opens).days
        if f.deadline <= moment.known_through:
            continue
        llr = np.clip(kappa * strength * factor, -np.log(20), np.log(20))
        q = moment.board.index(f.question)
        story_sum = threads.setdefault((e.thread, f.question), np.zeros(len(out)))
        story_sum += np.where(stored.day[:, q] <= reach, llr, 0.0)
    for told in threads.values():
        out += np.clip(told, -np.log(50), np.log(50))
    return out


def fading(item: Evidence, moment) -> float:
    age = (moment.day - item.occurred_on).days
    return 2.0 ** (-age / item.half_life_days) if item.half_life_days else 1.0


def test_every_future_obeys_the_board(shipped):
    home, snapshot = shipped
    stored = load_futures(home.artefacts.get(snapshot.futures_hash), name="x")
    day = {q: stored.day[:, i].astype(int) for i, q in enumerate(stored.questions)}
    assert (day["treaty_transmitted"] <= day["senate_vote"]).all()
    assert (day["senate_vote"] <= day["senate_consent"]).all()
    assert (day["rearmament_3pct"] <= day["rearmament_3_5pct"]).all()
    assert (np.minimum(day["ceasefire"], day["settlement"]) <= day["resumption"]).all()
    assert (day["eu_joint_borrowing"] == (date(2025, 5, 27) - date(2025, 2, 15)).days).all()
    others = [v for q, v in day.items() if q != "eu_joint_borrowing"]
    assert all(((v > 501) | (v == NEVER)).all() for v in others), "known through 2026-07-01, day 501"


def test_evidence_that_is_about_to_expire_is_listed(shipped):
    home, _ = shipped
    autumn = at(home, date(2026, 6, 27))
    detail = json.loads(home.artefacts.get(autumn.detail_hash))
    assert detail["expiring"] == []
    assert detail["inert"]
    assert {i["deadline"] for i in detail["inert"]} <= {"2025-12-31"}
