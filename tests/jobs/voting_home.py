"""The small board with a fitted vote, refitted without a sampler: the draws of its fit are made up."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from forecasts import senate_fit
from forecasts.definition import Board
from forecasts.domain import Statement
from forecasts.draws_file import MOST_BITS, to_bytes
from tests.forecasts import small_board
from tests.forecasts.senate_draws import made_up
from tests.forecasts.test_encode_fitted_votes import FITTED, RENEWAL
from tests.jobs import small_home

PERIODS = (date(2027, 5, 1), date(2029, 5, 1))
SPOKEN = date(2026, 4, 8)


def board() -> Board:
    """Return the small board whose vote is fitted: 60 members, a third of them up before each period."""
    ends = (*PERIODS, date(2031, 5, 1))
    seats = tuple(replace(s, term_end=ends[i % 3]) for i, s in enumerate(FITTED.seats))
    renewal = replace(RENEWAL, swing=RENEWAL.swing[:2])
    fitted = replace(FITTED, seats=seats, seated_on=date(2026, 1, 1), renewal=renewal)
    vote = replace(small_board.VOTE, gate=(), copartisan_logit=0.0, periods=PERIODS, rule="two thirds", fitted=fitted)
    return small_home.small(votes=(vote,))


def open_home(folder: Path) -> small_home.Home:
    """Give a new home whose vote is fitted to made-up draws."""
    home = small_home.open_home(folder, board())
    fitted = home.board.votes[0].fitted
    assert fitted is not None
    wanted = senate_fit.recipe(fitted).input_hash
    draws = replace(made_up(fitted), input_hash=wanted)
    home.artefacts.bind(wanted, home.artefacts.put(to_bytes(draws, bits=MOST_BITS)))
    return home


def statement(entry: str, member: str = "m3", stance: str = "against_firm", on: date = SPOKEN) -> Statement:
    return Statement(entry, "consent", member, stance, on, on, "A speech", "https://example.org/speech", "")
