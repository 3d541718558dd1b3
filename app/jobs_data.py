"""What the pages read of the jobs: whether a board's present input is still tried."""

from app import data
from forecasts.jobs import attempts, due
from forecasts.jobs.attempts import GivenUp


def given_up(board: str) -> GivenUp | None:
    """Return why the board's present input is not tried again, or None; two small reads."""
    store = data.workspace().store
    standings = due.read(store, now=data.now(), only=(board,))
    return attempts.stopped(store, standings).get(board)


def words_of(found: GivenUp) -> str:
    """Return for a reader of the numbers what it means that an input was given up; the page says above it why."""
    return (
        f"The last {found.attempts} runs on what is known now did not publish, so it is not tried again until "
        "something new is entered or another day begins. The numbers are those of the last good run."
    )
