"""The pool on a board: which forecasts it reads, its lines by hand, what it learns from, and where it falls back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from forecasts.base_rates import base_rates
from forecasts.domain import Confirmation, Entry, Forecast, LedgerView, Occurrence, Resolution
from forecasts.instants import end_of_day, start_of_day
from forecasts.people_pool import QUESTIONS_NEEDED, Learned, asked, learn, lines
from forecasts.pool_fit import arrays, recipe, with_draws
from models.pool_rules import UNITS, Factor, log_odds
from tests.forecasts.small_board import BOARD, DEADLINES, OPENS, question

D26, D28, D30 = DEADLINES
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PLAIN = learn(())
DOUBLE = replace(PLAIN, factor=Factor(np.array([2.0]), np.array([1.0])))


def view(*records: object) -> LedgerView:
    entries = tuple(
        Entry("small", n, r.id, 1, getattr(r, "issued_at", NOW), "p", r, "0" * 64)
        for n, r in enumerate(records, start=1)
    )
    return LedgerView("small", NOW, "live", len(entries), "0" * 64, NOW, entries)


def forecast(who: str, p: float | None, at: datetime, q: str = "truce", deadline: date = D28) -> Forecast:
    return Forecast(f"F{who}{at:%m%d%H}{q}{deadline}", q, deadline, who, p, at, at.date(), "", "", "")


def month(ago: float) -> datetime:
    return NOW - timedelta(days=30 * ago)


def test_nobody_has_forecast() -> None:
    assert lines(BOARD, view(), PLAIN, at=NOW) == ()


def test_the_lines_by_hand() -> None:
    """Ann at .8 now (weight 2/3), Bea at .5 a half-life ago (1/3): mean 4^(2/3) : 1; recalibrated twice as far."""
    seen = view(forecast("ann", 0.8, NOW), forecast("bea", 0.5, month(1)))
    (line,) = lines(BOARD, seen, DOUBLE, at=NOW)
    odds = 4 ** (2 / 3)
    assert line.pair == ("truce", D28)
    assert line.mean == pytest.approx(odds / (1 + odds))
    base = base_rates(BOARD, known=NOW.date(), occurred={}).probability("truce", D28)
    assert line.base_rate == base
    b = float(log_odds(np.array(base)))
    expected = 1 / (1 + np.exp(-(b + 2 * (np.log(odds) - b))))
    assert line.recalibrated == pytest.approx(expected)
    assert [(v.forecaster, v.weight) for v in line.voices] == [
        ("ann", pytest.approx(2 / 3)),
        ("bea", pytest.approx(1 / 3)),
    ]
    assert (line.rung, line.best, line.hierarchical) == ("recalibrated", line.recalibrated, None)
    assert line.note == (
        "0 of the 30 independent resolved questions and 0 of the 2 people that a hierarchical pool needs: the "
        "recalibrated one is shown"
    )


def test_a_crowd_alone_is_never_made_bolder() -> None:
    (line,) = lines(BOARD, view(forecast("crowd:x", 0.8, NOW)), DOUBLE, at=NOW)
    assert line.mean == pytest.approx(0.8)
    assert line.recalibrated == pytest.approx(0.8)
    assert line.voices[0].market


def test_without_a_base_rate_the_mean_is_as_far_as_it_goes() -> None:
    (line,) = lines(BOARD, view(forecast("ann", 0.3, NOW, q="three")), PLAIN, at=NOW)
    assert (line.rung, line.base_rate, line.recalibrated) == ("mean", None, None)
    assert line.best == pytest.approx(0.3)
    assert "no reference class" in line.note


@pytest.mark.parametrize(
    "records",
    [
        (forecast("ann", 0.3, month(1)), forecast("ann", None, NOW)),
        (forecast("ann", 0.3, NOW + timedelta(seconds=1)),),
        (
            forecast("ann", 0.3, month(1)),
            Occurrence("O1", "truce", date(2026, 5, 9), date(2026, 5, 9), "", "", "verified", ""),
        ),
        (
            forecast("ann", 0.3, month(1)),
            Resolution("R1", "truce", D28, "annulled", date(2026, 5, 9), date(2026, 5, 9), "", "", ""),
        ),
    ],
    ids=["withdrawn", "not issued yet", "happened", "called off"],
)
def test_what_is_not_in_force_is_not_pooled(records) -> None:
    assert lines(BOARD, view(*records), PLAIN, at=NOW) == ()


def test_a_deadline_that_has_passed_is_not_pooled() -> None:
    seen = view(forecast("ann", 0.3, NOW, deadline=D26))
    assert len(lines(BOARD, seen, PLAIN, at=end_of_day(D26))) == 1
    assert lines(BOARD, seen, PLAIN, at=end_of_day(D26) + timedelta(microseconds=1)) == ()


LATER = datetime(2029, 1, 10, tzinfo=UTC)
KNOWN = Confirmation("C1", date(2029, 1, 5), date(2029, 1, 5), (), "")
MIDDLE = start_of_day(OPENS) + (end_of_day(D26) - start_of_day(OPENS)) / 2


def test_it_learns_from_what_stood_halfway_through_the_life() -> None:
    seen = view(
        KNOWN,
        forecast("ann", 0.3, MIDDLE - timedelta(days=2), deadline=D26),
        forecast("ann", 0.1, MIDDLE + timedelta(days=2), deadline=D26),
        forecast("bea", 0.4, MIDDLE + timedelta(days=2), deadline=D26),
    )
    (one,) = asked(BOARD, seen, now=LATER)
    assert (one.pair, one.at, one.outcome, one.weight) == (("truce", D26), MIDDLE, 0, 1.0)
    assert [(i.forecast.forecaster, i.forecast.probability) for i in one.voices] == [("ann", 0.3)]
    base = base_rates(BOARD, known=MIDDLE.date(), occurred={}).probability("truce", D26)
    assert one.base == pytest.approx(float(log_odds(np.array(base))))


def test_what_happened_early_joins_when_its_date_has_passed_and_counts_halfway_to_the_event() -> None:
    happened = Occurrence("O1", "truce", date(2025, 4, 11), date(2025, 4, 11), "", "", "verified", "")
    issued = start_of_day(date(2025, 1, 2))
    seen = view(KNOWN, happened, *(forecast("ann", 0.3, issued, deadline=d) for d in DEADLINES))
    found = asked(BOARD, seen, now=LATER)
    assert [a.pair for a in found] == [("truce", D26), ("truce", D28)], "2030 has not passed"
    assert {a.weight for a in found} == {0.5}, "two deadlines of one question share one luck"
    assert found[0].at == start_of_day(OPENS) + (start_of_day(date(2025, 4, 11)) - start_of_day(OPENS)) / 2
    assert learn(found).questions == 1


def test_questions_called_off_or_without_a_voice_teach_nothing() -> None:
    off = Resolution("R1", "truce", D26, "ambiguous", D26, D26, "", "", "")
    issued = start_of_day(date(2025, 1, 2))
    assert asked(BOARD, view(KNOWN, off, forecast("ann", 0.3, issued, deadline=D26)), now=LATER) == ()
    assert asked(BOARD, view(KNOWN), now=LATER) == ()
    crowd = asked(BOARD, view(KNOWN, forecast("crowd:x", 0.3, issued, deadline=D26)), now=LATER)
    assert len(crowd) == 1
    assert learn(crowd).factor.mean == PLAIN.factor.mean, "a crowd's price does not teach how far to go"
    assert learn(crowd).people == 0


MANY = tuple(question(f"q{k:02d}") for k in range(QUESTIONS_NEEDED))
WIDE = replace(
    BOARD,
    questions=MANY,
    edges=(),
    votes=(),
    series=(),
    cases=tuple(replace(BOARD.cases[0], question=q.id) for q in MANY),
)


def many(count: int) -> LedgerView:
    issued = start_of_day(date(2025, 1, 2))
    said = [
        forecast(who, p, issued, q=q.id, deadline=D26) for q in MANY[:count] for who, p in (("ann", 0.2), ("bea", 0.6))
    ]
    return view(KNOWN, *said)


def test_with_enough_questions_a_fit_is_asked_for_and_used() -> None:
    few, enough = (asked(WIDE, many(n), now=LATER) for n in (QUESTIONS_NEEDED - 1, QUESTIONS_NEEDED))
    assert not learn(few).enough
    learned = learn(enough)
    assert learned.enough
    assert learned.factor.mean < PLAIN.factor.mean, "sixty times too high: less bold from now on"
    data = arrays(enough)
    assert data["forecasters"] == ("ann", "bea")
    assert data["said"].shape == (QUESTIONS_NEEDED, 2)
    assert np.isfinite(data["said"]).all()
    assert (data["aging"] > 1).all()
    assert recipe(few).input_hash != recipe(enough).input_hash
    waiting = lines(WIDE, view(*many(30).records(Forecast), forecast("ann", 0.3, NOW, q="q00")), learned, at=NOW)[0]
    assert "no fit that passed its gate" in waiting.note


class Kept:
    """Draws of a fit, constant: everybody is exact and unbiased, the truth is free."""

    def of(self, name: str) -> np.ndarray:
        value = {"noise": 1e-3, "new_noise": 1e-3, "truth_sd": 50.0, "shared": 1e-3, "scale": 1.0, "new_scale": 1.0}
        shape = (4, 2) if name in {"bias", "scale", "noise"} else (4,)
        return np.full(shape, value.get(name, 0.0) or 1e-9)


def test_the_hierarchical_line_stands_beside_the_others() -> None:
    resolved = asked(WIDE, many(QUESTIONS_NEEDED), now=LATER)
    learned: Learned = with_draws(learn(resolved), Kept(), resolved)
    assert set(UNITS) >= {"bias", "scale", "noise"}
    seen = view(
        forecast("ann", 0.3, NOW, q="q00"), forecast("bea", 0.3, NOW, q="q00"), forecast("cem", 0.3, NOW, q="q00")
    )
    (line,) = lines(WIDE, seen, learned, at=NOW)
    assert line.hierarchical == pytest.approx(0.3, abs=1e-3)
    assert (line.rung, line.note) == ("hierarchical", "")
