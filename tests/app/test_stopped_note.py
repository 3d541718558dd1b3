"""Where the last runs failed so often that their input is left alone, the board and its runs say so."""

from datetime import timedelta

import pytest

from forecasts import runs
from forecasts.jobs import due
from forecasts.people import JOBS
from forecasts.runs import Run
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.jobs.small_home import NOW, evidence

TEXT = "is not tried again until something new is entered or another day begins"


def fail(small, count, message="khat *FAILS* <b>"):
    (standing,) = due.read(small.store, now=SMALL_VIEWED)
    for minute in range(count):
        at = NOW + timedelta(minutes=minute)
        run = Run("small", "live", standing.as_of, at, at, "refused", message, {"input": standing.input})
        runs.append(small.store, run, actor=JOBS)


@pytest.mark.parametrize("name", ["board", pytest.param("runs", marks=pytest.mark.slow)])
def test_it_is_said_after_the_third_failure_and_until_something_new_is_entered(page, small, name):
    root = small.artefacts.root.parent
    small.add(evidence("E3"), at=NOW + timedelta(minutes=1))
    fail(small, 3)
    shown = page(name, root, at=SMALL_VIEWED).run()
    assert not shown.exception
    (warning,) = shown.warning
    assert TEXT in warning.value
    assert "The last 3 runs" in warning.value
    assert "khat *FAILS* &lt;b&gt;" in html(shown), "why, as words that stay words"
    small.add(evidence("E4"), at=NOW + timedelta(minutes=9))
    assert not page(name, root, at=SMALL_VIEWED).run().warning
